//! How far each follower of the journal is.

use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::Seq;
use crate::Result;
use crate::sqlite::{millis, sql, timestamp};

/// The read model.
pub(crate) const MODEL: &str = "model";
/// Re-packing.
pub(crate) const REPACK: &str = "repack";

/// The place of the first report that the follower has not taken in, and when the last one
/// it has was received.
pub(crate) fn read(db: &Connection, follower: &str) -> Result<(Seq, Option<Timestamp>)> {
    Ok(db
        .prepare_cached(sql!("journal/mark"))?
        .query_row([follower], |row| {
            let received_at: Option<i64> = row.get(1)?;
            Ok((row.get::<_, i64>(0)? as Seq, received_at.map(timestamp)))
        })?)
}

/// Moves the mark.
pub(crate) fn set(
    db: &Connection,
    follower: &str,
    seq: Seq,
    received_at: Option<Timestamp>,
) -> Result<()> {
    db.prepare_cached(sql!("journal/set_mark"))?
        .execute(params![follower, seq as i64, received_at.map(millis)])?;
    Ok(())
}
