//! Background work: the read model follows the journal, the WAL is copied into the
//! database, what is to be forgotten is erased, full spans are re-packed, old reports and keys go,
//! and free pages after them. Two threads; each does its work in steps so small that no commit waits long.

use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::thread::JoinHandle;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use usage_store::Store;

/// How long the read model may be behind when nobody says that something came: only after a
/// side command has written, as every commit says so.
const APPLY_AT_LEAST_EVERY: Duration = Duration::from_millis(500);

/// Between two looks at the WAL and the journal's spans.
const UPKEEP_EVERY: Duration = Duration::from_secs(1);

/// After a failure (a full disk, say), until the next try.
const AFTER_FAILURE: Duration = Duration::from_secs(5);

/// Spans re-packed at one look: a few milliseconds each.
const SPANS_AT_A_LOOK: usize = 32;

/// Looks between two at reports that may be too old: about a minute. It unpacks the oldest block.
const LOOKS_PER_RETIREMENT: u8 = 64;

/// Steps of a retirement or a vacuum at one look: a few milliseconds each.
const STEPS_AT_A_LOOK: usize = 32;

/// Tells the read model that reports came. Cheap, and never blocks.
#[derive(Clone)]
pub(crate) struct Nudge(SyncSender<()>);

impl Nudge {
    /// Reports were committed.
    pub(crate) fn reports_came(&self) {
        // Full means that it has been told and not looked yet; closed, that the server stops.
        let _ = self.0.try_send(());
    }
}

/// The running jobs; they stop when told to, or when this is dropped.
pub(crate) struct Jobs {
    store: Arc<Store>,
    nudge: Option<Nudge>,
    stop_upkeep: Option<SyncSender<()>>,
    threads: Vec<JoinHandle<()>>,
}

impl Jobs {
    /// Starts them.
    /// `retention_days`: how long reports stay in the journal; `None` is for ever.
    pub(crate) fn start(store: &Arc<Store>, retention_days: Option<u32>) -> std::io::Result<Jobs> {
        let (nudge, nudges) = mpsc::sync_channel(1);
        let (stop_upkeep, stop) = mpsc::sync_channel(1);
        let (model, upkeep) = (store.clone(), store.clone());
        let threads = vec![
            std::thread::Builder::new()
                .name("read-model".to_owned())
                .spawn(move || follow(&model, &nudges))?,
            std::thread::Builder::new()
                .name("upkeep".to_owned())
                .spawn(move || keep_up(&upkeep, retention_days, &stop))?,
        ];
        Ok(Jobs {
            store: store.clone(),
            nudge: Some(Nudge(nudge)),
            stop_upkeep: Some(stop_upkeep),
            threads,
        })
    }

    /// How to tell the read model that reports came. The jobs stop only when every nudge is gone.
    pub(crate) fn nudge(&self) -> Option<Nudge> {
        self.nudge.clone()
    }

    /// Lets each job finish its step, and waits for it.
    pub(crate) fn stop(mut self) {
        self.store.stop();
        self.nudge = None;
        self.stop_upkeep = None;
        for thread in self.threads.drain(..) {
            // A job that panicked has said so already.
            let _ = thread.join();
        }
    }
}

/// The read model follows the journal.
fn follow(store: &Store, nudges: &Receiver<()>) {
    loop {
        let pause = match store.apply() {
            Ok(0) => APPLY_AT_LEAST_EVERY,
            Ok(_) => Duration::ZERO,
            Err(e) => {
                tracing::error!(error = %e, "the read model could not follow the journal; will try again");
                AFTER_FAILURE
            }
        };
        if nudges.recv_timeout(pause) == Err(RecvTimeoutError::Disconnected) {
            return;
        }
    }
}

/// Everything that has time.
fn keep_up(store: &Store, retention_days: Option<u32>, stop: &Receiver<()>) {
    let mut slice = 0u8;
    let mut retiring = false;
    loop {
        let mut pause = UPKEEP_EVERY;
        // Each by itself: a damaged block that can't be erased from must not let the WAL grow.
        let retired = match retention_days {
            Some(days) if retiring || slice.is_multiple_of(LOOKS_PER_RETIREMENT) => {
                retire(store, days)
            }
            _ => Ok(false),
        };
        retiring = retired.as_ref().is_ok_and(|more| *more);
        for (what, done) in [
            ("taking old reports out of the journal", retired.map(|_| ())),
            ("erasing what is to be forgotten", erase(store)),
            ("upkeep of the data", tidy(store, slice)),
        ] {
            if let Err(e) = done {
                tracing::error!(error = %e, "{what} failed; will try again");
                pause = AFTER_FAILURE;
            }
        }
        slice = slice.wrapping_add(1);
        if stop.recv_timeout(pause) == Err(RecvTimeoutError::Disconnected) {
            return;
        }
    }
}

/// Does the erasures that were asked for.
fn erase(store: &Store) -> usage_store::Result<()> {
    while store.erase_next(Timestamp::now())? {
        tracing::info!("something that was to be forgotten is erased");
    }
    Ok(())
}

fn tidy(store: &Store, slice: u8) -> usage_store::Result<()> {
    store.checkpoint()?;
    store.forget_keys(slice, Timestamp::now())?;
    repack(store)?;
    vacuum(store)
}

/// Takes old reports out of the journal; whether there may be more.
fn retire(store: &Store, days: u32) -> usage_store::Result<bool> {
    let until = Timestamp::now() - SignedDuration::from_hours(24 * i64::from(days));
    for step in 0..STEPS_AT_A_LOOK {
        if !store.retire(until)? {
            if step > 0 {
                tracing::info!(
                    days,
                    "reports older than retention-days were taken out of the journal"
                );
            }
            return Ok(false);
        }
    }
    Ok(true)
}

fn vacuum(store: &Store) -> usage_store::Result<()> {
    for _ in 0..STEPS_AT_A_LOOK {
        if !store.vacuum()? {
            break;
        }
    }
    Ok(())
}

fn repack(store: &Store) -> usage_store::Result<()> {
    for _ in 0..SPANS_AT_A_LOOK {
        if !store.repack()? {
            break;
        }
    }
    Ok(())
}
