//! Numbers and times as people read them. Every figure on a page goes through one of these.

use std::cmp::Ordering;
use std::fmt;

use askama::filters::HtmlSafe;
use jiff::Timestamp;
use usage_store::report::Number;

/// Between groups of three digits: U+202F, thin, and no line breaks there.
const THIN_SPACE: char = '\u{202f}';

/// A count: `12 345`, with thin spaces.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Count(pub(crate) u64);

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_grouped(f, &self.0.to_string())
    }
}

/// So many servers: `1 server`, `12 345 servers`.
pub(super) struct Servers(pub(super) u64);

impl fmt::Display for Servers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ending = if self.0 == 1 { "" } else { "s" };
        write!(f, "{} server{ending}", Count(self.0))
    }
}

/// How a count changed: `+12`, `−3`, `±0`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Change {
    before: u64,
    now: u64,
}

impl Change {
    pub(super) fn between(before: u64, now: u64) -> Change {
        Change { before, now }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match self.now.cmp(&self.before) {
            Ordering::Less => '\u{2212}',
            Ordering::Equal => '\u{b1}',
            Ordering::Greater => '+',
        };
        write!(f, "{sign}{}", Count(self.now.abs_diff(self.before)))
    }
}

/// A reported number, exact, grouped in the same way.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Value(pub(crate) Number);

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self.0 {
            Number::Int(n) => n.to_string(),
            Number::UInt(n) => n.to_string(),
            Number::Float(n) if n != 0.0 && !(1e-6..1e18).contains(&n.abs()) => format!("{n:e}"),
            Number::Float(n) => n.to_string(),
        };
        let (sign, text) = match text.strip_prefix('-') {
            Some(rest) => ("\u{2212}", rest),
            None => ("", text.as_str()),
        };
        let digits = text
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(text.len());
        let (whole, rest) = text.split_at(digits);
        f.write_str(sign)?;
        write_grouped(f, whole)?;
        f.write_str(rest)
    }
}

fn write_grouped(f: &mut fmt::Formatter<'_>, digits: &str) -> fmt::Result {
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            write!(f, "{THIN_SPACE}")?;
        }
        write!(f, "{digit}")?;
    }
    Ok(())
}

/// A size in bytes: `512 B`, `1.4 KiB`, `3.0 MiB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bytes(pub(super) u64);

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            n if n < 1024 => write!(f, "{n}\u{a0}B"),
            n if n < 1024 * 1024 => write!(f, "{:.1}\u{a0}KiB", n as f64 / 1024.0),
            n => write!(f, "{:.1}\u{a0}MiB", n as f64 / (1024.0 * 1024.0)),
        }
    }
}

/// An instant, in UTC, and how long ago it was. Shown as a `<time>` element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Moment {
    at: Timestamp,
    now: Timestamp,
}

impl Moment {
    pub(super) fn new(at: Timestamp, now: Timestamp) -> Moment {
        Moment { at, now }
    }

    /// `12:03:04 UTC`, with the date in front where it isn't today.
    pub(super) fn clock(at: Timestamp, now: Timestamp) -> String {
        let text = at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string();
        let today = now.strftime("%Y-%m-%d ").to_string();
        text.strip_prefix(&today).unwrap_or(&text).to_owned()
    }

    /// `4 minutes ago`.
    pub(super) fn ago(&self) -> String {
        let seconds = self.now.as_second() - self.at.as_second();
        let (n, unit) = match seconds {
            ..0 => return "from a clock that is ahead".to_owned(),
            0..10 => return "just now".to_owned(),
            10..60 => (seconds, "second"),
            60..3_600 => (seconds / 60, "minute"),
            3_600..172_800 => (seconds / 3_600, "hour"),
            _ => (seconds / 86_400, "day"),
        };
        format!("{n} {unit}{} ago", if n == 1 { "" } else { "s" })
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let machine = self.at.strftime("%Y-%m-%dT%H:%M:%SZ");
        let person = self.at.strftime("%Y-%m-%d %H:%M:%S");
        write!(f, r#"<time datetime="{machine}">{person}</time>"#)
    }
}

/// Digits and our own tag, nothing that was reported.
impl HtmlSafe for Moment {}

/// When something was used or seen, of which only the hour is kept: `2026-11-23 18:00`, and that it is no nearer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hour(pub(super) Timestamp);

impl fmt::Display for Hour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let machine = self.0.strftime("%Y-%m-%dT%H:00Z");
        let person = self.0.strftime("%Y-%m-%d %H:00");
        let nearer = r#"<span class="note">to the hour</span>"#;
        write!(
            f,
            r#"<time datetime="{machine}">{person}</time><br>{nearer}"#
        )
    }
}

/// The same.
impl HtmlSafe for Hour {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_stand_in_groups_of_three() {
        assert_eq!(Count(0).to_string(), "0");
        assert_eq!(Count(999).to_string(), "999");
        assert_eq!(Count(1_000).to_string(), "1\u{202f}000");
        assert_eq!(Count(12_345_678).to_string(), "12\u{202f}345\u{202f}678");
    }

    #[test]
    fn a_change_has_its_sign() {
        let told = |before, now| Change::between(before, now).to_string();
        assert_eq!(told(3, 1_240), "+1\u{202f}237");
        assert_eq!(told(5, 2), "\u{2212}3");
        assert_eq!(told(7, 7), "\u{b1}0");
    }

    #[test]
    fn reported_numbers_stay_exact() {
        let shown = |n| Value(n).to_string().replace('\u{202f}', " ");
        assert_eq!(shown(Number::UInt(u64::MAX)), "18 446 744 073 709 551 615");
        assert_eq!(
            shown(Number::Int(i64::MIN)),
            "\u{2212}9 223 372 036 854 775 808"
        );
        assert_eq!(shown(Number::Float(86_400.25)), "86 400.25");
        assert_eq!(shown(Number::Float(0.000_000_12)), "1.2e-7");
        assert_eq!(shown(Number::Float(0.0)), "0");
    }

    #[test]
    fn times_are_utc_with_the_plain_distance_beside() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let now = at("2026-11-22T12:03:04Z");
        let moment = Moment::new(at("2026-11-22T11:58:00.750Z"), now);
        assert_eq!(
            moment.to_string(),
            r#"<time datetime="2026-11-22T11:58:00Z">2026-11-22 11:58:00</time>"#
        );
        assert_eq!(moment.ago(), "5 minutes ago");
        for (then, ago) in [
            ("2026-11-22T12:03:01Z", "just now"),
            ("2026-11-22T11:02:04Z", "1 hour ago"),
            ("2026-11-20T12:03:04Z", "2 days ago"),
            ("2026-11-22T12:04:04Z", "from a clock that is ahead"),
        ] {
            assert_eq!(Moment::new(at(then), now).ago(), ago);
        }
        assert_eq!(
            Moment::clock(at("2026-11-22T11:58:00Z"), now),
            "11:58:00 UTC"
        );
        assert_eq!(
            Moment::clock(at("2026-11-21T11:58:00Z"), now),
            "2026-11-21 11:58:00 UTC"
        );
    }

    #[test]
    fn sizes_have_units() {
        assert_eq!(Bytes(512).to_string(), "512\u{a0}B");
        assert_eq!(Bytes(1_434).to_string(), "1.4\u{a0}KiB");
        assert_eq!(Bytes(3 << 20).to_string(), "3.0\u{a0}MiB");
    }
}
