//! One cluster over time: how many of its servers reported, and what they ran.

use std::rc::Rc;

use super::super::figures::Count;
use super::super::panel::{Ask, Days, Drawn, Panel, Table};
use super::lane::{Present, lanes_of, length, stretches};
use super::pivot::is_open;
use crate::api::Answered;
use crate::chart::{Paint, Series, Time, Unit, bars, lanes};

const ASKS: &[Ask] = &[Ask {
    question: "cluster-history",
    window: Days::OfPage,
    fixed: &[],
}];

pub(in super::super) static SERVERS: Panel = Panel {
    name: "cluster-servers",
    title: "Servers that reported",
    asks: ASKS,
    draw: servers,
};

pub(in super::super) static VERSIONS: Panel = Panel {
    name: "cluster-versions",
    title: "What they ran",
    asks: ASKS,
    draw: versions,
};

const NOTHING: &str =
    "None of its servers reported in these days. Choose a longer window or fewer filters.";

fn servers(answers: &[Rc<Answered>]) -> Drawn {
    let [answer] = answers else {
        return Drawn::default();
    };
    let day = |row| answer.day(row, "day").map(|day| (day, day));
    let periods: Vec<_> = answer.rows.iter().filter_map(day).collect();
    let time = Time {
        series: vec![Series {
            name: String::new(),
            paint: Paint::Series(0),
            values: answer
                .rows
                .iter()
                .map(|row| answer.number(row, "servers"))
                .collect(),
        }],
        unit: Unit::Count,
        open: is_open(answer, &periods),
        marks: Vec::new(),
        periods,
    };
    if time.is_empty() {
        return Drawn::nothing(NOTHING);
    }
    let counts: Vec<u64> = answer
        .rows
        .iter()
        .filter_map(|row| answer.count(row, "servers"))
        .collect();
    let silent = counts.iter().filter(|servers| **servers == 0).count();
    let (most, least) = (counts.iter().max(), counts.iter().min());
    let (most, least) = (most.copied().unwrap_or(0), least.copied().unwrap_or(0));
    let summary = match (silent, most == least) {
        (0, true) => format!("{} on each of {} days.", Count(most), counts.len()),
        (0, false) => format!(
            "From {} to {} a day, and no day without any.",
            Count(least),
            Count(most)
        ),
        (1, _) => format!(
            "{} at most; on 1 day of {} none.",
            Count(most),
            counts.len()
        ),
        (n, _) => format!(
            "{} at most; on {n} days of {} none.",
            Count(most),
            counts.len()
        ),
    };
    Drawn {
        summary,
        drawing: bars(&time),
        table: Table::of_time(&time, "Servers"),
        ..Drawn::default()
    }
}

fn versions(answers: &[Rc<Answered>]) -> Drawn {
    let [answer] = answers else {
        return Drawn::default();
    };
    let days: Vec<Present> = answer
        .rows
        .iter()
        .filter_map(|row| {
            let versions = answer.text(row, "versions").unwrap_or_default();
            let versions = versions.split(", ").filter(|one| !one.is_empty());
            Some((
                answer.day(row, "day")?,
                versions.map(str::to_owned).collect(),
            ))
        })
        .collect();
    let periods: Vec<_> = days.iter().map(|(day, _)| (*day, *day)).collect();
    let time = lanes_of(&days, is_open(answer, &periods));
    if time.series.is_empty() {
        return Drawn::nothing("None of its servers told a version in these days.");
    }
    let mut table = Table::new(&[
        ("From", false),
        ("To", false),
        ("Versions", false),
        ("For", true),
    ]);
    for (from, to, there) in stretches(&days) {
        let there = match there {
            [] => "none told".to_owned(),
            there => there.join(", "),
        };
        table.row(vec![
            from.to_string(),
            to.to_string(),
            there,
            length(from, to),
        ]);
    }
    let now = days.iter().rev().find(|(_, there)| !there.is_empty());
    let summary = now.map_or(String::new(), |(day, there)| {
        format!(
            "{} on {day}; {} over these days.",
            there.join(" and "),
            counted(time.series.len())
        )
    });
    Drawn {
        summary,
        drawing: lanes(&time, "no version", None),
        table,
        ..Drawn::default()
    }
}

fn counted(versions: usize) -> String {
    match versions {
        1 => "1 version".to_owned(),
        n => format!("{n} versions"),
    }
}
