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
use crate::journal::mark::{self, Mark};
use crate::journal::retention::{self, Kept};
use crate::journal::walk::{self, Stretch};
use crate::sqlite::sql;

/// The next reports that the model has not taken in, and where they begin.
pub(crate) struct Chunk {
    from: Mark,
    stretch: Stretch,
}

impl Chunk {
    /// How many reports it has; none only where the model has everything.
    pub(crate) fn reports(&self) -> u64 {
        self.stretch.reports.len() as u64
    }

    /// Whether there is nothing more to take in.
    pub(crate) fn is_done(&self) -> bool {
        self.from.seq >= self.stretch.next
    }
}

/// Reads and decompresses the next chunk, off the writer.
pub(crate) fn next_chunk(reader: &Connection) -> Result<Chunk> {
    let from = mark::read(reader, mark::MODEL)?;
    let stretch = walk::forwards(reader, from.seq)?;
    Ok(Chunk { from, stretch })
}

/// Takes in a part of a chunk, small enough that commits wait for milliseconds only, and moves on
/// in it. Where the mark moved since the chunk was read, the chunk is over.
pub(crate) fn apply(
    writer: &mut Connection,
    dictionary: &mut Dictionary,
    chunk: &mut Chunk,
) -> Result<()> {
    let step = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if mark::read(&step, mark::MODEL)? != chunk.from {
        chunk.from.seq = chunk.stretch.next;
        return Ok(());
    }
    let taken = chunk::take_in(&step, dictionary, chunk.from, &chunk.stretch)
        .and_then(|to| Ok(step.commit().map(|()| to)?));
    match taken {
        Ok(to) => chunk.from = to,
        // It may remember ids that were never committed.
        Err(_) => dictionary.clear(),
    }
    taken.map(|_| ())
}

/// Where the journal doesn't reach back to the beginning any more: only what it still has all of is
/// emptied. Servers stay as they are known; applying again what is left changes nothing of that.
fn reset_from(step: &Connection, kept: &Kept) -> Result<()> {
    retention::keep_counts(step, kept)?;
    for emptied in [
        sql!("retention/forget_days"),
        sql!("retention/forget_cells"),
        sql!("retention/forget_counts"),
    ] {
        step.prepare_cached(emptied)?.execute([kept.horizon.0])?;
    }
    let begin = Mark { seq: 0, element: 0 };
    mark::set(step, mark::MODEL, begin, None)
}

/// Empties the read model, to be applied anew from the journal's beginning.
pub(crate) fn reset(writer: &mut Connection) -> Result<()> {
    let step = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
    match retention::kept(&step)? {
        None => step.execute_batch(sql!("model/reset"))?,
        Some(kept) => reset_from(&step, &kept)?,
    }
    step.commit()?;
    Ok(())
}
