//! What a line of an imported file says. Two programs write such lines, JSON objects of which the
//! order of keys is free and unknown keys are ignored:
//!
//! | key | `usage-client` (preview, air gap) | `usage-server export reports` |
//! | --- | --- | --- |
//! | `kind` | `servers`, `stats`, `usage` | the same |
//! | `product` | a text; a check-in's is the one in its body | the same |
//! | `body` | the JSON that would be posted | the JSON that was posted |
//! | `reported_at` | when it was made, RFC 3339 | the same, where the sender said so |
//! | `received_at` | absent: `reported_at` stands for it | when it was received |
//! | `idempotency_key` | a UUID | a UUID or null |
//! | `organization` | absent | the name, or null |

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::value::RawValue;
use usage_store::report::{FieldErrors, Kind, quoted};

use crate::ingest;
use crate::limits::{FUTURE_SKEW_MAX, IMPORT_BODY_MAX_BYTES, IMPORTED_AGE_MAX};

/// A line that could be read. What its body says is not looked at yet.
#[derive(Debug, PartialEq)]
pub(super) struct Record {
    pub(super) kind: Kind,
    /// Blank for a check-in that leaves it to its body.
    pub(super) product: Arc<str>,
    pub(super) body: Vec<u8>,
    pub(super) received_at: Timestamp,
    pub(super) reported_at: Option<Timestamp>,
    pub(super) key: Option<[u8; 16]>,
    pub(super) organization: Option<String>,
}

impl Record {
    /// Reads a line of a file that is imported `now`.
    pub(super) fn read(line: &[u8], now: Timestamp) -> Result<Record, FieldErrors> {
        let fields: BTreeMap<String, &RawValue> = serde_json::from_slice(line).map_err(|e| {
            let (column, got) = (e.column(), quoted(line));
            FieldErrors::one(
                "line",
                format!("is not a JSON object, see column {column}; got {got}"),
            )
        })?;
        let fields = Fields(fields);
        let made = fields.time("reported_at", now)?;
        let (received_at, reported_at) = match (fields.time("received_at", now)?, made) {
            (Some(received), made) => (received, made),
            (None, Some(made)) => (made, None),
            (None, None) => {
                return Err(FieldErrors::one(
                    "reported_at",
                    "is missing; expected RFC 3339, such as 2026-11-22T10:30:00Z",
                ));
            }
        };
        let kind = fields.kind()?;
        Ok(Record {
            kind,
            product: fields.product(kind)?,
            body: fields.body()?,
            received_at,
            reported_at,
            key: fields.key()?,
            organization: fields.text("organization")?,
        })
    }
}

struct Fields<'a>(BTreeMap<String, &'a RawValue>);

impl Fields<'_> {
    /// A text; `None` where it is absent or null.
    fn text(&self, key: &str) -> Result<Option<String>, FieldErrors> {
        match self.0.get(key) {
            None => Ok(None),
            Some(raw) => serde_json::from_str(raw.get())
                .map_err(|_| wrong(key, "must be a string", raw.get())),
        }
    }

    fn kind(&self) -> Result<Kind, FieldErrors> {
        let name = self.text("kind")?.unwrap_or_default();
        [Kind::Servers, Kind::Stats, Kind::Usage]
            .into_iter()
            .find(|kind| kind.name() == name)
            .ok_or_else(|| wrong("kind", "must be servers, stats or usage", &name))
    }

    fn product(&self, kind: Kind) -> Result<Arc<str>, FieldErrors> {
        let product = self.text("product")?.unwrap_or_default();
        if kind == Kind::Servers {
            return Ok(Arc::from(product));
        }
        if product.trim().is_empty() {
            return Err(FieldErrors::one("product", "Product can not be blank."));
        }
        ingest::named(product)
    }

    fn body(&self) -> Result<Vec<u8>, FieldErrors> {
        let body = match self.0.get("body") {
            None => {
                return Err(FieldErrors::one(
                    "body",
                    "is missing; expected the JSON that would be posted",
                ));
            }
            Some(raw) => raw.get().as_bytes(),
        };
        if body.len() > IMPORT_BODY_MAX_BYTES {
            return Err(FieldErrors::one(
                "body",
                format!(
                    "is {} bytes long; at most {IMPORT_BODY_MAX_BYTES} are allowed",
                    body.len()
                ),
            ));
        }
        Ok(body.to_vec())
    }

    fn key(&self) -> Result<Option<[u8; 16]>, FieldErrors> {
        let Some(text) = self.text("idempotency_key")? else {
            return Ok(None);
        };
        match ingest::uuid(&text) {
            Some(key) => Ok(Some(key)),
            None => Err(wrong("idempotency_key", "must be a UUID", &text)),
        }
    }

    /// A time that can be believed: the clock of a machine without a network may be off by years.
    fn time(&self, key: &str, now: Timestamp) -> Result<Option<Timestamp>, FieldErrors> {
        let Some(text) = self.text(key)? else {
            return Ok(None);
        };
        let at: Timestamp = text
            .parse()
            .map_err(|_| wrong(key, "must be RFC 3339, such as 2026-11-22T10:30:00Z", &text))?;
        let age = now.duration_since(at);
        let bound = |limit| SignedDuration::try_from(limit).unwrap_or(SignedDuration::MAX);
        if -age > bound(FUTURE_SKEW_MAX) {
            return Err(FieldErrors::one(
                key,
                format!("is in the future: got {at}, it is {now}"),
            ));
        }
        if age > bound(IMPORTED_AGE_MAX) {
            let years = bound(IMPORTED_AGE_MAX).as_hours() / (24 * 365);
            return Err(FieldErrors::one(
                key,
                format!("is more than {years} years ago, the most that is taken: got {at}"),
            ));
        }
        Ok(Some(ingest::in_millis(at)))
    }
}

fn wrong(key: &str, expected: &str, got: &str) -> FieldErrors {
    FieldErrors::one(key, format!("{expected}; got {}", quoted(got)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLIENTS: &str = r#"{"kind":"usage","product":"jambox","path":"/usage/jambox","reported_at":"2026-11-22T10:30:00.000Z","idempotency_key":"123e4567-e89b-42d3-a456-426614174000","body":[{"tags":null,"values":{"cluster_id":"clus1"}}]}"#;

    fn read(line: &str) -> Result<Record, FieldErrors> {
        Record::read(line.as_bytes(), "2026-11-23T00:00:00Z".parse().unwrap())
    }

    #[test]
    fn a_line_of_the_client_counts_when_it_was_made() {
        let record = read(CLIENTS).unwrap();
        assert_eq!(record.kind, Kind::Usage);
        assert_eq!(&*record.product, "jambox");
        assert_eq!(
            record.body,
            br#"[{"tags":null,"values":{"cluster_id":"clus1"}}]"#
        );
        assert_eq!(record.received_at.to_string(), "2026-11-22T10:30:00Z");
        assert_eq!(record.reported_at, None, "so that it is not late");
        assert_eq!(record.key.map(|key| key[0]), Some(0x12));
        assert_eq!(record.organization, None);
    }

    #[test]
    fn what_the_client_writes_is_read_as_it_was_meant() {
        use usage_client::core::{IdempotencyKey, Report, UnixMillis};
        use usage_client::{Usage, UsageData, values};
        let data =
            UsageData::new().values(values! { "cluster_id" => u64::MAX, "é" => "<\u{2028}" });
        let usage = Usage::new("jam \"box\"/é").with(data);
        let made = UnixMillis::new(1_790_000_000_123);
        let key = IdempotencyKey::from_random([7; 16]);
        let report = Report::new("jam \"box\"/é", &usage, made, key).unwrap();
        let line = String::from_utf8(report.to_line()).unwrap();
        let record = read(&line).unwrap();
        assert_eq!(&*record.product, report.product);
        assert_eq!(record.body, report.body);
        assert_eq!(record.received_at.as_millisecond(), 1_790_000_000_123);
        assert_eq!(record.key, ingest::uuid(&key.to_string()));
    }

    #[test]
    fn a_line_of_an_export_keeps_both_times() {
        let line = r#"{"kind":"servers","product":"p","organization":"Acme","ids":[],"received_at":"2026-11-22T10:30:00.001Z","reported_at":"2026-11-20T00:00:00Z","idempotency_key":null,"body":{}}"#;
        let record = read(line).unwrap();
        assert_eq!(record.received_at.to_string(), "2026-11-22T10:30:00.001Z");
        assert_eq!(
            record.reported_at.unwrap().to_string(),
            "2026-11-20T00:00:00Z"
        );
        assert_eq!(record.key, None);
        assert_eq!(record.organization.as_deref(), Some("Acme"));
    }

    #[test]
    fn what_is_wrong_with_a_line_is_told() {
        let mut listed = String::new();
        for (from, to, field, message) in [
            (
                r#""usage","#,
                r#""other","#,
                "kind",
                "servers, stats or usage",
            ),
            (r#""jambox","p"#, r#"" ","p"#, "product", "blank"),
            (r#""jambox","p"#, r#""\u0007","p"#, "product", "control"),
            ("2026-11-22T", "2027-11-22T", "reported_at", "future"),
            ("2026-11-22T", "1970-01-01T", "reported_at", "years ago"),
            ("2026-11-22T", "noon", "reported_at", "RFC 3339"),
            ("reported_at", "x", "reported_at", "missing"),
            ("123e", "", "idempotency_key", "UUID"),
            (r#""body""#, r#""b""#, "body", "missing"),
            (r#"{"kind""#, r#"["kind""#, "line", "JSON object"),
            (r#""usage","#, "7,", "kind", "string"),
            (
                "\"reported_at\"",
                "\"organization\":[\"\u{7}\"],\"reported_at\"",
                "line",
                "JSON object",
            ),
            (
                "\"reported_at\"",
                "\"organization\":[],\"reported_at\"",
                "organization",
                "string",
            ),
        ] {
            let line = CLIENTS.replacen(from, to, 1);
            let errors = read(&line).unwrap_err();
            assert!(errors.0[field][0].contains(message), "{line}: {errors}");
            listed += &format!("{from} -> {}\n  {errors}\n", to.escape_debug());
        }
        insta::assert_snapshot!("lines", listed);
    }
}
