//! Which addresses of a provider are taken: https ones, and http on this machine.

use std::net::IpAddr;

/// Longer ones no provider has.
const MAX_BYTES: usize = 2_048;

/// The host of an address that may be asked or led to; `None` where it may not.
pub(crate) fn host(url: &str) -> Option<&str> {
    let (scheme, host) = parts(url)?;
    let fine = match scheme {
        "https" => true,
        "http" => is_here(host),
        _ => false,
    };
    fine.then_some(host)
}

/// Whether an address is on this machine.
pub(crate) fn is_loopback(url: &str) -> bool {
    parts(url).is_some_and(|(_, host)| is_here(host))
}

fn parts(url: &str) -> Option<(&str, &str)> {
    let plain = |byte: u8| byte.is_ascii_graphic() && !br#""'<>\^`{|}"#.contains(&byte);
    if url.len() > MAX_BYTES || !url.bytes().all(plain) {
        return None;
    }
    let (scheme, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = match authority.find(']') {
        Some(end) => authority.get(..=end)?,
        None => authority.split(':').next()?,
    };
    (!host.is_empty() && !authority.contains('@')).then_some((scheme, host))
}

fn is_here(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let address: Option<IpAddr> = bare.parse().ok();
    host == "localhost" || address.is_some_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn https_is_taken_and_http_on_this_machine_only() {
        for (url, found) in [
            ("https://login.example.com", "login.example.com"),
            (
                "https://login.example.com:8443/realms/a",
                "login.example.com",
            ),
            ("http://127.0.0.1:9400", "127.0.0.1"),
            ("http://localhost:9400/a", "localhost"),
            ("http://[::1]:9400", "[::1]"),
        ] {
            assert_eq!(host(url), Some(found), "{url}");
        }
        for wrong in [
            "",
            "https://",
            "login.example.com",
            "http://login.example.com",
            "http://127.0.0.1.example.com",
            "http://localhost@example.com",
            "https://a@example.com",
            "ftp://localhost",
            "javascript://localhost",
            "https://example.com/\r\nX: y",
            "https://example.com/a b",
            "https://exämple.com",
            "https://example.com\\@evil.example",
            &format!("https://example.com/{}", "a".repeat(MAX_BYTES)),
        ] {
            assert_eq!(host(wrong), None, "{wrong}");
        }
        assert!(is_loopback("https://127.0.0.1/a") && !is_loopback("https://example.com"));
    }
}
