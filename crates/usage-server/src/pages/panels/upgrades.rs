//! Servers that went to another version, over time.

use std::rc::Rc;

use usage_store::Day;

use super::super::figures::Count;
use super::super::panel::{Ask, Days, Drawn, Panel, Table};
use super::pivot::is_open;
use crate::api::Answered;
use crate::chart::{Paint, Series, Time, Unit, bars};

pub(in super::super) static PANEL: Panel = Panel {
    name: "upgrades",
    title: "Upgrades and downgrades",
    asks: &[Ask {
        question: "upgrades",
        window: Days::OfPage,
        fixed: &[],
    }],
    draw,
};

fn draw(answers: &[Rc<Answered>]) -> Drawn {
    let [answer] = answers else {
        return Drawn::default();
    };
    let periods: Vec<(Day, Day)> = answer
        .rows
        .iter()
        .filter_map(|row| Some((answer.day(row, "from")?, answer.day(row, "to")?)))
        .collect();
    let column = |name: &str, column, paint| Series {
        name: name.to_owned(),
        paint,
        values: answer
            .rows
            .iter()
            .map(|row| answer.number(row, column))
            .collect(),
    };
    let time = Time {
        open: is_open(answer, &periods),
        periods,
        series: vec![
            column("Upgraded", "upgraded", Paint::Series(0)),
            column("Downgraded", "downgraded", Paint::Series(1)),
            column("Neither can be said", "otherwise", Paint::Other),
        ],
        unit: Unit::Count,
        marks: Vec::new(),
    };
    if time.is_empty() {
        return Drawn::nothing("No server went to another version in these days.");
    }
    Drawn {
        summary: summary(&time),
        drawing: bars(&time),
        table: Table::of_time(&time, "Servers"),
        ..Drawn::default()
    }
}

fn summary(time: &Time) -> String {
    let total = |which: usize| -> u64 {
        let values = time.series.get(which).map(|one| one.values.iter());
        values.map_or(0, |values| values.flatten().map(|n| *n as u64).sum())
    };
    let busiest = time.series.first().and_then(|one| {
        let values = one.values.iter().enumerate();
        let (at, most) = values.max_by(|a, b| a.1.unwrap_or(0.0).total_cmp(&b.1.unwrap_or(0.0)))?;
        most.filter(|n| *n > 0.0).map(|n| (at, n))
    });
    let most = busiest.map_or(String::new(), |(at, n)| {
        let n = Unit::Count.exact(n);
        format!("; the most upgrades were {n} {}", time.on(at))
    });
    format!(
        "{} upgrades and {} downgrades{most}.",
        Count(total(0)),
        Count(total(1))
    )
}
