//! How a dimension's values share the servers, now.

use std::rc::Rc;

use usage_store::query::By;

use super::super::figures::Count;
use super::super::panel::{Ask, Days, Drawn, Panel, Table, TableRow};
use super::pivot::{NONE, OTHER};
use crate::api::Answered;
use crate::chart::{Bar, Paint, Unit, shares};

pub(in super::super) static PANEL: Panel = Panel {
    name: "shares",
    title: "Shares",
    asks: &[Ask {
        question: "shares",
        window: Days::UpToItsEnd,
        fixed: &[],
    }],
    draw,
};

fn draw(answers: &[Rc<Answered>]) -> Drawn {
    let [answer] = answers else {
        return Drawn::default();
    };
    let (title, filter) = match &answer.given.by {
        Some(By::Dimension(name)) => (name.clone(), Some(format!("filter[{name}]"))),
        Some(By::Organization) => ("organization".to_owned(), None),
        Some(By::Who) => ("token".to_owned(), None),
        None => (String::new(), None),
    };
    let mut table = Table::new(&[(&title, false), ("Servers", true), ("Share", true)]);
    let mut bars = Vec::new();
    let mut total = 0;
    for row in &answer.rows {
        let servers = answer.count(row, "servers").unwrap_or(0);
        let share = answer.number(row, "share").unwrap_or(0.0);
        let group = answer.text(row, "group");
        let name = match group {
            Some("") => "(blank)",
            Some(name) => name,
            None => NONE,
        };
        total += servers;
        let is_value = group.is_some_and(|name| name != OTHER);
        table.rows.push(TableRow {
            cells: vec![
                name.to_owned(),
                Count(servers).to_string(),
                Unit::Share.exact(share),
            ],
            gauge: share * 100.0,
            only: filter
                .clone()
                .filter(|_| is_value)
                .zip(group.map(str::to_owned)),
        });
        bars.push(Bar {
            name: name.to_owned(),
            share,
            words: format!("{} · {}", Unit::Share.exact(share), Count(servers)),
            paint: match is_value {
                true => Paint::Series(0),
                false => Paint::Other,
            },
        });
    }
    if total == 0 {
        return Drawn {
            title: Some(title),
            ..Drawn::nothing("No server sent usage in the last 7 days of the window.")
        };
    }
    Drawn {
        summary: summary(&table, total),
        title: Some(title),
        drawing: shares(&bars),
        table,
        gauges: true,
        ..Drawn::default()
    }
}

fn summary(table: &Table, total: u64) -> String {
    let first = table.rows.first().map(|row| row.cells.as_slice());
    match first {
        Some([name, _, share]) => format!("{share} of {} servers: {name}.", Count(total)),
        _ => String::new(),
    }
}
