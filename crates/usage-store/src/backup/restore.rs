//! Putting a copy back: into a new data folder, or in the place of data that is moved aside.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags};

use super::copy::{self, folder_of, sync_folder, with_ending};
use super::{Contents, Look, Step, check};
use crate::{Error, Result, store};

/// What a restore did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// What the data folder holds now.
    pub contents: Contents,
    /// Where the data is that was there before.
    pub moved_to: Option<PathBuf>,
}

/// Puts the copy in the file `backup` into `data_dir`, which no server may be using. It is copied and
/// the copy checked before anything there changes. Data that is there already is kept where it is,
/// or, if `replace` says so, moved aside.
pub fn restore(
    backup: &Path,
    data_dir: &Path,
    replace: bool,
    look: Look,
    now: Timestamp,
    tell: &mut dyn FnMut(Step),
) -> Result<Restored> {
    let mut db = check::open(backup)?;
    check::is_ours(&db, backup)?;
    let _lock = store::take_folder(data_dir)?;
    let database = store::database_in(data_dir);
    if !replace && database.exists() {
        return Err(Error::HasData(data_dir.to_owned()));
    }
    let arrived = with_ending(&database, ".restored");
    let contents = copy::to_file(&mut db, &arrived, true, look, tell)?;
    drop(db);
    give_to_owner_of(data_dir, &arrived)?;
    let moved_to = match database.exists() {
        true => Some(move_aside(&database, now)?),
        false => None,
    };
    std::fs::rename(&arrived, &database).map_err(|e| Error::Io(database.clone(), e))?;
    sync_folder(&folder_of(&database))?;
    Ok(Restored { contents, moved_to })
}

/// A service's data is restored by root as a rule, and must be the service's again.
fn give_to_owner_of(data_dir: &Path, database: &Path) -> Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt, chown};
        let io = |e| Error::Io(database.to_owned(), e);
        let folder = std::fs::metadata(data_dir).map_err(io)?;
        let file = std::fs::metadata(database).map_err(io)?;
        if (folder.uid(), folder.gid()) != (file.uid(), file.gid()) {
            chown(database, Some(folder.uid()), Some(folder.gid())).map_err(io)?;
        }
    }
    #[cfg(not(unix))]
    let _ = (data_dir, database);
    Ok(())
}

/// Moves the database out of the way, under a name with the time.
fn move_aside(database: &Path, now: Timestamp) -> Result<PathBuf> {
    one_file(database)?;
    let to = with_ending(
        database,
        &now.strftime(".replaced-%Y%m%dT%H%M%SZ").to_string(),
    );
    if to.exists() {
        return Err(Error::Exists(to));
    }
    let io = |e| Error::Io(database.to_owned(), e);
    // Where the database couldn't be read these may be left. They must not meet the new one.
    for ending in ["-wal", "-shm"] {
        let from = with_ending(database, ending);
        if from.exists() {
            std::fs::rename(&from, with_ending(&to, ending)).map_err(io)?;
        }
    }
    // A second name, so that there is data at every moment: the restored file takes the first. A
    // file system without such names moves it.
    std::fs::hard_link(database, &to)
        .or_else(|_| std::fs::rename(database, &to))
        .map_err(io)?;
    Ok(to)
}

/// Takes the WAL into the database, which shows, too, that no side command has it open: that would
/// write into files that are no longer the data's. What can't be read as a database (it may be why
/// there is a restore) stays as it is.
fn one_file(database: &Path) -> Result<()> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(database, flags)?;
    match db.pragma_update(None, "journal_mode", "DELETE") {
        Err(rusqlite::Error::SqliteFailure(e, _))
            if e.code == rusqlite::ErrorCode::DatabaseBusy
                || e.code == rusqlite::ErrorCode::DatabaseLocked =>
        {
            Err(Error::Busy(database.to_owned()))
        }
        _ => Ok(()),
    }
}
