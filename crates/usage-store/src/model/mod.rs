//! The read model: everything about reports that is derived from the journal, taken in
//! chunk by chunk off the commit path, and rebuildable from it.
//!
//! It has a file of its own, `model.db`, with a writer of its own: commits of reports never wait for
//! it. A step is one transaction: servers, days, cells, counts and the mark move together.
//! [`take_in`](chunk::take_in) holds the rules; the other files each keep one kind of row.

pub(crate) mod applied;
pub(crate) mod bulk;
pub(crate) mod cells;
pub(crate) mod changes;
mod chunk;
pub(crate) mod columns;
mod counters;
pub(crate) mod days;
mod dictionary;
mod folding;
pub(crate) mod leaving;
mod limits;
mod names;
mod rebuilding;
pub(crate) mod replay;
pub(crate) mod rows;
mod servers;
mod sets;
mod stat_days;
pub(crate) mod tiers;
pub(crate) mod unused;
mod verbs;

use rusqlite::{Connection, Transaction};

pub(crate) use columns::Packing;
pub(crate) use counters::{alternates, goes_back};
pub(crate) use days::DaySet;
pub(crate) use dictionary::{Dictionary, OTHER};
pub use limits::{NAMES_PER_PRODUCT, TOP_VALUES};
pub(crate) use servers::Latest;
pub use tiers::Tier;

use limits::{OBSERVATIONS_AT_ONCE, RULES};

use applied::Mark;

use crate::Result;
use crate::journal::retention::{self, Kept};
use crate::journal::walk::{self, Stretch};
use crate::journal::{first_seq, next_seq};
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
    let from = applied::read(reader)?;
    let stretch = walk::forwards(reader, from.seq, OBSERVATIONS_AT_ONCE)?;
    Ok(Chunk { from, stretch })
}

/// The connection that writes the model, and the ids it remembers.
pub(crate) struct Model {
    pub(crate) db: Connection,
    pub(crate) dictionary: Dictionary,
}

/// Begins a step: from here on nobody else changes the model.
pub(crate) fn begin(db: &mut Connection) -> Result<Transaction<'_>> {
    let step = db.transaction()?;
    step.execute_batch(sql!("model/lock"))?;
    Ok(step)
}

/// Takes in a part of a chunk and moves on in it. Where the mark moved since the chunk was read,
/// the chunk is over.
pub(crate) fn apply(model: &mut Model, chunk: &mut Chunk) -> Result<()> {
    let Model { db, dictionary } = model;
    let step = begin(db)?;
    if applied::read(&step)? != chunk.from {
        chunk.from.seq = chunk.stretch.next;
        return Ok(());
    }
    dictionary.refresh(&step)?;
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
        sql!("retention/forget_packed_days"),
        sql!("retention/forget_numbers"),
        sql!("retention/forget_columns"),
        sql!("retention/forget_stats"),
        sql!("retention/forget_cells"),
        sql!("retention/forget_counts"),
        sql!("folding/forget_folds"),
        sql!("folding/undecide_days"),
        sql!("retention/lower_tiers"),
    ] {
        step.prepare_cached(emptied)?.execute([kept.horizon.0])?;
    }
    servers::make_new(step, kept.horizon)?;
    step.execute_batch(sql!("retention/begin_anew"))?;
    Ok(())
}

fn empty(step: &Connection) -> Result<()> {
    match retention::kept(step)? {
        None => step.execute_batch(sql!("model/reset"))?,
        Some(kept) => reset_from(step, &kept)?,
    }
    unused::doubt_all_names(step)?;
    dictionary::tell_forgotten(step)
}

/// Empties the read model, to be applied anew from the journal's beginning.
pub(crate) fn reset(db: &mut Connection) -> Result<()> {
    let step = begin(db)?;
    empty(&step)?;
    step.commit()?;
    Ok(())
}

/// Empties it where an older program derived it, by other rules. Whether there was anything in it.
pub(crate) fn reset_if_outdated(db: &mut Connection) -> Result<bool> {
    if is_current(db)? {
        return Ok(false);
    }
    let step = begin(db)?;
    if is_current(&step)? {
        return Ok(false);
    }
    let had_any = applied::read(&step)?.seq > 0;
    empty(&step)?;
    if let Some(kept) = retention::kept(&step)? {
        retention::know_nothing(&step, &kept)?;
        servers::begin_counting(&step, first_seq(&step)?)?;
        days::begin_posted(&step)?;
    }
    step.prepare_cached(sql!("model/set_rules"))?
        .execute([RULES])?;
    step.commit()?;
    Ok(had_any)
}

fn is_current(db: &Connection) -> Result<bool> {
    let rules: i64 = db.query_row(sql!("model/rules"), [], |row| row.get(0))?;
    Ok(rules == RULES)
}

/// Empties it where it has taken in more than the journal has: somebody put an older `usage.db` beside
/// it. Whether that was so.
pub(crate) fn reset_if_ahead(db: &mut Connection) -> Result<bool> {
    let ahead = applied::read(db)?.seq > next_seq(db)?;
    if ahead {
        reset(db)?;
    }
    Ok(ahead)
}
