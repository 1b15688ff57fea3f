//! How a value is spread over the servers now.

use std::rc::Rc;

use super::super::figures::Count;
use super::super::panel::{Ask, Days, Drawn, Panel, Table};
use crate::api::Answered;
use crate::chart::{Bucket, Unit, histogram};

/// Whatever the page is split by.
pub(in super::super) const ALL_TOGETHER: &[(&str, &str)] = &[("by", "")];

pub(in super::super) static PANEL: Panel = Panel {
    name: "histogram",
    title: "How a value is spread",
    asks: &[
        Ask {
            question: "histogram",
            window: Days::UpToItsEnd,
            fixed: ALL_TOGETHER,
        },
        Ask {
            question: "value-now",
            window: Days::UpToItsEnd,
            fixed: ALL_TOGETHER,
        },
    ],
    draw,
};

fn draw(answers: &[Rc<Answered>]) -> Drawn {
    let [spread, now] = answers else {
        return Drawn::default();
    };
    let buckets = spread.rows.iter().filter_map(|row| {
        Some(Bucket {
            from: spread.number(row, "from")?,
            to: spread.number(row, "to")?,
            servers: spread.count(row, "servers")?,
        })
    });
    let buckets: Vec<Bucket> = buckets.collect();
    let all: u64 = buckets.iter().map(|one| one.servers).sum();
    if all == 0 {
        return Drawn::nothing("No server reported it in the last 7 days of the window.");
    }
    let summary = now.rows.first();
    let named: Vec<(&str, f64)> = ["median", "p90", "p99"]
        .into_iter()
        .filter_map(|name| Some((name, now.number(summary?, name)?)))
        .collect();
    let mut table = Table::new(&[("Value", false), ("Servers", true), ("Share", true)]);
    for bucket in &buckets {
        table.row(vec![
            bucket.label(),
            Count(bucket.servers).to_string(),
            Unit::Share.exact(bucket.servers as f64 / all as f64),
        ]);
    }
    let most = buckets.iter().max_by_key(|one| one.servers);
    let most = most.map(|one| {
        format!(
            "Most of {} servers, {}, have {}.",
            Count(all),
            Count(one.servers),
            one.label()
        )
    });
    Drawn {
        title: Some(format!("{} over the servers", spread.given.value)),
        summary: most.unwrap_or_default(),
        drawing: histogram(&buckets, &named),
        table,
        ..Drawn::default()
    }
}
