//! Clusters that reported before and have gone silent.

use std::cmp::Reverse;
use std::collections::HashMap;

use jiff::Timestamp;
use roaring::RoaringBitmap;
use rusqlite::OptionalExtension;

use super::asked::{Asked, Per, Window};
use super::clusters::name_of;
use super::ground::Ground;
use crate::sqlite::{millis, sql, timestamp};
use crate::{Day, Result};

/// A cluster that has gone silent.
#[derive(Debug, Clone, PartialEq)]
pub struct SilentCluster {
    /// Its number.
    pub cluster: u32,
    /// Its id, as it reports it.
    pub cluster_id: String,
    /// The organization it reports for.
    pub organization: Option<String>,
    /// Its servers that reported within the window.
    pub servers: u64,
    /// Its last report.
    pub last_seen: Timestamp,
}

/// Clusters that reported within the window, and not since an instant; those heard of last come first.
pub(crate) fn silent(
    ground: &Ground<'_>,
    asked: &Asked,
    window: Window,
    since: Timestamp,
    limit: usize,
) -> Result<Vec<SilentCluster>> {
    let first_whole = Day::of(since).plus(1);
    let about = format!("{window:?} {first_whole:?}");
    // A server's last report may be of a day after the window.
    let from_then_on = Window {
        from: window.from,
        to: Day(i32::MAX),
    };
    let series = ground.series("not heard", about, asked, (from_then_on, Per::Day))?;
    let silent = series.get(from_then_on, || {
        not_heard(ground, asked, window, first_whole)
    })?;
    // Some were heard on the day of `since`, but after it.
    let later = silent.partition_point(|(Reverse(at), ..)| *at >= millis(since));
    let silent = silent[later..].iter().take(limit).copied();
    let named = silent.map(|(Reverse(at), cluster, servers)| {
        let (cluster_id, organization) = name_of(ground, cluster)?;
        Ok(SilentCluster {
            cluster,
            cluster_id,
            organization,
            servers,
            last_seen: timestamp(at),
        })
    });
    named.collect()
}

/// The clusters of the window that nobody heard of on a day from a certain one on: when each was last heard of,
/// and how many servers it has. Those heard of last come first.
fn not_heard(
    ground: &Ground<'_>,
    asked: &Asked,
    window: Window,
    first_whole: Day,
) -> Result<Vec<(Reverse<i64>, u32, u64)>> {
    let mut cut = ground.cut(asked);
    let (mut seen, mut heard) = (RoaringBitmap::new(), RoaringBitmap::new());
    for day in window.days() {
        let servers = cut.get()?.active(ground.db, day)?;
        if day >= first_whole {
            heard |= &servers;
        }
        seen |= servers;
    }
    let cluster = |server: u32| ground.census.cluster(server);
    let mut was_heard = vec![false; ground.census.clusters() + 1];
    for server in &heard {
        was_heard[cluster(server) as usize] = true;
    }
    let mut servers: HashMap<u32, Vec<u32>> = HashMap::new();
    for server in &(seen - heard) {
        if !was_heard[cluster(server) as usize] {
            servers.entry(cluster(server)).or_default().push(server);
        }
    }
    let mut query = ground.db.prepare_cached(sql!("query/last_seen"))?;
    let mut silent = Vec::with_capacity(servers.len());
    for (cluster, servers) in servers {
        let mut last: Option<i64> = None;
        for server in &servers {
            let at = query.query_row([server], |row| row.get(0)).optional()?;
            last = last.max(at.flatten());
        }
        if let Some(at) = last {
            silent.push((Reverse(at), cluster, servers.len() as u64));
        }
    }
    silent.sort_unstable();
    Ok(silent)
}
