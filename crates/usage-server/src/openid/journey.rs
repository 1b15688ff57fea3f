//! What a browser carries while its person is at the provider, and while somebody new says what their
//! organization is called. In one cookie, sealed: so nobody is brought back who didn't leave from this browser.

use axum::http::{HeaderMap, HeaderValue};
use data_encoding::BASE64URL_NOPAD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use usage_store::registry::SessionId;

use super::OpenId;
use crate::account::{Secret, cookie, local_path};
use crate::limits::{OPENID_JOURNEY_SECONDS, OPENID_NEXT_MAX_BYTES};

const COOKIE_NAME: &str = "usage_openid";

/// Somebody on their way to the provider and back. What must fit when they come back is derived from a secret,
/// and tells nothing of each other.
pub(crate) struct Journey {
    secret: Secret,
    /// Where to go afterwards.
    pub(crate) next: String,
    /// The session whose account is to be linked; without one somebody signs in.
    pub(crate) linking: Option<SessionId>,
}

/// A journey in its cookie.
#[derive(Serialize, Deserialize)]
struct Carried {
    secret: String,
    next: String,
    linking: Option<i64>,
}

impl Journey {
    /// To sign in, and go on to `next`. One that is too long for a cookie is left out.
    pub(crate) fn to_sign_in(next: &str) -> Result<Journey, getrandom::Error> {
        let next = match local_path(next) {
            long if long.len() > OPENID_NEXT_MAX_BYTES => "/",
            next => next,
        };
        Ok(Journey {
            secret: Secret::random()?,
            next: next.to_owned(),
            linking: None,
        })
    }

    /// To link who one is there to the account that is signed in.
    pub(crate) fn to_link(session: SessionId) -> Result<Journey, getrandom::Error> {
        Ok(Journey {
            secret: Secret::random()?,
            next: "/account".to_owned(),
            linking: Some(session),
        })
    }

    /// Ties the answer to this browser.
    pub(crate) fn state(&self) -> String {
        self.derive("state")
    }

    /// Whether an answer brings this journey's state.
    pub(crate) fn is_of(&self, state: &str) -> bool {
        self.state().as_bytes().ct_eq(state.as_bytes()).into()
    }

    /// Ties the provider's token to this journey.
    pub(crate) fn nonce(&self) -> String {
        self.derive("nonce")
    }

    /// Proves to the provider that who brings the code began the journey (RFC 7636).
    pub(crate) fn verifier(&self) -> String {
        self.derive("verifier")
    }

    /// What the provider knows of the verifier before: S256.
    pub(crate) fn challenge(&self) -> String {
        BASE64URL_NOPAD.encode(&Sha256::digest(self.verifier()))
    }

    fn derive(&self, purpose: &str) -> String {
        let mut hash = Sha256::new();
        hash.update(b"usage openid ");
        hash.update(purpose);
        hash.update(b"\0");
        hash.update(self.secret.bytes());
        BASE64URL_NOPAD.encode(&hash.finalize())
    }
}

/// Somebody without an account here, whom the provider vouched for, with what they came for.
#[derive(Serialize, Deserialize)]
pub(crate) struct Newcomer {
    pub(crate) subject: String,
    pub(crate) email: String,
    pub(crate) next: String,
}

/// What a browser carries.
impl OpenId {
    /// The cookie of who leaves for the provider.
    pub(crate) fn leaving(&self, journey: &Journey, tls: bool) -> Option<HeaderValue> {
        let carried = Carried {
            secret: journey.secret.text(),
            next: journey.next.clone(),
            linking: journey.linking.map(|id| id.0),
        };
        self.carry("journey", &carried, tls)
    }

    /// Who left from this browser.
    pub(crate) fn coming_back(&self, headers: &HeaderMap, tls: bool) -> Option<Journey> {
        let carried: Carried = self.carried("journey", headers, tls)?;
        Some(Journey {
            secret: Secret::parse(&carried.secret)?,
            next: carried.next,
            linking: carried.linking.map(SessionId),
        })
    }

    /// The cookie of who is new.
    pub(crate) fn welcoming(&self, newcomer: &Newcomer, tls: bool) -> Option<HeaderValue> {
        self.carry("newcomer", newcomer, tls)
    }

    /// Who is new in this browser.
    pub(crate) fn newcomer(&self, headers: &HeaderMap, tls: bool) -> Option<Newcomer> {
        self.carried("newcomer", headers, tls)
    }

    /// The cookie that ends either.
    pub(crate) fn arrived(tls: bool) -> Option<HeaderValue> {
        cookie::write(COOKIE_NAME, "", 0, tls)
    }

    fn carry(&self, purpose: &str, note: &impl Serialize, tls: bool) -> Option<HeaderValue> {
        let seconds = OPENID_JOURNEY_SECONDS;
        let until = Timestamp::now()
            .as_second()
            .saturating_add_unsigned(seconds);
        let value = self.seal.close(purpose, note, until)?;
        cookie::write(COOKIE_NAME, &value, seconds, tls)
    }

    fn carried<T: serde::de::DeserializeOwned>(
        &self,
        purpose: &str,
        headers: &HeaderMap,
        tls: bool,
    ) -> Option<T> {
        let value = cookie::read(headers, COOKIE_NAME, tls)?;
        self.seal.open(purpose, value, Timestamp::now().as_second())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_must_fit_is_each_journeys_own_and_tells_nothing_of_the_rest() {
        let one = Journey::to_sign_in("/a").unwrap();
        let another = Journey::to_sign_in("/a").unwrap();
        assert!(one.is_of(&one.state()) && !one.is_of(&another.state()) && !one.is_of(""));
        let all = [one.state(), one.nonce(), one.verifier(), one.challenge()];
        for (n, text) in all.iter().enumerate() {
            assert_eq!(text.len(), 43, "as long as PKCE wants it");
            assert!(!all[n + 1..].contains(text) && *text != one.secret.text());
        }
    }

    #[test]
    fn the_way_on_stays_here_and_fits_a_cookie() {
        assert_eq!(Journey::to_sign_in("//evil.example").unwrap().next, "/");
        let long = format!("/start?{}", "a".repeat(OPENID_NEXT_MAX_BYTES));
        assert_eq!(Journey::to_sign_in(&long).unwrap().next, "/");
        let longest = format!("/{}", "a".repeat(OPENID_NEXT_MAX_BYTES - 1));
        let journey = Journey::to_sign_in(&longest).unwrap();
        assert_eq!(journey.next, longest);
    }
}
