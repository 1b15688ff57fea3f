//! Taking reports out of the journal, or parts of them: one span at a time, in the caller's
//! transaction. Places stay as they are; the end of the journal stays where it is.

use rusqlite::{Connection, OptionalExtension, params};

use super::append::packing;
use super::block::{Packed, Packer};
use super::limits::COMMIT_ZSTD_LEVEL;
use super::{StoredReport, walk};
use crate::Result;
use crate::sqlite::sql;

/// What is to become of a report.
pub(crate) enum Fate {
    /// It stays.
    Keep,
    /// It goes.
    Erase,
    /// It stays with this body.
    Change(Vec<u8>),
}

/// Rewrites a span as `judge` says; the reports that went.
pub(crate) fn span(
    db: &Connection,
    span: u64,
    judge: impl Fn(&StoredReport) -> Fate,
) -> Result<Vec<StoredReport>> {
    let (from, to) = walk::bounds(span);
    let end: Option<i64> = db
        .prepare_cached(sql!("journal/span_end"))?
        .query_row(params![from, to], |row| row.get(0))
        .optional()?;
    let Some(end) = end else {
        return Ok(Vec::new());
    };
    let (mut kept, mut erased, mut changed) = (Vec::new(), Vec::new(), false);
    for mut report in walk::span(db, span)? {
        match judge(&report) {
            Fate::Keep => kept.push(report),
            Fate::Erase => erased.push(report),
            Fate::Change(body) => {
                report.body = body;
                changed = true;
                kept.push(report);
            }
        }
    }
    if changed || !erased.is_empty() {
        let mut packer = Packer::new(COMMIT_ZSTD_LEVEL).map_err(packing)?;
        let block = packer
            .pack(kept.iter().map(Packed::from))
            .map_err(packing)?;
        db.prepare_cached(sql!("journal/delete_within"))?
            .execute(params![from, to])?;
        db.prepare_cached(sql!("journal/insert_block"))?
            .execute(params![from, end, block])?;
    }
    Ok(erased)
}
