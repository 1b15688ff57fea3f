//! Sign-in with OpenID Connect, by the authorization code flow with PKCE. What pages need of a provider is here,
//! and what a browser carries until it comes back; nothing is kept of who is on the way. The provider itself is
//! asked in `provider` (feature `openid`).

// Without a provider to ask, all of this only waits for one.
#![cfg_attr(not(feature = "openid"), allow(dead_code))]

pub(crate) mod address;
#[cfg(feature = "openid")]
mod fetch;
#[cfg(feature = "openid")]
mod id_token;
mod journey;
#[cfg(feature = "openid")]
mod keys;
#[cfg(feature = "openid")]
mod metadata;
#[cfg(feature = "openid")]
mod provider;
mod seal;
#[cfg(test)]
#[cfg(feature = "openid")]
mod signing;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

pub(crate) use self::journey::{Journey, Newcomer};
#[cfg(feature = "openid")]
pub(crate) use self::provider::Remote;
use self::seal::Seal;
use crate::account::Busy;
use crate::limits::OPENID_AT_ONCE_MAX;

/// Who waits longer for a turn hears that the server is busy.
const PATIENCE: Duration = Duration::from_secs(5);

/// What is asked of a provider. Both may block.
pub(crate) trait Provider: Send + Sync {
    /// Where a browser is sent; why not, for the log.
    fn door(&self, journey: &Journey) -> Result<String, String>;
    /// Who came back with this code; why nobody, for the log, which never has a code or a token.
    fn who(&self, journey: &Journey, code: &str) -> Result<Person, String>;
}

/// Somebody, as the provider knows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Person {
    /// Never another's, whatever becomes of addresses.
    pub(crate) subject: String,
    /// Their address, where the provider has seen that it is theirs.
    pub(crate) verified_email: Option<String>,
}

/// The provider that people may sign in with.
pub(crate) struct OpenId {
    /// What people know it as.
    pub(crate) name: String,
    /// As it writes itself.
    pub(crate) issuer: String,
    pub(crate) provider: Box<dyn Provider>,
    seal: Seal,
    turns: Arc<Semaphore>,
}

impl OpenId {
    pub(crate) fn new(
        name: &str,
        issuer: &str,
        provider: Box<dyn Provider>,
    ) -> Result<OpenId, getrandom::Error> {
        Ok(OpenId {
            name: name.to_owned(),
            issuer: issuer.to_owned(),
            provider,
            seal: Seal::new()?,
            turns: Arc::new(Semaphore::new(OPENID_AT_ONCE_MAX)),
        })
    }

    /// A turn to ask the provider, held until it is dropped: one that hangs must not take all threads.
    pub(crate) async fn turn(&self) -> Result<OwnedSemaphorePermit, Busy> {
        let turn = Arc::clone(&self.turns).acquire_owned();
        let turn = tokio::time::timeout(PATIENCE, turn).await;
        turn.map_err(|_| Busy)?.map_err(|_| Busy)
    }
}
