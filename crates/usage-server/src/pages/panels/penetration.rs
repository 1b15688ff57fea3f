//! On what part of the servers a value is above zero, or a flag true, day by day.

use std::rc::Rc;

use super::super::panel::{Ask, Days, Drawn, Panel, Table};
use super::pivot::days;
use crate::api::Answered;
use crate::chart::{Paint, Series, Unit, lines};

pub(in super::super) static PANEL: Panel = Panel {
    name: "penetration",
    title: "Servers that use it",
    asks: &[Ask {
        question: "penetration",
        window: Days::OfPage,
        fixed: &[],
    }],
    draw,
};

fn draw(answers: &[Rc<Answered>]) -> Drawn {
    let [answer] = answers else {
        return Drawn::default();
    };
    let rows = || answer.rows.iter();
    if rows().all(|row| answer.count(row, "saying").unwrap_or(0) == 0) {
        return Drawn::nothing(
            "No server said anything about it in these days. Choose a longer window or fewer filters.",
        );
    }
    let series = Series {
        name: String::new(),
        paint: Paint::Series(0),
        values: rows().map(|row| answer.number(row, "share")).collect(),
    };
    let time = days(answer, vec![series], Unit::Share);
    let mut table = Table::new(&[
        ("Day", false),
        ("Servers", true),
        ("Say it", true),
        ("Use it", true),
        ("Share", true),
    ]);
    let told = |row, column, unit: Unit| {
        let n = answer.number(row, column);
        n.map_or("–".to_owned(), |n| unit.exact(n))
    };
    for (at, row) in rows().enumerate().rev() {
        table.row(vec![
            time.label(at),
            told(row, "servers", Unit::Count),
            told(row, "saying", Unit::Count),
            told(row, "using", Unit::Count),
            told(row, "share", Unit::Share),
        ]);
    }
    let over = time.periods.len() - usize::from(time.open);
    let known = |row| answer.number(row, "share").is_some();
    let last = rows().take(over).rposition(known);
    let last = last.and_then(|at| Some((at, answer.rows.get(at)?)));
    let summary = last.map(|(at, row)| {
        format!(
            "On {} {} of {} servers have {} above zero or true.",
            time.label(at),
            told(row, "share", Unit::Share),
            told(row, "servers", Unit::Count),
            answer.given.value
        )
    });
    Drawn {
        title: Some(format!("Servers that use {}", answer.given.value)),
        summary: summary.unwrap_or_else(|| "No full day yet.".to_owned()),
        drawing: lines(&time),
        table,
        ..Drawn::default()
    }
}
