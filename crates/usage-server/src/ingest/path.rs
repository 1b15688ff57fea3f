//! The product in a path, as old programs write it, and paths that need tidying before the
//! router knows them.

use std::sync::Arc;

use axum::http::Uri;
use usage_store::report::limits::NAME_BYTES_MAX;
use usage_store::report::{FieldErrors, quoted};

use super::Refusal;

/// The product: the last segment of the raw path, percent-decoded once. `+` is a plus, case
/// stays, dots mean nothing.
pub(crate) fn product(path: &str) -> Result<Arc<str>, Refusal> {
    let segment = path.rsplit('/').next().unwrap_or_default();
    let plain = |byte: u8| byte.is_ascii_graphic() && byte != b'%';
    if (1..=NAME_BYTES_MAX).contains(&segment.len()) && segment.bytes().all(plain) {
        return Ok(segment.into());
    }
    let bytes = percent_decoded(segment).ok_or_else(|| {
        Refusal::field("product", format!("{} in the path", broken_escape(segment)))
    })?;
    let product = String::from_utf8(bytes).map_err(|wrong| {
        let got = quoted(wrong.as_bytes());
        Refusal::field("product", format!("is not UTF-8 in the path; got {got}"))
    })?;
    if product.chars().any(char::is_control) {
        let got = quoted(&product);
        return Err(Refusal::field(
            "product",
            format!("has a control character in the path; got {got}"),
        ));
    }
    if product.trim().is_empty() {
        return Err(blank());
    }
    Ok(named(product)?)
}

/// No product.
pub(super) fn blank() -> Refusal {
    Refusal::UnknownPath("the product in the path is blank; expected a name after the last slash")
}

/// A product's name outside of JSON, within its bounds.
pub(crate) fn named(product: String) -> Result<Arc<str>, FieldErrors> {
    if product.chars().any(char::is_control) {
        let got = quoted(&product);
        return Err(FieldErrors::one(
            "product",
            format!("has a control character in it; got {got}"),
        ));
    }
    if product.len() > NAME_BYTES_MAX {
        let bytes = product.len();
        return Err(FieldErrors::one(
            "product",
            format!("is {bytes} bytes long; at most {NAME_BYTES_MAX} are allowed"),
        ));
    }
    Ok(product.into())
}

/// What to say at a path where nothing is: whether it could be one at all.
pub(crate) fn unknown_path(uri: &Uri) -> Refusal {
    let decoded = percent_decoded(uri.path()).map(String::from_utf8);
    match decoded {
        None => Refusal::field("path", broken_escape(uri.path())),
        Some(Err(wrong)) => {
            let got = quoted(wrong.as_bytes());
            Refusal::field("path", format!("is not UTF-8; got {got}"))
        }
        Some(Ok(path)) if path.chars().any(char::is_control) => {
            let got = quoted(&path);
            Refusal::field("path", format!("has a control character; got {got}"))
        }
        Some(Ok(_)) => Refusal::UnknownPath(
            "nothing answers at this path; those that do are listed at /api/v1/openapi.json",
        ),
    }
}

/// The first `%` that isn't followed by two digits, as a message shows it.
fn broken_escape(text: &str) -> String {
    let after =
        |part: &&str| percent_decoded(&format!("%{}", part.get(..2).unwrap_or("%"))).is_none();
    let broken = text.split('%').skip(1).find(after).unwrap_or_default();
    let got: String = "%".chars().chain(broken.chars().take(2)).collect();
    format!(
        "has a broken % escape; expected two hexadecimal digits after %, got {}",
        quoted(got)
    )
}

/// Percent-decoding, once; `None` where an escape is broken.
pub(super) fn percent_decoded(text: &str) -> Option<Vec<u8>> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'%' => hex(bytes.next()?)? << 4 | hex(bytes.next()?)?,
            other => other,
        });
    }
    Some(decoded)
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
}

/// A base URL with a trailing slash gives `//api/v1/...` and `//start`, and people type a slash at the end:
/// the address without these, if it is one that programs send or show, and has them.
pub(crate) fn tidied(uri: &Uri) -> Option<Uri> {
    let path = uri.path();
    let inner = path.trim_start_matches('/');
    let inner = inner.strip_suffix('/').unwrap_or(inner);
    if !inner.starts_with("api/") && !matches!(inner, "start" | "device") {
        return None;
    }
    if inner.len() + 1 == path.len() {
        return None;
    }
    let query = uri
        .query()
        .map(|query| format!("?{query}"))
        .unwrap_or_default();
    format!("/{inner}{query}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_product_is_one_segment_decoded_once() {
        for (path, expected) in [
            ("/api/v1/usage/influxdb", "influxdb"),
            ("/api/v1/usage/InfluxDB", "InfluxDB"),
            ("/api/v1/usage/a+b", "a+b"),
            ("/api/v1/usage/a;b", "a;b"),
            ("/api/v1/usage/%3Cb%3E", "<b>"),
            ("/api/v1/usage/a%2525", "a%25"),
            ("/api/v1/usage/a%2Fb", "a/b"),
            ("/api/v1/usage/..", ".."),
            ("/api/v1/usage/influxdb%20cluster", "influxdb cluster"),
            ("/api/v1/usage/%E5%8C%97", "北"),
        ] {
            assert_eq!(&*product(path).unwrap(), expected);
        }
        for path in [
            "/a%00b", "/a%7f", "/%C2%85", "/%ff", "/%", "/%4", "/%zz", "/%+1",
        ] {
            assert!(matches!(product(path), Err(Refusal::Fields(_))), "{path}");
        }
        for path in ["/", "/%20", "/%20%E3%80%80"] {
            assert!(
                matches!(product(path), Err(Refusal::UnknownPath(_))),
                "{path}"
            );
        }
        assert!(product(&"x".repeat(NAME_BYTES_MAX)).is_ok());
        assert!(matches!(
            product(&"x".repeat(NAME_BYTES_MAX + 1)),
            Err(Refusal::Fields(_))
        ));
    }

    #[test]
    fn slashes_in_front_of_what_programs_call_and_one_at_the_end_are_tidied() {
        for (path, expected) in [
            ("//api/v1/servers", Some("/api/v1/servers")),
            ("///api/v1/usage/a?token=t", Some("/api/v1/usage/a?token=t")),
            ("/api/v1/usage/a/", Some("/api/v1/usage/a")),
            ("//api/v1/usage/a/", Some("/api/v1/usage/a")),
            ("/api/v1/usage/a//", Some("/api/v1/usage/a/")),
            ("/api/v1/usage/a", None),
            ("//start?product=a", Some("/start?product=a")),
            ("/device/", Some("/device")),
            ("/start", None),
            ("//start/token", None),
            ("//elsewhere/", None),
        ] {
            let uri: Uri = path.parse().unwrap();
            assert_eq!(
                tidied(&uri).map(|uri| uri.to_string()).as_deref(),
                expected,
                "{path}"
            );
        }
    }
}
