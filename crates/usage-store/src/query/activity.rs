//! How many servers are active now.

use jiff::{SignedDuration, Timestamp};
use roaring::RoaringBitmap;
use rusqlite::Connection;

use super::ProductId;
use crate::model::cells::{ACTIVE, SHADOWED, read};
use crate::sqlite::{millis, sql};
use crate::{Day, Result};

/// A server is active if it reported within this long: three usage intervals of 12 hours.
pub const ACTIVE_WITHIN: SignedDuration = SignedDuration::from_hours(36);

/// Servers that reported within [`ACTIVE_WITHIN`] before `now`. Anonymous ones are left out on days on
/// which their ids also report under a token.
pub(crate) fn active_servers(db: &Connection, product: ProductId, now: Timestamp) -> Result<u64> {
    let since = now.saturating_sub(ACTIVE_WITHIN).unwrap_or(Timestamp::MIN);
    let first = Day::of(since);
    let mut active = RoaringBitmap::new();
    let mut day = Day::of(now);
    while day > first {
        active |= counted(db, product, day)?;
        day = day.plus(-1);
    }
    // Of the first day only those count whose last report came after the window began; who
    // reported on a later day is in already.
    let mut last_seen = db.prepare_cached(sql!("query/last_seen"))?;
    for server in counted(db, product, first)? - &active {
        let at: Option<i64> = last_seen.query_row([server], |row| row.get(0))?;
        if at >= Some(millis(since)) {
            active.insert(server);
        }
    }
    Ok(active.len())
}

/// The servers of a day that operators' counts include.
fn counted(db: &Connection, product: ProductId, day: Day) -> Result<RoaringBitmap> {
    Ok(read(db, (product, day, ACTIVE))? - read(db, (product, day, SHADOWED))?)
}
