//! What must hold of whatever a request brings: its address, its headers, its encoding, and the ids
//! of those who want to be forgotten. See `crate::fuzzing`.

use std::net::IpAddr;

use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Request, Uri, header};
use jiff::Timestamp;
use usage_store::report::limits::NAME_BYTES_MAX;

use super::body::Encoding;
use super::extensions::{Extensions, uuid, uuid_text};
use super::forget::Subject;
use super::{Refusal, path, sender};
use crate::app::Settings;
use crate::fuzzing::readable;
use crate::limits::{
    INSTALL_KEY_MAX_BYTES, LATE_ANONYMOUS_MAX, LATE_WITH_TOKEN_MAX, TOKEN_MAX_BYTES,
};

/// A body as sent, after a byte that says how it is encoded and one that says how large it may be.
pub fn encoding(bytes: &[u8]) {
    let [name, limit, sent @ ..] = bytes else {
        return;
    };
    let name = ["gzip", "zstd", "identity", "br"][usize::from(name % 4)];
    let limit = usize::from(*limit) * 256;
    let headers =
        HeaderMap::from_iter([(header::CONTENT_ENCODING, HeaderValue::from_static(name))]);
    match decompress(&headers, sent, limit) {
        Ok(None) => assert_eq!(name, "identity"),
        Ok(Some(plain)) => {
            assert!(plain.len() <= limit);
            // A lower limit refuses it, and nothing but the limit is lower.
            if let Some(below) = plain.len().checked_sub(1) {
                assert!(decompress(&headers, sent, below).is_err());
            }
            let again = decompress(&headers, sent, plain.len());
            assert_eq!(again.ok().flatten(), Some(plain));
        }
        Err(refusal) => told(&refusal),
    }
    // What is packed comes out again.
    if sent.len() <= limit {
        let zstd = HeaderValue::from_static("zstd");
        let headers = HeaderMap::from_iter([(header::CONTENT_ENCODING, zstd)]);
        let packed = zstd::encode_all(sent, 1).unwrap_or_default();
        let unpacked = decompress(&headers, &packed, limit);
        assert_eq!(unpacked.ok().flatten().as_deref(), Some(sent));
    }
}

fn decompress(
    headers: &HeaderMap,
    sent: &[u8],
    max_bytes: usize,
) -> Result<Option<Vec<u8>>, Refusal> {
    let encoding = Encoding::of(headers)?;
    encoding
        .map(|encoding| encoding.undo(sent, max_bytes))
        .transpose()
}

/// A request's first line without its method, and its headers, each on a line.
pub fn request(bytes: &[u8]) {
    let mut lines = bytes.split(|byte| *byte == b'\n');
    let target = lines.next().unwrap_or_default();
    let Ok(uri) = Uri::try_from(target) else {
        return;
    };
    let mut headers = HeaderMap::new();
    for line in lines.take(20) {
        let mut halves = line.splitn(2, |byte| *byte == b':');
        let (Some(name), Some(value)) = (halves.next(), halves.next()) else {
            continue;
        };
        let name = HeaderName::from_bytes(name);
        let value = HeaderValue::from_bytes(value.trim_ascii());
        if let (Ok(name), Ok(value)) = (name, value) {
            headers.append(name, value);
        }
    }
    address_holds(&uri);
    extensions_hold(&headers);
    let mut request = Request::new(());
    *request.uri_mut() = uri;
    *request.headers_mut() = headers;
    sender_holds(&request.into_parts().0);
}

fn address_holds(uri: &Uri) {
    match path::product(uri.path()) {
        Ok(product) => {
            assert!(!product.trim().is_empty() && product.len() <= NAME_BYTES_MAX);
            assert!(!product.contains(char::is_control));
            let escaped: String = product.bytes().map(|byte| format!("%{byte:02X}")).collect();
            assert_eq!(path::product(&escaped).ok(), Some(product));
        }
        Err(refusal) => told(&refusal),
    }
    told(&path::unknown_path(uri));
    if let Some(tidied) = path::tidied(uri) {
        let path = tidied.path();
        assert!(path.starts_with("/api/") || matches!(path, "/start" | "/device"));
        assert_eq!(tidied.query(), uri.query());
        assert!(tidied.path().len() < uri.path().len());
        assert!(uri.path().contains(tidied.path()));
    }
}

fn extensions_hold(headers: &HeaderMap) {
    let received = Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_hours(24 * 365 * 60);
    for (anonymous, late_max) in [(true, LATE_ANONYMOUS_MAX), (false, LATE_WITH_TOKEN_MAX)] {
        match Extensions::read(headers, received, anonymous) {
            Ok(read) => {
                if let Some(at) = read.reported_at {
                    let age = received.duration_since(at).unsigned_abs();
                    assert!(at <= received && age.as_millis() <= late_max.as_millis());
                }
                if let Some(key) = read.idempotency_key {
                    assert_eq!(uuid(&uuid_text(&key)), Some(key));
                }
                assert!(anonymous || read.install_key.is_none());
            }
            Err(refusal) => {
                told(&refusal);
                never_tells(headers, "x-install-key", &refusal);
            }
        }
    }
}

fn sender_holds(parts: &Parts) {
    match sender::token(&parts.headers, parts.uri.query()) {
        Ok(Some(token)) => assert!(!token.is_empty() && token.trim_ascii() == token),
        Ok(None) => {}
        Err(refusal) => {
            never_tells(&parts.headers, "x-authorization", &refusal);
            never_tells(&parts.headers, "authorization", &refusal);
        }
    }
    let everyone = |net: IpAddr| (net, 0);
    let settings = Settings {
        trusted_proxies: vec![everyone([0, 0, 0, 0].into()), everyone([0u16; 8].into())],
        ..Settings::for_tests()
    };
    let peer = sender::peer(&parts.extensions);
    let address = sender::address(&parts.headers, peer, &settings);
    assert_eq!(address.to_canonical(), address);
}

/// A secret is in no message, of those long enough that it can't be there by accident.
fn never_tells(headers: &HeaderMap, name: &str, refusal: &Refusal) {
    let said = format!("{refusal:?}");
    for secret in headers.get_all(name) {
        if let Ok(secret) = secret.to_str()
            && (20..TOKEN_MAX_BYTES.max(INSTALL_KEY_MAX_BYTES)).contains(&secret.len())
            && headers
                .values()
                .filter(|other| holds(other.as_bytes(), secret))
                .count()
                == 1
        {
            assert!(!said.contains(secret), "{said}");
        }
    }
}

fn holds(text: &[u8], part: &str) -> bool {
    text.windows(part.len())
        .any(|window| window == part.as_bytes())
}

/// The body of a request to be forgotten.
pub fn forget(bytes: &[u8]) {
    match Subject::read(bytes) {
        Ok(subject) => {
            let texts = [
                Some(&subject.product),
                Some(&subject.cluster_id),
                subject.server_id.as_ref(),
            ];
            for text in texts.into_iter().flatten() {
                assert!(!text.trim().is_empty() && text.len() <= NAME_BYTES_MAX);
            }
            // It is what any reader of JSON sees, numbers in the digits that were sent.
            let json: Option<serde_json::Value> = serde_json::from_slice(bytes).ok();
            if let Some(text) = json.as_ref().and_then(|json| json["product"].as_str()) {
                assert_eq!(text, subject.product);
            }
        }
        Err(refusal) => told(&refusal),
    }
}

fn told(refusal: &Refusal) {
    if let Refusal::Fields(errors) = refusal {
        readable(errors);
    }
}
