//! A report on its way: made once, sent as often as it takes, the same each time. And the line of JSON that
//! it is meanwhile.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::value::RawValue;

use super::{IdempotencyKey, UnixMillis};
use crate::wire::json;
use crate::{Error, Saveable};

/// Which of the protocol's reports it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A check-in.
    Servers,
    /// Stats.
    Stats,
    /// Usage.
    Usage,
    /// A type of the product's own.
    Other,
}

impl Kind {
    const ALL: [Self; 4] = [Self::Servers, Self::Stats, Self::Usage, Self::Other];

    /// Its name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Servers => "servers",
            Self::Stats => "stats",
            Self::Usage => "usage",
            Self::Other => "other",
        }
    }

    pub(crate) fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    fn of_path(path: &str) -> Self {
        match path.trim_start_matches('/').split('/').next() {
            Some("servers") => Self::Servers,
            Some("stats") => Self::Stats,
            Some("usage") => Self::Usage,
            _ => Self::Other,
        }
    }
}

/// A report, encoded: in the spool, and in a file for machines without a network, it is a line of JSON.
///
/// ```
/// let line = br#"{"kind":"usage","product":"jambox","path":"/usage/jambox","reported_at":"2026-11-22T10:30:00.000Z","idempotency_key":"123e4567-e89b-42d3-a456-426614174000","body":[{"tags":null,"values":{"cluster_id":"clus1"}}]}
/// "#;
/// let report = usage_client::core::Report::from_line(line)?;
/// assert_eq!(report.body, br#"[{"tags":null,"values":{"cluster_id":"clus1"}}]"#);
/// assert_eq!(report.to_line(), line);
/// # Ok::<(), usage_client::core::LineError>(())
/// ```
///
/// | key | |
/// | --- | --- |
/// | `kind` | `servers`, `stats`, `usage` or `other` |
/// | `product` | as the path has it, not escaped |
/// | `path` | what follows `/api/v1` |
/// | `reported_at` | when it was made, RFC 3339 in UTC, by the clock of the machine |
/// | `idempotency_key` | a UUID: the same report is counted once, however it arrives |
/// | `body` | what to POST to the path, to the byte: JSON without newlines |
///
/// The keys come in any order, and others are ignored. A file has a report a line, oldest first. No token
/// is in it.
#[derive(Clone, PartialEq, Eq)]
pub struct Report {
    /// Which it is.
    pub kind: Kind,
    /// The product it is about.
    pub product: String,
    /// What follows `/api/v1`.
    pub path: String,
    /// The JSON.
    pub body: Vec<u8>,
    /// When it was made, by the clock of this machine.
    pub reported_at: UnixMillis,
    /// Says that it is the same one, however often it is sent.
    pub key: IdempotencyKey,
}

impl Report {
    /// Encodes `report`, made `now`.
    ///
    /// # Errors
    ///
    /// [`Error::Encode`].
    pub fn new<S: Saveable + ?Sized>(
        product: &str,
        report: &S,
        now: UnixMillis,
        key: IdempotencyKey,
    ) -> Result<Self, Error> {
        let path = report.path().into_owned();
        Ok(Self {
            kind: Kind::of_path(&path),
            product: product.to_owned(),
            path,
            body: json::to_vec(report).map_err(Error::Encode)?,
            reported_at: now,
            key,
        })
    }

    /// The line, with its newline.
    pub fn to_line(&self) -> Vec<u8> {
        let text = |text: &str| serde_json::Value::from(text).to_string();
        let head = format!(
            r#"{{"kind":"{}","product":{},"path":{},"reported_at":"{}","idempotency_key":"{}","body":"#,
            self.kind.name(),
            text(&self.product),
            text(&self.path),
            self.reported_at,
            self.key,
        );
        [head.as_bytes(), &self.body, b"}\n"].concat()
    }

    /// Reads a line.
    ///
    /// # Errors
    ///
    /// [`LineError`], which says what is wrong with it.
    pub fn from_line(line: &[u8]) -> Result<Self, LineError> {
        let fields: BTreeMap<String, Box<RawValue>> =
            serde_json::from_slice(line).map_err(|error| LineError(error.to_string()))?;
        let raw = |key: &str| {
            let missing = || LineError(format!("it has no {key}"));
            fields.get(key).map(|raw| raw.get()).ok_or_else(missing)
        };
        let text = |key| {
            serde_json::from_str::<String>(raw(key)?)
                .map_err(|_| LineError(format!("its {key} is no text")))
        };
        let named = text("kind")?;
        let wrong = |what: &str| LineError(format!("its {what} is none"));
        Ok(Self {
            kind: Kind::of_name(&named).ok_or_else(|| wrong("kind"))?,
            product: text("product")?,
            path: text("path")?,
            body: raw("body")?.into(),
            reported_at: UnixMillis::from_rfc3339(&text("reported_at")?)
                .ok_or_else(|| wrong("reported_at"))?,
            key: text("idempotency_key")?
                .parse()
                .map_err(|_| wrong("idempotency_key"))?,
        })
    }
}

/// By its size: a body is for the server.
impl fmt::Debug for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Report")
            .field("path", &self.path)
            .field("reported_at", &self.reported_at)
            .field("key", &self.key)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// Why a line is no report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineError(String);

impl fmt::Display for LineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for LineError {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Usage, UsageData, values};

    fn report() -> Report {
        let usage = Usage::new("jam\"box").with(
            UsageData::new()
                .values(values! { "z" => 1.5, "a" => u64::MAX, "text" => "<\u{2028}é>" }),
        );
        let key = IdempotencyKey::from_random([7; 16]);
        Report::new("jam\"box", &usage, UnixMillis::new(1_800_000_000_000), key).unwrap()
    }

    #[test]
    fn a_line_is_the_report_to_the_byte() {
        let report = report();
        let line = report.to_line();
        assert_eq!(line.iter().filter(|byte| **byte == b'\n').count(), 1);
        assert_eq!(Report::from_line(&line), Ok(report));
    }

    #[test]
    fn whatever_is_cut_off_is_no_report() {
        let line = report().to_line();
        for end in 0..line.len() - 2 {
            assert!(Report::from_line(&line[..end]).is_err());
        }
        for (broken, with) in [
            ("usage\"", "use\""),
            ("-07", "_07"),
            ("2027", "year"),
            ("\"body\"", "\"b\""),
        ] {
            let text = String::from_utf8(line.clone())
                .unwrap()
                .replacen(broken, with, 1);
            let error = Report::from_line(text.as_bytes()).unwrap_err();
            assert!(
                error.to_string().starts_with("its ") || error.to_string().starts_with("it "),
                "{text} {error}"
            );
        }
    }
}
