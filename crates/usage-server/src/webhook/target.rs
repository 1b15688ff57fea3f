//! Where a webhook leads: what its address may look like, wherever it is entered.

use axum::http::Uri;

/// The longest address: what browsers take.
const URL_MAX_BYTES: usize = 2_000;

/// An address that can be posted to, or what is wrong with it. Whether the host may be reached is decided at
/// each post.
pub(crate) fn checked(entered: &str) -> Result<String, String> {
    let wrong = |what: &str| Err(what.to_owned());
    let url = entered.trim();
    if url.is_empty() || url.len() > URL_MAX_BYTES {
        return wrong("Enter an address such as https://chat.example.com/hooks/usage.");
    }
    let uri: Uri = match url.parse() {
        Ok(uri) if !url.contains('#') => uri,
        _ => return wrong("This is no address such as https://chat.example.com/hooks/usage."),
    };
    match uri.scheme_str() {
        Some("http") => {}
        Some("https") if cfg!(feature = "https") => {}
        Some("https") => {
            return wrong(
                "This program was built without https. Build it with --features https, or name an http address.",
            );
        }
        _ => return wrong("The address must begin with https:// or http://."),
    }
    match uri.authority() {
        Some(authority) if authority.as_str().contains('@') => {
            wrong("The address must not have a user in it: messages are signed instead.")
        }
        Some(authority) if !authority.host().is_empty() => Ok(url.to_owned()),
        _ => wrong("The address needs a host."),
    }
}

/// Where it leads, without what may be secret in its path.
pub(crate) fn host(url: &str) -> String {
    let uri: Option<Uri> = url.parse().ok();
    let uri = uri.filter(|uri| uri.scheme().is_some());
    let authority = uri.as_ref().and_then(|uri| uri.authority());
    authority.map_or_else(String::new, |authority| authority.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_taken_that_can_be_posted_to() {
        for fine in [
            "http://127.0.0.1:9/a?b=c",
            "http://[::1]/x",
            " http://a.example ",
        ] {
            assert_eq!(checked(fine).as_deref(), Ok(fine.trim()), "{fine}");
        }
        for wrong in [
            "",
            "chat.example.com/hook",
            "ftp://x/",
            "http://",
            "http:///x",
            "http://ann:sesame@x/",
            "http://x/#a",
            "http://x y/",
            "file:///etc/passwd",
            "gopher://x",
            &format!("http://x/{}", "a".repeat(URL_MAX_BYTES)),
        ] {
            assert!(checked(wrong).is_err(), "{wrong}");
        }
        let https = checked("https://chat.example.com/hook");
        match cfg!(feature = "https") {
            true => assert!(https.is_ok()),
            false => assert!(https.unwrap_err().contains("--features https")),
        }
    }

    #[test]
    fn what_is_shown_of_it_has_no_secret() {
        assert_eq!(
            host("https://chat.example.com:8/hooks/SECRET?t=SECRET"),
            "chat.example.com:8"
        );
        assert_eq!(host("nonsense"), "");
    }
}
