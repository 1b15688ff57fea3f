//! Copying both files into a folder, which gets its name once they are complete, sound and on disk.

use std::fs::File;
use std::path::Path;

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};

use super::folder::{Partial, folder_of, partial_of, sync_folder};
use super::limits::{PAGES_AT_ONCE, SYNCED_EVERY_BYTES};
use super::{Contents, Look, Step, check, free_space};
use crate::sqlite::MODEL_FILE;
use crate::store::{DATABASE, MODEL};
use crate::{Error, Result};

/// What a connection calls each file, and the name that its copy has.
const COPIED: [(&str, &str); 2] = [("main", DATABASE), (MODEL_FILE, MODEL)];

/// Copies both files as `db` sees them to `target`, and checks the copy. `db` is in a read transaction
/// that holds from the first page to the last: between steps of a backup without one, each
/// commit of another process would make it begin anew.
pub(super) fn to_folder(
    db: &Connection,
    target: &Path,
    replace: bool,
    look: Look,
    tell: &mut dyn FnMut(Step),
) -> Result<Contents> {
    let partial = Partial::create(partial_of(target), replace)?;
    write(db, partial.path(), tell).map_err(|e| not_written(target, e))?;
    tell(Step::Checking);
    let contents = check::contents(partial.path(), look)?;
    sync_folder(partial.path())?;
    partial.rename(target, replace)?;
    Ok(contents)
}

fn write(db: &Connection, folder: &Path, tell: &mut dyn FnMut(Step)) -> Result<()> {
    let pragma =
        |name: &str, of: &str| db.pragma_query_value(Some(name), of, |row| row.get::<_, i64>(0));
    let mut sizes = [(0, 0); COPIED.len()];
    for (size, (name, _)) in sizes.iter_mut().zip(COPIED) {
        *size = (
            pragma(name, "page_count")? as u64,
            pragma(name, "page_size")? as u64,
        );
    }
    let all = sizes.iter().map(|(pages, bytes)| pages * bytes).sum();
    let free = free_space(&folder_of(folder))?;
    if free < all {
        return Err(Error::NoSpace { needed: all, free });
    }
    let mut done = 0;
    for ((pages, page_bytes), (name, file)) in sizes.into_iter().zip(COPIED) {
        let mut told = |copied: u64| {
            tell(Step::Copied {
                done: done + copied,
                all,
            });
        };
        write_file(db, name, page_bytes, &folder.join(file), &mut told)?;
        done += pages * page_bytes;
    }
    tell(Step::Copied { done, all });
    Ok(())
}

fn write_file(
    db: &Connection,
    name: &str,
    page_bytes: u64,
    path: &Path,
    tell: &mut dyn FnMut(u64),
) -> Result<()> {
    let io = |e| Error::Io(path.to_owned(), e);
    let file = File::options().write(true).open(path).map_err(io)?;
    let mut copy = open_new(path)?;
    let backup = Backup::new_with_names(db, name, &mut copy, "main")?;
    let (mut done, mut synced) = (0, 0);
    loop {
        match backup.step(PAGES_AT_ONCE)? {
            StepResult::Done => break,
            StepResult::More => done += PAGES_AT_ONCE as u64 * page_bytes,
            _ => return Err(Error::Busy(path.to_owned())),
        }
        if done - synced >= SYNCED_EVERY_BYTES {
            file.sync_data().map_err(io)?;
            synced = done;
        }
        tell(done);
    }
    drop(backup);
    drop(copy);
    alone(path)?;
    file.sync_all().map_err(io)
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

/// Says which copy could not be written, where SQLite doesn't.
fn not_written(target: &Path, e: Error) -> Error {
    match e {
        Error::Sqlite(_) | Error::NoSpace { .. } => {
            Error::NotWritten(target.to_owned(), e.to_string())
        }
        other => other,
    }
}
