//! What an erasure would take: counted before anybody says yes.

use rusqlite::{Connection, params};

use super::steps::{Erasure, subjects};
use super::{ErasureRequest, whole};
use crate::journal::rewrite::Fate;
use crate::journal::{next_seq, walk};
use crate::query::fleet;
use crate::registry::OrganizationId;
use crate::{Day, Result};

/// Spans read to count reports: a million reports, some seconds.
const SPANS_COUNTED: usize = 1_000;

/// What would go.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Toll {
    /// Servers that are known.
    pub servers: u64,
    /// Reports that would go whole.
    pub reports: u64,
    /// Reports that speak of others, too, and would lose the rest.
    pub cut: u64,
    /// The days of the reports, first and last.
    pub days: Option<(Day, Day)>,
    /// There may be more reports than were counted.
    pub more: bool,
}

/// What a request would take, or with `None` everything that an organization reported.
pub(crate) fn toll(
    db: &Connection,
    organization: OrganizationId,
    request: Option<&ErasureRequest>,
) -> Result<Toll> {
    let until = next_seq(db)?;
    let erasure = Erasure::unfiled(organization, request, until);
    let mut toll = Toll::default();
    let mut spans = match request {
        None => {
            let own = fleet::own_servers(db, organization)?;
            toll.servers = own.values().map(|servers| servers.len()).sum();
            whole::spans(db, organization, until)?
        }
        Some(_) => {
            let subjects = subjects(db, &erasure)?;
            toll.servers = subjects.len() as u64;
            let mut spans: Vec<u64> = subjects.into_iter().flat_map(|one| one.spans).collect();
            spans.sort_unstable();
            spans.dedup();
            spans
        }
    };
    if spans.len() > SPANS_COUNTED {
        toll.more = true;
        spans.drain(..spans.len() - SPANS_COUNTED);
    }
    for span in spans {
        walk::each_block(db, span, |_, reports| {
            for report in &reports {
                match erasure.judge(report) {
                    Fate::Keep => continue,
                    Fate::Erase => toll.reports += 1,
                    Fate::Change(_) => toll.cut += 1,
                }
                let (first, last) = toll.days.unwrap_or((report.day(), report.day()));
                toll.days = Some((first.min(report.day()), last.max(report.day())));
            }
            Ok(())
        })?;
    }
    Ok(toll)
}

/// Of all of an organization's erasures the newest, for its members.
pub(crate) fn of_organization(
    db: &Connection,
    organization: OrganizationId,
    at_most: u32,
) -> Result<Vec<super::OwnErasure>> {
    let mut query = db.prepare_cached(crate::sqlite::sql!("erasure/of_organization"))?;
    let found = query.query_map(params![organization.0, at_most], super::own_erasure)?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}
