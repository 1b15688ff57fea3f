//! What ran on which days as lanes: one for each thing, the one that was there last on top.

use usage_store::Day;

use crate::chart::{Paint, Series, Time, Unit};

/// Lanes that are told apart.
const LANES: usize = 10;

/// What the others are together.
const OTHERS: &str = "others";

/// A day, and what was there.
pub(super) type Present = (Day, Vec<String>);

/// As series, a number where it was there.
pub(super) fn lanes_of(days: &[Present], open: bool) -> Time {
    // The last and the first day of each.
    let mut names: Vec<(usize, usize, &str)> = Vec::new();
    for (at, (_, there)) in days.iter().enumerate() {
        for name in there {
            match names.iter_mut().find(|(.., one)| one == name) {
                Some((last, ..)) => *last = at,
                None => names.push((at, at, name)),
            }
        }
    }
    names.sort_by(|one, other| other.cmp(one));
    let apart: Vec<&str> = names.iter().map(|(.., name)| *name).take(LANES).collect();
    let mut series: Vec<Series> = apart
        .iter()
        .enumerate()
        .map(|(n, name)| Series {
            name: (*name).to_owned(),
            paint: Paint::Series(n),
            values: days
                .iter()
                .map(|(_, there)| there.iter().any(|one| one == name).then_some(1.0))
                .collect(),
        })
        .collect();
    if names.len() > apart.len() {
        let is_other = |name: &String| !apart.contains(&name.as_str());
        series.push(Series {
            name: OTHERS.to_owned(),
            paint: Paint::Other,
            values: days
                .iter()
                .map(|(_, there)| there.iter().any(is_other).then_some(1.0))
                .collect(),
        });
    }
    Time {
        periods: days.iter().map(|(day, _)| (*day, *day)).collect(),
        series,
        unit: Unit::Count,
        open,
        marks: Vec::new(),
    }
}

/// Days in a row that were alike: the first, the last, and what was there; the newest first.
pub(super) fn stretches(days: &[Present]) -> Vec<(Day, Day, &[String])> {
    let mut all: Vec<(Day, Day, &[String])> = days
        .chunk_by(|one, other| one.1 == other.1)
        .filter_map(|alike| Some((alike.first()?.0, alike.last()?.0, alike[0].1.as_slice())))
        .collect();
    all.reverse();
    all
}

/// How long a stretch is.
pub(super) fn length(from: Day, to: Day) -> String {
    match to.0 - from.0 + 1 {
        1 => "1 day".to_owned(),
        n => format!("{n} days"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_there_last_is_on_top_and_days_alike_are_one_stretch() {
        let day = |n: i32, there: &[&str]| {
            let there = there.iter().map(|one| (*one).to_owned());
            (Day(20_780 + n), there.collect::<Vec<String>>())
        };
        let days = [
            day(0, &["1.8"]),
            day(1, &["1.8"]),
            day(2, &[]),
            day(3, &["1.8", "1.9"]),
        ];
        let time = lanes_of(&days, true);
        let names: Vec<&str> = time.series.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(names, ["1.9", "1.8"]);
        assert_eq!(
            time.series[1].values,
            [Some(1.0), Some(1.0), None, Some(1.0)]
        );
        let found: Vec<(i32, i32)> = stretches(&days)
            .iter()
            .map(|(a, b, _)| (a.0, b.0))
            .collect();
        assert_eq!(
            found,
            [(20_783, 20_783), (20_782, 20_782), (20_780, 20_781)]
        );
        assert_eq!(length(Day(1), Day(3)), "3 days");
    }
}
