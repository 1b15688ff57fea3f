//! Which servers each step changed, so that who keeps servers in memory reads only those again. The last
//! ones only; who was away for longer reads all.

use roaring::RoaringBitmap;
use rusqlite::{Connection, OptionalExtension, params};

use super::cells::bitmap;
use super::limits::CHANGES_KEPT;
use crate::sqlite::sql;
use crate::{Error, Result};

/// Notes servers that this step changes, in its transaction.
pub(super) fn note(db: &Connection, servers: &RoaringBitmap) -> Result<()> {
    if servers.is_empty() {
        return Ok(());
    }
    if servers.len() > CHANGES_KEPT {
        return all(db);
    }
    let last: Option<i64> = db
        .prepare_cached(sql!("changes/last_total"))?
        .query_row([], |row| row.get(0))
        .optional()?;
    let total = last.unwrap_or(0) + servers.len() as i64;
    let mut bytes = Vec::new();
    servers
        .serialize_into(&mut bytes)
        .map_err(|e| Error::Io("(changes)".into(), e))?;
    db.prepare_cached(sql!("changes/add"))?
        .execute(params![total, bytes])?;
    trim(db, total - CHANGES_KEPT as i64)
}

/// This step changes any server: who keeps them in memory reads all. For steps that change very many.
pub(super) fn all(db: &Connection) -> Result<()> {
    Ok(db.execute_batch(sql!("changes/forget_all"))?)
}

/// Drops the oldest rows, up to a total.
fn trim(db: &Connection, up_to: i64) -> Result<()> {
    loop {
        let first: Option<(i64, i64, i64)> = db
            .prepare_cached(sql!("changes/first"))?
            .query_row([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .optional()?;
        let Some((step, part, _)) = first.filter(|(.., total)| *total <= up_to) else {
            return Ok(());
        };
        db.prepare_cached(sql!("changes/drop"))?
            .execute([step, part])?;
        db.prepare_cached(sql!("changes/begin_after"))?
            .execute([step])?;
    }
}

/// What became of the servers since a step.
pub(crate) enum Since {
    /// These changed.
    Changed(RoaringBitmap),
    /// That is not known any more.
    Unknown,
}

/// The model's step, and what changed since another, earlier one.
pub(crate) fn since(db: &Connection, step: i64) -> Result<(i64, Since)> {
    let (now, known_from): (i64, i64) = db
        .prepare_cached(sql!("changes/step"))?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    if step < known_from {
        return Ok((now, Since::Unknown));
    }
    let mut changed = RoaringBitmap::new();
    let mut query = db.prepare_cached(sql!("changes/since"))?;
    let mut rows = query.query([step])?;
    while let Some(row) = rows.next()? {
        changed |= bitmap(row.get_ref(0)?)?;
    }
    Ok((now, Since::Changed(changed)))
}
