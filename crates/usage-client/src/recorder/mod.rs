//! A recorder for the `metrics` crate: an application's counters, gauges and histograms become stats. Behind
//! the feature `metrics`. Where and when they are sent is the caller's business.

mod histogram;
mod series;

use std::sync::Arc;

use metrics::atomics::AtomicU64;
use metrics::{
    Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SetRecorderError, SharedString,
    Unit,
};
use std::sync::atomic::Ordering;

use crate::{StatsData, Tags, Values, limits};
use histogram::Buckets;
use series::Series;

/// Collects what a program records with the `metrics` crate's macros, for [`Stats`](crate::Stats).
///
/// ```
/// use usage_client::{MetricsRecorder, Stats};
///
/// let recorder = MetricsRecorder::new();
/// # metrics::with_local_recorder(&recorder, || {
/// // once, at start: recorder.clone().install()?;
/// metrics::counter!("queries", "kind" => "select").increment(3);
/// metrics::gauge!("databases").set(2.0);
/// metrics::histogram!("query_seconds").record(0.25);
/// # });
///
/// let mut stats = Stats::new("jambox").cluster_id("clus1").server_id("serv1");
/// stats.extend(recorder.snapshot());
/// # let data = stats.data.unwrap();
/// # assert_eq!(data.len(), 3);
/// ```
///
/// A point is called as its metric, and its labels are its tags. A counter's value is `counter`, a gauge's
/// `gauge`; a histogram has `count`, `sum`, `min`, `max`, and `p50`, `p90` and `p99`, which are estimates: at
/// most 3.2 % off for values between 1e-9 and 1e15. All of them are since the start of the program.
///
/// Recording takes no lock and no memory once a series is known; at most 512 counters, 512 gauges and 128
/// histograms are (about 2 MB when all are used). Further ones are counted in
/// [`refused`](Self::refused), and not recorded. Clones share what they record.
#[derive(Clone, Debug)]
pub struct MetricsRecorder {
    all: Arc<All>,
}

#[derive(Debug)]
struct All {
    counters: Series<AtomicU64>,
    /// The bits of an `f64`.
    gauges: Series<AtomicU64>,
    histograms: Series<Buckets>,
}

impl MetricsRecorder {
    /// Nothing is recorded yet.
    pub fn new() -> Self {
        Self {
            all: Arc::new(All {
                counters: Series::new(limits::METRIC_SERIES),
                gauges: Series::new(limits::METRIC_SERIES),
                histograms: Series::new(limits::METRIC_HISTOGRAMS),
            }),
        }
    }

    /// Makes it the program's recorder. Keep a clone for snapshots.
    ///
    /// # Errors
    ///
    /// Where the program has one already.
    pub fn install(self) -> Result<(), SetRecorderError<Self>> {
        metrics::set_global_recorder(self)
    }

    /// What was recorded so far, sorted by name and labels. A gauge that stands at no number is left out.
    pub fn snapshot(&self) -> Vec<StatsData> {
        let mut points = Vec::new();
        self.all.counters.each(|key, counter| {
            let value = counter.load(Ordering::Acquire);
            points.push(point(key, Values::new().with("counter", value)));
        });
        self.all.gauges.each(|key, gauge| {
            let value = f64::from_bits(gauge.load(Ordering::Acquire));
            if value.is_finite() {
                points.push(point(key, Values::new().with("gauge", value)));
            }
        });
        self.all.histograms.each(|key, buckets| {
            if let Some(values) = buckets.summary() {
                points.push(point(key, values));
            }
        });
        let tags = |point: &StatsData| point.tags.clone().map(|tags| (*tags).clone());
        points.sort_by_cached_key(|point| (point.name.clone(), tags(point)));
        points
    }

    /// How often a series was asked for that there was no room for.
    pub fn refused(&self) -> u64 {
        let All {
            counters,
            gauges,
            histograms,
        } = &*self.all;
        counters.refused() + gauges.refused() + histograms.refused()
    }
}

fn point(key: &Key, values: Values) -> StatsData {
    let labels = key.labels();
    let tags: Tags = labels.map(|label| (label.key(), label.value())).collect();
    StatsData::new(key.name()).tags(tags).values(values)
}

impl Default for MetricsRecorder {
    fn default() -> Self {
        Self::new()
    }
}

/// Units and descriptions have no place in the protocol.
impl Recorder for MetricsRecorder {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        let found = self.all.counters.get(key, || AtomicU64::new(0));
        found.map_or(Counter::noop(), Counter::from_arc)
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        let found = self.all.gauges.get(key, || AtomicU64::new(0));
        found.map_or(Gauge::noop(), Gauge::from_arc)
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        let found = self.all.histograms.get(key, Buckets::new);
        found.map_or(Histogram::noop(), Histogram::from_arc)
    }
}
