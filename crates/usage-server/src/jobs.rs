//! Background work: the read model follows the journal, the WAL is copied into the
//! database, what is to be forgotten is erased, full spans are re-packed, old keys go. Two
//! threads; each does its work in steps so small that no commit waits long.

use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::thread::JoinHandle;
use std::time::Duration;

use jiff::Timestamp;
use usage_store::Store;

use crate::outage::Outage;

/// How long the read model may be behind when nobody says that something came: only after a
/// side command has written, as every commit says so.
const APPLY_AT_LEAST_EVERY: Duration = Duration::from_millis(500);

/// Between two looks at the WAL and the journal's spans.
const UPKEEP_EVERY: Duration = Duration::from_secs(1);

/// After a failure (a full disk, say), until the next try.
const AFTER_FAILURE: Duration = Duration::from_secs(5);

/// Spans re-packed at one look: a few milliseconds each.
const SPANS_AT_A_LOOK: usize = 32;

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
    pub(crate) fn start(store: &Arc<Store>) -> std::io::Result<Jobs> {
        let (nudge, nudges) = mpsc::sync_channel(1);
        let (stop_upkeep, stop) = mpsc::sync_channel(1);
        let (model, upkeep) = (store.clone(), store.clone());
        let threads = vec![
            std::thread::Builder::new()
                .name("read-model".to_owned())
                .spawn(move || follow(&model, &nudges))?,
            std::thread::Builder::new()
                .name("upkeep".to_owned())
                .spawn(move || keep_up(&upkeep, &stop))?,
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
    let mut outage = Outage::of("counting what was reported");
    loop {
        let applied = store.apply();
        outage.note(&applied);
        let pause = match applied {
            Ok(0) => APPLY_AT_LEAST_EVERY,
            Ok(_) => Duration::ZERO,
            Err(_) => AFTER_FAILURE,
        };
        if nudges.recv_timeout(pause) == Err(RecvTimeoutError::Disconnected) {
            return;
        }
    }
}

/// Everything that has time.
fn keep_up(store: &Store, stop: &Receiver<()>) {
    let mut slice = 0u8;
    let mut erasing = Outage::of("erasing what is to be forgotten");
    let mut copying = Outage::of("copying the WAL into the database");
    let mut tidying = Outage::of("tidying the data");
    loop {
        // Each by itself: a damaged block that can't be erased from must not let the WAL grow.
        let failed = [
            erasing.note(&erase(store)),
            copying.note(&store.checkpoint()),
            tidying.note(&tidy(store, slice)),
        ];
        let pause = if failed.contains(&true) {
            AFTER_FAILURE
        } else {
            UPKEEP_EVERY
        };
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
    store.forget_keys(slice, Timestamp::now())?;
    repack(store)
}

fn repack(store: &Store) -> usage_store::Result<()> {
    for _ in 0..SPANS_AT_A_LOOK {
        if !store.repack()? {
            break;
        }
    }
    Ok(())
}
