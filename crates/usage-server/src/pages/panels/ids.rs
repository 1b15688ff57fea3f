//! Ids that don't say how many servers there are, over time.

use std::rc::Rc;

use super::super::figures::Count;
use super::super::panel::{Ask, Days, Drawn, Panel, Table};
use super::pivot::over_time;
use crate::api::Answered;
use crate::chart::{Paint, Unit, bars};

pub(in super::super) static PANEL: Panel = Panel {
    name: "ids",
    title: "Unstable ids",
    asks: &[Ask {
        question: "ids",
        window: Days::OfPage,
        fixed: &[],
    }],
    draw,
};

fn draw(answers: &[Rc<Answered>]) -> Drawn {
    let [answer] = answers else {
        return Drawn::default();
    };
    let mut time = over_time(answer, "clones", Unit::Count);
    let once = over_time(answer, "once", Unit::Count);
    let all = over_time(answer, "servers", Unit::Count);
    if all.is_empty() {
        return Drawn::nothing(
            "No server reported in these days. Choose a longer window or fewer filters.",
        );
    }
    if time.is_empty() && once.is_empty() {
        return Drawn::nothing(
            "All ids of these days are steady: no suspected clone, and none that was seen once.",
        );
    }
    time.series.extend(once.series);
    for (n, (series, name)) in time
        .series
        .iter_mut()
        .zip(["suspected clones", "seen once"])
        .enumerate()
    {
        series.name = name.to_owned();
        series.paint = Paint::Series(n);
    }
    let last = answer.rows.last();
    let count = |column| last.and_then(|row| answer.count(row, column)).unwrap_or(0);
    let label = time.label(time.periods.len().saturating_sub(1));
    Drawn {
        summary: format!(
            "{label}: {}, of which {} and {}.",
            many(count("servers"), "server"),
            many(count("clones"), "suspected clone"),
            many(count("once"), "seen once")
        ),
        drawing: bars(&time),
        table: Table::of_time(&time, "Ids"),
        ..Drawn::default()
    }
}

fn many(n: u64, what: &str) -> String {
    match n {
        1 => format!("1 {what}"),
        n if what.ends_with("once") => format!("{} {what}", Count(n)),
        n => format!("{} {what}s", Count(n)),
    }
}
