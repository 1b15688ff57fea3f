//! Whether the server may be tried at all: rounds of attempts, and peace between them. Kept on disk, so
//! that a product that crashes at each start doesn't begin a round at each.

use std::time::Duration;

use super::{Phase, Random, Retry, UnixMillis};

/// Remembers failures. [`ready_at`](Self::ready_at) says when the next attempt may be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Breaker {
    /// When the round at hand began, or the last one if it is over.
    pub round_began: Option<UnixMillis>,
    /// Failures of the round at hand.
    pub failures: u32,
    /// Rounds that failed, since the last success.
    pub failed_rounds: u32,
    /// No attempt before this.
    pub until: Option<UnixMillis>,
    /// When this was written down: a clock that stands before it went back since.
    pub noted_at: Option<UnixMillis>,
}

/// What a failure means for the next attempts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outlook {
    /// It may pass; the server may have asked for a wait.
    Passing(Option<Duration>),
    /// It stays until somebody changes something: a wrong token, a wrong URL, a proxy's page.
    Lasting,
}

/// What a breaker needs to know.
pub(super) struct Bounds<'a> {
    pub(super) retry: &'a Retry,
    pub(super) phase: Phase,
    pub(super) interval: Duration,
    /// No wait is longer, whatever the server asks for.
    pub(super) longest: Duration,
}

impl Breaker {
    /// When the next attempt may be; `None`: at once.
    pub fn ready_at(&self) -> Option<UnixMillis> {
        self.until
    }

    /// Whether something failed since the last success.
    pub fn is_outage(&self) -> bool {
        self.failures > 0 || self.failed_rounds > 0
    }

    pub(super) fn on_success(&mut self) {
        *self = Self::default();
    }

    pub(super) fn on_failure(
        &mut self,
        now: UnixMillis,
        outlook: Outlook,
        bounds: &Bounds<'_>,
        random: &mut Random,
    ) {
        if self.failures == 0 {
            self.round_began = Some(now);
        }
        let began = self.round_began.unwrap_or(now);
        self.failures += 1;
        self.noted_at = Some(now);
        let asked = match outlook {
            Outlook::Passing(asked) => asked.map(|asked| asked.min(bounds.longest)),
            Outlook::Lasting => None,
        };
        let again = now + bounds.retry.wait(self.failures, asked, random);
        let goes_on = outlook != Outlook::Lasting
            && self.failures < bounds.retry.attempts
            && again.since(began) <= bounds.retry.budget;
        if goes_on {
            self.until = Some(again);
            return;
        }
        // A little less than an interval, so that what begins at an instant of the install's own can
        // begin at the next.
        let rest = bounds.interval - bounds.interval / 16;
        let round = bounds.phase.first_from(began + rest, bounds.interval);
        self.until = Some(round.max(now + asked.unwrap_or_default()));
        self.failures = 0;
        self.failed_rounds = self.failed_rounds.saturating_add(1);
    }

    /// After a jump back of the clock, what was left to wait is left to wait.
    pub(super) fn heed_clock(&mut self, now: UnixMillis) {
        let Some(noted_at) = self.noted_at.filter(|noted_at| now < *noted_at) else {
            return;
        };
        let ahead = noted_at.since(now);
        self.until = self.until.map(|at| at.before(ahead));
        self.round_began = self.round_began.map(|at| at.before(ahead));
        self.noted_at = Some(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERVAL: Duration = Duration::from_secs(12 * 3600);
    const NOW: UnixMillis = UnixMillis::new(1_800_000_000_000);

    fn fail(breaker: &mut Breaker, now: UnixMillis, outlook: Outlook) {
        let bounds = Bounds {
            retry: &Retry::default(),
            phase: Phase::of(&["jambox"]),
            interval: INTERVAL,
            longest: INTERVAL * 14,
        };
        breaker.on_failure(now, outlook, &bounds, &mut Random::seeded(3));
    }

    #[test]
    fn a_round_ends_and_the_next_is_an_interval_away() {
        let mut breaker = Breaker::default();
        let mut now = NOW;
        for attempt in 1..=5 {
            fail(&mut breaker, now, Outlook::Passing(None));
            let next = breaker.ready_at().unwrap();
            let wait = next.since(now);
            assert!(wait >= Duration::from_secs(1));
            assert_eq!(
                attempt < 5,
                wait < Duration::from_secs(300),
                "{attempt}: {wait:?}"
            );
            now = next;
        }
        assert!(now.since(NOW) >= INTERVAL * 15 / 16 && now.since(NOW) < INTERVAL * 2);
        assert_eq!(breaker.failed_rounds, 1);
    }

    #[test]
    fn what_does_not_pass_is_not_tried_again_in_the_same_round() {
        let mut breaker = Breaker::default();
        fail(&mut breaker, NOW, Outlook::Lasting);
        assert!(breaker.ready_at().unwrap().since(NOW) >= INTERVAL * 15 / 16);
    }

    #[test]
    fn a_long_wait_asked_for_ends_the_round_and_is_kept() {
        let mut breaker = Breaker::default();
        let asked = INTERVAL * 4;
        fail(&mut breaker, NOW, Outlook::Passing(Some(asked)));
        assert_eq!(breaker.ready_at(), Some(NOW + asked));
        // Whoever asks for a century gets a week.
        fail(&mut breaker, NOW, Outlook::Passing(Some(INTERVAL * 73_000)));
        assert_eq!(breaker.ready_at(), Some(NOW + INTERVAL * 14));
    }

    #[test]
    fn a_clock_that_goes_back_a_year_doesn_t_lengthen_the_wait() {
        let mut breaker = Breaker::default();
        fail(&mut breaker, NOW, Outlook::Lasting);
        let wait = breaker.ready_at().unwrap().since(NOW);
        let year = Duration::from_secs(365 * 86_400);
        breaker.heed_clock(NOW.before(year));
        assert_eq!(breaker.ready_at().unwrap().since(NOW.before(year)), wait);
    }
}
