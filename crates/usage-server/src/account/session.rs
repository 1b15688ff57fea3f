//! Sessions: a random secret in a cookie, its SHA-256 in the store. A sign-in always draws a
//! new secret, so one that was planted beforehand is worth nothing, and ends the browser's old one.

use axum::http::header::USER_AGENT;
use axum::http::{HeaderMap, HeaderValue};
use jiff::{SignedDuration, Timestamp};
use usage_store::Store;
use usage_store::registry::{AccountId, NewSession};

use super::cookie;
use super::secret::Secret;
use crate::pages::Failure;

const COOKIE_NAME: &str = "usage_session";
const DAYS: i64 = 14;

/// The secret that the browser sent, which may or may not be a session's.
pub(super) fn sent(headers: &HeaderMap, tls: bool) -> Option<Secret> {
    Secret::parse(cookie::read(headers, COOKIE_NAME, tls)?)
}

/// Signs the browser that sent these headers in; the cookie to set. To be called wherever somebody has
/// proven who they are, and after a change of password, which ends all sessions. Blocks on the store.
pub(crate) fn start(
    store: &Store,
    headers: &HeaderMap,
    account: AccountId,
    tls: bool,
    now: Timestamp,
) -> Result<Option<HeaderValue>, Failure> {
    let secret = Secret::random()?;
    let lifetime = SignedDuration::from_hours(24 * DAYS);
    let browser = headers.get(USER_AGENT).map(HeaderValue::as_bytes);
    if let Some(old) = sent(headers, tls) {
        store.end_session(old.bytes())?;
    }
    let new = NewSession {
        secret: secret.bytes(),
        account,
        browser: &String::from_utf8_lossy(browser.unwrap_or_default()),
        expires_at: now.checked_add(lifetime).unwrap_or(Timestamp::MAX),
    };
    store.start_session(&new, now)?;
    let seconds = lifetime.as_secs().unsigned_abs();
    Ok(cookie::write(COOKIE_NAME, &secret.text(), seconds, tls))
}

/// Signs a browser out; the cookie to set. Blocks on the store.
pub(crate) fn end(
    store: &Store,
    headers: &HeaderMap,
    tls: bool,
) -> usage_store::Result<Option<HeaderValue>> {
    if let Some(secret) = sent(headers, tls) {
        store.end_session(secret.bytes())?;
    }
    Ok(cookie::write(COOKIE_NAME, "", 0, tls))
}
