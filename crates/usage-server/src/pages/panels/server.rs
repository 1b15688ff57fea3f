//! One server's days: which version it ran, and on which days nothing came.

use std::rc::Rc;

use usage_store::Day;

use super::super::panel::{Ask, Days, Drawn, Panel, Table};
use super::lane::{Present, lanes_of, length, stretches};
use super::pivot::is_open;
use crate::api::{Answered, Cell};
use crate::chart::lanes;

pub(in super::super) static PANEL: Panel = Panel {
    name: "server-days",
    title: "Its days",
    asks: &[Ask {
        question: "server-history",
        window: Days::OfPage,
        fixed: &[],
    }],
    draw,
};

/// A day on which it reported, but no version.
const UNTOLD: &str = "no version told";

fn draw(answers: &[Rc<Answered>]) -> Drawn {
    let [answer] = answers else {
        return Drawn::default();
    };
    let days = days(answer);
    let periods: Vec<(Day, Day)> = days.iter().map(|(day, _)| (*day, *day)).collect();
    let open = is_open(answer, &periods);
    let time = lanes_of(&days, open);
    if time.series.is_empty() {
        return Drawn::nothing("It didn’t report in these days. Choose a longer window.");
    }
    let mut table = Table::new(&[
        ("From", false),
        ("To", false),
        ("What it ran", false),
        ("For", true),
    ]);
    for (from, to, there) in stretches(&days) {
        let there = match there {
            [] => "no report".to_owned(),
            there => there.join(", "),
        };
        table.row(vec![
            from.to_string(),
            to.to_string(),
            there,
            length(from, to),
        ]);
    }
    Drawn {
        summary: summary(&days, open),
        drawing: lanes(&time, "no report"),
        table,
        ..Drawn::default()
    }
}

/// Each day, and the version that it told.
fn days(answer: &Answered) -> Vec<Present> {
    let mut days: Vec<Present> = Vec::new();
    for row in &answer.rows {
        let Some(day) = answer.day(row, "day") else {
            continue;
        };
        if days.last().is_none_or(|(last, _)| *last != day) {
            let active = *answer.cell(row, "active") == Cell::Flag(true);
            days.push((
                day,
                if active {
                    vec![UNTOLD.to_owned()]
                } else {
                    Vec::new()
                },
            ));
        }
        if answer.text(row, "name") == Some("version")
            && let (Some(version), Some((_, there))) = (answer.text(row, "text"), days.last_mut())
        {
            *there = vec![version.to_owned()];
        }
    }
    days
}

/// On how many days it reported, and its longest gap. A day that isn't over is none yet.
fn summary(days: &[Present], open: bool) -> String {
    let over = match days.split_last() {
        Some((last, before)) if open && last.1.is_empty() => before,
        _ => days,
    };
    let reported = over.iter().filter(|(_, there)| !there.is_empty()).count();
    let first = over.iter().position(|(_, there)| !there.is_empty());
    let since = &over[first.unwrap_or(0)..];
    let gaps = since
        .chunk_by(|one, other| one.1.is_empty() == other.1.is_empty())
        .filter(|stretch| stretch[0].1.is_empty());
    let (mut count, mut longest): (usize, &[Present]) = (0, &[]);
    for gap in gaps {
        count += 1;
        if gap.len() > longest.len() {
            longest = gap;
        }
    }
    let reported = format!("It reported on {reported} of {} days", over.len());
    let (Some(from), Some(to)) = (longest.first(), longest.last()) else {
        return format!("{reported}, without a gap.");
    };
    let gap = match from.0 == to.0 {
        true => format!("on {}", from.0),
        false => format!("from {} to {}", from.0, to.0),
    };
    match count {
        1 => format!("{reported}, with a gap {gap}."),
        n => format!("{reported}, with {n} gaps; the longest was {gap}."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_names_the_longest_gap() {
        let days = |said: &str| -> Vec<Present> {
            let days = said.chars().enumerate();
            days.map(|(n, c)| {
                let there = (c != '-').then(|| c.to_string());
                (Day(20_780 + n as i32), there.into_iter().collect())
            })
            .collect()
        };
        for (said, open, wanted) in [
            ("aab", false, "It reported on 3 of 3 days, without a gap."),
            ("-aa-", true, "It reported on 2 of 3 days, without a gap."),
            (
                "aa-",
                false,
                "It reported on 2 of 3 days, with a gap on 2026-11-25.",
            ),
            (
                "a-a--a",
                false,
                "It reported on 3 of 6 days, with 2 gaps; the longest was from 2026-11-26 to 2026-11-27.",
            ),
        ] {
            assert_eq!(summary(&days(said), open), wanted, "{said}");
        }
    }
}
