//! One server's days: which version it ran, on which days nothing came, and when it started.

use std::rc::Rc;

use usage_store::Day;

use super::super::figures::Count;
use super::super::panel::{Ask, Days, Drawn, Panel, Table};
use super::lane::{Present, lanes_of, length};
use super::pivot::is_open;
use crate::api::{Answered, Cell};
use crate::chart::{Happened, lanes};

pub(in super::super) static PANEL: Panel = Panel {
    name: "server-days",
    title: "Its days",
    asks: &[
        Ask {
            question: "server-history",
            window: Days::OfPage,
            fixed: &[],
        },
        Ask {
            question: "server-starts",
            window: Days::OfPage,
            fixed: &[],
        },
    ],
    draw,
};

/// A day on which it reported, but no version.
const UNTOLD: &str = "no version";

fn draw(answers: &[Rc<Answered>]) -> Drawn {
    let [answer, starts] = answers else {
        return Drawn::default();
    };
    let days = days(answer);
    let starts = starts_on(starts, &days);
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
        ("Starts a day", true),
    ]);
    // Days alike are one row.
    let alike: Vec<(&Present, Option<u64>)> = days.iter().zip(starts.iter().copied()).collect();
    let alike = alike.chunk_by(|one, other| one.0.1 == other.0.1 && one.1 == other.1);
    let mut alike: Vec<&[(&Present, Option<u64>)]> = alike.collect();
    alike.reverse();
    for stretch in alike {
        let ([((from, there), starts), ..], [.., ((to, _), _)]) = (stretch, stretch) else {
            continue;
        };
        let there = match there.as_slice() {
            [] => "no report".to_owned(),
            there => there.join(", "),
        };
        table.row(vec![
            from.to_string(),
            to.to_string(),
            there,
            length(*from, *to),
            starts.map_or("–".to_owned(), |starts| Count(starts).to_string()),
        ]);
    }
    let happened = Happened {
        name: "starts",
        counts: &starts,
    };
    Drawn {
        summary: format!("{} {}", summary(&days, open), started(&days, &starts)),
        drawing: lanes(&time, "no report", Some(&happened)),
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

/// How often it started on each of the days.
fn starts_on(answer: &Answered, days: &[Present]) -> Vec<Option<u64>> {
    let of = |day: Day| {
        let mut rows = answer.rows.iter();
        let row = rows.find(|row| answer.day(row, "day") == Some(day))?;
        answer.count(row, "starts")
    };
    days.iter().map(|(day, _)| of(*day)).collect()
}

/// How often it started, the last time, and since when that is known.
fn started(days: &[Present], starts: &[Option<u64>]) -> String {
    let known = starts.iter().position(Option::is_some);
    let Some(known) = known else {
        return "How often it started then is no longer known.".to_owned();
    };
    let (since, before) = match (known, days.get(known)) {
        (1.., Some((day, _))) => (format!(" since {day}"), "; how often before is not known"),
        _ => (String::new(), ""),
    };
    let last = starts
        .iter()
        .rposition(|starts| starts.is_some_and(|n| n > 0));
    let all: u64 = starts.iter().flatten().sum();
    match last.and_then(|last| days.get(last)) {
        None => format!("It did not start{since}{before}."),
        Some((last, _)) if all == 1 => format!("It started once{since}, on {last}{before}."),
        Some((last, _)) => format!("It started {all} times{since}, last on {last}{before}."),
    }
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
    fn the_summary_says_how_often_it_started_and_since_when_that_is_known() {
        let days: Vec<Present> = (0..4).map(|n| (Day(20_780 + n), Vec::new())).collect();
        for (starts, wanted) in [
            ([Some(0), Some(0), Some(0), Some(0)], "It did not start."),
            (
                [Some(0), Some(1), Some(0), Some(0)],
                "It started once, on 2026-11-24.",
            ),
            (
                [None, Some(2), Some(1), Some(0)],
                "It started 3 times since 2026-11-24, last on 2026-11-25; how often before is not known.",
            ),
            (
                [None, None, None, None],
                "How often it started then is no longer known.",
            ),
        ] {
            assert_eq!(started(&days, &starts), wanted);
        }
    }

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
