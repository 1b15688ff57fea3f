//! What is known of the journal as a whole: three numbers.

use rusqlite::{Connection, params};

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
