//! Instants as numbers, and the two ways in which the wire writes them. Nobody here looks at a clock.

use std::fmt;
use std::ops::Add;
use std::time::{Duration, SystemTime};

const MILLIS_A_DAY: u64 = 86_400_000;
const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// Milliseconds since the beginning of 1970, UTC. Arithmetic stops at the ends instead of going over.
///
/// ```
/// use usage_client::core::UnixMillis;
///
/// let at = UnixMillis::from_http_date(b"Sun, 22 Nov 2026 10:30:00 GMT").unwrap();
/// assert_eq!(at.to_rfc3339(), "2026-11-22T10:30:00.000Z");
/// assert_eq!(at.to_http_date(), "Sun, 22 Nov 2026 10:30:00 GMT");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixMillis(u64);

impl UnixMillis {
    /// This many milliseconds since 1970.
    pub const fn new(millis: u64) -> Self {
        Self(millis)
    }

    /// Milliseconds since 1970.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// How long after `earlier` this is; nothing if it is before.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }

    /// This much earlier.
    #[must_use]
    pub fn before(self, by: Duration) -> Self {
        Self(self.0.saturating_sub(millis(by)))
    }

    /// As HTTP writes it, whole seconds: `Sun, 22 Nov 2026 10:30:00 GMT`.
    pub fn to_http_date(self) -> String {
        let day = DAYS[(self.0 / MILLIS_A_DAY % 7) as usize];
        let Civil {
            year,
            month,
            day: date,
        } = Civil::of(self);
        let month = MONTHS[month as usize - 1];
        let (h, m, s, _) = self.of_day();
        format!("{day}, {date:02} {month} {year:04} {h:02}:{m:02}:{s:02} GMT")
    }

    /// Reads the date of an HTTP header, in any of the three ways that RFC 9110 has.
    pub fn from_http_date(text: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(text).ok()?;
        let parts: Vec<_> = text
            .split([' ', ',', '-'])
            .filter(|part| !part.is_empty())
            .collect();
        let (date, month, year, time) = match parts[..] {
            // asctime: Sun Nov  6 08:49:37 1994
            [_, month, date, time, year] if time.contains(':') => (date, month, year, time),
            // Sun, 06 Nov 1994 08:49:37 GMT, and with dashes and a short year.
            [_, date, month, year, time, "GMT" | "UTC"] => (date, month, year, time),
            _ => return None,
        };
        let month = MONTHS.iter().position(|name| *name == month)? as u64 + 1;
        let mut number: u64 = digits(year)?;
        if year.len() == 2 {
            number += if number < 70 { 2000 } else { 1900 };
        }
        Self::of_parts(number, month, digits(date)?, time)
    }

    /// As RFC 3339 writes it, with milliseconds: `2026-11-22T10:30:00.000Z`.
    pub fn to_rfc3339(self) -> String {
        let Civil { year, month, day } = Civil::of(self);
        let (h, m, s, millis) = self.of_day();
        format!("{year:04}-{month:02}-{day:02}T{h:02}:{m:02}:{s:02}.{millis:03}Z")
    }

    /// Reads RFC 3339 in UTC, as [`to_rfc3339`](Self::to_rfc3339) writes it; the fraction may be missing.
    pub fn from_rfc3339(text: &str) -> Option<Self> {
        let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
        let mut date = date.splitn(3, '-');
        let mut next = || digits(date.next()?);
        let (year, month, day) = (next()?, next()?, next()?);
        let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
        let millis = digits(format!("{fraction:0<3}").get(..3)?)?;
        Some(Self(Self::of_parts(year, month, day, time)?.0 + millis))
    }

    fn of_parts(year: u64, month: u64, day: u64, time: &str) -> Option<Self> {
        let mut parts = time.splitn(3, ':');
        let mut next = |most| parts.next().and_then(digits).filter(|part| *part <= most);
        // A leap second is taken for the one before.
        let (h, m, s) = (next(23)?, next(59)?, next(60)?.min(59));
        if !(1970..=9999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day)
        {
            return None;
        }
        let days = Civil { year, month, day }.days();
        Some(Self(days * MILLIS_A_DAY + ((h * 60 + m) * 60 + s) * 1000))
    }

    /// Hour, minute, second, millisecond.
    fn of_day(self) -> (u64, u64, u64, u64) {
        let in_day = self.0 % MILLIS_A_DAY;
        let seconds = in_day / 1000;
        (
            seconds / 3600,
            seconds / 60 % 60,
            seconds % 60,
            in_day % 1000,
        )
    }
}

/// One or more digits, and not many.
fn digits(text: &str) -> Option<u64> {
    let plain = !text.is_empty() && text.len() <= 6 && text.bytes().all(|b| b.is_ascii_digit());
    if plain { text.parse().ok() } else { None }
}

pub(crate) fn millis(duration: Duration) -> u64 {
    duration.as_millis().try_into().unwrap_or(u64::MAX)
}

/// A day of the Gregorian calendar. The arithmetic is Howard Hinnant's `chrono-compatible low-level date
/// algorithms`: years begin in March, so that the leap day is a year's last.
struct Civil {
    year: u64,
    month: u64,
    day: u64,
}

/// Days from the beginning of the year 0, in March, to 1970.
const DAYS_TO_1970: u64 = 719_468;
const DAYS_IN_400_YEARS: u64 = 146_097;

impl Civil {
    fn of(at: UnixMillis) -> Self {
        let days = at.0 / MILLIS_A_DAY + DAYS_TO_1970;
        let era = days / DAYS_IN_400_YEARS;
        let of_era = days % DAYS_IN_400_YEARS;
        let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let from_march = (5 * of_year + 2) / 153;
        let month = if from_march < 10 {
            from_march + 3
        } else {
            from_march - 9
        };
        Self {
            year: era * 400 + year_of_era + u64::from(month <= 2),
            month,
            day: of_year - (153 * from_march + 2) / 5 + 1,
        }
    }

    fn days(&self) -> u64 {
        let year = self.year - u64::from(self.month <= 2);
        let from_march = if self.month > 2 {
            self.month - 3
        } else {
            self.month + 9
        };
        let of_year = (153 * from_march + 2) / 5 + self.day - 1;
        let year_of_era = year % 400;
        let of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year;
        year / 400 * DAYS_IN_400_YEARS + of_era - DAYS_TO_1970
    }
}

impl Add<Duration> for UnixMillis {
    type Output = Self;

    fn add(self, by: Duration) -> Self {
        Self(self.0.saturating_add(millis(by)))
    }
}

/// A clock before 1970 is taken to stand at 1970.
impl From<SystemTime> for UnixMillis {
    fn from(time: SystemTime) -> Self {
        Self(millis(
            time.duration_since(SystemTime::UNIX_EPOCH)
                .unwrap_or_default(),
        ))
    }
}

impl From<UnixMillis> for SystemTime {
    fn from(at: UnixMillis) -> Self {
        let since = Duration::from_millis(at.0);
        Self::UNIX_EPOCH
            .checked_add(since)
            .unwrap_or(Self::UNIX_EPOCH)
    }
}

impl fmt::Display for UnixMillis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_rfc3339())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn http_dates_in_all_three_forms() {
        let at = UnixMillis::new(784_111_777_000);
        for text in [
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
        ] {
            assert_eq!(
                UnixMillis::from_http_date(text.as_bytes()),
                Some(at),
                "{text}"
            );
        }
        assert_eq!(at.to_http_date(), "Sun, 06 Nov 1994 08:49:37 GMT");
        for text in [
            "",
            "soon",
            "Sun, 06 Nov 1994",
            "Sun, 00 Nov 1994 08:49:37 GMT",
            "a, b c d e GMT",
        ] {
            assert_eq!(UnixMillis::from_http_date(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn every_day_reads_back_as_it_is_written() {
        for day in 0..80_000_u64 {
            let at = UnixMillis::new(day * MILLIS_A_DAY + day * 997 % MILLIS_A_DAY);
            assert_eq!(UnixMillis::from_rfc3339(&at.to_rfc3339()), Some(at));
            let date = at.to_http_date();
            let whole = UnixMillis::new(at.get() / 1000 * 1000);
            assert_eq!(
                UnixMillis::from_http_date(date.as_bytes()),
                Some(whole),
                "{date}"
            );
        }
        assert_eq!(
            UnixMillis::from_rfc3339("2026-11-22T10:30:00Z").map(UnixMillis::get),
            Some(1_795_343_400_000)
        );
        for text in [
            "",
            "2026-11-22",
            "2026-11-22T10:30:00",
            "2026-13-22T10:30:00Z",
            "x-1-1T1:1:1Z",
            "2026-11-22T10:30:00.é0Z",
        ] {
            assert_eq!(UnixMillis::from_rfc3339(text), None, "{text}");
        }
    }
}
