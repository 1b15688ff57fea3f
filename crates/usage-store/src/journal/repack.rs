//! Re-packing: a quiet fleet commits blocks of one report; once a span is full, its blocks
//! become one that compresses several times better. Order and places stay.

use rusqlite::{Connection, TransactionBehavior, params};

use super::append::{next_seq, packing};
use super::block::{Packed, Packer};
use super::limits::{REPACK_ZSTD_LEVEL, SPAN_REPORTS};
use super::mark;
use super::walk;
use crate::Result;
use crate::sqlite::sql;

/// The next full span that is still in several blocks, packed into one; `None` where there is none.
/// Done on a reader, so that the writer is held only for the swap.
pub(crate) fn prepare(db: &Connection) -> Result<Option<Repacked>> {
    let (done, _) = mark::read(db, mark::REPACK)?;
    let span = done / SPAN_REPORTS;
    if (span + 1) * SPAN_REPORTS > next_seq(db)? {
        return Ok(None);
    }
    let reports = walk::span(db, span)?;
    let block = match reports.first() {
        None => None,
        Some(first) => {
            let mut packer = Packer::new(REPACK_ZSTD_LEVEL).map_err(packing)?;
            let bytes = packer
                .pack(reports.iter().map(Packed::from))
                .map_err(packing)?;
            Some((first.seq as i64, bytes))
        }
    };
    Ok(Some(Repacked { span, block }))
}

/// A span's one block, ready to take its place.
pub(crate) struct Repacked {
    span: u64,
    block: Option<(i64, Vec<u8>)>,
}

/// Puts the block in its place, unless somebody else did meanwhile.
pub(crate) fn swap(db: &mut Connection, repacked: &Repacked) -> Result<()> {
    let swap = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let (done, _) = mark::read(&swap, mark::REPACK)?;
    if done / SPAN_REPORTS != repacked.span {
        return Ok(());
    }
    let (from, to) = walk::bounds(repacked.span);
    if let Some((seq, bytes)) = &repacked.block {
        swap.prepare_cached(sql!("journal/delete_within"))?
            .execute(params![from, to])?;
        swap.prepare_cached(sql!("journal/insert_block"))?
            .execute(params![seq, to, bytes])?;
    }
    mark::set(&swap, mark::REPACK, to as u64, None)?;
    swap.commit()?;
    Ok(())
}
