//! What was published, drawn. Pure: from rounded weeks to panels, and to CSV.

use usage_store::Day;
use usage_store::public::{PublicChart, PublishedWeek};
use usage_store::query::compare_versions;

use super::super::figures::Count;
use super::super::panel::{Drawn, Table, TableRow};
use crate::chart::{Bar, Paint, Series, Time, Unit, areas, lines, shares};
use crate::export::csv_cell;

/// Versions that have an area of their own.
const VERSIONS_SHOWN: usize = 7;

/// What the named parts leave, and what rounding took. No part has such a name.
const OTHERS: &str = "(others)";

/// A chart's title.
pub(super) fn title(chart: PublicChart) -> &'static str {
    match chart {
        PublicChart::Active => "Active servers per week",
        PublicChart::Versions => "Versions",
        PublicChart::Systems => "Operating systems",
        PublicChart::Architectures => "Processors",
    }
}

/// A chart of these weeks.
pub(super) fn drawn(chart: PublicChart, weeks: &[PublishedWeek], threshold: u32) -> Drawn {
    let told = weeks.iter().rposition(|week| week.servers > 0);
    let Some(last) = told.and_then(|at| weeks.get(at)) else {
        return Drawn::nothing(&format!(
            "Nothing to see yet. A week shows two days after its end, if servers of at least {threshold} customers were active in it."
        ));
    };
    match chart {
        PublicChart::Active => active(weeks, last),
        PublicChart::Versions => versions(weeks, last),
        PublicChart::Systems | PublicChart::Architectures => parts(chart, last),
    }
}

/// The same numbers for a program.
pub(super) fn csv(chart: PublicChart, weeks: &[PublishedWeek]) -> String {
    let mut csv = match chart {
        PublicChart::Active => "from,to,servers\r\n".to_owned(),
        chart => format!("from,to,{},servers\r\n", chart.name()),
    };
    for week in weeks.iter().filter(|week| week.servers > 0) {
        let (from, to) = (week.from, week.to);
        match chart {
            PublicChart::Active => csv.push_str(&format!("{from},{to},{}\r\n", week.servers)),
            chart => {
                for (name, servers) in week.parts_of(chart) {
                    csv.push_str(&format!("{from},{to},{},{servers}\r\n", csv_cell(name)));
                }
            }
        }
    }
    csv
}

/// From the first week that is told to the last one, those between them too.
fn periods(weeks: &[PublishedWeek], last: &PublishedWeek) -> Vec<(Day, Day)> {
    let first = weeks.iter().find(|week| week.servers > 0).unwrap_or(last);
    let mondays = (first.from.0..=last.from.0).step_by(7);
    mondays
        .map(|monday| (Day(monday), Day(monday).plus(6)))
        .collect()
}

fn time(
    weeks: &[PublishedWeek],
    last: &PublishedWeek,
    names: &[(String, Paint)],
    unit: Unit,
    value: impl Fn(&PublishedWeek, &str) -> f64,
) -> Time {
    let periods = periods(weeks, last);
    let series = names.iter().map(|(name, paint)| Series {
        name: name.clone(),
        paint: *paint,
        values: periods
            .iter()
            .map(|(from, _)| {
                let week = weeks.iter().find(|week| week.from == *from)?;
                (week.servers > 0).then(|| value(week, name))
            })
            .collect(),
    });
    Time {
        series: series.collect(),
        unit,
        open: false,
        marks: Vec::new(),
        periods,
    }
}

fn active(weeks: &[PublishedWeek], last: &PublishedWeek) -> Drawn {
    let one = [(String::new(), Paint::Series(0))];
    let time = time(weeks, last, &one, Unit::Count, |week, _| {
        week.servers as f64
    });
    Drawn {
        summary: format!(
            "At least {} servers were active in the week from {} to {}.",
            Count(last.servers),
            last.from,
            last.to
        ),
        drawing: lines(&time),
        table: Table::of_time(&time, "Servers, at least"),
        ..Drawn::default()
    }
}

fn versions(weeks: &[PublishedWeek], last: &PublishedWeek) -> Drawn {
    let of = |week: &PublishedWeek, name: &str| -> u64 {
        let mut parts = week.parts_of(PublicChart::Versions);
        parts.find(|(one, _)| *one == name).map_or(0, |(_, n)| n)
    };
    let mut totals: Vec<(String, u64)> = Vec::new();
    for (name, servers) in weeks
        .iter()
        .flat_map(|week| week.parts_of(PublicChart::Versions))
    {
        match totals.iter_mut().find(|(one, _)| one == name) {
            Some((_, total)) => *total += servers,
            None => totals.push((name.to_owned(), servers)),
        }
    }
    if totals.is_empty() {
        return Drawn::nothing("No version runs at enough customers to be named.");
    }
    totals.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    totals.truncate(VERSIONS_SHOWN);
    totals.sort_by(|a, b| compare_versions(&b.0, &a.0).unwrap_or_else(|| a.0.cmp(&b.0)));
    let named = totals.iter().map(|(name, _)| name.clone()).enumerate();
    let mut names: Vec<(String, Paint)> = named.map(|(n, name)| (name, Paint::Series(n))).collect();
    names.push((OTHERS.to_owned(), Paint::Other));
    let servers = |week: &PublishedWeek, name: &str| match name {
        OTHERS => {
            let named: u64 = totals.iter().map(|(name, _)| of(week, name)).sum();
            week.servers.saturating_sub(named)
        }
        name => of(week, name),
    };
    let parts = time(weeks, last, &names, Unit::Share, |week, name| {
        servers(week, name) as f64 / week.servers.max(1) as f64
    });
    let counts = time(weeks, last, &names, Unit::Count, |week, name| {
        servers(week, name) as f64
    });
    let largest = last.parts_of(PublicChart::Versions).next();
    Drawn {
        summary: match largest {
            Some((name, n)) => most(name, n, last),
            None => "No version runs at enough customers to be named in the last week.".to_owned(),
        },
        drawing: areas(&parts),
        table: Table::of_time(&counts, ""),
        ..Drawn::default()
    }
}

fn most(name: &str, servers: u64, week: &PublishedWeek) -> String {
    format!(
        "In the week from {} to {} the largest part had {name}: at least {} of {} servers.",
        week.from,
        week.to,
        Count(servers),
        Count(week.servers)
    )
}

fn parts(chart: PublicChart, week: &PublishedWeek) -> Drawn {
    let named: Vec<(&str, u64)> = week.parts_of(chart).collect();
    let Some((first, servers)) = named.first() else {
        return Drawn::nothing("Nothing that enough customers have in common to be named.");
    };
    let sum: u64 = named.iter().map(|(_, n)| n).sum();
    let others = (week.servers > sum).then_some((OTHERS, week.servers.saturating_sub(sum)));
    let mut table = Table::new(&[
        (title(chart), false),
        ("Servers, at least", true),
        ("Share", true),
    ]);
    let mut bars = Vec::new();
    for (name, servers) in named.iter().copied().chain(others) {
        let share = servers as f64 / week.servers.max(1) as f64;
        let count = Count(servers).to_string();
        let percent = Unit::Share.exact(share);
        bars.push(Bar {
            name: name.to_owned(),
            share,
            words: format!("{percent} · {count}"),
            paint: match name {
                OTHERS => Paint::Other,
                _ => Paint::Series(0),
            },
        });
        table.rows.push(TableRow {
            cells: vec![name.to_owned(), count, percent],
            gauge: share * 100.0,
            only: None,
        });
    }
    Drawn {
        summary: most(first, *servers, week),
        drawing: shares(&bars),
        table,
        gauges: true,
        ..Drawn::default()
    }
}
