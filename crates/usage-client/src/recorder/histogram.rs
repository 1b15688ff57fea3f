//! A histogram of fixed size: sixteen buckets for each doubling, so that an estimate from a bucket's middle
//! is at most half a sixteenth (3.2 %) off.

use std::sync::atomic::{AtomicU64, Ordering};

use metrics::HistogramFn;

use crate::Values;

/// The first bucket takes what is below 2^-30 (about 1e-9): nothing, and less than nothing, too.
const LEAST_EXPONENT: i64 = -30;
/// The last one what is from 2^50 (about 1e15) on.
const MOST_EXPONENT: i64 = 50;
const PER_DOUBLING: usize = 16;
const BUCKETS: usize = (MOST_EXPONENT - LEAST_EXPONENT) as usize * PER_DOUBLING + 2;

/// How many values fell where, about 10 KiB.
#[derive(Debug)]
pub(super) struct Buckets {
    counts: Box<[AtomicU64]>,
    /// The bits of `f64`s, as the following two.
    sum: AtomicU64,
    min: AtomicU64,
    max: AtomicU64,
}

impl Buckets {
    pub(super) fn new() -> Self {
        Self {
            counts: (0..BUCKETS).map(|_| AtomicU64::new(0)).collect(),
            sum: AtomicU64::new(0.0_f64.to_bits()),
            min: AtomicU64::new(f64::INFINITY.to_bits()),
            max: AtomicU64::new(f64::NEG_INFINITY.to_bits()),
        }
    }

    /// Nothing if nothing was recorded.
    pub(super) fn summary(&self) -> Option<Values> {
        let counts: Vec<u64> = self.counts.iter().map(load).collect();
        let count: u64 = counts.iter().sum();
        let number = |of: &AtomicU64| f64::from_bits(load(of));
        let (min, max) = (number(&self.min), number(&self.max));
        // Right after the first value was counted, its bounds may still be on their way.
        if count == 0 || min > max {
            return None;
        }
        let mut values = Values::new()
            .with("count", count)
            .with("min", min)
            .with("max", max);
        let sum = number(&self.sum);
        if sum.is_finite() {
            values = values.with("sum", sum);
        }
        for (name, share) in [("p50", 0.5), ("p90", 0.9), ("p99", 0.99)] {
            let estimate = quantile(&counts, count, share).unwrap_or(min);
            values = values.with(name, estimate.clamp(min, max));
        }
        Some(values)
    }
}

impl HistogramFn for Buckets {
    /// What is no number can't be reported, and is not recorded.
    fn record(&self, value: f64) {
        self.record_many(value, 1);
    }

    fn record_many(&self, value: f64, count: usize) {
        if !value.is_finite() || count == 0 {
            return;
        }
        change(&self.sum, |sum| Some(sum + value * count as f64));
        change(&self.min, |min| (value < min).then_some(value));
        change(&self.max, |max| (value > max).then_some(value));
        self.counts[bucket(value)].fetch_add(count as u64, Ordering::Release);
    }
}

fn load(number: &AtomicU64) -> u64 {
    number.load(Ordering::Acquire)
}

/// Replaces the number by what `next` makes of it, unless that is nothing.
fn change(number: &AtomicU64, next: impl Fn(f64) -> Option<f64>) {
    let next = |bits| next(f64::from_bits(bits)).map(f64::to_bits);
    let _ = number.fetch_update(Ordering::AcqRel, Ordering::Acquire, next);
}

/// A float's exponent and the first four bits of its fraction, side by side: that is the bucket.
fn bucket(value: f64) -> usize {
    let least = 2.0_f64.powi(LEAST_EXPONENT as i32);
    if value < least {
        return 0;
    }
    let steps = |value: f64| (value.to_bits() >> 48) as usize;
    (1 + steps(value) - steps(least)).min(BUCKETS - 1)
}

/// The middle of the bucket that this share of the values reaches into; nothing where that is the first,
/// which has no middle.
fn quantile(counts: &[u64], count: u64, share: f64) -> Option<f64> {
    let rank = (share * count as f64).ceil().max(1.0) as u64;
    let mut reached = 0;
    let at = counts.iter().position(|in_bucket| {
        reached += in_bucket;
        reached >= rank
    })?;
    let step = at.checked_sub(1)?;
    let exponent = LEAST_EXPONENT as i32 + (step / PER_DOUBLING) as i32;
    let sixteenths = (step % PER_DOUBLING) as f64 + 0.5;
    Some(2.0_f64.powi(exponent) * (1.0 + sixteenths / PER_DOUBLING as f64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Value;

    fn number(values: &Values, name: &str) -> f64 {
        match &values[name] {
            Value::Float(value) => *value,
            other => panic!("{name}: {other:?}"),
        }
    }

    #[test]
    fn estimates_are_as_close_as_promised() {
        for scale in [1e-9, 1e-3, 1.0, 12345.6, 1e11] {
            let buckets = Buckets::new();
            for at in 1..=10_000 {
                buckets.record(f64::from(at) * scale);
            }
            let summary = buckets.summary().unwrap();
            assert_eq!(summary["count"], Value::Int(10_000));
            assert_eq!(number(&summary, "min"), scale);
            assert_eq!(number(&summary, "max"), 10_000.0 * scale);
            let sum = number(&summary, "sum") / (50_005_000.0 * scale);
            assert!((sum - 1.0).abs() < 1e-9);
            for (name, exact) in [("p50", 5000.0), ("p90", 9000.0), ("p99", 9900.0)] {
                let off = number(&summary, name) / (exact * scale) - 1.0;
                assert!(off.abs() <= 0.032, "{name} at {scale}: {off}");
            }
        }
    }

    #[test]
    fn odd_values_do_no_harm() {
        let buckets = Buckets::new();
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            buckets.record(value);
        }
        assert_eq!(buckets.summary(), None);
        for value in [-5.0, 0.0, -0.0, f64::MIN_POSITIVE, f64::MAX, f64::MIN] {
            buckets.record(value);
        }
        buckets.record_many(1.0, 0);
        let summary = buckets.summary().unwrap();
        assert_eq!(summary["count"], Value::Int(6));
        assert_eq!(number(&summary, "min"), f64::MIN);
        assert_eq!(number(&summary, "p50"), f64::MIN);
        buckets.record(f64::MAX);
        buckets.record(f64::MAX);
        assert!(!buckets.summary().unwrap().contains_key("sum"));
    }

    #[test]
    fn every_value_has_a_bucket_and_order_is_kept() {
        let mut last = 0;
        let mut value = 1e-10;
        while value < 1e16 {
            let at = bucket(value);
            assert!(at >= last && at < BUCKETS);
            last = at;
            value *= 1.01;
        }
        assert_eq!(last, BUCKETS - 1);
    }
}
