//! Webhooks: what happens here is posted to whoever an operator named, signed, at least once. What is to be told
//! is decided of the registry and the read model, from a place of its own, on a thread that ingest never waits
//! for; it holds no lock and no snapshot while it posts.
//!
//! ```text
//! registry, read model -> watcher (what is new, its place) -> queue, in usage.db
//! queue -> courier (what is due, what is given up) -> post (signature, checked address) -> the receiver
//! ```

mod courier;
mod limits;
pub(crate) mod message;
mod post;
mod reach;
pub(crate) mod signature;
pub(crate) mod target;
#[cfg(test)]
mod tests;
mod watcher;

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use jiff::Timestamp;
use usage_store::Store;

use self::courier::Courier;
use self::post::Poster;
pub(crate) use self::reach::Reach;
use self::watcher::Watcher;
use crate::config::WebhookConfig;
use crate::jobs::after_everybody_else;
use crate::outage::Outage;
use crate::watch::Watch;

/// Between two looks at what is new and what is due, while there is nothing.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// After a failure of ours (a full disk, say), until the next try.
const AFTER_FAILURE: Duration = Duration::from_secs(5);

/// The running thread.
pub(crate) struct Webhooks {
    stop: SyncSender<()>,
    ended: Receiver<()>,
}

impl Webhooks {
    /// Starts it. A healthy sender reports every `interval_secs`.
    ///
    /// # Errors
    ///
    /// Where the certificate authorities can't be read, or there is no thread for it.
    pub(crate) fn start(
        store: &Arc<Store>,
        watch: &Arc<Watch>,
        config: &WebhookConfig,
        interval_secs: u32,
    ) -> Result<Webhooks, String> {
        let watcher = Watcher::new(
            store.clone(),
            watch.clone(),
            config.silent_hours,
            interval_secs,
        );
        let courier = Courier::new(store.clone(), watch.clone(), Poster::new(config)?);
        let (stop, stops) = sync_channel(0);
        // Nobody ever sends: it hears that the thread is gone.
        let (alive, ended) = sync_channel(0);
        std::thread::Builder::new()
            .name("webhooks".to_owned())
            .spawn(move || {
                let _alive: SyncSender<()> = alive;
                after_everybody_else();
                work(&watcher, courier, &stops);
            })
            .map_err(|e| format!("starting webhooks: {e}"))?;
        Ok(Webhooks { stop, ended })
    }

    /// Lets it finish its posts, for a moment: a receiver that doesn't answer must not hold the stop up. What
    /// it was about to note is posted again after the start.
    pub(crate) fn stop(self) {
        drop(self.stop);
        if self.ended.recv_timeout(limits::STOP_TIMEOUT) == Err(RecvTimeoutError::Timeout) {
            tracing::debug!("a webhook's post is under way; it is made again after the start");
        }
    }
}

fn work(watcher: &Watcher, mut courier: Courier, stops: &Receiver<()>) {
    let mut watching = Outage::of("looking for what webhooks are to hear of");
    let mut carrying = Outage::of("keeping webhooks' messages");
    loop {
        let now = Timestamp::now();
        let (looked, carried) = (watcher.look(now), courier.carry(now));
        let failed = watching.note(&looked) | carrying.note(&carried);
        let pause = match (failed, looked, carried) {
            (true, ..) => AFTER_FAILURE,
            (_, Ok(true), _) | (.., Ok(true)) => Duration::ZERO,
            _ => LOOK_EVERY,
        };
        if stops.recv_timeout(pause) != Err(RecvTimeoutError::Timeout) {
            return;
        }
    }
}

/// Why it can't go on for now.
#[derive(Debug)]
pub(crate) struct Failure(String);

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<usage_store::Error> for Failure {
    fn from(e: usage_store::Error) -> Failure {
        Failure(e.to_string())
    }
}

impl From<getrandom::Error> for Failure {
    fn from(e: getrandom::Error) -> Failure {
        Failure(format!("the system has no random numbers to give: {e}"))
    }
}
