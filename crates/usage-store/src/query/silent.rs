//! Clusters that reported before and have gone silent.

use std::cmp::Reverse;
use std::collections::HashMap;

use jiff::Timestamp;
use roaring::RoaringBitmap;
use rusqlite::OptionalExtension;

use super::asked::{Asked, Window};
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
    let mut cut = ground.cut(asked);
    let first_whole = Day::of(since).plus(1);
    let (mut seen, mut heard) = (RoaringBitmap::new(), RoaringBitmap::new());
    for day in window.days() {
        let servers = cut.get()?.active(ground.db, day)?;
        if day >= first_whole {
            heard |= &servers;
        }
        seen |= servers;
    }
    let cluster = |server: u32| ground.census.cluster(server);
    let heard: RoaringBitmap = heard.iter().map(cluster).collect();
    let mut servers: HashMap<u32, Vec<u32>> = HashMap::new();
    for server in &seen {
        if !heard.contains(cluster(server)) {
            servers.entry(cluster(server)).or_default().push(server);
        }
    }
    let mut query = ground.db.prepare_cached(sql!("query/last_seen"))?;
    let mut silent = Vec::new();
    for (cluster, servers) in servers {
        let mut last: Option<i64> = None;
        for server in &servers {
            let at = query.query_row([server], |row| row.get(0)).optional()?;
            last = last.max(at.flatten());
        }
        if let Some(at) = last
            && at < millis(since)
        {
            silent.push((Reverse(at), cluster, servers.len() as u64));
        }
    }
    silent.sort_unstable();
    silent.truncate(limit);
    let named = silent.into_iter().map(|(Reverse(at), cluster, servers)| {
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
