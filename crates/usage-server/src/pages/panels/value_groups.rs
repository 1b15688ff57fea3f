//! What a value comes to in each group, on the last full day.

use std::rc::Rc;

use usage_store::Day;

use super::super::panel::{Ask, Days, Drawn, Panel, Table};
use super::pivot::{NONE, OTHER};
use super::values::name_of;
use crate::api::{Answered, Row};
use crate::chart::{Bar, Paint, Unit, shares};

pub(in super::super) static PANEL: Panel = Panel {
    name: "value-groups",
    title: "Groups of a value",
    asks: &[Ask {
        question: "values",
        window: Days::OfPage,
        fixed: &[("top", "7")],
    }],
    draw,
};

const HEAD: [(&str, &str); 6] = [
    ("servers", "Servers"),
    ("median", "Median"),
    ("p90", "p90"),
    ("p99", "p99"),
    ("max", "Largest"),
    ("sum", "Sum"),
];

fn draw(answers: &[Rc<Answered>]) -> Drawn {
    let [answer] = answers else {
        return Drawn::default();
    };
    let Some(by) = &answer.given.by else {
        return Drawn::nothing("Split the servers to see what it comes to in each group.");
    };
    let today = Day::of(answer.given.now);
    let day = answer.given.window.to.min(today.plus(-1));
    let day = day.max(answer.given.window.from);
    let of_day = |row: &&Row| {
        answer.day(row, "day") == Some(day) && answer.count(row, "servers").unwrap_or(0) > 0
    };
    let rows: Vec<&Row> = answer.rows.iter().filter(of_day).collect();
    if rows.is_empty() {
        return Drawn::nothing("No server reported it on the last full day of the window.");
    }
    let so_far = if day == today { " so far" } else { "" };
    let name = |row| match answer.text(row, "group") {
        Some("") => "(blank)".to_owned(),
        Some(OTHER) => OTHER.to_owned(),
        Some(name) => name.to_owned(),
        None => NONE.to_owned(),
    };
    let mut table = Table::new(&[(name_of(by), false)]);
    table
        .head
        .extend(Table::new(&HEAD.map(|(_, name)| (name, true))).head);
    let median = |row| answer.number(row, "median").unwrap_or(0.0);
    let most = rows.iter().map(|row| median(row)).fold(0.0, f64::max);
    let mut bars = Vec::new();
    for row in &rows {
        let number = |column| {
            let n = answer.number(row, column);
            n.map_or("–".to_owned(), |n| Unit::Number.exact(n))
        };
        let numbers = HEAD.iter().map(|(column, _)| number(column));
        table.row([name(row)].into_iter().chain(numbers).collect());
        bars.push(Bar {
            name: name(row),
            share: if most > 0.0 { median(row) / most } else { 0.0 },
            words: format!("{} · p99 {}", number("median"), number("p99")),
            paint: match answer.text(row, "group") {
                None | Some(OTHER) => Paint::Other,
                Some(_) => Paint::Series(0),
            },
        });
    }
    let highest = rows.iter().max_by(|a, b| median(a).total_cmp(&median(b)));
    let highest = highest.map(|row| {
        let median = Unit::Number.exact(median(row));
        format!(
            "The highest median on {day}{so_far} is {median}, of {}.",
            name(row)
        )
    });
    Drawn {
        title: Some(format!(
            "{} on {day}{so_far}, by {}",
            answer.given.value,
            name_of(by)
        )),
        summary: highest.unwrap_or_default(),
        drawing: shares(&bars),
        table,
        as_table: Some(Vec::new()),
        ..Drawn::default()
    }
}
