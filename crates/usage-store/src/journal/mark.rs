//! How far each follower of the journal is, and two counters kept beside.

use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::Seq;
use crate::Result;
use crate::sqlite::{millis, sql, timestamp};

/// The read model.
pub(crate) const MODEL: &str = "model";
/// Re-packing.
pub(crate) const REPACK: &str = "repack";
/// Counts rewritten blocks, so that nobody puts an older one back.
pub(crate) const REWRITE: &str = "rewrite";
/// Counts reports of products that are not listed.
pub(crate) const UNLISTED: &str = "unlisted";

/// A place in the journal: before a report, or between two elements of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Mark {
    /// The first report that is not wholly taken in.
    pub(crate) seq: Seq,
    /// How many of its elements are.
    pub(crate) element: usize,
}

/// Where the follower is.
pub(crate) fn read(db: &Connection, follower: &str) -> Result<Mark> {
    Ok(read_with_time(db, follower)?.0)
}

/// Where it is, and when the last report it has was received.
pub(crate) fn read_with_time(db: &Connection, follower: &str) -> Result<(Mark, Option<Timestamp>)> {
    Ok(db
        .prepare_cached(sql!("journal/mark"))?
        .query_row([follower], |row| {
            let mark = Mark {
                seq: row.get::<_, i64>(0)? as Seq,
                element: row.get::<_, i64>(1)? as usize,
            };
            Ok((mark, row.get::<_, Option<i64>>(2)?.map(timestamp)))
        })?)
}

/// Moves the mark.
pub(crate) fn set(
    db: &Connection,
    follower: &str,
    to: Mark,
    received_at: Option<Timestamp>,
) -> Result<()> {
    db.prepare_cached(sql!("journal/set_mark"))?
        .execute(params![
            follower,
            to.seq as i64,
            to.element as i64,
            received_at.map(millis)
        ])?;
    Ok(())
}

/// Counts one more.
pub(crate) fn count(db: &Connection, counter: &str) -> Result<()> {
    db.prepare_cached(sql!("journal/count_mark"))?
        .execute([counter])?;
    Ok(())
}
