//! How many days servers took to move to each release.

use std::rc::Rc;

use super::super::panel::{Ask, Days, Drawn, Panel, Table};
use crate::api::{Answered, Row};
use crate::chart::{Span, Unit, spans};

/// Releases drawn; the table has all.
const DRAWN: usize = 10;

pub(in super::super) static PANEL: Panel = Panel {
    name: "releases",
    title: "Time to adopt",
    asks: &[Ask {
        question: "releases",
        window: Days::UpToItsEnd,
        fixed: &[("limit", "60")],
    }],
    draw,
};

fn draw(answers: &[Rc<Answered>]) -> Drawn {
    let [answer] = answers else {
        return Drawn::default();
    };
    let rows: Vec<&Row> = answer
        .rows
        .iter()
        .filter(|row| matches!(answer.cell(row, "is_version"), crate::api::Cell::Flag(true)))
        .collect();
    if rows.is_empty() {
        return Drawn::nothing(
            "No version is known yet. Servers say theirs as the tag version of a usage report.",
        );
    }
    let mut table = Table::new(&[
        ("Version", false),
        ("First seen", false),
        ("Days to 10 %", true),
        ("50 %", true),
        ("90 %", true),
        ("Servers now", true),
        ("Share now", true),
    ]);
    for row in &rows {
        let days = |column| number(answer.number(row, column), Unit::Count);
        table.row(vec![
            answer.text(row, "version").unwrap_or_default().to_owned(),
            answer
                .day(row, "first_seen")
                .map_or("–".to_owned(), |day| day.to_string()),
            days("days_to_10"),
            days("days_to_50"),
            days("days_to_90"),
            days("servers"),
            number(answer.number(row, "share"), Unit::Share),
        ]);
    }
    let drawn: Vec<Span> = rows
        .iter()
        .filter(|row| answer.number(row, "days_to_10").is_some() && came(answer, row))
        .take(DRAWN)
        .map(|row| span(answer, row))
        .collect();
    if drawn.is_empty() {
        return Drawn::nothing("No release has come to 10 % of the servers since records began.");
    }
    Drawn {
        summary: summary(answer, &rows),
        drawing: spans(&drawn),
        table,
        ..Drawn::default()
    }
}

/// Whether it came at all: what half of the servers had on its first day was there before the records.
fn came(answer: &Answered, row: &Row) -> bool {
    answer.number(row, "days_to_50") != Some(0.0)
}

fn number(n: Option<f64>, unit: Unit) -> String {
    n.map_or("–".to_owned(), |n| unit.exact(n))
}

fn span(answer: &Answered, row: &Row) -> Span {
    let name = answer.text(row, "version").unwrap_or_default();
    let days = |column| answer.number(row, column);
    let part = |percent: &str, column| {
        let days = days(column);
        days.map(|days| format!("{percent} after {} days", Unit::Count.exact(days)))
    };
    let words = [
        Some(name.to_owned()),
        part("10 %", "days_to_10"),
        part("50 %", "days_to_50"),
        part("90 %", "days_to_90"),
    ];
    Span {
        name: name.to_owned(),
        from: days("days_to_10"),
        middle: days("days_to_50"),
        to: days("days_to_90"),
        words: words.into_iter().flatten().collect::<Vec<_>>().join(" · "),
    }
}

/// The newest release that half of the servers have, and how the ones before did.
fn summary(answer: &Answered, rows: &[&Row]) -> String {
    let halves: Vec<(&str, f64)> = rows
        .iter()
        .filter(|row| came(answer, row))
        .filter_map(|row| {
            let days = answer.number(row, "days_to_50")?;
            Some((answer.text(row, "version")?, days))
        })
        .collect();
    let Some((newest, days)) = halves.first() else {
        return "No release has come to half of the servers yet.".to_owned();
    };
    let mut known: Vec<f64> = halves.iter().map(|(_, days)| *days).collect();
    known.sort_by(f64::total_cmp);
    let middle = known.get(known.len() / 2).copied().unwrap_or(0.0);
    let days = Unit::Count.exact(*days);
    match known.len() {
        1 => format!("Half of the servers had {newest} or newer after {days} days."),
        n => format!(
            "Half of the servers had {newest} or newer after {days} days; of {n} releases the middle one took {}.",
            Unit::Count.exact(middle)
        ),
    }
}
