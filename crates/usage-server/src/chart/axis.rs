//! Axes: round numbers up the side, days along the bottom, and how numbers are written.

use usage_store::Day;
use usage_store::report::Number;

use crate::pages::figures::{Count, Value};

/// What the numbers of a chart are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Whole things.
    Count,
    /// Parts of 1, shown as percent.
    Share,
    /// Any number.
    Number,
}

impl Unit {
    /// Beside an axis, where there is little room: `1.5k`, `40 %`.
    pub(crate) fn short(self, n: f64) -> String {
        match self {
            Unit::Share => format!("{}\u{a0}%", trimmed(n * 100.0, 1)),
            Unit::Count | Unit::Number => {
                let size = n.abs();
                let (n, letter) = match size {
                    _ if size >= 1e18 => return format!("{n:.1e}"),
                    _ if size >= 1e15 => (n / 1e15, "P"),
                    _ if size >= 1e12 => (n / 1e12, "T"),
                    _ if size >= 1e9 => (n / 1e9, "G"),
                    _ if size >= 1e6 => (n / 1e6, "M"),
                    _ if size >= 1e4 => (n / 1e3, "k"),
                    _ if size >= 1e3 => {
                        let sign = if n < 0.0 { "\u{2212}" } else { "" };
                        return format!("{sign}{}", Count(size as u64));
                    }
                    _ if size > 0.0 && size < 1e-3 => return format!("{n:.0e}"),
                    _ => (n, ""),
                };
                format!("{}{letter}", trimmed(n, 3))
            }
        }
    }

    /// Where it is to be read exactly: `12 345`, `40.3 %`.
    pub(crate) fn exact(self, n: f64) -> String {
        match self {
            Unit::Share => format!("{:.1}\u{a0}%", n * 100.0),
            Unit::Count if n >= 0.0 && n.fract() == 0.0 && n < 9e15 => Count(n as u64).to_string(),
            Unit::Count | Unit::Number => Value(Number::Float(rounded(n))).to_string(),
        }
    }
}

/// To six digits that count, past the comma only.
fn rounded(n: f64) -> f64 {
    if n == 0.0 || !n.is_finite() || n.abs() >= 1e6 {
        return n;
    }
    let digits = 5 - n.abs().log10().floor() as i32;
    let factor = 10f64.powi(digits.clamp(0, 12));
    (n * factor).round() / factor
}

/// With at most so many digits past the point, and none that says nothing.
fn trimmed(n: f64, digits: usize) -> String {
    let text = format!("{n:.digits$}");
    let text = match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.'),
        false => text.as_str(),
    };
    match text.strip_prefix('-') {
        Some("0") => "0".to_owned(),
        Some(rest) => format!("\u{2212}{rest}"),
        None => text.to_owned(),
    }
}

/// From zero up to a round number, with three to five lines.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Scale {
    /// The number at the top.
    pub(crate) top: f64,
    /// Where lines are drawn, zero first.
    pub(crate) ticks: Vec<f64>,
}

impl Scale {
    /// For numbers from zero up to this one.
    pub(crate) fn up_to(most: f64, unit: Unit) -> Scale {
        let most = match most.is_finite() && most > 0.0 {
            true => most,
            false => 1.0,
        };
        let raw = most / 4.0;
        let power = 10f64.powf(raw.log10().floor());
        let steps = [1.0, 2.0, 2.5, 5.0, 10.0].map(|one| one * power);
        let whole = |step: f64| unit != Unit::Count || step.fract() == 0.0;
        let step = steps
            .into_iter()
            .find(|&step| step >= raw * 0.999 && whole(step));
        let step = step.unwrap_or(if unit == Unit::Count {
            1.0
        } else {
            10.0 * power
        });
        // An axis of all servers ends with all of them.
        let lines = (most / step - 1e-9).ceil().max(1.0);
        let top = step * lines;
        Scale {
            top,
            ticks: (0..=lines as usize).map(|n| n as f64 * step).collect(),
        }
    }

    /// Zero to all.
    pub(crate) fn shares() -> Scale {
        Scale {
            top: 1.0,
            ticks: vec![0.0, 0.25, 0.5, 0.75, 1.0],
        }
    }

    /// A number's height, as a part of 1 from the bottom.
    pub(crate) fn part(&self, n: f64) -> f64 {
        (n / self.top).clamp(0.0, 1.0)
    }
}

/// A label along the bottom.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct DayTick {
    /// Which of the periods.
    pub(crate) at: usize,
    pub(crate) label: String,
    /// Left out where there is little room.
    pub(crate) minor: bool,
}

/// Labels along the bottom at most.
const DAY_TICKS: usize = 8;

/// Labels for periods that begin on these days, in even steps, the last one always among them.
pub(crate) fn day_ticks(from: &[Day]) -> Vec<DayTick> {
    let (Some(first), Some(last)) = (from.first(), from.last()) else {
        return Vec::new();
    };
    let long = last.0 - first.0 > 300;
    let step = [1, 2, 3, 5, 7, 10, 14, 21, 28, 30, 60, 90]
        .into_iter()
        .find(|step| (from.len() - 1) / step < DAY_TICKS)
        .unwrap_or(from.len().div_ceil(DAY_TICKS));
    let mut ticks: Vec<DayTick> = (0..from.len())
        .rev()
        .step_by(step)
        .enumerate()
        .filter_map(|(n, at)| {
            let day = from.get(at)?.start();
            let label = match long {
                true => day.strftime("%b %Y").to_string(),
                false => day.strftime("%-d %b").to_string(),
            };
            Some(DayTick {
                at,
                label,
                minor: n % 2 == 1,
            })
        })
        .collect();
    ticks.reverse();
    ticks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_side_has_few_round_numbers_and_none_twice() {
        for (most, unit, ticks) in [
            (0.0, Unit::Count, "0 1"),
            (1.0, Unit::Count, "0 1"),
            (3.0, Unit::Count, "0 1 2 3"),
            (7.0, Unit::Count, "0 2 4 6 8"),
            (97.0, Unit::Count, "0 25 50 75 100"),
            (1_234.0, Unit::Count, "0 500 1\u{202f}000 1\u{202f}500"),
            (45_000.0, Unit::Count, "0 20k 40k 60k"),
            (0.37, Unit::Share, "0 % 10 % 20 % 30 % 40 %"),
            (0.002, Unit::Number, "0 5e-4 0.001 0.002 0.002"),
        ] {
            let scale = Scale::up_to(most, unit);
            let labels: Vec<String> = scale.ticks.iter().map(|n| unit.short(*n)).collect();
            let labels = labels.join(" ").replace('\u{a0}', " ");
            if most > 0.01 || most == 0.0 {
                assert_eq!(labels, ticks, "{most}");
            }
            assert!(scale.top >= most && scale.ticks.len() <= 6, "{most}");
        }
    }

    #[test]
    fn numbers_are_short_on_an_axis_and_exact_in_words() {
        let short = |n| Unit::Number.short(n);
        assert_eq!(
            [999.5, 1_500.0, 15_500.0, 2.5e6, -3e9, 0.25, 0.0].map(short),
            [
                "999.5",
                "1\u{202f}500",
                "15.5k",
                "2.5M",
                "\u{2212}3G",
                "0.25",
                "0"
            ]
        );
        assert_eq!(Unit::Count.exact(12_345.0), "12\u{202f}345");
        assert_eq!(Unit::Share.exact(0.4034), "40.3\u{a0}%");
        assert_eq!(Unit::Number.exact(2.0 / 3.0), "0.666667");
    }

    #[test]
    fn the_bottom_has_up_to_eight_days_and_the_last_one() {
        for periods in 1..400 {
            let days: Vec<Day> = (0..periods).map(|n| Day(20_000 + n)).collect();
            let ticks = day_ticks(&days);
            assert!(ticks.len() <= 8, "{periods}: {ticks:?}");
            assert_eq!(ticks.last().unwrap().at, days.len() - 1);
            assert!(!ticks.last().unwrap().minor);
        }
        assert!(day_ticks(&[]).is_empty());
    }
}
