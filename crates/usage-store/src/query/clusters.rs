//! The largest and the fastest-growing clusters by any value: the sum of the latest values of a cluster's
//! servers, now and when the window began.

use std::collections::HashMap;

use rusqlite::OptionalExtension;

use super::asked::{Asked, Window};
use super::ground::Ground;
use super::numbers::{Total, sum};
use super::values::{key, latest};
use crate::Result;
use crate::report::Number;
use crate::sqlite::sql;

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
    let totals = |to| -> Result<HashMap<u32, (u64, Total)>> {
        let numbers = latest(ground, asked, key, Window::last(LATEST_WITHIN_DAYS, to))?;
        Ok(by_cluster(ground, &numbers))
    };
    let (now, before) = (totals(window.to)?, totals(window.from)?);
    let mut all: Vec<(u32, u64, Total, Option<Total>)> = now
        .into_iter()
        .map(|(cluster, (servers, value))| {
            let before = before.get(&cluster).map(|(_, value)| *value);
            (cluster, servers, value, before)
        })
        .filter(|(.., before)| order == Order::Largest || before.is_some())
        .collect();
    let measure = |value: Total, before: Option<Total>| match order {
        Order::Largest => value.as_f64(),
        Order::Growing => value.as_f64() - before.map_or(0.0, Total::as_f64),
    };
    all.sort_by(|one, other| {
        let by = |cluster: &(u32, u64, Total, Option<Total>)| measure(cluster.2, cluster.3);
        by(other).total_cmp(&by(one)).then(one.0.cmp(&other.0))
    });
    all.truncate(limit);
    let named = all.into_iter().map(|(cluster, servers, value, before)| {
        let (cluster_id, organization) = name_of(ground, cluster)?;
        Ok(ClusterValue {
            cluster,
            cluster_id,
            organization,
            servers,
            value,
            before,
        })
    });
    named.collect()
}

/// Each cluster's servers and their values together, in order of ids.
fn by_cluster(ground: &Ground<'_>, numbers: &[(u32, Number)]) -> HashMap<u32, (u64, Total)> {
    let mut of: Vec<(u32, u32, Number)> = numbers
        .iter()
        .map(|(server, number)| (ground.census.cluster(*server), *server, *number))
        .collect();
    of.sort_unstable_by_key(|(cluster, server, _)| (*cluster, *server));
    let mut totals = HashMap::new();
    for one in of.chunk_by(|a, b| a.0 == b.0) {
        let values: Vec<Number> = one.iter().map(|(.., number)| *number).collect();
        totals.insert(one[0].0, (one.len() as u64, sum(&values)));
    }
    totals
}

/// A cluster's id and its organization's name.
pub(crate) fn name_of(ground: &Ground<'_>, cluster: u32) -> Result<(String, Option<String>)> {
    let mut query = ground.db.prepare_cached(sql!("query/cluster_name"))?;
    let found = query
        .query_row([cluster], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    Ok(found.unwrap_or_default())
}
