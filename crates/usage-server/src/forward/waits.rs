//! How long to wait after failures: exponential back-off with full jitter, and what the target asks for.

use std::time::Duration;

use super::limits::{RETRY_AFTER_MAX, WAIT_BASE, WAIT_LONGEST, WAIT_SHORTEST};

/// Failures in a row, and what follows from them.
pub(super) struct Waits {
    failures: u32,
    base: Duration,
    /// From 0 to 1.
    draw: fn() -> f64,
}

impl Waits {
    pub(super) fn new() -> Waits {
        Waits {
            failures: 0,
            base: WAIT_BASE,
            draw: random,
        }
    }

    /// Shorter ones, for tests.
    #[cfg(test)]
    pub(super) fn hasty() -> Waits {
        Waits {
            base: Duration::from_millis(1),
            ..Waits::new()
        }
    }

    /// It worked.
    pub(super) fn worked(&mut self) {
        self.failures = 0;
    }

    /// It failed once more: how long to wait.
    pub(super) fn failed(&mut self, asked: Option<Duration>) -> Duration {
        let doubled = 2_u32.checked_pow(self.failures);
        self.failures = self.failures.saturating_add(1);
        let bound = doubled.and_then(|times| self.base.checked_mul(times));
        let bound = bound.unwrap_or(WAIT_LONGEST).min(WAIT_LONGEST);
        let drawn = bound.mul_f64((self.draw)()).max(WAIT_SHORTEST);
        drawn + asked.unwrap_or_default().min(RETRY_AFTER_MAX)
    }
}

/// Where the system has no randomness to give, the middle.
fn random() -> f64 {
    getrandom::u32().map_or(0.5, |drawn| f64::from(drawn) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawing(draw: fn() -> f64) -> Waits {
        Waits {
            draw,
            ..Waits::new()
        }
    }

    #[test]
    fn waits_double_up_to_five_minutes_and_begin_anew() {
        let mut longest = drawing(|| 1.0);
        let seconds: Vec<u64> = (0..40).map(|_| longest.failed(None).as_secs()).collect();
        assert_eq!(seconds[..10], [1, 2, 4, 8, 16, 32, 64, 128, 256, 300]);
        assert!(seconds[10..].iter().all(|wait| *wait == 300));
        longest.worked();
        assert_eq!(longest.failed(None).as_secs(), 1);
        let mut shortest = drawing(|| 0.0);
        assert!((0..40).all(|_| shortest.failed(None) == WAIT_SHORTEST));
    }

    #[test]
    fn all_of_a_bound_is_drawn_from() {
        let mut waits = Waits::new();
        let drawn: Vec<Duration> = (0..400).map(|_| waits.failed(None)).skip(20).collect();
        let (least, most) = (drawn.iter().min().unwrap(), drawn.iter().max().unwrap());
        assert!(
            least.as_secs() < 60 && most.as_secs() > 240,
            "{least:?} {most:?}"
        );
    }

    #[test]
    fn what_the_target_asks_for_comes_on_top() {
        let asked = Duration::from_secs(90);
        assert_eq!(drawing(|| 1.0).failed(Some(asked)).as_secs(), 91);
        assert!(Waits::new().failed(Some(Duration::MAX)) <= RETRY_AFTER_MAX + WAIT_BASE);
    }
}
