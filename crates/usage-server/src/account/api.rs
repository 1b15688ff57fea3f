//! The extractor of the doors by which programs ask: [`Asker`], an operator's program with an API key, or
//! an operator's own browser. Its parameter says which scope the door takes, so none can forget to look.

use std::marker::PhantomData;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use jiff::Timestamp;
use usage_store::registry::Scope;

use super::SignedIn;
use super::secret::API_KEY_PREFIX;
use crate::app::App;
use crate::ingest::{self, Refusal};

/// What a door takes of an API key.
pub(crate) trait Taken {
    const SCOPE: Scope;
}

/// Of a door that answers questions.
pub(crate) struct Read;

/// Of a door that hands out reports.
pub(crate) struct Export;

impl Taken for Read {
    const SCOPE: Scope = Scope::Read;
}

impl Taken for Export {
    const SCOPE: Scope = Scope::Export;
}

/// Who asks, and may: a key with the scope, or for what changes nothing an operator's session.
pub(crate) struct Asker<T> {
    /// For the audit log: an operator's address, or the name of a key.
    pub(crate) name: String,
    taken: PhantomData<T>,
}

impl<T: Taken> FromRequestParts<Arc<App>> for Asker<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Refusal> {
        let name = match key(&parts.headers)? {
            Some(key) => by_key(app, parts, key, T::SCOPE).await?,
            None => by_session(app, parts).await?,
        };
        let taken = PhantomData;
        Ok(Asker { name, taken })
    }
}

/// The key that was sent. Other schemes are a proxy's; two keys would be read in two ways.
fn key(headers: &HeaderMap) -> Result<Option<Vec<u8>>, Refusal> {
    let sent = headers.get_all(header::AUTHORIZATION).iter();
    let mut keys = sent
        .filter_map(|value| Some(ingest::bearer(value.as_bytes())?.trim_ascii()))
        .filter(|key| !key.is_empty());
    match (keys.next(), keys.next()) {
        (None, _) => Ok(None),
        (Some(key), None) => Ok(Some(key.to_vec())),
        _ => Err(Refusal::ApiKey("the request has two API keys; send one")),
    }
}

async fn by_key(
    app: &Arc<App>,
    parts: &Parts,
    key: Vec<u8>,
    scope: Scope,
) -> Result<String, Refusal> {
    let is_ours = key.starts_with(API_KEY_PREFIX.as_bytes());
    let now = Timestamp::now();
    let held = Arc::clone(app);
    let asked = tokio::task::spawn_blocking(move || held.store.api_grant(&key, now));
    let grant = match asked.await {
        Ok(Ok(grant)) => grant,
        Ok(Err(cause)) => {
            tracing::error!(%cause, "an API key could not be looked up");
            return Err(Refusal::Failed);
        }
        Err(_) => return Err(Refusal::Failed),
    };
    let Some(grant) = grant else {
        // Guesses are slowed down like those at tokens.
        ingest::pay(app, parts)?;
        return Err(Refusal::ApiKey(match is_ours {
            true => {
                "this API key is unknown, was revoked or has expired; ask an operator for another one"
            }
            false => {
                "this is no API key; those begin with uak_, and an operator makes them at /api-keys"
            }
        }));
    };
    app.store.note_api_key_use(grant.key, now);
    match grant.scopes.allow(scope) {
        true => Ok(format!("API key {}", grant.name)),
        false => Err(Refusal::Scope(scope)),
    }
}

/// A browser that shows what is asked; a form of another site must not be able to do more.
async fn by_session(app: &Arc<App>, parts: &Parts) -> Result<String, Refusal> {
    let person = match parts.method.is_safe() {
        true => SignedIn::of(&parts.headers, app).await.map_err(|failure| {
            let cause = failure.cause();
            tracing::error!(cause, "a session could not be looked up");
            Refusal::Failed
        })?,
        false => None,
    };
    match person {
        Some(person) if person.account.operator => Ok(person.account.email),
        Some(_) => Err(Refusal::NotAnOperator),
        None => Err(Refusal::ApiKey(
            "send an API key as Authorization: Bearer uak_...; an operator makes them at /api-keys",
        )),
    }
}

#[cfg(test)]
mod tests;
