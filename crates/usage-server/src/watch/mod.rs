//! What operators watch of a running server: counted where it happens, with a few atomic
//! additions each, and written out when it is asked for. Rooms: what is answered (`requests`),
//! what becomes of reports (`reports`, `forwarding`) and of webhooks' messages (`webhooks`), what is read off when asked (`scrape`, `process`), and
//! the listener that tells it (`listener`). Names and meanings are in `docs/metrics.md`.

mod forwarding;
mod listener;
mod process;
mod reports;
mod requests;
mod scrape;
mod webhooks;

use std::time::Duration;

use prometheus::core::Collector;
use prometheus::{Histogram, HistogramOpts, IntCounter, IntGauge, Registry, Result};

use usage_store::{NewReport, Outcome};

use crate::log::SLOW;
use forwarding::Forwarding;
pub(crate) use listener::router;
use reports::Reports;
use requests::Requests;
use webhooks::Telling;

/// Everything that is counted. Shared by all threads.
pub(crate) struct Watch {
    /// Past this, something is written to the log whatever its level.
    slow: Duration,
    registry: Registry,
    pub(crate) requests: Requests,
    pub(crate) reports: Reports,
    pub(crate) forward: Forwarding,
    pub(crate) webhooks: Telling,
}

impl Watch {
    /// With nothing counted yet.
    pub(crate) fn new(slow: Duration) -> Result<Watch> {
        let registry = Registry::new();
        Ok(Watch {
            slow,
            requests: Requests::new(&registry)?,
            reports: Reports::new(&registry)?,
            forward: Forwarding::new(&registry)?,
            webhooks: Telling::new(&registry)?,
            registry,
        })
    }

    /// A commit of these reports ended like this.
    pub(crate) fn committed(
        &self,
        reports: &[NewReport],
        outcomes: &usage_store::Result<Vec<Outcome>>,
        took: Duration,
    ) {
        self.reports.committed(reports, outcomes, took);
        if self.is_slow(took) {
            let reports = reports.len();
            tracing::warn!(target: SLOW, reports, micros = micros(took), "slow commit");
        }
    }

    /// The read model looked at so many reports, or could not.
    pub(crate) fn applied(&self, reports: &usage_store::Result<u64>, took: Duration) {
        self.reports.applied(reports, took);
        if let Ok(reports @ 1..) = *reports
            && self.is_slow(took)
        {
            tracing::warn!(target: SLOW, reports, micros = micros(took), "slow read model");
        }
    }

    /// What counts as slow.
    pub(crate) fn slow(&self) -> Duration {
        self.slow
    }

    /// Whether something took so long that it is always in the log.
    pub(crate) fn is_slow(&self, took: Duration) -> bool {
        took >= self.slow
    }
}

/// A duration as the log has it.
pub(crate) fn micros(took: Duration) -> u64 {
    u64::try_from(took.as_micros()).unwrap_or(u64::MAX)
}

fn registered<T: Collector + Clone + 'static>(registry: &Registry, metric: T) -> Result<T> {
    registry.register(Box::new(metric.clone()))?;
    Ok(metric)
}

fn counter(registry: &Registry, name: &str, help: &str) -> Result<IntCounter> {
    registered(registry, IntCounter::new(name, help)?)
}

fn gauge(registry: &Registry, name: &str, help: &str) -> Result<IntGauge> {
    registered(registry, IntGauge::new(name, help)?)
}

fn histogram(registry: &Registry, name: &str, help: &str, up_to: &[f64]) -> Result<Histogram> {
    let options = HistogramOpts::new(name, help).buckets(up_to.to_vec());
    registered(registry, Histogram::with_opts(options)?)
}
