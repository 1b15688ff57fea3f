//! Copying a database into a file: under another name until it is complete, sound and on disk.

use std::ffi::OsString;
use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};

use super::limits::{PAGES_AT_ONCE, SYNCED_EVERY_BYTES};
use super::{Contents, Look, Step, check, free_space};
use crate::{Error, Result};

/// The name that a copy has until it is complete.
pub fn partial_of(target: &Path) -> PathBuf {
    with_ending(target, ".partial")
}

/// Copies `db` as it is now to `target`, and checks the copy.
pub(super) fn to_file(
    db: &mut Connection,
    target: &Path,
    replace: bool,
    look: Look,
    tell: &mut dyn FnMut(Step),
) -> Result<Contents> {
    let folder = folder_of(target);
    let partial = Partial::create(partial_of(target), replace)?;
    let failed = |e| not_written(target, e);
    write(db, &partial, &folder, tell).map_err(failed)?;
    tell(Step::Checking);
    let contents = check::contents(&partial.path, look)?;
    let io = |e| Error::Io(target.to_owned(), e);
    partial.file.sync_all().map_err(io)?;
    // It may have come since; nobody is to lose a backup to another one.
    if !replace && target.exists() {
        return Err(Error::Exists(target.to_owned()));
    }
    partial.rename(target)?;
    sync_folder(&folder)?;
    Ok(contents)
}

fn write(
    db: &mut Connection,
    partial: &Partial,
    folder: &Path,
    tell: &mut dyn FnMut(Step),
) -> Result<()> {
    // A read transaction that holds from the first page to the last: between steps of a backup
    // without one, each commit of another process would make it begin anew.
    let snapshot = db.transaction()?;
    let size = |name: &str| snapshot.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let page_bytes = size("page_size")? as u64;
    let all = size("page_count")? as u64 * page_bytes;
    let free = free_space(folder)?;
    if free < all {
        return Err(Error::NoSpace { needed: all, free });
    }
    let mut copy = open_new(&partial.path)?;
    let backup = Backup::new(&snapshot, &mut copy)?;
    let (mut done, mut synced) = (0, 0);
    loop {
        match backup.step(PAGES_AT_ONCE)? {
            StepResult::Done => break,
            StepResult::More => done += PAGES_AT_ONCE as u64 * page_bytes,
            _ => return Err(Error::Busy(partial.path.clone())),
        }
        if done - synced >= SYNCED_EVERY_BYTES {
            let io = |e| Error::Io(partial.path.clone(), e);
            partial.file.sync_data().map_err(io)?;
            synced = done;
        }
        tell(Step::Copied { done, all });
    }
    drop(backup);
    snapshot.finish()?;
    drop(copy);
    tell(Step::Copied { done: all, all });
    alone(&partial.path)
}

/// The copy's own connection: it is thrown away if anything fails, and synced by ourselves.
fn open_new(path: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let copy = Connection::open_with_flags(path, flags)?;
    copy.pragma_update(None, "journal_mode", "OFF")?;
    copy.pragma_update(None, "synchronous", "OFF")?;
    Ok(copy)
}

/// The copy says that it has a WAL, as the original does. It is to be one file, which can be read
/// from a medium that can't be written.
fn alone(path: &Path) -> Result<()> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let copy = Connection::open_with_flags(path, flags)?;
    copy.pragma_update(None, "journal_mode", "DELETE")?;
    Ok(())
}

/// A copy that isn't complete; gone when this is dropped.
struct Partial {
    path: PathBuf,
    file: File,
}

impl Partial {
    /// An empty file for its owner alone: it will hold hashes of passwords and tokens.
    fn create(path: PathBuf, replace: bool) -> Result<Partial> {
        let io = |e| Error::Io(path.clone(), e);
        if replace {
            remove(&path);
        }
        let mut options = File::options();
        options.create_new(true).write(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        match options.open(&path) {
            Ok(file) => Ok(Partial { path, file }),
            Err(e) if e.kind() == ErrorKind::AlreadyExists => Err(Error::Exists(path)),
            Err(e) => Err(io(e)),
        }
    }

    fn rename(self, target: &Path) -> Result<()> {
        std::fs::rename(&self.path, target).map_err(|e| Error::Io(target.to_owned(), e))
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        remove(&self.path);
    }
}

/// Removes an incomplete copy and what SQLite may have put beside it, where they are.
fn remove(partial: &Path) {
    for ending in ["", "-journal", "-wal", "-shm"] {
        let _ = std::fs::remove_file(with_ending(partial, ending));
    }
}

/// Says which file could not be written, where SQLite doesn't.
fn not_written(target: &Path, e: Error) -> Error {
    match e {
        Error::Sqlite(_) | Error::NoSpace { .. } => {
            Error::NotWritten(target.to_owned(), e.to_string())
        }
        other => other,
    }
}

/// The folder that a file is in.
pub(super) fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// A name with something after it.
pub(super) fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    PathBuf::from(name)
}

/// A new name is on disk once its folder is. Windows has no such thing to ask for.
pub(super) fn sync_folder(folder: &Path) -> Result<()> {
    #[cfg(unix)]
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(|e| Error::Io(folder.to_owned(), e))?;
    #[cfg(not(unix))]
    let _ = folder;
    Ok(())
}
