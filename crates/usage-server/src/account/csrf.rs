//! Protection against forms on other sites. A signed-in form carries a token derived from the
//! session's secret. A form before sign-in carries one derived from a cookie of its own
//! (double submit). And what a browser itself marks as cross-site is refused everywhere.

use axum::http::{HeaderMap, HeaderValue};
use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::cookie;
use super::secret::Secret;
use crate::pages::Failure;

const COOKIE_NAME: &str = "usage_form";
/// A form that was left open overnight still works.
const COOKIE_SECONDS: u64 = 24 * 3600;

/// The token of a signed-in browser's forms. The session's secret can't be found from it.
pub(crate) fn token_for_session(secret: &Secret) -> String {
    token("session", secret)
}

/// Refuses a form that doesn't bring the token it was given.
pub(super) fn check(expected: &str, given: &str) -> Result<(), Failure> {
    match token_matches(expected, given) {
        true => Ok(()),
        false => Err(Failure::ForeignForm),
    }
}

/// Whether a form brought the token it was given; takes the same time either way.
fn token_matches(expected: &str, given: &str) -> bool {
    expected.as_bytes().ct_eq(given.as_bytes()).into()
}

/// Whether the browser says that another site sent this. Older browsers say nothing.
pub(crate) fn is_cross_site(headers: &HeaderMap) -> bool {
    headers
        .get("sec-fetch-site")
        .is_some_and(|site| site == "cross-site")
}

/// Guards a form that is filled in before there is a session.
pub(crate) struct FormGuard {
    secret: Secret,
}

impl FormGuard {
    /// For showing a form: the browser's cookie again, or a new one.
    pub(crate) fn for_form(headers: &HeaderMap, tls: bool) -> Result<FormGuard, getrandom::Error> {
        match FormGuard::sent(headers, tls) {
            Some(guard) => Ok(guard),
            None => Ok(FormGuard {
                secret: Secret::random()?,
            }),
        }
    }

    /// For receiving a form: the cookie that came with it.
    fn sent(headers: &HeaderMap, tls: bool) -> Option<FormGuard> {
        let secret = Secret::parse(cookie::read(headers, COOKIE_NAME, tls)?)?;
        Some(FormGuard { secret })
    }

    /// Whether the form's token belongs to the cookie that came with it.
    pub(crate) fn allows(headers: &HeaderMap, tls: bool, given: &str) -> bool {
        FormGuard::sent(headers, tls).is_some_and(|guard| token_matches(&guard.token(), given))
    }

    pub(crate) fn token(&self) -> String {
        token("form", &self.secret)
    }

    pub(crate) fn cookie(&self, tls: bool) -> Option<HeaderValue> {
        cookie::write(COOKIE_NAME, &self.secret.text(), COOKIE_SECONDS, tls)
    }
}

fn token(purpose: &str, secret: &Secret) -> String {
    let mut hash = Sha256::new();
    hash.update(b"usage csrf ");
    hash.update(purpose);
    hash.update(b"\0");
    hash.update(secret.bytes());
    BASE64URL_NOPAD.encode(&hash.finalize())
}

#[cfg(test)]
mod tests {
    use axum::http::header::COOKIE;

    use super::*;

    #[test]
    fn a_form_is_taken_only_with_the_cookie_it_was_shown_with() {
        let shown = FormGuard::for_form(&HeaderMap::new(), false).unwrap();
        let mut headers = HeaderMap::new();
        assert!(
            !FormGuard::allows(&headers, false, &shown.token()),
            "no cookie"
        );
        let cookie = shown.cookie(false).unwrap();
        let pair = cookie.to_str().unwrap().split(';').next().unwrap();
        headers.insert(COOKIE, pair.parse().unwrap());
        assert!(FormGuard::allows(&headers, false, &shown.token()));
        assert!(!FormGuard::allows(&headers, false, ""));
        assert!(!FormGuard::allows(&headers, false, "guess"));
    }

    #[test]
    fn a_forms_token_does_not_open_a_session() {
        let secret = Secret::random().unwrap();
        assert_ne!(token("form", &secret), token_for_session(&secret));
        assert!(!token_for_session(&secret).contains(&secret.text()));
    }

    #[test]
    fn only_what_the_browser_calls_cross_site_is_cross_site() {
        let headers = |site: &'static str| {
            HeaderMap::from_iter([(
                "sec-fetch-site".parse().unwrap(),
                HeaderValue::from_static(site),
            )])
        };
        assert!(is_cross_site(&headers("cross-site")));
        assert!(!is_cross_site(&headers("same-origin")));
        assert!(!is_cross_site(&HeaderMap::new()));
    }
}
