//! Accepted stats and usage, posted as line protocol to an InfluxDB-compatible `/write`: at least once, in
//! order, with a place of its own in the journal. On a thread of its own, which holds no lock and no snapshot
//! while it posts, so ingest never waits for it, however the target behaves.
//!
//! ```text
//! journal -> follower (place, products) -> batch (lines) -> delivery (whole, or in halves) -> target (HTTP)
//!                   \- the place moves once the target has the batch
//! ```

mod batch;
mod delivery;
mod follower;
mod limits;
mod target;
#[cfg(test)]
pub(crate) mod tests;
mod waits;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use usage_store::Store;

use self::follower::Follower;
use self::target::Target;
use self::waits::Waits;
use crate::config::ForwardConfig;
use crate::jobs::{Manners, after_everybody_else};
use crate::outage::Outage;
use crate::watch::Watch;

/// Between two looks at the journal when it had nothing new.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The running forwarder.
pub(crate) struct Forwarder {
    stop: SyncSender<()>,
    stopping: Arc<AtomicBool>,
    ended: Receiver<()>,
}

impl Forwarder {
    /// Starts it.
    ///
    /// # Errors
    ///
    /// Where the target can't be, or there is no thread for it.
    pub(crate) fn start(
        store: &Arc<Store>,
        watch: &Arc<Watch>,
        config: &ForwardConfig,
        manners: Manners,
    ) -> Result<Forwarder, String> {
        let target = Target::new(config)?;
        let follower = Follower::new(store.clone(), watch.clone(), target, config);
        Forwarder::run(follower, Waits::new(), manners).map_err(|e| e.to_string())
    }

    fn run(follower: Follower, waits: Waits, manners: Manners) -> std::io::Result<Forwarder> {
        let (stop, stops) = sync_channel(0);
        // Nobody ever sends: it hears that the thread is gone.
        let (alive, ended) = sync_channel(0);
        let stopping = follower.stopping();
        std::thread::Builder::new()
            .name("forward".to_owned())
            .spawn(move || {
                let _alive: SyncSender<()> = alive;
                after_everybody_else();
                work(follower, waits, manners, &stops);
            })?;
        Ok(Forwarder {
            stop,
            stopping,
            ended,
        })
    }

    /// Lets it finish its post, for a moment: a target that doesn't answer must not hold the stop up. What
    /// it was about to note it finds out again.
    pub(crate) fn stop(self) {
        self.stopping.store(true, Ordering::Relaxed);
        drop(self.stop);
        if self.ended.recv_timeout(limits::STOP_TIMEOUT) == Err(RecvTimeoutError::Timeout) {
            tracing::debug!("a post is under way; what it has is forwarded again after the start");
        }
    }
}

fn work(mut follower: Follower, mut waits: Waits, mut manners: Manners, stops: &Receiver<()>) {
    let mut outage = Outage::of("forwarding reports");
    loop {
        let pause = match follower.step() {
            Ok(None) => return,
            Ok(Some(step)) => {
                outage.worked();
                waits.worked();
                match step.more {
                    true => manners.rest_after(step.worked),
                    false => LOOK_EVERY,
                }
            }
            Err(failure) => {
                outage.failed(&failure.cause);
                waits.failed(failure.retry_after)
            }
        };
        if stops.recv_timeout(pause) != Err(RecvTimeoutError::Timeout) {
            return;
        }
    }
}

/// Why it can't go on for now.
#[derive(Debug)]
pub(crate) struct Failure {
    /// For the log.
    pub(crate) cause: String,
    /// What the target asks for.
    pub(crate) retry_after: Option<Duration>,
}

impl From<usage_store::Error> for Failure {
    fn from(e: usage_store::Error) -> Failure {
        Failure {
            cause: e.to_string(),
            retry_after: None,
        }
    }
}
