//! Reading and writing our cookies. Behind TLS their names get the `__Host-` prefix, with
//! which browsers refuse them from other hosts and from plain HTTP.

use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue};

/// The value of a cookie that the browser sent.
pub(crate) fn read<'a>(headers: &'a HeaderMap, name: &str, tls: bool) -> Option<&'a str> {
    let name = full_name(name, tls);
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(key, value)| (key == name).then_some(value))
}

/// A `Set-Cookie` that no script can read and no other site's form brings along. `value` is
/// base64url, perhaps with full stops, so nothing in it needs escaping.
pub(crate) fn write(
    name: &str,
    value: &str,
    max_age_seconds: u64,
    tls: bool,
) -> Option<HeaderValue> {
    let secure = if tls { "; Secure" } else { "" };
    let name = full_name(name, tls);
    let line = format!(
        "{name}={value}; Path=/; Max-Age={max_age_seconds}; HttpOnly; SameSite=Lax{secure}"
    );
    HeaderValue::from_str(&line).ok()
}

fn full_name(name: &str, tls: bool) -> String {
    if tls {
        format!("__Host-{name}")
    } else {
        name.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_right_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, "a=1; usage_session=plain".parse().unwrap());
        headers.append(COOKIE, "__Host-usage_session=tls".parse().unwrap());
        assert_eq!(read(&headers, "usage_session", false), Some("plain"));
        assert_eq!(read(&headers, "usage_session", true), Some("tls"));
        assert_eq!(read(&headers, "usage_form", false), None);
    }

    #[test]
    fn behind_tls_a_cookie_is_bound_to_host_and_tls() {
        let line = write("usage_session", "abc", 60, true).unwrap();
        assert_eq!(
            line,
            "__Host-usage_session=abc; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure"
        );
        let line = write("usage_session", "abc", 60, false).unwrap();
        assert_eq!(
            line,
            "usage_session=abc; Path=/; Max-Age=60; HttpOnly; SameSite=Lax"
        );
    }
}
