//! An organization's charts: drawn as those of the query API's answers are, of the numbers of its own fleet, which
//! that API doesn't tell its members.

use jiff::Timestamp;
use usage_store::Day;
use usage_store::query::Share;

use super::super::panel::{Drawn, Shown, Table};
use super::super::panels;
use super::super::panels::pivot::OTHER;
use crate::chart::{Paint, Series, Time, Unit, bars};

/// Versions that are told apart; where one more is left, that one, too.
const VERSIONS_SHOWN: usize = 10;

/// Active servers on each day from one on; today isn't over.
pub(super) fn active(counts: &[(Day, u64)], from: Day, now: Timestamp) -> Shown {
    let periods = (from.0..=Day::of(now).0).map(|day| (Day(day), Day(day)));
    let periods: Vec<(Day, Day)> = periods.collect();
    let on = |day: Day| counts.iter().find(|(one, _)| *one == day);
    let values = periods.iter().map(|(day, _)| {
        let count = on(*day).map_or(0, |(_, servers)| *servers);
        Some(count as f64)
    });
    let time = Time {
        series: vec![Series {
            name: String::new(),
            paint: Paint::Series(0),
            values: values.collect(),
        }],
        periods,
        unit: Unit::Count,
        open: true,
        marks: Vec::new(),
    };
    let drawn = match time.is_empty() {
        true => Drawn::nothing("No server reported in these days."),
        false => Drawn {
            summary: panels::active::summary(&time),
            drawing: bars(&time),
            table: Table::of_time(&time, "Servers"),
            ..Drawn::default()
        },
    };
    shown("active", "Active servers per day", drawn)
}

/// What versions a product's servers run.
pub(super) fn versions(n: usize, product: &str, shares: &[Share]) -> Shown {
    let apart = match shares.len() <= VERSIONS_SHOWN + 1 {
        true => shares.len(),
        false => VERSIONS_SHOWN,
    };
    let (apart, others) = shares.split_at(apart);
    let groups = apart
        .iter()
        .map(|one| (Some(one.value.as_str()), one.servers));
    let mut groups: Vec<(Option<&str>, u64)> = groups.collect();
    if !others.is_empty() {
        let servers = others.iter().map(|one| one.servers).sum();
        groups.push((Some(OTHER), servers));
    }
    let drawn = panels::shares::parts("version", None, &groups);
    let drawn = drawn.unwrap_or_else(|| Drawn::nothing("No server told its version."));
    shown(&format!("versions-{n}"), product, drawn)
}

fn shown(id: &str, title: &str, drawn: Drawn) -> Shown {
    Shown::drawn(id, title, drawn, (String::new(), String::new()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_nobody_counted_are_there_and_today_is_not_over() {
        let now = Day(20_003).start();
        let html = active(&[(Day(20_002), 7)], Day(20_000), now).to_string();
        assert!(html.contains("7 servers on 2024-10-06"), "{html}");
        assert!(
            html.contains("2024-10-04</th><td class=\"number\">0<"),
            "{html}"
        );
        assert!(html.contains("2024-10-07 so far"), "{html}");
        let none = active(&[], Day(20_000), now).to_string();
        assert!(none.contains("No server reported"), "{none}");
    }

    #[test]
    fn small_shares_are_one() {
        let share = |n: u64| Share {
            value: format!("v{n}"),
            servers: 100 - n,
        };
        let of = |count: u64| {
            let shares: Vec<Share> = (0..count).map(share).collect();
            versions(1, "<jambox>", &shares).to_string()
        };
        let many = of(14);
        assert!(
            many.contains("(other)</span></th>") && !many.contains("v10"),
            "{many}"
        );
        assert!(many.contains(">354<"), "90 + 89 + 88 + 87: {many}");
        assert!(!many.contains("<jambox>"));
        assert!(!of(11).contains("(other)"));
    }
}
