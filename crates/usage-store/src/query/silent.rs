//! Clusters that reported before and have gone silent.

use std::cmp::Reverse;
use std::collections::HashMap;

use jiff::Timestamp;
use roaring::RoaringBitmap;

use super::asked::{Asked, Per, Window};
use super::ground::Ground;
use super::memo::Weigh;
use crate::sqlite::{millis, timestamp};
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
        let newest = series.newest(window);
        not_heard(ground, &sets(ground, asked, (window, newest), first_whole)?)
    })?;
    // Some were heard on the day of `since`, but after it.
    let later = silent.partition_point(|(Reverse(at), ..)| *at >= millis(since));
    let silent = silent[later..].iter().take(limit).copied();
    let named = silent.map(|(Reverse(at), cluster, servers)| {
        let (cluster_id, organization) = ground.cluster_name(cluster)?;
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
fn not_heard(ground: &Ground<'_>, sets: &Sets) -> Result<Vec<(Reverse<i64>, u32, u64)>> {
    let mut was_heard = vec![false; ground.census.clusters() + 1];
    for server in &sets.heard {
        was_heard[ground.census.cluster(server) as usize] = true;
    }
    let mut last_seen = ground.last_seen()?;
    let mut clusters: HashMap<u32, (Option<i64>, u64)> = HashMap::new();
    for server in &sets.seen - &sets.heard {
        let cluster = ground.census.cluster(server);
        if !was_heard[cluster as usize] {
            let (last, servers) = clusters.entry(cluster).or_default();
            *last = (*last).max(last_seen.at(server)?);
            *servers += 1;
        }
    }
    let silent = clusters.into_iter();
    let silent =
        silent.filter_map(|(cluster, (at, servers))| Some((Reverse(at?), cluster, servers)));
    let mut silent: Vec<_> = silent.collect();
    silent.sort_unstable();
    Ok(silent)
}

/// Who reported on some days, and who of them on one from a certain day on.
struct Sets {
    seen: RoaringBitmap,
    heard: RoaringBitmap,
}

impl Weigh for Sets {
    fn bytes(&self) -> usize {
        self.seen.serialized_size() + self.heard.serialized_size()
    }
}

/// Those of the window. What the days before its newest say is kept: that one goes on changing.
fn sets(
    ground: &Ground<'_>,
    asked: &Asked,
    (window, newest): (Window, Option<Day>),
    first_whole: Day,
) -> Result<Sets> {
    let mut cut = ground.cut(asked);
    let mut of = |days: Window| -> Result<Sets> {
        let (mut seen, mut heard) = (RoaringBitmap::new(), RoaringBitmap::new());
        for day in days.days() {
            let servers = cut.get()?.active(ground.db, day)?;
            if day >= first_whole {
                heard |= &servers;
            }
            seen |= servers;
        }
        Ok(Sets { seen, heard })
    };
    let (days, today) = match newest {
        Some(newest) if newest > window.from => window.before_and_from(newest),
        _ => return of(window),
    };
    let about = format!("{first_whole:?}");
    let series = ground.series("heard before", about, asked, (days, Per::Day))?;
    let before = series.get(days, || of(days))?;
    let mut sets = of(today)?;
    sets.seen |= &before.seen;
    sets.heard |= &before.heard;
    Ok(sets)
}
