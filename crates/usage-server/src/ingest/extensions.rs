//! The optional headers beyond the Usage API v1: a key against counting twice, the time a
//! late report was made, the install's secret. Absent or blank ones mean nothing.

use axum::http::{HeaderMap, HeaderName, header};
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};
use usage_store::registry::OrganizationId;
use usage_store::report::{Kind, Observation, quoted};

use super::Refusal;
use crate::limits::{
    FUTURE_SKEW_MAX, INSTALL_KEY_MAX_BYTES, LATE_ANONYMOUS_MAX, LATE_WITH_TOKEN_MAX,
};

pub(crate) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REPORTED_AT: HeaderName = HeaderName::from_static("x-reported-at");
const INSTALL_KEY: HeaderName = HeaderName::from_static("x-install-key");

/// What the optional headers say.
#[derive(Debug, PartialEq)]
pub(super) struct Extensions {
    pub(super) idempotency_key: Option<[u8; 16]>,
    pub(super) reported_at: Option<Timestamp>,
    /// First 16 bytes of the SHA-256; of anonymous senders only.
    pub(super) install_key: Option<[u8; 16]>,
}

impl Extensions {
    /// Reads the headers of a request that was received at `received_at`.
    pub(super) fn read(
        headers: &HeaderMap,
        received_at: Timestamp,
        anonymous: bool,
    ) -> Result<Extensions, Refusal> {
        let late_max = if anonymous {
            LATE_ANONYMOUS_MAX
        } else {
            LATE_WITH_TOKEN_MAX
        };
        Ok(Extensions {
            idempotency_key: text(headers, &IDEMPOTENCY_KEY, "Idempotency-Key")?
                .map(|text| uuid(text).ok_or_else(|| malformed_key(text)))
                .transpose()?,
            reported_at: text(headers, &REPORTED_AT, "X-Reported-At")?
                .map(|reported| {
                    let date = text(headers, &header::DATE, "Date")?;
                    reported_at(reported, date, received_at, late_max)
                })
                .transpose()?,
            install_key: if anonymous {
                install_key(headers)?
            } else {
                None
            },
        })
    }
}

fn text<'h>(
    headers: &'h HeaderMap,
    name: &HeaderName,
    field: &str,
) -> Result<Option<&'h str>, Refusal> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    let value = value
        .to_str()
        .map_err(|_| {
            let got = quoted(value.as_bytes());
            Refusal::field(field, format!("must be plain ASCII text; got {got}"))
        })?
        .trim();
    if values.next().is_some() {
        return Err(Refusal::field(field, "came more than once; send it once"));
    }
    Ok(Some(value).filter(|value| !value.is_empty()))
}

/// A UUID in its usual shape; quotes around it, as structured headers have, are fine.
pub(crate) fn uuid(text: &str) -> Option<[u8; 16]> {
    let text = text
        .strip_prefix('"')
        .and_then(|t| t.strip_suffix('"'))
        .unwrap_or(text);
    let dashes_right = text.len() == 36
        && text
            .bytes()
            .enumerate()
            .all(|(at, b)| (b == b'-') == matches!(at, 8 | 13 | 18 | 23));
    if !dashes_right {
        return None;
    }
    let digits = text.replace('-', "");
    let bytes = data_encoding::HEXLOWER_PERMISSIVE.decode(digits.as_bytes());
    bytes.ok()?.try_into().ok()
}

/// A UUID as RFC 9562 writes it: what [`uuid`] reads.
pub(crate) fn uuid_text(uuid: &[u8; 16]) -> String {
    let hex = data_encoding::HEXLOWER.encode(uuid);
    format!(
        "{}-{}-{}-{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..]
    )
}

fn malformed_key(text: &str) -> Refusal {
    let got = quoted(text);
    Refusal::field(
        "Idempotency-Key",
        format!("must be a UUID such as 123e4567-e89b-12d3-a456-426614174000; got {got}"),
    )
}

/// Receipt minus the report's age by the sender's own clock, so that a wrong clock does no
/// harm. Without a `Date` the sender's clock is taken at its word.
fn reported_at(
    text: &str,
    date: Option<&str>,
    received_at: Timestamp,
    late_max: std::time::Duration,
) -> Result<Timestamp, Refusal> {
    const FIELD: &str = "X-Reported-At";
    let reported: Timestamp = text.parse().map_err(|_| {
        let got = quoted(text);
        Refusal::field(
            FIELD,
            format!("must be RFC 3339, such as 2026-11-22T10:30:00Z; got {got}"),
        )
    })?;
    let sent = match date {
        Some(date) => jiff::fmt::rfc2822::parse(date)
            .map_err(|_| {
                let got = quoted(date);
                Refusal::field(
                    "Date",
                    format!("must be such as Sun, 22 Nov 2026 10:30:00 GMT; got {got}"),
                )
            })?
            .timestamp(),
        None => received_at,
    };
    let age = sent.duration_since(reported);
    let skew = SignedDuration::try_from(FUTURE_SKEW_MAX).unwrap_or(SignedDuration::ZERO);
    let late_max = SignedDuration::try_from(late_max).unwrap_or(SignedDuration::MAX);
    if age < -skew {
        let clock = match date {
            Some(_) => "the request's Date",
            None => "this server's clock, as the request has no Date",
        };
        return Err(Refusal::field(
            FIELD,
            format!("is in the future: got {reported}, after {clock}: {sent}"),
        ));
    }
    if age > late_max {
        let days = late_max.as_hours() / 24;
        return Err(Refusal::field(
            FIELD,
            format!(
                "is more than {days} days ago, the most for this sender: got {reported}, sent at {sent}"
            ),
        ));
    }
    let reported = received_at
        .checked_sub(age.max(SignedDuration::ZERO))
        .map_err(|_| Refusal::field(FIELD, format!("is out of range; got {reported}")))?;
    Ok(in_millis(reported))
}

/// Instants have millisecond precision everywhere.
pub(crate) fn in_millis(at: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at)
}

pub(super) fn install_key(headers: &HeaderMap) -> Result<Option<[u8; 16]>, Refusal> {
    let Some(value) = headers.get(&INSTALL_KEY) else {
        return Ok(None);
    };
    let secret = value.as_bytes().trim_ascii();
    if secret.len() > INSTALL_KEY_MAX_BYTES {
        return Err(Refusal::field(
            "X-Install-Key",
            format!(
                "is {} bytes long; at most {INSTALL_KEY_MAX_BYTES} are allowed",
                secret.len()
            ),
        ));
    }
    Ok(Some(secret)
        .filter(|secret| !secret.is_empty())
        .map(|secret| first_half(Sha256::digest(secret).into())))
}

/// The digest of a key in its scope: an organization's own, or for anonymous senders that of the product and
/// all ids the body names; apart for each kind.
pub(crate) fn key_digest(
    key: [u8; 16],
    organization: Option<OrganizationId>,
    kind: Kind,
    product: &str,
    observations: &[Observation<'_>],
) -> [u8; 16] {
    let mut hash = Sha256::new();
    // Each part with its length, so that no two scopes read alike.
    let mut part = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    };
    part(kind.name().as_bytes());
    part(&key);
    match organization {
        Some(OrganizationId(id)) => part(&id.to_le_bytes()),
        None => {
            part(b"anonymous");
            part(product.as_bytes());
            for observation in observations {
                for id in [&observation.cluster_id, &observation.server_id] {
                    part(&[u8::from(id.is_some())]);
                    part(id.as_deref().unwrap_or_default().as_bytes());
                }
            }
        }
    }
    first_half(hash.finalize().into())
}

fn first_half(digest: [u8; 32]) -> [u8; 16] {
    let mut half = [0; 16];
    half.copy_from_slice(&digest[..16]);
    half
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    const RECEIVED: &str = "2026-11-22T12:00:00Z";

    fn read(pairs: &[(&'static str, &str)], anonymous: bool) -> Result<Extensions, Refusal> {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(
                HeaderName::from_static(name),
                HeaderValue::from_str(value).unwrap(),
            );
        }
        Extensions::read(&headers, RECEIVED.parse().unwrap(), anonymous)
    }

    fn reported(at: &str, date: &str, anonymous: bool) -> Result<String, Refusal> {
        read(&[("x-reported-at", at), ("date", date)], anonymous)
            .map(|extensions| extensions.reported_at.unwrap().to_string())
    }

    #[test]
    fn without_them_nothing_is_said() {
        let nothing = Extensions {
            idempotency_key: None,
            reported_at: None,
            install_key: None,
        };
        assert_eq!(read(&[], true).unwrap(), nothing);
        assert_eq!(
            read(
                &[
                    ("idempotency-key", ""),
                    ("x-install-key", " "),
                    ("date", "x")
                ],
                true
            )
            .unwrap(),
            nothing
        );
    }

    #[test]
    fn a_key_is_a_uuid() {
        let key =
            |text| read(&[("idempotency-key", text)], true).map(|e| e.idempotency_key.unwrap());
        let expected = *b"\x12\x3e\x45\x67\xe8\x9b\x12\xd3\xa4\x56\x42\x66\x14\x17\x40\x00";
        for text in [
            "123e4567-e89b-12d3-a456-426614174000",
            "123E4567-E89B-12D3-A456-426614174000",
            "\"123e4567-e89b-12d3-a456-426614174000\"",
        ] {
            assert_eq!(key(text).unwrap(), expected);
        }
        for text in [
            "1",
            "123e4567e89b12d3a456426614174000",
            "123e4567-e89b-12d3-a456-42661417400g",
            "123e4567-e89b-12d3-a456-4266141740000",
            "123e4567--89b-12d3-a456-426614174000",
        ] {
            assert!(matches!(key(text), Err(Refusal::Fields(_))), "{text}");
        }
        assert!(read(&[("idempotency-key", "a"), ("idempotency-key", "b")], true).is_err());
    }

    #[test]
    fn a_wrong_clock_does_no_harm() {
        // An hour ago, by clocks that are right, a year behind and a year ahead.
        for (at, date) in [
            ("2026-11-22T11:00:00Z", "Sun, 22 Nov 2026 12:00:00 GMT"),
            ("2025-11-22T11:00:00+00:00", "Sat, 22 Nov 2025 12:00:00 GMT"),
            ("2027-11-22T12:00:00+01:00", "Mon, 22 Nov 2027 12:00:00 GMT"),
        ] {
            assert_eq!(reported(at, date, true).unwrap(), "2026-11-22T11:00:00Z");
        }
        let undated = read(&[("x-reported-at", "2026-11-22T11:00:00Z")], true).unwrap();
        assert_eq!(
            undated.reported_at.unwrap().to_string(),
            "2026-11-22T11:00:00Z"
        );
    }

    #[test]
    fn the_past_is_bounded_and_the_future_refused() {
        let date = "Sun, 22 Nov 2026 12:00:00 GMT";
        assert_eq!(
            reported("2026-11-22T12:00:05Z", date, true).unwrap(),
            RECEIVED
        );
        assert!(reported("2026-11-22T12:00:06Z", date, true).is_err());
        assert!(reported("2026-11-15T12:00:00Z", date, true).is_ok());
        assert!(reported("2026-11-15T11:59:59Z", date, true).is_err());
        assert!(reported("2026-08-24T12:00:00Z", date, false).is_ok());
        assert!(reported("2026-08-24T11:59:59Z", date, false).is_err());
        assert!(reported("yesterday", date, true).is_err());
        assert!(reported("2026-11-22T11:00:00Z", "noon", true).is_err());
    }

    #[test]
    fn the_install_key_counts_for_the_anonymous_only() {
        let key = |anonymous| {
            read(&[("x-install-key", "secret")], anonymous)
                .unwrap()
                .install_key
        };
        assert_eq!(key(false), None);
        assert_eq!(key(true).unwrap()[..4], [0x2b, 0xb8, 0x0d, 0x53]);
        let long = "x".repeat(INSTALL_KEY_MAX_BYTES + 1);
        assert!(read(&[("x-install-key", &long)], true).is_err());
    }

    #[test]
    fn a_key_has_its_scope() {
        let named = |cluster: &'static str, server: Option<&'static str>| Observation {
            cluster_id: Some(cluster.into()),
            server_id: server.map(Into::into),
            ..Observation::default()
        };
        let digest = |organization: Option<i64>, kind, product, observation: Observation<'_>| {
            key_digest(
                [7; 16],
                organization.map(OrganizationId),
                kind,
                product,
                &[observation],
            )
        };
        let one = digest(None, Kind::Usage, "p", named("c", None));
        assert_eq!(one, digest(None, Kind::Usage, "p", named("c", None)));
        assert_ne!(one, digest(None, Kind::Stats, "p", named("c", None)));
        assert_ne!(one, digest(None, Kind::Usage, "q", named("c", None)));
        assert_ne!(one, digest(None, Kind::Usage, "p", named("c", Some(""))));
        assert_ne!(one, digest(Some(1), Kind::Usage, "p", named("c", None)));
        assert_eq!(
            digest(Some(1), Kind::Usage, "p", named("c", None)),
            digest(Some(1), Kind::Usage, "q", named("d", None)),
        );
    }
}
