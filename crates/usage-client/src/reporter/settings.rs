//! What a reporter is built with, and what its thread and its handles share.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use super::consent::Consent;
use super::identity::Given;
use super::maker::Maker;
use super::{RegistrationNeeded, Status};
use crate::core::{BaseUrl, SpoolBounds, Timing, UnixMillis};
use crate::{Advisory, Reply, TokenStore, Transport, limits};

pub(super) type NeededHook = Box<dyn Fn(&RegistrationNeeded) + Send>;
pub(super) type Clock = Box<dyn Fn() -> SystemTime + Send + Sync>;

/// What the thread needs to know.
pub(super) struct Settings {
    pub(super) url: BaseUrl,
    pub(super) given: Given,
    pub(super) folder: Option<PathBuf>,
    pub(super) tokens: Box<dyn TokenStore>,
    pub(super) anonymous: bool,
    pub(super) offline: bool,
    pub(super) transport: Arc<dyn Transport>,
    pub(super) timeout: Duration,
    pub(super) timing: Timing,
    pub(super) bounds: SpoolBounds,
    pub(super) maker: Maker,
    pub(super) consent_version: u32,
    pub(super) on_registration_needed: Option<NeededHook>,
}

/// What both sides see. Locks are held for a copy, never for a call.
pub(super) struct Shared {
    pub(super) consent: Consent,
    clock: Clock,
    shown: Mutex<Shown>,
    changed: Condvar,
    /// Reports on their way to the thread.
    queued: AtomicUsize,
    /// A word to wake up is on its way.
    waking: AtomicBool,
    /// Reports that found no room there.
    unqueued: AtomicU64,
}

struct Shown {
    status: Status,
    latest_version: Option<String>,
    advisories: Vec<Advisory>,
    ended: bool,
}

impl Shared {
    pub(super) fn new(consent: Consent, clock: Clock, status: Status) -> Self {
        let shown = Shown {
            status,
            latest_version: None,
            advisories: Vec::new(),
            ended: false,
        };
        Self {
            consent,
            clock,
            shown: Mutex::new(shown),
            changed: Condvar::new(),
            queued: AtomicUsize::new(0),
            waking: AtomicBool::new(false),
            unqueued: AtomicU64::new(0),
        }
    }

    pub(super) fn now(&self) -> UnixMillis {
        UnixMillis::from((self.clock)())
    }

    fn shown(&self) -> MutexGuard<'_, Shown> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn show(&self, status: Status) {
        self.shown().status = status;
        self.changed.notify_all();
    }

    pub(super) fn status(&self) -> Status {
        self.shown().status.clone()
    }

    /// The status, once `ready` says so or the time is over.
    pub(super) fn status_once(&self, within: Duration, ready: impl Fn(&Status) -> bool) -> Status {
        let by = super::deadline(within);
        let mut shown = self.shown();
        loop {
            let left = by.saturating_duration_since(Instant::now());
            if ready(&shown.status) || shown.ended || left.is_zero() {
                return shown.status.clone();
            }
            let waited = self.changed.wait_timeout(shown, left);
            shown = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// `of_this_version`: whether the report named it, so that the advisories are those that affect it.
    pub(super) fn tell_news(&self, reply: &Reply, of_this_version: bool) {
        let mut shown = self.shown();
        if let Some(version) = reply.latest_version() {
            shown.latest_version = Some(version.to_owned());
        }
        if of_this_version {
            shown.advisories = reply.advisories().to_vec();
        }
    }

    pub(super) fn latest_version(&self) -> Option<String> {
        self.shown().latest_version.clone()
    }

    pub(super) fn advisories(&self) -> Vec<Advisory> {
        self.shown().advisories.clone()
    }

    /// Whether the thread is still to be woken.
    pub(super) fn wake(&self) -> bool {
        !self.waking.swap(true, Ordering::SeqCst)
    }

    /// The thread is awake.
    pub(super) fn woken(&self) {
        self.waking.store(false, Ordering::SeqCst);
    }

    /// Room for one more report, if there is any.
    pub(super) fn make_room(&self) -> bool {
        if self.queued.fetch_add(1, Ordering::Relaxed) < limits::QUEUED_REPORTS {
            return true;
        }
        self.taken();
        self.unqueued.fetch_add(1, Ordering::Relaxed);
        false
    }

    /// The thread has a report.
    pub(super) fn taken(&self) {
        self.queued.fetch_sub(1, Ordering::Relaxed);
    }

    /// Reports that found no room since this was last asked.
    pub(super) fn take_unqueued(&self) -> u64 {
        self.unqueued.swap(0, Ordering::Relaxed)
    }

    /// The thread is gone.
    pub(super) fn end(&self) {
        self.shown().ended = true;
        self.changed.notify_all();
    }

    /// Whether the thread is gone, or is within this time.
    pub(super) fn wait_for_end(&self, within: Duration) -> bool {
        self.status_once(within, |_| false);
        self.shown().ended
    }
}
