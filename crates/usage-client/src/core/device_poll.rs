//! When to ask again whether a person has entered the code (RFC 8628), with time as an argument.

use std::time::Duration;

/// Never more often than this, whatever the server says.
const LEAST_INTERVAL: Duration = Duration::from_secs(1);
/// Never more seldom, so that a person doesn't wait for long.
const MOST_INTERVAL: Duration = Duration::from_secs(60);
/// What `slow_down` adds.
const SLOWER_BY: Duration = Duration::from_secs(5);

/// The rhythm of a device flow's questions. Times are counted from the flow's start, by a clock that only
/// goes forward.
///
/// ```
/// use std::time::Duration;
/// use usage_client::core::{DevicePoll, PollStep};
///
/// let seconds = Duration::from_secs;
/// let mut poll = DevicePoll::new(seconds(5), seconds(600), seconds(0));
/// assert_eq!(poll.next_step(seconds(2)), PollStep::Wait(seconds(3)));
/// assert_eq!(poll.next_step(seconds(5)), PollStep::Ask);
/// poll.slow_down(seconds(6));
/// assert_eq!(poll.next_step(seconds(6)), PollStep::Wait(seconds(10)));
/// assert_eq!(poll.next_step(seconds(600)), PollStep::Expired);
/// ```
#[derive(Clone, Debug)]
pub struct DevicePoll {
    interval: Duration,
    next: Duration,
    end: Duration,
}

/// What to do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PollStep {
    /// Nothing, for this long.
    Wait(Duration),
    /// Ask the server, and tell what it said.
    Ask,
    /// Give up: the code is no longer good.
    Expired,
}

impl DevicePoll {
    /// The code was given at `now`, with the server's interval, and is good for `expires_in`.
    pub fn new(interval: Duration, expires_in: Duration, now: Duration) -> Self {
        let interval = interval.clamp(LEAST_INTERVAL, MOST_INTERVAL);
        Self {
            interval,
            next: now.saturating_add(interval),
            end: now.saturating_add(expires_in),
        }
    }

    /// What to do at `now`.
    pub fn next_step(&self, now: Duration) -> PollStep {
        if now >= self.end {
            return PollStep::Expired;
        }
        match self.next.min(self.end).saturating_sub(now) {
            Duration::ZERO => PollStep::Ask,
            wait => PollStep::Wait(wait),
        }
    }

    /// The person hasn't yet: `authorization_pending`.
    pub fn pending(&mut self, now: Duration) {
        self.next = now.saturating_add(self.interval);
    }

    /// The server wants fewer questions: `slow_down`.
    pub fn slow_down(&mut self, now: Duration) {
        self.interval = (self.interval + SLOWER_BY).min(MOST_INTERVAL);
        self.pending(now);
    }

    /// There was no answer, or that of a server in trouble, which may have said how long to wait.
    pub fn unreachable(&mut self, retry_after: Option<Duration>, now: Duration) {
        self.interval = (self.interval * 2).min(MOST_INTERVAL);
        let wait = retry_after.unwrap_or_default().max(self.interval);
        self.next = now.saturating_add(wait);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(count: u64) -> Duration {
        Duration::from_secs(count)
    }

    /// When a server is asked that always says the same.
    fn asked_at(mut poll: DevicePoll, say: impl Fn(&mut DevicePoll, Duration)) -> Vec<u64> {
        let (mut now, mut asked) = (Duration::ZERO, Vec::new());
        loop {
            match poll.next_step(now) {
                PollStep::Wait(wait) => now += wait,
                PollStep::Ask => {
                    asked.push(now.as_secs());
                    say(&mut poll, now);
                }
                PollStep::Expired => return asked,
            }
        }
    }

    #[test]
    fn the_interval_is_kept_to_the_end() {
        let poll = DevicePoll::new(seconds(5), seconds(31), seconds(0));
        assert_eq!(asked_at(poll, DevicePoll::pending), [5, 10, 15, 20, 25, 30]);
    }

    #[test]
    fn each_slow_down_adds_five_seconds() {
        let poll = DevicePoll::new(seconds(5), seconds(100), seconds(0));
        assert_eq!(asked_at(poll, DevicePoll::slow_down), [5, 15, 30, 50, 75]);
    }

    #[test]
    fn a_server_in_trouble_is_left_alone_for_longer_each_time() {
        let poll = || DevicePoll::new(seconds(5), seconds(300), seconds(0));
        let away = asked_at(poll(), |poll, now| poll.unreachable(None, now));
        assert_eq!(away, [5, 15, 35, 75, 135, 195, 255]);
        let busy = asked_at(poll(), |poll, now| {
            poll.unreachable(Some(seconds(120)), now)
        });
        assert_eq!(busy, [5, 125, 245]);
    }

    #[test]
    fn no_interval_makes_a_tight_loop_or_an_endless_wait() {
        let poll = DevicePoll::new(seconds(0), seconds(3), seconds(0));
        assert_eq!(asked_at(poll, DevicePoll::pending), [1, 2]);
        let poll = DevicePoll::new(seconds(u64::MAX), seconds(u64::MAX), seconds(1));
        assert_eq!(poll.next_step(seconds(1)), PollStep::Wait(seconds(60)));
        let poll = DevicePoll::new(seconds(5), seconds(0), seconds(9));
        assert_eq!(poll.next_step(seconds(9)), PollStep::Expired);
    }
}
