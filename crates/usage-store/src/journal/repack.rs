//! Re-packing: a quiet fleet commits blocks of one report; once a span is full, its blocks
//! become one that compresses several times better, or a few where the reports are large. Order
//! and places stay.

use rusqlite::{Connection, TransactionBehavior, params};

use super::append::{next_seq, packing};
use super::block::{Packed, Packer};
use super::limits::{REPACK_ZSTD_LEVEL, SPAN_REPORTS, STRETCH_MAX_BYTES};
use super::mark;
use super::{Seq, StoredReport, walk};
use crate::Result;
use crate::sqlite::sql;

/// A span's new blocks, ready to take the place of the old ones.
pub struct Repacked {
    span: u64,
    /// How often the journal had been rewritten when the span was read.
    rewritten: u64,
    blocks: Vec<(Seq, Vec<u8>)>,
}

/// The next full span, packed anew; `None` where there is none. Done on a reader, so that the
/// writer is held only for the swap.
pub(crate) fn prepare(db: &Connection) -> Result<Option<Repacked>> {
    let span = mark::read(db, mark::REPACK)? / SPAN_REPORTS;
    if (span + 1) * SPAN_REPORTS > next_seq(db)? {
        return Ok(None);
    }
    let mut packer = Packer::new(REPACK_ZSTD_LEVEL).map_err(packing)?;
    let mut pack = |reports: &[StoredReport]| {
        packer
            .pack(reports.iter().map(Packed::from))
            .map_err(packing)
    };
    let mut blocks = Vec::new();
    let (mut waiting, mut bytes, mut begin) = (Vec::new(), 0, span * SPAN_REPORTS);
    walk::each_block(db, span, |seq, reports| {
        let more: usize = reports.iter().map(|report| report.body.len()).sum();
        if !waiting.is_empty() && bytes + more > STRETCH_MAX_BYTES {
            blocks.push((begin, pack(&waiting)?));
            waiting.clear();
            (bytes, begin) = (0, seq);
        }
        waiting.extend(reports);
        bytes += more;
        Ok(())
    })?;
    blocks.push((begin, pack(&waiting)?));
    let rewritten = mark::read(db, mark::REWRITE)?;
    Ok(Some(Repacked {
        span,
        rewritten,
        blocks,
    }))
}

/// Puts the blocks in their place, unless the journal was rewritten or the span re-packed
/// meanwhile: then it is for the next time.
pub(crate) fn swap(db: &mut Connection, repacked: &Repacked) -> Result<()> {
    let swap = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let done = mark::read(&swap, mark::REPACK)? / SPAN_REPORTS;
    if done != repacked.span || mark::read(&swap, mark::REWRITE)? != repacked.rewritten {
        return Ok(());
    }
    let (from, to) = walk::bounds(repacked.span);
    swap.prepare_cached(sql!("journal/delete_within"))?
        .execute(params![from, to])?;
    let ends = repacked.blocks.iter().skip(1).map(|(seq, _)| *seq as i64);
    for ((seq, bytes), end) in repacked.blocks.iter().zip(ends.chain([to])) {
        swap.prepare_cached(sql!("journal/insert_block"))?
            .execute(params![*seq as i64, end, bytes])?;
    }
    mark::set(&swap, mark::REPACK, to as u64)?;
    swap.commit()?;
    Ok(())
}
