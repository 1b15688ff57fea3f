//! The reports themselves, newest first: of all, of a product, of a server.

use rusqlite::Connection;

use super::{ServerId, servers};
use crate::Result;
use crate::journal::{SPAN_REPORTS, Seq, StoredReport, walk};
use crate::query::ServerSummary;
use crate::registry::OrganizationId;
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
            let is_its = |report: &StoredReport| is_of(report, &detail.summary, trace.organization);
            found.extend(block.into_iter().filter(is_its));
        }
    }
    found.truncate(limit);
    Ok(found)
}

/// Whether a report is one of a server's.
pub(super) fn is_of(
    report: &StoredReport,
    server: &ServerSummary,
    organization: Option<OrganizationId>,
) -> bool {
    report.organization == organization
        && *report.product == *server.product_name
        && names(report, server)
}

fn names(report: &StoredReport, server: &ServerSummary) -> bool {
    may_name(&report.body, &server.cluster_id)
        && decode(report.kind, &report.body).is_ok_and(|decoded| {
            decoded.observations.iter().any(|observation| {
                observation.cluster_id.as_deref() == Some(&server.cluster_id)
                    && observation.server_id.as_deref() == server.server_id.as_deref()
            })
        })
}

/// Whether a body could name a cluster: looking for a text is many times faster than reading JSON. A text may be
/// escaped, and a number is written in many ways.
pub(super) fn may_name(body: &[u8], cluster_id: &str) -> bool {
    body.contains(&b'\\')
        || cluster_id.parse::<f64>().is_ok()
        || std::str::from_utf8(body).is_ok_and(|body| body.contains(cluster_id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn however_a_body_says_an_id_it_may_name_it() {
        for (id, body) in [
            ("3e-x", r#"{"cluster_id":"3e-x"}"#),
            ("aä", r#"{"cluster_id":"\u0061ä"}"#),
            ("100", r#"{"cluster_id":1e2}"#),
            ("a\"b", r#"{"cluster_id":"a\"b"}"#),
        ] {
            assert!(may_name(body.as_bytes(), id), "{id}: {body}");
        }
        assert!(!may_name(br#"{"cluster_id":"other"}"#, "3e-x"));
    }
}
