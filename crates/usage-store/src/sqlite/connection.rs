//! Every SQLite setting and its reason.

use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use crate::{Error, Result};

/// Prepared statements kept by each connection: more than there are queries.
const STATEMENTS_KEPT: usize = 128;

/// How long to wait for the write lock when a side command holds it: such commands write
/// a few rows. Past this, something is stuck and the caller should hear of it.
const BUSY_MILLIS: u64 = 10_000;

/// The one connection that writes.
///
/// - `auto_vacuum = INCREMENTAL`: free pages can go back to the file system, a few at a time. Only a
///   new file can be told so, before anything else is.
/// - `journal_mode = WAL`: readers never wait for the writer, nor it for them.
/// - `synchronous = FULL`: a commit returns after the WAL is on disk; what is answered is kept.
/// - `wal_autocheckpoint = 0`: copying the WAL into the database would stall the commit it
///   falls on; the [`checkpointer`] does it beside.
/// - `secure_delete = ON`: what a customer has erased must not linger in free pages.
/// - `cell_size_check`, `trusted_schema = OFF`: a damaged or doctored file gives errors, not surprises.
pub(crate) fn open_writer(path: &Path, create: bool) -> Result<Connection> {
    if create {
        create_private(path)?;
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(path, flags)?;
    shared_settings(&db)?;
    if create {
        db.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    }
    db.pragma_update(None, "journal_mode", "WAL")?;
    db.pragma_update(None, "synchronous", "FULL")?;
    db.pragma_update(None, "wal_autocheckpoint", 0)?;
    db.pragma_update(None, "secure_delete", "ON")?;
    db.pragma_update(None, "foreign_keys", "ON")?;
    Ok(db)
}

/// An empty file for its owner alone, where there is none; SQLite gives its side files the same mode.
/// It holds hashes of passwords and tokens, and the folder may be somebody else's.
fn create_private(path: &Path) -> Result<()> {
    let mut options = std::fs::File::options();
    options.create_new(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(e) if e.kind() != ErrorKind::AlreadyExists => Err(Error::Io(path.to_owned(), e)),
        _ => Ok(()),
    }
}

/// A connection that only reads.
pub(crate) fn open_reader(path: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(path, flags)?;
    shared_settings(&db)?;
    // Not SQLITE_OPEN_READ_ONLY: the first reader after a crash must be able to recover the WAL.
    db.pragma_update(None, "query_only", "ON")?;
    Ok(db)
}

/// The connection that copies the WAL into the database.
pub(crate) fn checkpointer(path: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(path, flags)?;
    shared_settings(&db)?;
    db.pragma_update(None, "synchronous", "FULL")?;
    Ok(db)
}

/// Copies what can be copied without waiting for anybody; how many pages the WAL has.
pub(crate) fn checkpoint(checkpointer: &Connection) -> Result<i64> {
    Ok(checkpointer.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| row.get(1))?)
}

/// Copies all of the WAL and cuts it to nothing: what was erased must not linger there. Waits for
/// readers and the writer, and leaves it to the next time where they take too long.
pub(crate) fn empty_wal(checkpointer: &Connection) -> Result<()> {
    Ok(checkpointer.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?)
}

/// - `cache_size`: 16 MiB; a larger one was measured and gains nothing, the kernel caches too.
/// - `temp_store = MEMORY`: no temporary files outside the data folder.
fn shared_settings(db: &Connection) -> Result<()> {
    db.busy_timeout(Duration::from_millis(BUSY_MILLIS))?;
    db.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    db.pragma_update(None, "trusted_schema", "OFF")?;
    db.pragma_update(None, "cell_size_check", "ON")?;
    db.pragma_update(None, "cache_size", -16_384)?;
    db.pragma_update(None, "temp_store", "MEMORY")?;
    Ok(())
}
