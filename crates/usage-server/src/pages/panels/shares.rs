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
    let groups = answer.rows.iter().map(|row| {
        let servers = answer.count(row, "servers").unwrap_or(0);
        (answer.text(row, "group"), servers)
    });
    let groups: Vec<(Option<&str>, u64)> = groups.collect();
    let drawn = parts(&title, filter.as_deref(), &groups);
    Drawn {
        title: Some(title),
        ..drawn.unwrap_or_else(|| {
            Drawn::nothing("No server sent usage in the last 7 days of the window.")
        })
    }
}

/// Groups and how many servers are in each, as parts of all; `filter` shows only those of one. Nothing where there is
/// no server.
pub(in super::super) fn parts(
    title: &str,
    filter: Option<&str>,
    groups: &[(Option<&str>, u64)],
) -> Option<Drawn> {
    let total: u64 = groups.iter().map(|(_, servers)| servers).sum();
    let mut table = Table::new(&[(title, false), ("Servers", true), ("Share", true)]);
    let mut bars = Vec::new();
    for (group, servers) in groups.iter().copied() {
        let share = servers as f64 / total.max(1) as f64;
        let name = match group {
            Some("") => "(blank)",
            Some(name) => name,
            None => NONE,
        };
        let is_value = group.is_some_and(|name| name != OTHER);
        table.rows.push(TableRow {
            cells: vec![
                name.to_owned(),
                Count(servers).to_string(),
                Unit::Share.exact(share),
            ],
            gauge: share * 100.0,
            only: filter
                .filter(|_| is_value)
                .map(str::to_owned)
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
    (total > 0).then(|| Drawn {
        summary: summary(&table, total),
        drawing: shares(&bars),
        table,
        gauges: true,
        ..Drawn::default()
    })
}

fn summary(table: &Table, total: u64) -> String {
    let first = table.rows.first().map(|row| row.cells.as_slice());
    match first {
        Some([name, _, share]) => format!("{share} of {} servers: {name}.", Count(total)),
        _ => String::new(),
    }
}
