//! The largest and the fastest-growing clusters by any value: the sum of the latest values of a cluster's
//! servers, now and when the window began.

use super::asked::{Asked, Per, Window};
use super::ground::Ground;
use super::numbers::{Total, sum};
use super::values::{key, latest, values_of};
use crate::Result;
use crate::report::Number;

/// A server's value stands for it for so many days.
const LATEST_WITHIN_DAYS: i32 = 7;

/// A cluster, and what a value comes to over its servers.
#[derive(Debug, Clone, PartialEq)]
pub struct ClusterValue {
    /// Its number.
    pub cluster: u32,
    /// Its id, as it reports it.
    pub cluster_id: String,
    /// The organization it reports for.
    pub organization: Option<String>,
    /// Servers that have a value in the last seven days of the window.
    pub servers: u64,
    /// Their latest values together.
    pub value: Total,
    /// The same for the seven days that end with the window's first; `None` where there was no value.
    pub before: Option<Total>,
}

impl ClusterValue {
    /// How much it grew.
    pub fn growth(&self) -> f64 {
        self.value.as_f64() - self.before.map_or(0.0, Total::as_f64)
    }
}

/// What comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// The largest value.
    Largest,
    /// What grew by the most over the window; only clusters that had a value before.
    Growing,
}

/// The first `limit` clusters.
pub(crate) fn clusters(
    ground: &Ground<'_>,
    asked: &Asked,
    name: &str,
    window: Window,
    (order, limit): (Order, usize),
) -> Result<Vec<ClusterValue>> {
    let key = key(ground, asked, name)?;
    let asked_days = Window {
        from: Window::last(LATEST_WITHIN_DAYS, window.from).from,
        to: window.to,
    };
    let about = format!("{key} {window:?} {order:?} {limit}");
    let series = ground.series("clusters by", about, asked, (asked_days, Per::Day))?;
    let first = series.get(asked_days, || {
        let totals = |to| -> Result<Vec<Sum>> {
            let numbers = latest(ground, asked, key, Window::last(LATEST_WITHIN_DAYS, to))?;
            Ok(by_cluster(ground, &numbers))
        };
        let (now, before) = (totals(window.to)?, totals(window.from)?);
        Ok(ranked(now, &before, order, limit))
    })?;
    // Names are no part of what is kept: organizations are renamed.
    let named = first.iter().map(|(sum, before)| {
        let (cluster_id, organization) = ground.cluster_name(sum.cluster)?;
        Ok(ClusterValue {
            cluster: sum.cluster,
            cluster_id,
            organization,
            servers: sum.servers,
            value: sum.value,
            before: *before,
        })
    });
    named.collect()
}

/// A cluster's servers and their values together.
pub(crate) struct Sum {
    pub(crate) cluster: u32,
    servers: u64,
    pub(crate) value: Total,
}

/// The first `limit`, each with what it came to before.
fn ranked(now: Vec<Sum>, before: &[Sum], order: Order, limit: usize) -> Vec<(Sum, Option<Total>)> {
    let mut all: Vec<(f64, Sum, Option<Total>)> = Vec::with_capacity(now.len());
    for sum in now {
        let found = before.binary_search_by_key(&sum.cluster, |before| before.cluster);
        let before = found.ok().map(|at| before[at].value);
        let value = sum.value.as_f64();
        match (order, before) {
            (Order::Largest, _) => all.push((value, sum, before)),
            (Order::Growing, Some(then)) => all.push((value - then.as_f64(), sum, before)),
            (Order::Growing, None) => {}
        }
    }
    let by = |one: &(f64, Sum, _), other: &(f64, Sum, _)| {
        let larger = other.0.total_cmp(&one.0);
        larger.then(one.1.cluster.cmp(&other.1.cluster))
    };
    if limit < all.len() {
        all.select_nth_unstable_by(limit, by);
        all.truncate(limit);
    }
    all.sort_unstable_by(by);
    let ranked = all.into_iter().map(|(_, sum, before)| (sum, before));
    ranked.collect()
}

/// Each cluster's, in order of clusters. A cluster's values are summed in order of servers.
pub(crate) fn by_cluster(ground: &Ground<'_>, numbers: &[(u32, Number)]) -> Vec<Sum> {
    let of = |(server, number): &(u32, Number)| (ground.census.cluster(*server), *number);
    let mut of: Vec<(u32, Number)> = numbers.iter().map(of).collect();
    of.sort_by_key(|(cluster, _)| *cluster);
    let sums = of.chunk_by(|one, other| one.0 == other.0).map(|one| Sum {
        cluster: one[0].0,
        servers: one.len() as u64,
        value: sum(values_of(one)),
    });
    sums.collect()
}
