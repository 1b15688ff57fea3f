//! Who is new, who came back and who is gone.

use std::rc::Rc;

use super::super::figures::Count;
use super::super::panel::{Ask, Days, Drawn, Panel, Table};
use super::pivot::{is_open, periods};
use crate::api::Answered;
use crate::chart::{Paint, Series, Time, Unit, flows};

pub(in super::super) static PANEL: Panel = Panel {
    name: "lifecycle",
    title: "New, returned and gone servers",
    asks: &[Ask {
        question: "lifecycle",
        window: Days::OfPage,
        fixed: &[],
    }],
    draw,
};

/// Who came, then who went.
const FLOWS: [(&str, &str); 3] = [("new", "New"), ("returned", "Returned"), ("gone", "Gone")];

fn draw(answers: &[Rc<Answered>]) -> Drawn {
    let [answer] = answers else {
        return Drawn::default();
    };
    let rows = || answer.rows.iter();
    let active = |row| answer.count(row, "active").unwrap_or(0);
    let gone = |row| answer.count(row, "gone").unwrap_or(0);
    if rows().all(|row| active(row) == 0 && gone(row) == 0) {
        return Drawn::nothing(
            "No server reported in these days. Choose a longer window or fewer filters.",
        );
    }
    let series = FLOWS.iter().enumerate().map(|(n, (column, name))| Series {
        name: (*name).to_owned(),
        paint: Paint::Series(n),
        values: rows().map(|row| answer.number(row, column)).collect(),
    });
    let periods = periods(answer);
    let time = Time {
        series: series.collect(),
        unit: Unit::Count,
        open: is_open(answer, &periods),
        marks: Vec::new(),
        periods,
    };
    let head = ["Active", "New", "Stayed", "Returned", "Late only", "Gone"];
    let columns = ["active", "new", "stayed", "returned", "late", "gone"];
    let mut table = Table::new(&[("Period", false)]);
    table
        .head
        .extend(Table::new(&head.map(|name| (name, true))).head);
    for (at, row) in rows().enumerate().rev() {
        let numbers = columns.iter().map(|column| {
            let n = answer.number(row, column);
            n.map_or("–".to_owned(), |n| Unit::Count.exact(n))
        });
        table.row([time.label(at)].into_iter().chain(numbers).collect());
    }
    Drawn {
        summary: summary(&time),
        drawing: flows(&time, 2),
        table,
        ..Drawn::default()
    }
}

/// Sums over the periods that are over.
fn summary(time: &Time) -> String {
    let over = time.periods.len() - usize::from(time.open);
    let sum = |series: &Series| -> u64 {
        let over = series.values.iter().take(over).flatten();
        over.map(|n| *n as u64).sum()
    };
    let sums: Vec<u64> = time.series.iter().map(sum).collect();
    match (sums.as_slice(), over.checked_sub(1)) {
        ([new, returned, gone], Some(last)) => {
            let (from, _) = time.periods[0];
            let (_, to) = time.periods[last];
            format!(
                "From {from} to {to}: {} new, {} returned, {} gone.",
                Count(*new),
                Count(*returned),
                Count(*gone)
            )
        }
        _ => "No full period yet.".to_owned(),
    }
}
