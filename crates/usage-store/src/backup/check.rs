//! Whether a copy is ours, sound, and what it holds.

use std::path::Path;

use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags};

use super::limits::BLOCKS_SAMPLED;
use crate::journal::{Seq, next_seq, walk};
use crate::model::applied;
use crate::sqlite::{self, APPLICATION_ID, MODEL_FILE, Versions, sql};
use crate::store::{DATABASE, MODEL};
use crate::{Error, Result};

/// What a copy holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Contents {
    /// The place that the next report would get: all before it are in the copy, unless they were
    /// erased or have aged out.
    pub next_seq: Seq,
    /// When its last report was received; `None` where it has none.
    pub last_received_at: Option<Timestamp>,
    /// Its size.
    pub bytes: u64,
}

/// The files by the names that a connection has for them, and their schemas.
const SCHEMAS: [(&str, &str, Versions); 2] = [
    ("main", DATABASE, sqlite::JOURNAL),
    (MODEL_FILE, MODEL, sqlite::MODEL),
];

/// How closely a copy is looked at. Its structure is checked in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// The checksums of some of the journal's blocks, from its beginning to its end.
    Sample,
    /// Those of all.
    Everything,
}

/// A copy, to which nobody writes: both files.
pub(super) fn open(copy: &Path) -> Result<Connection> {
    if !copy.exists() {
        return Err(not_a_backup(copy, "there is no such folder"));
    }
    if !copy.is_dir() {
        return Err(not_a_backup(copy, "it is no folder; name the one it is in"));
    }
    for file in [DATABASE, MODEL] {
        if !copy.join(file).is_file() {
            return Err(not_a_backup(copy, &format!("there is no {file} in it")));
        }
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(copy.join(DATABASE), flags)?;
    db.pragma_update(None, "trusted_schema", "OFF")?;
    db.pragma_update(None, "cell_size_check", "ON")?;
    sqlite::attach(&db, &copy.join(MODEL), MODEL_FILE).map_err(|e| unreadable(copy, MODEL, &e))?;
    Ok(db)
}

/// Whether both files are of this program, and of no newer one.
pub(super) fn is_ours(db: &Connection, copy: &Path) -> Result<()> {
    for (name, file, versions) in SCHEMAS {
        let number = |of: &str| db.pragma_query_value(Some(name), of, |row| row.get::<_, i64>(0));
        let application =
            number("application_id").map_err(|e| unreadable(copy, file, &Error::from(e)))?;
        if application != APPLICATION_ID {
            let why = format!("its {file} is not a database of usage-server");
            return Err(not_a_backup(copy, &why));
        }
        let (found, known) = (number("user_version")?, sqlite::newest(versions));
        if found > known {
            return Err(Error::NewerSchema { found, known });
        }
    }
    Ok(())
}

/// Reads a copy to see whether it is sound, and says what it holds.
pub(super) fn contents(copy: &Path, look: Look) -> Result<Contents> {
    let db = open(copy)?;
    is_ours(&db, copy)?;
    let damaged = |why: String| Error::Damaged(copy.to_owned(), why);
    let mut bytes = 0;
    for (name, file, _) in SCHEMAS {
        let said: String = db
            .query_row(&format!("PRAGMA {name}.quick_check(1)"), [], |row| {
                row.get(0)
            })
            .map_err(|e| damaged(e.to_string()))?;
        if said != "ok" {
            return Err(damaged(said));
        }
        let path = copy.join(file);
        bytes += std::fs::metadata(&path)
            .map_err(|e| Error::Io(path, e))?
            .len();
    }
    journal(&db, look).map_err(|e| damaged(e.to_string()))?;
    let next_seq = next_seq(&db)?;
    if applied::read(&db)?.seq > next_seq {
        let why = format!("its {MODEL} knows more than its {DATABASE}: they are of two backups");
        return Err(not_a_backup(copy, &why));
    }
    let last = walk::backwards(&db, Seq::MAX)?;
    Ok(Contents {
        next_seq,
        last_received_at: last.first().map(|report| report.received_at),
        bytes,
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

fn unreadable(copy: &Path, file: &str, e: &Error) -> Error {
    not_a_backup(
        copy,
        &format!("its {file} can't be read as a database: {e}"),
    )
}

fn not_a_backup(path: &Path, why: &str) -> Error {
    Error::NotABackup(path.to_owned(), why.to_owned())
}
