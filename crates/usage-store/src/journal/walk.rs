//! Out of the journal: reports in order, forwards for exports and the read model,
//! backwards for pages. Each step reads a few blocks in a snapshot of its own, so a slow
//! consumer never holds the WAL back.

use rusqlite::{Connection, params};

use super::block::unpack;
use super::limits::{SPAN_REPORTS, WALK_BLOCKS};
use super::{Seq, StoredReport};
use crate::Result;
use crate::sqlite::sql;

/// Up to `WALK_BLOCKS` blocks' reports, from place `from` on, in order. Empty at the end.
pub(crate) fn forwards(db: &Connection, from: Seq) -> Result<Vec<StoredReport>> {
    let mut reports = Vec::new();
    let mut query = db.prepare_cached(sql!("journal/blocks_from"))?;
    let mut rows = query.query(params![from as i64, WALK_BLOCKS as i64])?;
    while let Some(row) = rows.next()? {
        let block = unpack(
            row.get::<_, i64>(0)? as Seq,
            row.get_ref(1)?.as_blob().unwrap_or(&[]),
        )?;
        reports.extend(block.into_iter().filter(|report| report.seq >= from));
        if reports.len() as u64 >= SPAN_REPORTS {
            break;
        }
    }
    Ok(reports)
}

/// One block's reports, newest first, from below place `before`. Empty at the beginning.
pub(crate) fn backwards(db: &Connection, before: Seq) -> Result<Vec<StoredReport>> {
    let mut query = db.prepare_cached(sql!("journal/blocks_before"))?;
    let mut rows = query.query(params![before.min(i64::MAX as u64) as i64, 1])?;
    let Some(row) = rows.next()? else {
        return Ok(Vec::new());
    };
    let mut block = unpack(
        row.get::<_, i64>(0)? as Seq,
        row.get_ref(1)?.as_blob().unwrap_or(&[]),
    )?;
    block.retain(|report| report.seq < before);
    block.reverse();
    Ok(block)
}

/// The reports of one span, in order.
pub(crate) fn span(db: &Connection, span: u64) -> Result<Vec<StoredReport>> {
    let mut reports = Vec::new();
    let mut query = db.prepare_cached(sql!("journal/blocks_within"))?;
    let (from, to) = bounds(span);
    let mut rows = query.query(params![from, to])?;
    while let Some(row) = rows.next()? {
        reports.extend(unpack(
            row.get::<_, i64>(0)? as Seq,
            row.get_ref(1)?.as_blob().unwrap_or(&[]),
        )?);
    }
    Ok(reports)
}

/// The places of a span: from, up to and not with.
pub(super) fn bounds(span: u64) -> (i64, i64) {
    (
        (span * SPAN_REPORTS) as i64,
        ((span + 1) * SPAN_REPORTS) as i64,
    )
}
