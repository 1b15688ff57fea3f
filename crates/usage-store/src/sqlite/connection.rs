//! Every SQLite setting and its reason; what a failed or missing fsync means is in `settle.rs`.

use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use crate::{Error, Result};

/// What readers call the file of the read model.
pub(crate) const MODEL_FILE: &str = "model_file";

/// Prepared statements kept by each connection: more than there are queries.
const STATEMENTS_KEPT: usize = 128;

/// How long to wait for the write lock when a side command holds it: such commands write
/// a few rows. Past this, something is stuck and the caller should hear of it.
const BUSY_MILLIS: u64 = 10_000;

/// How long readers may keep the WAL from being cut to nothing: ours are done by then.
const EMPTYING_MILLIS: u64 = 50;

/// What the WAL's file may keep of its size when it starts anew: several times what it has under
/// full load, so that it is cut only after somebody held it back.
const WAL_KEPT_BYTES: i64 = 64 * 1024 * 1024;

/// Pages that a connection keeps.
pub(crate) const CACHE_KIB: i64 = 16 * 1024;

/// And that the read model's does for a rebuild: what a step changes beyond that is written several times.
pub(crate) const BULK_CACHE_KIB: i64 = 48 * 1024;

/// The one connection that writes the journal and the registry.
///
/// - `journal_mode = WAL`: readers never wait for the writer, nor it for them.
/// - `synchronous = FULL`: a commit returns after the WAL is on disk; what is answered is kept.
///   Where that sync fails, so does the commit: SQLite leaves its end of the WAL where it was, and
///   the next commit writes the same place again, so nothing ever rests on pages that the kernel
///   threw away. A copy into the database that fails is likewise made again as a whole.
/// - `wal_autocheckpoint = 0`: copying the WAL into the database would stall the commit it
///   falls on; the [`checkpointer`] does it beside.
/// - `journal_size_limit`: a WAL that grew while a reader held it back gives the disk back.
/// - `mmap_size` stays 0: an error while reading is an error, not a SIGBUS.
/// - `secure_delete = ON`: what a customer has erased must not linger in free pages.
/// - `cell_size_check`, `trusted_schema = OFF`: a damaged or doctored file gives errors, not surprises.
pub(crate) fn open_writer(path: &Path, create: bool) -> Result<Connection> {
    let db = open_to_write(path, create)?;
    db.pragma_update(None, "wal_autocheckpoint", 0)?;
    db.pragma_update(None, "foreign_keys", "ON")?;
    Ok(db)
}

/// The one connection that writes the read model. It reads the journal beside.
///
/// - `synchronous = FULL` here, too, though what is lost would be made anew: an erasure counts on its
///   steps being on disk in their order. Its commits are few.
/// - `wal_autocheckpoint`: nobody waits for this connection, so it copies its WAL by itself; 32 MiB, so
///   that a page that changes often is copied once.
pub(crate) fn open_model(path: &Path, journal: &Path, create: bool) -> Result<Connection> {
    let db = open_to_write(path, create)?;
    db.pragma_update(None, "wal_autocheckpoint", 8_192)?;
    attach(&db, journal, "journal_file")?;
    Ok(db)
}

/// What both have in common.
fn open_to_write(path: &Path, create: bool) -> Result<Connection> {
    if create {
        create_private(path)?;
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(path, flags)?;
    shared_settings(&db)?;
    db.pragma_update(None, "journal_mode", "WAL")?;
    db.pragma_update(None, "synchronous", "FULL")?;
    db.pragma_update(None, "journal_size_limit", WAL_KEPT_BYTES)?;
    db.pragma_update(None, "secure_delete", "ON")?;
    Ok(db)
}

/// Makes another file's tables readable beside; no two tables of ours have the same name.
pub(crate) fn attach(db: &Connection, path: &Path, name: &str) -> Result<()> {
    let path = path.to_str().ok_or_else(|| {
        let why = std::io::Error::new(ErrorKind::InvalidInput, "its name is not UTF-8");
        Error::Io(path.to_owned(), why)
    })?;
    db.execute(&format!("ATTACH ?1 AS {name}"), [path])?;
    Ok(())
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

/// A connection that only reads, both files.
pub(crate) fn open_reader(path: &Path, model: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(path, flags)?;
    shared_settings(&db)?;
    attach(&db, model, MODEL_FILE)?;
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

/// The WAL after a checkpoint.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wal {
    /// Its pages since it started anew.
    pub(crate) pages: i64,
    /// Those that could not be copied, as a reader still needs what they replace.
    pub(crate) held_pages: i64,
}

/// Copies what can be copied without waiting for anybody.
pub(crate) fn checkpoint(checkpointer: &Connection) -> Result<Wal> {
    Ok(
        checkpointer.query_row("PRAGMA main.wal_checkpoint(PASSIVE)", [], |row| {
            let (pages, copied): (i64, i64) = (row.get(1)?, row.get(2)?);
            Ok(Wal {
                pages,
                held_pages: pages - copied,
            })
        })?,
    )
}

/// Writes a page as it is, in the caller's transaction: whether a commit works, without a change.
pub(crate) fn touch(db: &Connection) -> Result<()> {
    let version: i64 = db.pragma_query_value(None, "user_version", |row| row.get(0))?;
    Ok(db.pragma_update(None, "user_version", version)?)
}

/// Copies all of the WAL and cuts it to nothing: what was erased must not linger there. Whether it
/// could; where a reader stays, it is left to the next time, as commits wait meanwhile.
pub(crate) fn empty_wal(checkpointer: &Connection) -> Result<bool> {
    checkpointer.busy_timeout(Duration::from_millis(EMPTYING_MILLIS))?;
    let busy = checkpointer.query_row("PRAGMA main.wal_checkpoint(TRUNCATE)", [], |row| {
        row.get::<_, bool>(0)
    });
    checkpointer.busy_timeout(Duration::from_millis(BUSY_MILLIS))?;
    Ok(!busy?)
}

/// - `cache_size`: a larger one was measured and gains nothing, the kernel caches too.
/// - `temp_store = MEMORY`: no temporary files outside the data folder.
fn shared_settings(db: &Connection) -> Result<()> {
    db.busy_timeout(Duration::from_millis(BUSY_MILLIS))?;
    db.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    db.pragma_update(None, "trusted_schema", "OFF")?;
    db.pragma_update(None, "cell_size_check", "ON")?;
    db.pragma_update(None, "temp_store", "MEMORY")?;
    set_cache(db, CACHE_KIB)
}

/// How many pages a connection keeps.
pub(crate) fn set_cache(db: &Connection, kib: i64) -> Result<()> {
    Ok(db.pragma_update(None, "cache_size", -kib)?)
}
