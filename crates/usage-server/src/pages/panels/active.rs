//! Active servers over time, whole or by groups.

use std::rc::Rc;

use super::super::figures::Count;
use super::super::panel::{Ask, Days, Drawn, Panel, Table};
use super::pivot::over_time;
use crate::api::Answered;
use crate::chart::{Time, Unit, lines};

pub(in super::super) static PANEL: Panel = Panel {
    name: "active",
    title: "Active servers",
    asks: &[Ask {
        question: "active",
        window: Days::OfPage,
        fixed: &[],
    }],
    draw,
};

fn draw(answers: &[Rc<Answered>]) -> Drawn {
    let [answer] = answers else {
        return Drawn::default();
    };
    let time = over_time(answer, "servers", Unit::Count);
    if time.is_empty() {
        return Drawn::nothing(
            "No server reported in these days. Choose a longer window or fewer filters.",
        );
    }
    Drawn {
        summary: summary(&time),
        drawing: lines(&time),
        table: Table::of_time(&time, "Servers"),
        ..Drawn::default()
    }
}

/// Then and now, of periods that are over.
fn summary(time: &Time) -> String {
    let count = time.periods.len() - usize::from(time.open);
    let total = |at: usize| -> u64 {
        let values = time.series.iter().filter_map(|one| *one.values.get(at)?);
        values.map(|n| n as u64).sum()
    };
    let Some(last) = count.checked_sub(1) else {
        return format!("{} so far.", Count(total(0)));
    };
    let most = (0..count).max_by_key(|at| total(*at)).unwrap_or(0);
    format!(
        "{} on {}, {} on {}; the most were {} on {}.",
        Count(total(last)),
        time.label(last),
        Count(total(0)),
        time.label(0),
        Count(total(most)),
        time.label(most)
    )
}
