//! Taking reports out of the journal, or parts of them: one span at a time, in the caller's
//! transaction. Blocks and places stay as they are, the end of the journal stays where it is; a
//! block may be empty afterwards.

use rusqlite::{Connection, params};

use super::append::packing;
use super::block::{Packed, Packer};
use super::limits::COMMIT_ZSTD_LEVEL;
use super::{StoredReport, mark, walk};
use crate::Result;
use crate::sqlite::sql;

/// What is to become of a report.
#[derive(PartialEq, Eq)]
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
    let (mut erased, mut changed) = (Vec::new(), Vec::new());
    walk::each_block(db, span, |seq, reports| {
        let before = erased.len();
        let (mut kept, mut touched) = (Vec::new(), false);
        for mut report in reports {
            match judge(&report) {
                Fate::Keep => kept.push(report),
                Fate::Erase => erased.push(report),
                Fate::Change(body) => {
                    report.body = body;
                    touched = true;
                    kept.push(report);
                }
            }
        }
        if touched || erased.len() > before {
            changed.push((seq, pack(&kept)?));
        }
        Ok(())
    })?;
    for (seq, packed) in &changed {
        db.prepare_cached(sql!("journal/replace_block"))?
            .execute(params![*seq as i64, packed])?;
        mark::count(db, mark::REWRITE)?;
    }
    Ok(erased)
}

fn pack(reports: &[StoredReport]) -> Result<Vec<u8>> {
    let mut packer = Packer::new(COMMIT_ZSTD_LEVEL).map_err(packing)?;
    packer
        .pack(reports.iter().map(Packed::from))
        .map_err(packing)
}
