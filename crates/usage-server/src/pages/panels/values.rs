//! What a value comes to, day by day: percentile bands, or the medians of groups.

use std::rc::Rc;

use usage_store::query::By;

use super::super::panel::{Ask, Days, Drawn, Panel, Table};
use super::pivot::{days, over_time};
use crate::api::Answered;
use crate::chart::{Paint, Series, Time, Unit, bands, medians};

pub(in super::super) static PANEL: Panel = Panel {
    name: "values",
    title: "A value per day",
    asks: &[Ask {
        question: "values",
        window: Days::OfPage,
        fixed: &[("top", "7")],
    }],
    draw,
};

/// The percentiles of the bands, in ascending order.
const BANDS: [&str; 3] = ["median", "p90", "p99"];

/// The columns of the table.
const TOLD: [(&str, &str); 7] = [
    ("servers", "Servers"),
    ("median", "Median"),
    ("p90", "p90"),
    ("p99", "p99"),
    ("max", "Largest"),
    ("mean", "Mean"),
    ("sum", "Sum"),
];

fn draw(answers: &[Rc<Answered>]) -> Drawn {
    let [answer] = answers else {
        return Drawn::default();
    };
    let value = &answer.given.value;
    let has_any = |row| answer.count(row, "servers").unwrap_or(0) > 0;
    if !answer.rows.iter().any(has_any) {
        return Drawn::nothing(
            "No server reported it in these days. Choose a longer window or fewer filters.",
        );
    }
    match &answer.given.by {
        None => of_all(answer, value),
        Some(by) => of_groups(answer, value, by),
    }
}

fn of_all(answer: &Answered, value: &str) -> Drawn {
    let series = BANDS.iter().enumerate().map(|(n, column)| Series {
        name: (*column).to_owned(),
        paint: Paint::Series(n),
        values: answer
            .rows
            .iter()
            .map(|row| answer.number(row, column))
            .collect(),
    });
    let time = days(answer, series.collect(), Unit::Number);
    let mut table = Table::new(&[("Day", false)]);
    table
        .head
        .extend(Table::new(&TOLD.map(|(_, name)| (name, true))).head);
    for (at, row) in answer.rows.iter().enumerate().rev() {
        let numbers = TOLD
            .iter()
            .map(|(column, _)| told(answer.number(row, column)));
        table.row([time.label(at)].into_iter().chain(numbers).collect());
    }
    Drawn {
        title: Some(format!("{value} per day")),
        summary: summary(&time),
        drawing: bands(&time),
        table,
        ..Drawn::default()
    }
}

fn told(n: Option<f64>) -> String {
    n.map_or("–".to_owned(), |n| Unit::Number.exact(n))
}

/// The first day and the last that is over.
fn summary(time: &Time) -> String {
    let over = time.periods.len() - usize::from(time.open);
    let of = |at: usize| -> Option<Vec<String>> {
        let values = time.series.iter().map(|one| *one.values.get(at)?);
        values
            .map(|n| n.map(|n| Unit::Number.exact(n)))
            .collect::<Option<Vec<String>>>()
    };
    let known: Vec<usize> = (0..over).filter(|at| of(*at).is_some()).collect();
    let (Some(&first), Some(&last)) = (known.first(), known.last()) else {
        return "No full day yet.".to_owned();
    };
    match (of(first).as_deref(), of(last).as_deref()) {
        (Some([then, ..]), Some([now, p90, p99])) => format!(
            "On {} half of the servers have {now} or less, 90 % {p90} or less, 99 % {p99} or less; half had {then} or less on {}.",
            time.label(last),
            time.label(first)
        ),
        _ => String::new(),
    }
}

fn of_groups(answer: &Answered, value: &str, by: &By) -> Drawn {
    let time = over_time(answer, "median", Unit::Number);
    let groups = time.series.len();
    Drawn {
        title: Some(format!("Median of {value} per day, by {}", name_of(by))),
        summary: match groups {
            1 => "One group; a server counts with its latest report of a day.".to_owned(),
            _ => format!("{groups} groups; a server counts with its latest report of a day."),
        },
        drawing: medians(&time),
        table: Table::of_time(&time, "Median"),
        ..Drawn::default()
    }
}

/// What groups are by, in words.
pub(super) fn name_of(by: &By) -> &str {
    match by {
        By::Dimension(name) => name,
        By::Organization => "organization",
        By::Who => "token",
    }
}
