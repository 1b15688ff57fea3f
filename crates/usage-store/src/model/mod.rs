//! The read model: everything about reports that is derived from the journal, taken in
//! chunk by chunk off the commit path, and rebuildable from it.
//!
//! A chunk is one transaction: servers, days, cells, counts and the mark move together.
//! [`take_in`](chunk::take_in) holds the rules; the other files each keep one kind of row.

pub(crate) mod cells;
mod chunk;
mod days;
mod dictionary;
mod limits;
mod servers;

use rusqlite::{Connection, TransactionBehavior};

pub(crate) use days::DaySet;
pub(crate) use dictionary::Dictionary;
pub(crate) use servers::Latest;

use crate::Result;
use crate::journal::{Seq, StoredReport, mark, walk};
use crate::sqlite::sql;

/// The mark, and the next reports from there on, read and decompressed off the writer.
pub(crate) fn next_chunk(reader: &Connection) -> Result<(Seq, Vec<StoredReport>)> {
    let (mark, _) = mark::read(reader, mark::MODEL)?;
    Ok((mark, walk::forwards(reader, mark)?))
}

/// Takes a chunk in, unless the mark moved since it was read.
pub(crate) fn apply(
    writer: &mut Connection,
    dictionary: &mut Dictionary,
    reports: &[StoredReport],
    expected: Seq,
) -> Result<()> {
    let step = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if mark::read(&step, mark::MODEL)?.0 != expected {
        return Ok(());
    }
    let taken = chunk::take_in(&step, dictionary, reports).and_then(|()| Ok(step.commit()?));
    if taken.is_err() {
        // It may remember ids that were never committed.
        dictionary.clear();
    }
    taken
}

/// Empties the read model, to be applied anew from the journal's beginning.
pub(crate) fn reset(writer: &mut Connection) -> Result<()> {
    let step = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
    step.execute_batch(sql!("model/reset"))?;
    step.commit()?;
    Ok(())
}
