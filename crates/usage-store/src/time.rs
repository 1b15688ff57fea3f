//! Days in UTC, the unit of every roll-up. Instants are [`jiff::Timestamp`] with
//! millisecond precision.

use jiff::Timestamp;

const MILLIS_PER_DAY: i64 = 86_400_000;

/// A UTC day, counted from 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(pub i32);

impl Day {
    /// The day an instant falls on.
    pub fn of(at: Timestamp) -> Day {
        // In range: jiff's years -9999 to 9999 are fewer than 2^31 days.
        Day(at.as_millisecond().div_euclid(MILLIS_PER_DAY) as i32)
    }

    /// The first instant of the day.
    pub fn start(self) -> Timestamp {
        Timestamp::from_millisecond(i64::from(self.0) * MILLIS_PER_DAY).unwrap_or(if self.0 < 0 {
            Timestamp::MIN
        } else {
            Timestamp::MAX
        })
    }

    /// The day `n` days later, or earlier where `n` is negative.
    pub fn plus(self, n: i32) -> Day {
        Day(self.0.saturating_add(n))
    }
}

impl std::fmt::Display for Day {
    /// As `2026-11-22`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = self.start().to_string();
        f.write_str(text.split('T').next().unwrap_or(&text))
    }
}
