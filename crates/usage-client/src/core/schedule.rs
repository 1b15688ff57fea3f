//! When reports are due: each install at a time of its own, so that a fleet restarted together doesn't
//! report together.

use std::time::Duration;

use super::random::mix;
use super::time::{UnixMillis, millis};

/// Later than this after its time, a report isn't late but missed: the machine slept, the program was
/// stopped, the clock jumped. A fleet that comes back together must not catch up together.
const MISSED_AFTER: Duration = Duration::from_secs(30);

/// An install's place within any interval, from its ids: the same after every restart.
///
/// ```
/// use std::time::Duration;
/// use usage_client::core::{Phase, UnixMillis};
///
/// let phase = Phase::of(&["jambox", "clus1", "serv1"]);
/// let interval = Duration::from_secs(12 * 3600);
/// let first = phase.first_from(UnixMillis::new(1_800_000_000_000), interval);
/// let second = phase.first_from(first + Duration::from_secs(1), interval);
/// assert_eq!(second.since(first), interval);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Phase(u64);

impl Phase {
    /// Of the install with these ids.
    pub fn of(ids: &[&str]) -> Self {
        // FNV-1a; a zero byte ends each id, so that "a", "bc" and "ab", "c" differ.
        let bytes = ids.iter().flat_map(|id| id.bytes().chain([0]));
        let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3);
        Self(mix(bytes.fold(0xCBF2_9CE4_8422_2325, step)))
    }

    /// The first of this install's instants that is not before `from`.
    pub fn first_from(self, from: UnixMillis, interval: Duration) -> UnixMillis {
        let interval_millis = millis(interval).max(1);
        let place = self.0 % interval_millis;
        let since = (from.get() % interval_millis + interval_millis - place) % interval_millis;
        if since == 0 {
            return from;
        }
        from + Duration::from_millis(interval_millis - since)
    }
}

/// When something is due. Kept on disk, so that short-lived processes get round to it too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// When.
    pub at: UnixMillis,
    /// Whether it was missed before: then it is not put off again.
    pub missed: bool,
}

/// What to do about something that is due at some time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    Now,
    Later,
    /// Its time is not to be kept: take another.
    Missed,
}

impl Due {
    /// At `at`, and not missed yet.
    pub fn new(at: UnixMillis) -> Self {
        Self { at, missed: false }
    }

    /// Instead of a time that was missed.
    pub(super) fn again(at: UnixMillis) -> Self {
        Self { at, missed: true }
    }

    /// `longest` is as far ahead as it is ever set: beyond, the clock went back since.
    pub(super) fn turn(self, now: UnixMillis, longest: Duration) -> Turn {
        if now < self.at {
            let sane = self.at.since(now) <= longest;
            return if sane { Turn::Later } else { Turn::Missed };
        }
        if self.missed || now.since(self.at) <= MISSED_AFTER {
            return Turn::Now;
        }
        Turn::Missed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERVAL: Duration = Duration::from_secs(12 * 3600);

    #[test]
    fn an_install_s_instants_are_an_interval_apart_and_its_own() {
        let now = UnixMillis::new(1_800_000_000_123);
        let first = |id: &str| Phase::of(&["jambox", id]).first_from(now, INTERVAL);
        for id in ["a", "b", "c"] {
            let at = first(id);
            assert!(at >= now && at.since(now) < INTERVAL);
            let phase = Phase::of(&["jambox", id]);
            assert_eq!(phase.first_from(at, INTERVAL), at);
            assert_eq!(
                phase.first_from(at + Duration::from_millis(1), INTERVAL),
                at + INTERVAL
            );
        }
        assert_ne!(first("a"), first("b"));
        assert_ne!(Phase::of(&["a", "bc"]), Phase::of(&["ab", "c"]));
    }

    #[test]
    fn what_was_missed_is_put_off_once() {
        let at = UnixMillis::new(1_800_000_000_000);
        let turn = |due: Due, now| due.turn(now, INTERVAL);
        assert_eq!(turn(Due::new(at), at.before(INTERVAL)), Turn::Later);
        assert_eq!(turn(Due::new(at), at + Duration::from_secs(1)), Turn::Now);
        assert_eq!(turn(Due::new(at), at + INTERVAL), Turn::Missed);
        assert_eq!(turn(Due::again(at), at + INTERVAL), Turn::Now);
        // A clock that went back a year.
        assert_eq!(
            turn(Due::again(at), at.before(INTERVAL * 730)),
            Turn::Missed
        );
    }
}
