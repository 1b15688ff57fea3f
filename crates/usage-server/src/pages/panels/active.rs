//! Active servers over time, whole or by groups.

use std::rc::Rc;

use usage_store::query::Per;

use super::super::figures::{Count, Servers};
use super::super::panel::{Ask, Days, Drawn, Panel, Table};
use super::pivot::over_time;
use crate::api::Answered;
use crate::chart::{Series, Time, Unit, areas, lines};

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
    // Of a day the groups are its servers; over longer periods a server may be in several.
    let stacks = answer.given.per == Per::Day && time.series.len() > 1;
    let table = Table::of_time(&time, "Servers");
    let summary = summary(&time);
    let drawing = match stacks {
        true => {
            let mut upwards = time;
            upwards.series.reverse();
            areas(&upwards)
        }
        false => lines(&time),
    };
    Drawn {
        summary,
        drawing,
        table,
        ..Drawn::default()
    }
}

/// Then and now, of periods that are over.
pub(in super::super) fn summary(time: &Time) -> String {
    let count = time.periods.len() - usize::from(time.open);
    let value =
        |at: usize| move |one: &Series| one.values.get(at).copied().flatten().unwrap_or(0.0);
    let total = |at: usize| time.series.iter().map(value(at)).sum::<f64>() as u64;
    let Some(last) = count.checked_sub(1) else {
        return format!("{} {}.", Servers(total(0)), time.on(0));
    };
    let named = time.series.iter().filter(|one| !one.name.is_empty());
    let largest = named.max_by(|a, b| value(last)(a).total_cmp(&value(last)(b)));
    if let Some(largest) = largest {
        let share = value(last)(largest) / (total(last) as f64).max(1.0);
        return format!(
            "{} has the most servers {}: {}, {} of all.",
            largest.name,
            time.on(last),
            Unit::Count.exact(value(last)(largest)),
            Unit::Share.exact(share)
        );
    }
    let most = (0..count).max_by_key(|at| total(*at)).unwrap_or(0);
    format!(
        "{} {}, {} {}; the most were {} {}.",
        Servers(total(last)),
        time.on(last),
        Count(total(0)),
        time.on(0),
        Count(total(most)),
        time.on(most)
    )
}
