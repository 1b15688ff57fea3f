//! What becomes of the messages to webhooks. How many wait is the store's to know.

use prometheus::{IntCounter, IntCounterVec, Opts, Registry, Result};

use super::{counter, registered};

/// From the queues to the receivers. Webhooks are no labels: one that is removed would stay a series.
pub(crate) struct Telling {
    pub(crate) delivered: IntCounter,
    pub(crate) failed: IntCounter,
    pub(crate) given_up: IntCounter,
    pub(crate) dropped: IntCounter,
}

impl Telling {
    pub(super) fn new(registry: &Registry) -> Result<Telling> {
        let attempts = Opts::new(
            "usage_webhook_attempts_total",
            "Times that a message was posted to a webhook, by what came of it.",
        );
        let attempts = registered(registry, IntCounterVec::new(attempts, &["outcome"])?)?;
        Ok(Telling {
            delivered: attempts.with_label_values(&["delivered"]),
            failed: attempts.with_label_values(&["failed"]),
            given_up: counter(
                registry,
                "usage_webhook_given_up_total",
                "Messages that no webhook took in all their attempts.",
            )?,
            dropped: counter(
                registry,
                "usage_webhook_dropped_total",
                "Messages that there was no room for, as too many waited for their webhook.",
            )?,
        })
    }
}
