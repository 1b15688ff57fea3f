//! What an ID token says, once all of it is checked (OpenID Connect Core 1.0, 3.1.3.7). What is wrong with one
//! is told without a word of it.

use data_encoding::BASE64URL_NOPAD;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use subtle::ConstantTimeEq;

use super::keys::{Algorithm, Keys, Unsigned};
use crate::limits::{OPENID_SKEW_SECONDS, OPENID_TOKEN_AGE_MAX_SECONDS};

/// The longest subject that the specification allows.
const SUBJECT_MAX_BYTES: usize = 255;

/// What a token must fit.
pub(super) struct Expected<'a> {
    pub(super) issuer: &'a str,
    pub(super) client_id: &'a str,
    pub(super) nonce: &'a str,
    /// Seconds since 1970.
    pub(super) now: i64,
}

/// Why a token is refused.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// Its key isn't among those known.
    UnknownKey,
    /// Anything else.
    Because(&'static str),
}

/// Who it is about.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Claims {
    pub(super) subject: String,
    pub(super) email: Option<Email>,
}

/// An address, as a provider writes it, and whether it has seen that it is theirs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Email {
    pub(super) address: String,
    pub(super) verified: bool,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    /// What must be understood: we understand no extensions.
    crit: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct Written {
    iss: String,
    sub: String,
    aud: Audience,
    azp: Option<String>,
    exp: f64,
    iat: f64,
    nbf: Option<f64>,
    nonce: Option<String>,
    #[serde(flatten)]
    address: Address,
}

/// What is said of an address, in a token or beside it.
#[derive(Deserialize)]
pub(super) struct Address {
    email: Option<String>,
    email_verified: Option<serde_json::Value>,
}

impl Address {
    pub(super) fn read(self) -> Option<Email> {
        // Some providers write "true".
        let verified = self
            .email_verified
            .is_some_and(|said| said == true || said == "true");
        let address = self.email?;
        Some(Email { address, verified })
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

/// Who a token is about, if it is for us, of this journey, of now, and signed by the provider.
pub(super) fn check(token: &str, keys: &Keys, expected: &Expected<'_>) -> Result<Claims, Refused> {
    let because = |why| Refused::Because(why);
    let parts: Vec<&str> = token.split('.').collect();
    let &[header, payload, signature] = &*parts else {
        return Err(because("it doesn't have three parts"));
    };
    let head: Header = json(header).ok_or(because("its header can't be read"))?;
    let algorithm = Algorithm::parse(&head.alg).ok_or(because(
        "it is signed by another way than RS256, ES256 or EdDSA",
    ))?;
    if head.crit.is_some() {
        return Err(because("it demands an extension"));
    }
    let message = &token[..header.len() + 1 + payload.len()];
    let signature = BASE64URL_NOPAD.decode(signature.as_bytes());
    let signature = signature.map_err(|_| because("its signature can't be read"))?;
    keys.verify(
        algorithm,
        head.kid.as_deref(),
        message.as_bytes(),
        &signature,
    )
    .map_err(|unsigned| match unsigned {
        Unsigned::UnknownKey => Refused::UnknownKey,
        Unsigned::Wrong => because("its signature is wrong"),
    })?;
    let claims: Written = json(payload).ok_or(because("its claims can't be read"))?;
    match complaint(&claims, expected) {
        Some(why) => Err(because(why)),
        None => Ok(Claims {
            subject: claims.sub,
            email: claims.address.read(),
        }),
    }
}

fn json<T: DeserializeOwned>(part: &str) -> Option<T> {
    let bytes = BASE64URL_NOPAD.decode(part.as_bytes()).ok()?;
    serde_json::from_slice(&bytes).ok()
}

fn complaint(claims: &Written, expected: &Expected<'_>) -> Option<&'static str> {
    let ours = expected.client_id;
    let for_us = match &claims.aud {
        Audience::One(one) => one == ours,
        Audience::Many(all) => all.iter().any(|one| one == ours),
    };
    let many = matches!(&claims.aud, Audience::Many(all) if all.len() > 1);
    let party = claims.azp.as_deref();
    let (now, skew) = (expected.now as f64, OPENID_SKEW_SECONDS as f64);
    let oldest = now - OPENID_TOKEN_AGE_MAX_SECONDS as f64 - skew;
    let subject = &claims.sub;
    let complaints = [
        (claims.iss != expected.issuer, "another issuer made it"),
        (!for_us, "it is for another client"),
        (
            many && party.is_none(),
            "it is for several clients and doesn't say whose it is",
        ),
        (
            party.is_some_and(|party| party != ours),
            "it was made for another client",
        ),
        (claims.exp <= now - skew, "it is expired"),
        (claims.iat > now + skew, "it was made in the future"),
        (claims.iat < oldest, "it is old"),
        (
            claims.nbf.is_some_and(|from| from > now + skew),
            "it isn't valid yet",
        ),
        (
            !same(claims.nonce.as_deref(), expected.nonce),
            "it is of another journey",
        ),
        (
            subject.is_empty()
                || subject.len() > SUBJECT_MAX_BYTES
                || subject.chars().any(char::is_control),
            "it has no subject that can be kept",
        ),
    ];
    let found = complaints.into_iter().find(|(wrong, _)| *wrong);
    found.map(|(_, why)| why)
}

fn same(nonce: Option<&str>, expected: &str) -> bool {
    nonce.is_some_and(|nonce| nonce.as_bytes().ct_eq(expected.as_bytes()).into())
}

#[cfg(test)]
mod tests;
