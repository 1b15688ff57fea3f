//! Free pages go back to the file system, a few at a time: the last pages of the file move into
//! free ones, and the file ends earlier.

use rusqlite::Connection;

use crate::Result;

/// Pages moved in one transaction: a few milliseconds, during which no report is committed.
const PAGES_AT_ONCE: i64 = 128;

/// As long as no more than this share is free, an eighth, it is left: new reports will want it.
const FREE_SHARE: i64 = 8;

/// And as long as it is less than this, 4 MiB, whatever the share.
const FREE_PAGES_MIN: i64 = 1_024;

/// Whether so much is free that some of it should go. Never where the file was made without the
/// pages that moving needs.
pub(crate) fn is_due(db: &Connection) -> Result<bool> {
    let number = |name: &str| db.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let free = number("freelist_count")?;
    Ok(free > FREE_PAGES_MIN
        && free > number("page_count")? / FREE_SHARE
        && number("auto_vacuum")? == INCREMENTAL)
}

/// `auto_vacuum` where pages go back when they are told to.
const INCREMENTAL: i64 = 2;

/// Gives some back.
pub(crate) fn step(db: &Connection) -> Result<()> {
    // It moves a page for each row that is asked for, and has none.
    let mut moving = db.prepare(&format!("PRAGMA incremental_vacuum({PAGES_AT_ONCE})"))?;
    let mut rows = moving.query([])?;
    while rows.next()?.is_some() {}
    Ok(())
}
