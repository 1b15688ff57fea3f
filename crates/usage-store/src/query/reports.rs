//! The reports themselves, newest first: of all, of a product, of a server.

use rusqlite::Connection;

use super::fleet_reports::may_name;
use super::{ServerId, servers};
use crate::Result;
use crate::journal::{SPAN_REPORTS, Seq, StoredReport, walk};
use crate::query::ServerSummary;
use crate::report::decode;

/// Blocks looked through for one page of a product's reports, so that a page about a product
/// that fell silent doesn't read the whole journal.
const BLOCKS_LOOKED_THROUGH: usize = 500;

/// The newest reports from below `before`.
pub(crate) fn newest(
    db: &Connection,
    product: Option<&str>,
    before: Option<Seq>,
    limit: usize,
) -> Result<Vec<StoredReport>> {
    let mut before = before.unwrap_or(Seq::MAX);
    let mut found = Vec::new();
    for _ in 0..BLOCKS_LOOKED_THROUGH {
        let block = walk::backwards(db, before)?;
        let Some(oldest) = block.last() else { break };
        before = oldest.seq;
        found.extend(
            block
                .into_iter()
                .filter(|report| product.is_none_or(|name| *report.product == *name)),
        );
        if found.len() >= limit {
            break;
        }
    }
    found.truncate(limit);
    Ok(found)
}

/// One server's reports from below `before`; only the spans it is in are read.
pub(crate) fn of_server(
    db: &Connection,
    id: ServerId,
    before: Option<Seq>,
    limit: usize,
) -> Result<Vec<StoredReport>> {
    let Some((detail, trace)) = servers::one(db, id)? else {
        return Ok(Vec::new());
    };
    let mut before = before.unwrap_or(Seq::MAX);
    let mut found = Vec::new();
    for span in trace.spans.iter().rev().map(u64::from) {
        let begin = span * SPAN_REPORTS;
        before = before.min(begin + SPAN_REPORTS);
        while before > begin && found.len() < limit {
            let block = walk::backwards(db, before)?;
            let Some(oldest) = block.last() else { break };
            before = oldest.seq;
            found.extend(block.into_iter().filter(|report| {
                report.organization == trace.organization
                    && *report.product == *detail.summary.product_name
                    && names(report, &detail.summary)
            }));
        }
    }
    found.truncate(limit);
    Ok(found)
}

fn names(report: &StoredReport, server: &ServerSummary) -> bool {
    let at_a_glance = |id| may_name(&report.body, id);
    let ids = [Some(&*server.cluster_id), server.server_id.as_deref()];
    ids.into_iter().flatten().all(at_a_glance)
        && decode(report.kind, &report.body).is_ok_and(|decoded| {
            decoded.observations.iter().any(|observation| {
                observation.cluster_id.as_deref() == Some(&server.cluster_id)
                    && observation.server_id.as_deref() == server.server_id.as_deref()
            })
        })
}
