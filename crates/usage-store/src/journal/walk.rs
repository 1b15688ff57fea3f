//! Out of the journal: reports in order, forwards for exports and the read model,
//! backwards for pages. Each step reads a few blocks in a snapshot of its own, so a slow
//! consumer never holds the WAL back.

use rusqlite::{Connection, Row, params};

use super::block::unpack;
use super::limits::{SPAN_REPORTS, STRETCH_MAX_BYTES, WALK_BLOCKS};
use super::{Seq, StoredReport};
use crate::Result;
use crate::sqlite::sql;

/// Some reports in order, and the place to go on from.
pub(crate) struct Stretch {
    pub(crate) reports: Vec<StoredReport>,
    pub(crate) next: Seq,
}

impl Stretch {
    fn is_enough(&self, reports: usize) -> bool {
        let bytes = self.reports.iter().map(|report| report.body.len());
        self.reports.len() >= reports || bytes.sum::<usize>() >= STRETCH_MAX_BYTES
    }
}

/// The reports from place `from` on: about as many as are asked for, fewer where they are large, none
/// only at the end.
pub(crate) fn forwards(db: &Connection, from: Seq, reports: usize) -> Result<Stretch> {
    let mut stretch = Stretch {
        reports: Vec::new(),
        next: from,
    };
    let mut query = db.prepare_cached(sql!("journal/blocks_from"))?;
    loop {
        let begin = stretch.next;
        let mut rows = query.query(params![begin as i64, WALK_BLOCKS as i64])?;
        while let Some(row) = rows.next()? {
            let block = unpack(row.get::<_, i64>(0)? as Seq, blob(row, 2)?)?;
            stretch
                .reports
                .extend(block.into_iter().filter(|report| report.seq >= begin));
            stretch.next = stretch.next.max(row.get::<_, i64>(1)? as Seq);
            if stretch.is_enough(reports) {
                break;
            }
        }
        // Where everything in these blocks was erased, there may be more behind them.
        if !stretch.reports.is_empty() || stretch.next == begin {
            return Ok(stretch);
        }
    }
}

/// One block's reports, newest first, from below place `before`. Empty only at the beginning.
pub(crate) fn backwards(db: &Connection, before: Seq) -> Result<Vec<StoredReport>> {
    let mut query = db.prepare_cached(sql!("journal/blocks_before"))?;
    let mut below = before.min(i64::MAX as u64) as i64;
    loop {
        let mut rows = query.query(params![below, 1])?;
        let Some(row) = rows.next()? else {
            return Ok(Vec::new());
        };
        below = row.get(0)?;
        let mut block = unpack(below as Seq, blob(row, 1)?)?;
        block.retain(|report| report.seq < before);
        if !block.is_empty() {
            block.reverse();
            return Ok(block);
        }
    }
}

/// The reports of a block in a column.
pub(crate) fn unpacked(seq: Seq, row: &Row<'_>, column: usize) -> Result<Vec<StoredReport>> {
    unpack(seq, blob(row, column)?)
}

fn blob<'a>(row: &'a Row<'_>, column: usize) -> Result<&'a [u8]> {
    Ok(row.get_ref(column)?.as_blob().unwrap_or_default())
}

/// Each block of one span, in order: its place, and its reports.
pub(crate) fn each_block(
    db: &Connection,
    span: u64,
    mut visit: impl FnMut(Seq, Vec<StoredReport>) -> Result<()>,
) -> Result<()> {
    let mut query = db.prepare_cached(sql!("journal/blocks_within"))?;
    let (from, to) = bounds(span);
    let mut rows = query.query(params![from, to])?;
    while let Some(row) = rows.next()? {
        let seq = row.get::<_, i64>(0)? as Seq;
        visit(seq, unpack(seq, blob(row, 1)?)?)?;
    }
    Ok(())
}

/// The places of a span: from, up to and not with.
pub(super) fn bounds(span: u64) -> (i64, i64) {
    (
        (span * SPAN_REPORTS) as i64,
        ((span + 1) * SPAN_REPORTS) as i64,
    )
}
