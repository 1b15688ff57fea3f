//! What was refused with 422, on its way to where operators see it: off the handlers' path,
//! bounded, and the first thing dropped under load.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use usage_store::Store;
use usage_store::quarantine::Refused;

use crate::limits::{QUARANTINE_BATCH_MAX, QUARANTINE_WAITING_MAX};
use crate::outage::Outage;
use crate::watch::Watch;

/// The channel and its thread.
pub(crate) struct Quarantine {
    /// `None` only while it is dropped.
    line: Option<SyncSender<Refused>>,
    thread: Option<JoinHandle<()>>,
    dropped: Arc<AtomicU64>,
    watch: Arc<Watch>,
}

impl Quarantine {
    /// Starts the thread.
    pub(crate) fn start(store: Arc<Store>, watch: Arc<Watch>) -> std::io::Result<Quarantine> {
        let (line, waiting) = sync_channel(QUARANTINE_WAITING_MAX);
        let dropped = Arc::new(AtomicU64::new(0));
        let thread = std::thread::Builder::new()
            .name("quarantine".to_owned())
            .spawn({
                let (dropped, watch) = (Arc::clone(&dropped), Arc::clone(&watch));
                move || keep_all(&store, &waiting, &dropped, &watch)
            })?;
        Ok(Quarantine {
            line: Some(line),
            thread: Some(thread),
            dropped,
            watch,
        })
    }

    /// Hands a refused report over, or counts it as dropped.
    pub(crate) fn keep(&self, refused: Refused) {
        let kept = self
            .line
            .as_ref()
            .is_some_and(|line| line.try_send(refused).is_ok());
        if !kept {
            self.dropped.fetch_add(1, Ordering::Relaxed);
            self.watch.reports.quarantine_dropped.inc();
        }
    }
}

impl Drop for Quarantine {
    /// Takes no more, and returns when all that was taken is kept.
    fn drop(&mut self) {
        self.line = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn keep_all(store: &Store, waiting: &Receiver<Refused>, dropped: &AtomicU64, watch: &Watch) {
    let mut outage = Outage::of("keeping refused reports");
    while let Ok(first) = waiting.recv() {
        let mut batch = vec![first];
        batch.extend(waiting.try_iter().take(QUARANTINE_BATCH_MAX - 1));
        let failed = outage.note(&store.quarantine(&batch));
        watch.reports.quarantined(batch.len(), !failed);
        let lost = dropped.swap(0, Ordering::Relaxed);
        if lost > 0 {
            tracing::warn!(
                reports = lost,
                "too many refused reports, these were not kept"
            );
        }
    }
}
