//! How often a server or a cluster started on which day: counted in its raw reports, as the read model has only how often in all.

use std::collections::BTreeSet;

use roaring::RoaringBitmap;
use rusqlite::Connection;

use super::asked::{Asked, Window};
use super::ground::Ground;
use super::history::servers_of_cluster;
use super::limits::STARTS_SPANS;
use super::reports::may_name;
use super::servers::{self, Trace};
use super::{ServerDetail, ServerId};
use crate::journal::{SPAN_REPORTS, StoredReport, retention, walk};
use crate::registry::OrganizationId;
use crate::report::{Kind, decode};
use crate::{Day, Error, Result};

/// A server's starts on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StartsDay {
    /// The day.
    pub day: Day,
    /// Its check-ins of the day; `None` where the journal has no longer all of it, or it lies too far back to
    /// be looked through.
    pub starts: Option<u64>,
}

/// Each day of the window.
pub(crate) fn starts(db: &Connection, id: ServerId, window: Window) -> Result<Vec<StartsDay>> {
    let known = servers::one(db, id)?;
    if known.is_none() {
        return Err(Error::NotFound(format!("server {}", id.0)));
    }
    counted(db, &Senders::of(known), window)
}

/// The same of a cluster: of those of its servers that the filter leaves, on whatever days they were there.
pub(crate) fn of_cluster(
    ground: &Ground<'_>,
    asked: &Asked,
    cluster_id: &str,
    window: Window,
) -> Result<Vec<StartsDay>> {
    let all = servers_of_cluster(ground, asked, cluster_id)?;
    let mut left = RoaringBitmap::new();
    let mut cut = ground.cut(asked);
    for day in window.days() {
        left |= cut.get()?.active_of(ground.db, day, &all)?;
    }
    let mut known = Vec::new();
    for server in left {
        known.extend(servers::one(ground.db, ServerId(server))?);
    }
    counted(ground.db, &Senders::of(known), window)
}

/// Whose check-ins count: servers of one cluster.
#[derive(Default)]
struct Senders {
    product: String,
    cluster_id: String,
    /// Whose token they report with, and their own ids.
    ids: BTreeSet<(Option<OrganizationId>, Option<String>)>,
    /// Where their reports are.
    spans: RoaringBitmap,
}

impl Senders {
    fn of(known: impl IntoIterator<Item = (ServerDetail, Trace)>) -> Senders {
        let mut all = Senders::default();
        for (detail, trace) in known {
            let server = detail.summary;
            all.product = server.product_name;
            all.cluster_id = server.cluster_id;
            all.ids.insert((trace.organization, server.server_id));
            all.spans |= trace.spans;
        }
        all
    }

    fn sent(&self, report: &StoredReport) -> bool {
        report.kind == Kind::Servers
            && *report.product == *self.product
            && may_name(&report.body, &self.cluster_id)
            && decode(report.kind, &report.body).is_ok_and(|decoded| {
                decoded.observations.into_iter().any(|said| {
                    said.cluster_id.as_deref() == Some(&self.cluster_id)
                        && self
                            .ids
                            .contains(&(report.organization, said.server_id.map(Into::into)))
                })
            })
    }
}

/// The newest spans that their reports are in are read, so many at most.
fn counted(db: &Connection, senders: &Senders, window: Window) -> Result<Vec<StartsDay>> {
    let mut days: Vec<u64> = window.days().map(|_| 0).collect();
    let horizon = retention::kept(db)?.map(|kept| kept.horizon);
    // The day that the first of the reports came on that were looked through.
    let mut looked_to = window.to.plus(1);
    let mut known_from = horizon.unwrap_or(window.from);
    let mut spans = senders.spans.iter().rev().map(u64::from);
    for span in spans.by_ref().take(STARTS_SPANS) {
        let begin = span * SPAN_REPORTS;
        let mut before = begin + SPAN_REPORTS;
        let mut last = None;
        while before > begin {
            let block = walk::backwards(db, before)?;
            let Some(oldest) = block.last() else { break };
            before = oldest.seq;
            for report in &block {
                let came = Day::of(report.received_at);
                last = last.max(Some(came));
                looked_to = looked_to.min(came);
                let at = usize::try_from(report.day().0 - window.from.0).ok();
                if let Some(starts) = at.and_then(|at| days.get_mut(at))
                    && senders.sent(report)
                {
                    *starts += 1;
                }
            }
        }
        // What came before was made before.
        if last.is_some_and(|last| last < window.from) {
            break;
        }
    }
    if spans.next().is_some() && looked_to >= window.from {
        known_from = known_from.max(looked_to.plus(1));
    }
    let days = window.days().zip(days);
    Ok(days
        .map(|(day, starts)| StartsDay {
            day,
            starts: (day >= known_from).then_some(starts),
        })
        .collect())
}
