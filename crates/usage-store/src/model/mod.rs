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
pub(crate) mod replay;
mod servers;

use rusqlite::{Connection, TransactionBehavior};

pub(crate) use days::DaySet;
pub(crate) use dictionary::Dictionary;
pub(crate) use servers::Latest;

use crate::Result;
use crate::journal::walk::{self, Stretch};
use crate::journal::{Seq, mark};
use crate::sqlite::sql;

/// The next reports that the model has not taken in, and where they begin.
pub(crate) struct Chunk {
    from: Seq,
    stretch: Stretch,
}

impl Chunk {
    /// How many reports it has; none only where the model has everything.
    pub(crate) fn reports(&self) -> u64 {
        self.stretch.reports.len() as u64
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.stretch.next == self.from
    }
}

/// Reads and decompresses the next chunk, off the writer.
pub(crate) fn next_chunk(reader: &Connection) -> Result<Chunk> {
    let (from, _) = mark::read(reader, mark::MODEL)?;
    Ok(Chunk {
        from,
        stretch: walk::forwards(reader, from)?,
    })
}

/// Takes a chunk in, unless the mark moved since it was read.
pub(crate) fn apply(
    writer: &mut Connection,
    dictionary: &mut Dictionary,
    chunk: &Chunk,
) -> Result<()> {
    let step = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if mark::read(&step, mark::MODEL)?.0 != chunk.from {
        return Ok(());
    }
    let taken = chunk::take_in(&step, dictionary, &chunk.stretch).and_then(|()| Ok(step.commit()?));
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
