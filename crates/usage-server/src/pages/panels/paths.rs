//! From which version to which servers went.

use std::rc::Rc;

use super::super::figures::Count;
use super::super::panel::{Ask, Days, Drawn, Panel, Table, TableRow};
use super::pivot::NONE;
use crate::api::Answered;
use crate::chart::{Bar, Paint, Unit, shares};

pub(in super::super) static PANEL: Panel = Panel {
    name: "upgrade-paths",
    title: "Which way they went",
    asks: &[Ask {
        question: "upgrade-paths",
        window: Days::OfPage,
        // Of any longer period a server's steps in between would be lost.
        fixed: &[("per", "day")],
    }],
    draw,
};

fn draw(answers: &[Rc<Answered>]) -> Drawn {
    let [answer] = answers else {
        return Drawn::default();
    };
    let mut ways: Vec<(String, bool, u64)> = Vec::new();
    for row in &answer.rows {
        let version = |column| answer.text(row, column).unwrap_or(NONE);
        let name = format!("{} → {}", version("old"), version("new"));
        let servers = answer.count(row, "servers").unwrap_or(0);
        match ways.iter_mut().find(|(one, ..)| *one == name) {
            Some((.., sum)) => *sum += servers,
            None => ways.push((
                name,
                answer.text(row, "change") == Some("downgrade"),
                servers,
            )),
        }
    }
    ways.sort_by_key(|(.., servers)| std::cmp::Reverse(*servers));
    let total: u64 = ways.iter().map(|(.., servers)| servers).sum();
    let Some((first, _, most)) = ways.first() else {
        return Drawn::nothing("No server went to another version in these days.");
    };
    let summary = format!("Most went {first}: {} times.", Count(*most));
    let mut table = Table::new(&[("From and to", false), ("Times", true), ("Share", true)]);
    let mut bars = Vec::new();
    for (name, down, servers) in &ways {
        let share = *servers as f64 / total as f64;
        let words = Unit::Share.exact(share);
        table.rows.push(TableRow {
            cells: vec![name.clone(), Count(*servers).to_string(), words.clone()],
            gauge: share * 100.0,
            only: None,
        });
        bars.push(Bar {
            name: name.clone(),
            share,
            words: format!("{words} · {}", Count(*servers)),
            paint: Paint::Series(usize::from(*down)),
        });
    }
    Drawn {
        summary,
        drawing: shares(&bars),
        table,
        gauges: true,
        ..Drawn::default()
    }
}
