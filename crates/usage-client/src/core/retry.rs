//! How long to wait after a failure: exponential back-off with full jitter, within a budget.

use std::time::Duration;

use super::Random;

/// How one round of attempts goes. After it there is peace until the next interval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retry {
    /// At most this many attempts a round.
    pub attempts: u32,
    /// At most this long a round, waits that the server asks for included.
    pub budget: Duration,
    /// The wait after the first failure is drawn from up to this; it doubles with each.
    pub base: Duration,
    /// The longest wait to draw from.
    pub longest: Duration,
    /// No wait is shorter, whatever is drawn: never a tight loop.
    pub shortest: Duration,
}

impl Default for Retry {
    /// 5 attempts within 15 minutes, after waits of up to 10, 20, 40 and 80 seconds.
    fn default() -> Self {
        Self {
            attempts: 5,
            budget: Duration::from_secs(15 * 60),
            base: Duration::from_secs(10),
            longest: Duration::from_secs(5 * 60),
            shortest: Duration::from_secs(1),
        }
    }
}

impl Retry {
    /// How long to wait after the `failures`th failure (from 1) in a row: anything up to the bound of the
    /// day ([full jitter](https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/)), and
    /// what the server asks for before it. So those who were told the same time don't come at the same time.
    pub fn wait(&self, failures: u32, asked: Option<Duration>, random: &mut Random) -> Duration {
        let doubled = 2_u32.checked_pow(failures.saturating_sub(1));
        let bound = doubled.and_then(|times| self.base.checked_mul(times));
        let drawn = random.below(bound.unwrap_or(self.longest).min(self.longest));
        drawn
            .max(self.shortest)
            .saturating_add(asked.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_stay_within_bounds() {
        let retry = Retry::default();
        let mut random = Random::seeded(7);
        for failures in 1..=40 {
            let bound = (retry.base.as_secs() << (failures - 1).min(5)).min(300);
            let drawn: Vec<_> = (0..200)
                .map(|_| retry.wait(failures, None, &mut random))
                .collect();
            let most = drawn.iter().max().unwrap();
            assert!(drawn.iter().min().unwrap() >= &retry.shortest);
            // Full jitter: they reach up to the bound, never over it.
            assert!(
                most.as_secs() <= bound && most.as_secs() >= bound * 8 / 10,
                "{failures}: {most:?}"
            );
        }
    }

    #[test]
    fn what_the_server_asks_for_comes_on_top() {
        let asked = Duration::from_secs(120);
        let wait = Retry::default().wait(1, Some(asked), &mut Random::seeded(7));
        assert!(wait > asked && wait <= asked + Duration::from_secs(10));
        let forever = Retry::default().wait(u32::MAX, Some(Duration::MAX), &mut Random::seeded(7));
        assert_eq!(forever, Duration::MAX);
    }
}
