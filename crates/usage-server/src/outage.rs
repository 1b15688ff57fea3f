//! Work that fails again and again is said once, and once more when it works again: a full disk
//! must not fill the log, too.

use std::fmt::Display;
use std::time::{Duration, Instant};

/// Whether a piece of work fails, and since when.
pub(crate) struct Outage {
    /// What is done: "storing reports".
    what: &'static str,
    since: Option<Instant>,
}

impl Outage {
    /// Of work that has not failed yet.
    pub(crate) fn of(what: &'static str) -> Outage {
        Outage { what, since: None }
    }

    /// It failed; said where it had worked before.
    pub(crate) fn failed(&mut self, cause: &impl Display) {
        let what = self.what;
        if self.since.is_none() {
            self.since = Some(Instant::now());
            tracing::error!(%cause, "{what} fails; it is tried again until it works");
        } else {
            tracing::debug!(%cause, "{what} still fails");
        }
    }

    /// It worked; said where it had failed before.
    pub(crate) fn worked(&mut self) {
        if let Some(since) = self.since.take() {
            let seconds = Duration::as_secs(&since.elapsed());
            tracing::warn!(seconds, "{} works again", self.what);
        }
    }

    /// Whether it failed the last time.
    pub(crate) fn is_on(&self) -> bool {
        self.since.is_some()
    }

    /// Takes note of how it went; whether it failed.
    pub(crate) fn note<T, E: Display>(&mut self, went: &Result<T, E>) -> bool {
        match went {
            Ok(_) => self.worked(),
            Err(cause) => self.failed(cause),
        }
        self.is_on()
    }
}
