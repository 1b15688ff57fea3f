//! What is used, of all numbers and flags.

use std::rc::Rc;

use super::super::panel::{Ask, Days, Drawn, Panel, Table, TableRow};
use crate::api::Answered;
use crate::chart::{Bar, Paint, Unit, shares};

pub(in super::super) static PANEL: Panel = Panel {
    name: "features",
    title: "What is used",
    asks: &[Ask {
        question: "features",
        window: Days::UpToItsEnd,
        fixed: &[],
    }],
    draw,
};

fn draw(answers: &[Rc<Answered>]) -> Drawn {
    let [answer] = answers else {
        return Drawn::default();
    };
    let Some(first) = answer.rows.first() else {
        return Drawn::nothing(
            "No server said a number or a flag on the last full day of the window.",
        );
    };
    let day = answer.day(first, "day").map(|day| day.to_string());
    let day = day.unwrap_or_default();
    let mut table = Table::new(&[("Name", false), ("Servers", true), ("Share", true)]);
    let mut bars = Vec::new();
    for row in &answer.rows {
        let name = answer.text(row, "name").unwrap_or_default();
        let using = answer.number(row, "using").unwrap_or(0.0);
        let share = answer.number(row, "share").unwrap_or(0.0);
        let (using, percent) = (Unit::Count.exact(using), Unit::Share.exact(share));
        let is_flag = answer.text(row, "kind") == Some("flag");
        bars.push(Bar {
            name: name.to_owned(),
            share,
            words: format!("{percent} · {using}"),
            paint: Paint::Series(0),
        });
        table.rows.push(TableRow {
            cells: vec![name.to_owned(), using, percent],
            gauge: share * 100.0,
            only: is_flag.then(|| (format!("filter[{name}]"), "true".to_owned())),
        });
    }
    let servers = answer.number(first, "servers").unwrap_or(0.0);
    Drawn {
        summary: format!(
            "Of {} servers on {day} so many have a number above zero, or a flag that is true; {} is the most used.",
            Unit::Count.exact(servers),
            answer.text(first, "name").unwrap_or_default()
        ),
        drawing: shares(&bars),
        table,
        gauges: true,
        ..Drawn::default()
    }
}
