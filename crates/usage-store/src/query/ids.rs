//! Ids that don't say how many servers there are: those that several servers probably share, and those that
//! were heard of once.

use jiff::Timestamp;
use rusqlite::params;

use super::ServerId;
use super::asked::{Asked, Per, Window};
use super::ground::Ground;
use crate::Result;
use crate::model::cells::{ALL_DAYS, CLONES, ONCE, read};
use crate::model::{alternates, goes_back};
use crate::sqlite::{sql, timestamp};

/// How steady the ids of a period's servers are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Steadiness {
    /// The period's days.
    pub period: Window,
    /// Servers that are active in it.
    pub servers: u64,
    /// Those whose ids are probably those of several.
    pub clones: u64,
    /// Those that reported once, in it, and never else.
    pub once: u64,
    /// Those that are neither.
    pub steady: u64,
}

/// A server that is probably several with the same ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suspect {
    /// Its number.
    pub id: ServerId,
    /// Its cluster.
    pub cluster_id: String,
    /// Its own id; `None` where it stands for its cluster's one server.
    pub server_id: Option<String>,
    /// The organization's name, if it reports under a token.
    pub organization: Option<String>,
    /// Whether its host alternates.
    pub by_hosts: bool,
    /// Whether its counters go back more often than it starts.
    pub by_counters: bool,
    /// The host of its latest check-in, and the one before.
    pub hosts: [Option<String>; 2],
    /// How often its host was again the one before.
    pub host_returns: u64,
    /// Usage reports in which a value that only grows had gone down.
    pub backwards: u64,
    /// Its check-ins.
    pub starts: u64,
    /// All its reports.
    pub reports: u64,
    /// Its latest report.
    pub last_seen: Option<Timestamp>,
}

/// Each period of the window.
pub(crate) fn steadiness(
    ground: &Ground<'_>,
    asked: &Asked,
    window: Window,
    per: Per,
) -> Result<Vec<Steadiness>> {
    let of_no_day = |place| read(ground.db, (asked.product, ALL_DAYS, place));
    let (clones, once) = (of_no_day(CLONES)?, of_no_day(ONCE)?);
    let series = ground.series("steadiness", String::new(), asked, (window, per))?;
    let series = series.of_no_day_too();
    let mut cut = ground.cut(asked);
    let mut periods = Vec::new();
    for period in window.periods(per) {
        let counted = series.get(period, || {
            let active = cut.get()?.active_in(ground.db, period)?;
            Ok(vec![Steadiness {
                period,
                servers: active.len(),
                clones: active.intersection_len(&clones),
                once: active.intersection_len(&once),
                steady: (&active - &clones).difference_len(&once),
            }])
        })?;
        periods.extend(counted.iter().copied());
    }
    Ok(periods)
}

/// Servers that were active in the window and are probably several, the newest number first.
pub(crate) fn suspects(
    ground: &Ground<'_>,
    asked: &Asked,
    window: Window,
    limit: usize,
) -> Result<Vec<Suspect>> {
    let mut cut = ground.cut(asked);
    let clones = read(ground.db, (asked.product, ALL_DAYS, CLONES))?;
    let clones = clones & cut.get()?.active_in(ground.db, window)?;
    let mut query = ground.db.prepare_cached(sql!("query/suspect"))?;
    let mut suspects = Vec::new();
    for server in clones.iter().rev().take(limit) {
        suspects.push(query.query_row(params![server], |row| {
            let server_id: String = row.get(1)?;
            let (starts, host_returns, backwards) = (row.get(5)?, row.get(6)?, row.get(7)?);
            let reports: i64 = row.get(8)?;
            Ok(Suspect {
                id: ServerId(server),
                cluster_id: row.get(0)?,
                server_id: (!server_id.is_empty()).then_some(server_id),
                organization: row.get(2)?,
                by_hosts: alternates(host_returns),
                by_counters: goes_back(backwards, starts, reports),
                hosts: [row.get(3)?, row.get(4)?],
                host_returns: host_returns as u64,
                backwards: backwards as u64,
                starts: starts as u64,
                reports: reports as u64,
                last_seen: row.get::<_, Option<i64>>(9)?.map(timestamp),
            })
        })?);
    }
    Ok(suspects)
}
