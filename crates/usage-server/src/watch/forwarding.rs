//! What becomes of reports that are forwarded to a neighbour.

use std::sync::atomic::{AtomicU64, Ordering};

use prometheus::{IntCounter, Registry, Result};

use super::counter;

/// No place yet.
const NOWHERE: u64 = u64::MAX;

/// From the journal to the target.
pub(crate) struct Forwarding {
    pub(crate) reports: IntCounter,
    pub(crate) refused_lines: IntCounter,
    pub(crate) missed: IntCounter,
    pub(crate) failures: IntCounter,
    place: AtomicU64,
}

impl Forwarding {
    pub(super) fn new(registry: &Registry) -> Result<Forwarding> {
        let count = |name: &str, help: &str| counter(registry, name, help);
        Ok(Forwarding {
            reports: count(
                "usage_forward_reports_total",
                "Reports that the target of --forward-url has.",
            )?,
            refused_lines: count(
                "usage_forward_refused_lines_total",
                "Lines that it refused, and that were left out.",
            )?,
            missed: count(
                "usage_forward_missed_reports_total",
                "Places of the journal that retention emptied before they could be forwarded.",
            )?,
            failures: count(
                "usage_forward_failures_total",
                "Times that forwarding could not go on and will try again.",
            )?,
            place: AtomicU64::new(NOWHERE),
        })
    }

    /// Everything before this place is forwarded.
    pub(crate) fn is_at(&self, place: u64) {
        self.place.store(place, Ordering::Relaxed);
    }

    /// How many places it is behind; 0 where nothing is forwarded.
    pub(crate) fn behind(&self, next_seq: u64) -> u64 {
        match self.place.load(Ordering::Relaxed) {
            NOWHERE => 0,
            place => next_seq.saturating_sub(place),
        }
    }
}
