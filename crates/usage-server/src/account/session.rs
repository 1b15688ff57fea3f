//! Sessions: a random secret in a cookie, its SHA-256 in the store. A sign-in always draws a
//! new secret, so one that was planted beforehand is worth nothing.

use axum::http::{HeaderMap, HeaderValue};
use jiff::{SignedDuration, Timestamp};
use usage_store::Store;
use usage_store::registry::AccountId;

use super::cookie;
use super::secret::Secret;

const COOKIE_NAME: &str = "usage_session";
const DAYS: i64 = 14;

/// The secret that the browser sent, which may or may not be a session's.
pub(super) fn sent(headers: &HeaderMap, tls: bool) -> Option<Secret> {
    Secret::parse(cookie::read(headers, COOKIE_NAME, tls)?)
}

/// Signs a browser in; the cookie to set. Blocks on the store.
pub(crate) fn start(
    store: &Store,
    secret: &Secret,
    account: AccountId,
    tls: bool,
    now: Timestamp,
) -> usage_store::Result<Option<HeaderValue>> {
    let lifetime = SignedDuration::from_hours(24 * DAYS);
    let expires_at = now.checked_add(lifetime).unwrap_or(Timestamp::MAX);
    store.start_session(secret.bytes(), account, now, expires_at)?;
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
