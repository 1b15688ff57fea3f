//! What is known of the journal as a whole: three numbers, and how far others have been handed it.

use rusqlite::{Connection, OptionalExtension, params};

use crate::Result;
use crate::sqlite::sql;

/// The place up to which it is re-packed.
pub(crate) const REPACK: &str = "repack";
/// Counts rewritten blocks, so that nobody puts an older one back.
pub(crate) const REWRITE: &str = "rewrite";
/// Counts reports of products that are not listed.
pub(crate) const UNLISTED: &str = "unlisted";

/// The number.
pub(crate) fn read(db: &Connection, name: &str) -> Result<u64> {
    Ok(db
        .prepare_cached(sql!("journal/mark"))?
        .query_row([name], |row| row.get::<_, i64>(0))? as u64)
}

/// The number, where there is one.
pub(crate) fn find(db: &Connection, name: &str) -> Result<Option<u64>> {
    let number: Option<i64> = db
        .prepare_cached(sql!("journal/mark"))?
        .query_row([name], |row| row.get(0))
        .optional()?;
    Ok(number.map(|number| number as u64))
}

/// Sets a mark that may be new.
pub(crate) fn put(db: &Connection, name: &str, to: u64) -> Result<()> {
    db.prepare_cached(sql!("journal/put_mark"))?
        .execute(params![name, to as i64])?;
    Ok(())
}

/// Moves a mark.
pub(crate) fn set(db: &Connection, name: &str, to: u64) -> Result<()> {
    db.prepare_cached(sql!("journal/move_mark"))?
        .execute(params![name, to as i64])?;
    Ok(())
}

/// Counts one more.
pub(crate) fn count(db: &Connection, name: &str) -> Result<()> {
    db.prepare_cached(sql!("journal/count_mark"))?
        .execute([name])?;
    Ok(())
}
