//! Of the servers first seen in a week or month, how many are active in each later one: a matrix.

use std::rc::Rc;

use usage_store::Day;
use usage_store::query::Per;

use super::super::figures::Count;
use super::super::panel::{Ask, Days, Drawn, Panel, Table};
use crate::api::Answered;
use crate::chart::{Cohort, Unit, matrix, shade};

pub(in super::super) static PANEL: Panel = Panel {
    name: "retention",
    title: "Who stays",
    asks: &[Ask {
        question: "retention",
        window: Days::OfPage,
        fixed: &[],
    }],
    draw,
};

/// Cohorts of a page, the newest; the CSV has all. More no screen shows.
const COHORTS_SHOWN: usize = 26;

/// A cohort while it is read.
struct Read {
    cohort: Cohort,
    servers: u64,
    active: Vec<u64>,
    /// Its last period isn't over.
    open: bool,
}

fn draw(answers: &[Rc<Answered>]) -> Drawn {
    let [answer] = answers else {
        return Drawn::default();
    };
    let mut cohorts = read(answer);
    let older = cohorts.len().saturating_sub(COHORTS_SHOWN);
    cohorts.drain(..older);
    if cohorts.iter().all(|one| one.servers == 0) {
        return Drawn::nothing("No server was first seen in these days. Choose a longer window.");
    }
    let (unit, units) = match answer.given.per {
        Per::Month => ("month", "months"),
        _ => ("week", "weeks"),
    };
    let columns = cohorts.iter().map(|one| one.active.len()).max();
    let columns = columns.unwrap_or(0);
    let first_seen = format!("First seen, {unit} of");
    let mut table = Table::new(&[(&first_seen, false), ("Servers", true)]);
    for after in 0..columns {
        let name = match after {
            0 => "Same".to_owned(),
            n => format!("+{n}"),
        };
        table.head.extend(Table::new(&[(&name, true)]).head);
    }
    let mut all_shades = Vec::new();
    for one in &cohorts {
        let mut cells = vec![one.cohort.name.clone(), Count(one.servers).to_string()];
        let mut shades = vec![0, 0];
        for (at, share) in one.cohort.shares.iter().enumerate() {
            let so_far = one.open && at + 1 == one.cohort.shares.len();
            match share {
                Some(share) => {
                    let star = if so_far { "*" } else { "" };
                    cells.push(format!("{star}{:.0}\u{a0}%", share * 100.0));
                    shades.push(shade(*share));
                }
                None => {
                    cells.push("–".to_owned());
                    shades.push(0);
                }
            }
        }
        cells.resize(columns + 2, String::new());
        table.row(cells);
        all_shades.push(shades);
    }
    let drawn: Vec<Cohort> = cohorts.iter().map(|one| one.cohort.clone()).collect();
    let older = match older {
        0 => String::new(),
        n => format!(" {n} older {units} are in the CSV."),
    };
    let note = match cohorts.iter().any(|one| one.open) {
        true => format!(" * the {unit} isn’t over."),
        false => String::new(),
    };
    Drawn {
        title: Some(format!("Who stays, by the {unit} of being first seen")),
        summary: summary(&cohorts, unit, units) + &note + &older,
        drawing: matrix(&drawn),
        table,
        as_table: Some(all_shades),
        ..Drawn::default()
    }
}

fn read(answer: &Answered) -> Vec<Read> {
    let today = Day::of(answer.given.now);
    let mut cohorts: Vec<(Day, Read)> = Vec::new();
    for row in &answer.rows {
        let day = |column| answer.day(row, column);
        let (Some(from), Some(last)) = (day("cohort_from"), day("to")) else {
            continue;
        };
        if cohorts.last().map(|(known, _)| *known) != Some(from) {
            let cohort = Cohort {
                name: from.to_string(),
                shares: Vec::new(),
            };
            let servers = answer.count(row, "servers").unwrap_or(0);
            let read = Read {
                cohort,
                servers,
                active: Vec::new(),
                open: false,
            };
            cohorts.push((from, read));
        }
        if let Some((_, read)) = cohorts.last_mut() {
            let share = answer.number(row, "share");
            read.cohort.shares.push(share.filter(|_| read.servers > 0));
            read.active.push(answer.count(row, "active").unwrap_or(0));
            read.open = last.0 >= today.0;
        }
    }
    cohorts.into_iter().map(|(_, read)| read).collect()
}

/// What part of all cohorts together is there after a while that most of them have behind them.
fn summary(cohorts: &[Read], unit: &str, units: &str) -> String {
    let over = |one: &Read| one.active.len() - usize::from(one.open);
    let after = cohorts.iter().map(over).max().unwrap_or(0) / 2;
    let those = || cohorts.iter().filter(|one| over(one) > after && after > 0);
    let (servers, active) = those().fold((0, 0), |(servers, active), one| {
        (
            servers + one.servers,
            active + one.active.get(after).copied().unwrap_or(0),
        )
    });
    let first: u64 = cohorts.iter().map(|one| one.servers).sum();
    match servers {
        0 => format!("{} servers were first seen in these {units}.", Count(first)),
        servers => format!(
            "After {after} {} {} of {} servers that were first seen long enough ago are active.",
            if after == 1 { unit } else { units },
            Unit::Share.exact(active as f64 / servers as f64),
            Count(servers)
        ),
    }
}
