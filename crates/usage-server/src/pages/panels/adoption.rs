//! Which versions run on what part of the servers, over time, with marks where releases came.

use std::rc::Rc;

use super::super::figures::Count;
use super::super::panel::{Ask, Days, Drawn, Panel, Table};
use super::pivot::over_time;
use crate::api::Answered;
use crate::chart::{Mark, Paint, Time, Unit, areas};

/// Days before the last that the summary compares with.
const A_WEEK: i32 = 7;

pub(in super::super) static PANEL: Panel = Panel {
    name: "adoption",
    title: "Version adoption",
    asks: &[
        Ask {
            question: "adoption",
            window: Days::OfPage,
            fixed: &[],
        },
        Ask {
            question: "releases",
            window: Days::OfPage,
            fixed: &[("limit", "60")],
        },
    ],
    draw,
};

fn draw(answers: &[Rc<Answered>]) -> Drawn {
    let [answer, releases] = answers else {
        return Drawn::default();
    };
    let mut time = over_time(answer, "share", Unit::Share);
    if time.is_empty() {
        return Drawn::nothing(
            "No server sent usage with a version in these days. A report says it as the tag version.",
        );
    }
    // The newest version on top, coloured first; below all those that aren't told apart.
    time.series.reverse();
    time.marks = marks(releases, &time);
    let mut table = time.clone();
    table.series.reverse();
    Drawn {
        summary: summary(answer, &time),
        drawing: areas(&time),
        table: Table::of_time(&table, "Share"),
        ..Drawn::default()
    }
}

/// A mark for each release that is drawn, where a server had it first.
fn marks(releases: &Answered, time: &Time) -> Vec<Mark> {
    let mut marks: Vec<Mark> = releases
        .rows
        .iter()
        .filter_map(|row| {
            let version = releases.text(row, "version")?;
            let day = releases.day(row, "first_seen")?;
            let is_drawn = time.series.iter().any(|one| one.name == version);
            is_drawn.then(|| Mark {
                day,
                label: version.to_owned(),
            })
        })
        .collect();
    // What ran from the beginning came before it.
    let first = time.periods.first().map(|(_, to)| to.0);
    marks.retain(|mark| Some(mark.day.0) > first);
    marks.sort_by_key(|mark| mark.day.0);
    marks
}

/// The version that most have, and how that was a week before.
fn summary(answer: &Answered, time: &Time) -> String {
    let count = time.periods.len() - usize::from(time.open && time.periods.len() > 1);
    let Some(last) = count.checked_sub(1) else {
        return String::new();
    };
    let share = |series: &crate::chart::Series, at: usize| {
        series.values.get(at).copied().flatten().unwrap_or(0.0)
    };
    let named = time.series.iter().filter(|one| one.paint != Paint::Other);
    let leader = named.max_by(|a, b| share(a, last).total_cmp(&share(b, last)));
    let (Some(leader), Some((from, _))) = (leader, time.periods.get(last)) else {
        return "No version is known.".to_owned();
    };
    let servers: u64 = answer
        .rows
        .iter()
        .filter(|row| answer.day(row, "from") == Some(*from))
        .filter_map(|row| answer.count(row, "servers"))
        .sum();
    let now = share(leader, last);
    let before = time
        .periods
        .iter()
        .rposition(|(day, _)| day.0 <= from.0 - A_WEEK);
    let ago = |before: usize| {
        let days = time
            .periods
            .get(before)
            .map_or(0, |(day, _)| from.0 - day.0);
        match days {
            A_WEEK => "a week before".to_owned(),
            days => format!("{days} days before"),
        }
    };
    let change = before.map(|before| {
        let then = share(leader, before);
        let way = match now - then {
            change if change > 0.0005 => "up from",
            change if change < -0.0005 => "down from",
            _ => return format!(", as {}", ago(before)),
        };
        format!(", {way} {} {}", Unit::Share.exact(then), ago(before))
    });
    format!(
        "{} runs on {} of {} servers {}{}.",
        leader.name,
        Unit::Share.exact(now),
        Count(servers),
        time.on(last),
        change.unwrap_or_default()
    )
}
