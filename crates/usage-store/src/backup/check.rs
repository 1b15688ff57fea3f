//! Whether a database file is ours, sound, and what it holds.

use std::path::Path;

use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags};

use super::limits::BLOCKS_SAMPLED;
use crate::journal::{Seq, next_seq, walk};
use crate::sqlite::{APPLICATION_ID, newest_schema, sql};
use crate::{Error, Result};

/// What a copy holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Contents {
    /// The version of its schema.
    pub schema: i64,
    /// The place that the next report would get: all before it are in the copy, unless they were
    /// erased or have aged out.
    pub next_seq: Seq,
    /// When its last report was received; `None` where it has none.
    pub last_received_at: Option<Timestamp>,
    /// Its size.
    pub bytes: u64,
}

/// How closely a copy is looked at. Its structure is checked in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// The checksums of some of the journal's blocks, from its beginning to its end.
    Sample,
    /// Those of all.
    Everything,
}

/// A file that nobody writes to.
pub(super) fn open(path: &Path) -> Result<Connection> {
    if !path.is_file() {
        return Err(not_a_backup(path, "there is no such file"));
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(path, flags)?;
    db.pragma_update(None, "trusted_schema", "OFF")?;
    db.pragma_update(None, "cell_size_check", "ON")?;
    Ok(db)
}

/// Whether the database is of this program, and of no newer one; its schema's version.
pub(super) fn is_ours(db: &Connection, path: &Path) -> Result<i64> {
    let number = |name: &str| db.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let application = number("application_id")
        .map_err(|e| not_a_backup(path, &format!("it can't be read as a database: {e}")))?;
    if application != APPLICATION_ID {
        return Err(not_a_backup(path, "it is not a database of usage-server"));
    }
    let (found, known) = (number("user_version")?, newest_schema());
    if found > known {
        return Err(Error::NewerSchema { found, known });
    }
    Ok(found)
}

/// Reads a copy to see whether it is sound, and says what it holds.
pub(super) fn contents(path: &Path, look: Look) -> Result<Contents> {
    let db = open(path)?;
    let schema = is_ours(&db, path)?;
    let damaged = |why: String| Error::Damaged(path.to_owned(), why);
    let said: String = db
        .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        .map_err(|e| damaged(e.to_string()))?;
    if said != "ok" {
        return Err(damaged(said));
    }
    journal(&db, look).map_err(|e| damaged(e.to_string()))?;
    let last = walk::backwards(&db, Seq::MAX)?;
    Ok(Contents {
        schema,
        next_seq: next_seq(&db)?,
        last_received_at: last.first().map(|report| report.received_at),
        bytes: std::fs::metadata(path)
            .map_err(|e| Error::Io(path.to_owned(), e))?
            .len(),
    })
}

/// Unpacks blocks of the journal, which compares them to their checksums.
fn journal(db: &Connection, look: Look) -> Result<()> {
    let end = next_seq(db)?;
    let apart = match look {
        Look::Everything => 1,
        Look::Sample => (end / BLOCKS_SAMPLED).max(1),
    };
    let mut query = db.prepare(sql!("backup/block_at"))?;
    let mut next = 0;
    while next < end {
        let mut rows = query.query([next as i64])?;
        let Some(row) = rows.next()? else { break };
        let (seq, after): (i64, i64) = (row.get(0)?, row.get(1)?);
        walk::unpacked(seq as Seq, row, 2)?;
        next = (after as Seq).max(next + apart);
    }
    Ok(())
}

pub(super) fn not_a_backup(path: &Path, why: &str) -> Error {
    Error::NotABackup(path.to_owned(), why.to_owned())
}
