//! How far behind the newest release the servers are.

use std::rc::Rc;

use super::super::figures::Count;
use super::super::panel::{Ask, Days, Drawn, Panel, Table, TableRow};
use super::pivot::OTHER;
use crate::api::Answered;
use crate::chart::{Bar, Paint, Unit, shares};

/// From here on releases behind are one bar.
const FAR: u64 = 5;

pub(in super::super) static PANEL: Panel = Panel {
    name: "behind",
    title: "Versions behind",
    asks: &[Ask {
        question: "behind",
        window: Days::UpToItsEnd,
        fixed: &[],
    }],
    draw,
};

/// A bar's servers.
struct Step {
    name: String,
    servers: u64,
    known: bool,
}

fn draw(answers: &[Rc<Answered>]) -> Drawn {
    let [answer] = answers else {
        return Drawn::default();
    };
    let steps = steps(answer);
    let total: u64 = steps.iter().map(|step| step.servers).sum();
    if total == 0 {
        return Drawn::nothing("No server sent usage in the last 7 days of the window.");
    }
    let mut table = Table::new(&[("Behind", false), ("Servers", true), ("Share", true)]);
    let mut bars = Vec::new();
    for step in &steps {
        let share = step.servers as f64 / total as f64;
        let words = Unit::Share.exact(share);
        table.rows.push(TableRow {
            cells: vec![
                step.name.clone(),
                Count(step.servers).to_string(),
                words.clone(),
            ],
            gauge: share * 100.0,
            only: None,
        });
        bars.push(Bar {
            name: step.name.clone(),
            share,
            words: format!("{words} · {}", Count(step.servers)),
            paint: if step.known {
                Paint::Series(0)
            } else {
                Paint::Other
            },
        });
    }
    Drawn {
        summary: summary(answer, total),
        drawing: shares(&bars),
        table,
        gauges: true,
        ..Drawn::default()
    }
}

fn steps(answer: &Answered) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut far: Option<Step> = None;
    let mut rest: Vec<Step> = Vec::new();
    for row in &answer.rows {
        let servers = answer.count(row, "servers").unwrap_or(0);
        let release = answer.text(row, "release");
        match answer.count(row, "behind") {
            Some(behind) if behind >= FAR => {
                let step = far.get_or_insert(Step {
                    name: format!("{FAR} or more behind"),
                    servers: 0,
                    known: true,
                });
                step.servers += servers;
            }
            Some(behind) => steps.push(Step {
                name: match (behind, release) {
                    (0, Some(release)) => format!("Newest, {release}"),
                    (0, None) => "Newest".to_owned(),
                    (n, Some(release)) => format!("{n} behind, {release}"),
                    (n, None) => format!("{n} behind all"),
                },
                servers,
                known: true,
            }),
            None => rest.push(Step {
                name: match release {
                    Some(OTHER) => "Others".to_owned(),
                    Some(_) => "No version".to_owned(),
                    None => "Doesn’t say".to_owned(),
                },
                servers,
                known: false,
            }),
        }
    }
    steps.into_iter().chain(far).chain(rest).collect()
}

fn summary(answer: &Answered, total: u64) -> String {
    let share = |least: u64, most: u64| {
        let rows = answer.rows.iter();
        let behind = rows.filter(|row| {
            let behind = answer.count(row, "behind");
            behind.is_some_and(|n| (least..=most).contains(&n))
        });
        let servers: u64 = behind.filter_map(|row| answer.count(row, "servers")).sum();
        Unit::Share.exact(servers as f64 / total as f64)
    };
    format!(
        "{} of {} servers run the newest release; {} are three or more behind.",
        share(0, 0),
        Count(total),
        share(3, u64::MAX)
    )
}
