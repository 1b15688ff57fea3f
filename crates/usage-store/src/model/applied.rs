//! How far the read model is in the journal.

use jiff::Timestamp;
use rusqlite::{Connection, params};

use crate::Result;
use crate::journal::Seq;
use crate::sqlite::{millis, sql, timestamp};

/// A place in the journal: before a report, or between two elements of one.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Mark {
    /// The first report that is not wholly taken in.
    pub(crate) seq: Seq,
    /// How many of its elements are.
    pub(crate) element: usize,
}

/// Where the model is.
pub(crate) fn read(db: &Connection) -> Result<Mark> {
    Ok(read_with_time(db)?.0)
}

/// Where it is, and when the last report it has was received.
pub(crate) fn read_with_time(db: &Connection) -> Result<(Mark, Option<Timestamp>)> {
    Ok(db
        .prepare_cached(sql!("model/applied"))?
        .query_row([], |row| {
            let mark = Mark {
                seq: row.get::<_, i64>(0)? as Seq,
                element: row.get::<_, i64>(1)? as usize,
            };
            Ok((mark, row.get::<_, Option<i64>>(2)?.map(timestamp)))
        })?)
}

/// How many steps the model has made, this one too. Any other counts.
pub(crate) fn step(db: &Connection) -> Result<i64> {
    Ok(db
        .prepare_cached(sql!("model/step"))?
        .query_row([], |row| row.get(0))?)
}

/// Moves the mark.
pub(crate) fn set(db: &Connection, to: Mark, received_at: Option<Timestamp>) -> Result<()> {
    db.prepare_cached(sql!("model/set_applied"))?
        .execute(params![
            to.seq as i64,
            to.element as i64,
            received_at.map(millis)
        ])?;
    Ok(())
}
