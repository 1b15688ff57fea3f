//! Whether reports can be stored. A commit that fails begins an outage: `/readyz` says so, and a
//! thread tries an empty commit now and then, so that its end is found even where nobody sends.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use usage_store::{Result, Store};

use crate::limits::OUTAGE_TRY_EVERY;
use crate::outage::Outage;

/// The state of storing, and the thread that looks for an outage's end.
pub(crate) struct Storing {
    watch: Watch,
    thread: Option<JoinHandle<()>>,
}

/// Hears how each commit went.
#[derive(Clone)]
pub(crate) struct Watch(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    outage: Outage,
    closed: bool,
}

impl Storing {
    /// Starts the thread.
    pub(crate) fn start(store: Arc<Store>) -> std::io::Result<Storing> {
        let watch = Watch(Arc::new(Shared {
            state: Mutex::new(State {
                outage: Outage::of("storing reports"),
                closed: false,
            }),
            changed: Condvar::new(),
        }));
        let thread = std::thread::Builder::new()
            .name("outage".to_owned())
            .spawn({
                let watch = watch.clone();
                move || {
                    while watch.wait_to_try() {
                        let _ = watch.note(store.try_commit());
                    }
                }
            })?;
        Ok(Storing {
            watch,
            thread: Some(thread),
        })
    }

    /// Who is to hear of commits.
    pub(crate) fn watch(&self) -> Watch {
        self.watch.clone()
    }

    /// Whether the last commit worked.
    pub(crate) fn works(&self) -> bool {
        !self.watch.lock().outage.is_on()
    }
}

impl Drop for Storing {
    fn drop(&mut self) {
        self.watch.lock().closed = true;
        self.watch.0.changed.notify_all();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Watch {
    /// Takes note of how a commit went, and hands it on.
    pub(crate) fn note<T>(&self, went: Result<T>) -> Result<T> {
        if self.lock().outage.note(&went) {
            self.0.changed.notify_all();
        }
        went
    }

    /// Waits for an outage and a pause within it; `false` when it is time to end.
    fn wait_to_try(&self) -> bool {
        let in_peace = self
            .0
            .changed
            .wait_while(self.lock(), |state| !state.outage.is_on() && !state.closed)
            .unwrap_or_else(PoisonError::into_inner);
        let (state, _) = self
            .0
            .changed
            .wait_timeout_while(in_peace, OUTAGE_TRY_EVERY, |state| !state.closed)
            .unwrap_or_else(PoisonError::into_inner);
        !state.closed
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
