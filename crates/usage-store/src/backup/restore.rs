//! Putting a copy back: into a new data folder, or in the place of data that is moved aside.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags};

use super::folder::{BESIDE, FILES, make, sync_folder, with_ending};
use super::{Contents, Look, Step, check, copy};
use crate::{Error, Result, store};

/// In the data folder: a copy that is complete and is to take the place of what is there.
const ARRIVED: &str = "restored";

/// In that one: what was there.
const ASIDE: &str = "replaced";

/// What a restore did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// What the data folder holds now.
    pub contents: Contents,
    /// Where the data is that was there before.
    pub moved_to: Option<PathBuf>,
}

/// Puts the copy in the folder `backup` into `data_dir`, which no server may be using. It is copied
/// and the copy checked before anything there changes. Data that is there already is kept where it is,
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
    complete(data_dir, now)?;
    let is_there = |file: &&str| data_dir.join(file).exists();
    if !replace && FILES.iter().any(is_there) {
        return Err(Error::HasData(data_dir.to_owned()));
    }
    let arrived = data_dir.join(ARRIVED);
    let both = db.transaction()?;
    let contents = copy::to_folder(&both, &arrived, true, look, tell);
    both.finish()?;
    let contents = contents?;
    drop(db);
    let moved = give_to_owner_of(data_dir, &arrived).and_then(|()| {
        FILES
            .iter()
            .filter(|file| is_there(file))
            .try_for_each(|file| one_file(&data_dir.join(file)))
    });
    if let Err(e) = moved {
        // Nothing has changed yet, and nothing shall when the folder is opened next.
        super::remove(&arrived)?;
        return Err(e);
    }
    let moved_to = complete(data_dir, now)?;
    Ok(Restored { contents, moved_to })
}

/// Puts what has arrived in its place; also what a restore that was killed here left, so that the
/// two files are never of two different copies. Where what was there before is now. The caller
/// has the folder's lock.
pub(crate) fn complete(data_dir: &Path, now: Timestamp) -> Result<Option<PathBuf>> {
    let arrived = data_dir.join(ARRIVED);
    if !arrived.exists() {
        return Ok(None);
    }
    let aside = arrived.join(ASIDE);
    for file in FILES {
        let (from, to) = (arrived.join(file), data_dir.join(file));
        // Once it is in its place, what is there is the new one.
        if !from.exists() {
            continue;
        }
        // Where the database couldn't be read the WAL may be left. It must not meet the new one.
        for ending in BESIDE.into_iter().chain([""]) {
            let old = with_ending(&to, ending);
            if old.exists() {
                if !aside.exists() {
                    make(&aside)?;
                }
                move_to(&old, &with_ending(&aside.join(file), ending))?;
            }
        }
        move_to(&from, &to)?;
    }
    sync_folder(data_dir)?;
    let kept = match aside.exists() {
        true => {
            let kept = free_name(
                data_dir,
                &now.strftime("replaced-%Y%m%dT%H%M%SZ").to_string(),
            );
            give_to_owner_of(data_dir, &aside)?;
            move_to(&aside, &kept)?;
            Some(kept)
        }
        false => None,
    };
    super::remove(&arrived)?;
    sync_folder(data_dir)?;
    Ok(kept)
}

/// The name, or where two restores came within a second, one like it.
fn free_name(folder: &Path, name: &str) -> PathBuf {
    let (mut path, mut again) = (folder.join(name), 1);
    while path.exists() {
        again += 1;
        path = folder.join(format!("{name}-{again}"));
    }
    path
}

fn move_to(from: &Path, to: &Path) -> Result<()> {
    std::fs::rename(from, to).map_err(|e| Error::Io(to.to_owned(), e))
}

/// A service's data is restored by root as a rule, and must be the service's again.
fn give_to_owner_of(data_dir: &Path, folder: &Path) -> Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt, chown};
        let owner = std::fs::metadata(data_dir).map_err(|e| Error::Io(data_dir.to_owned(), e))?;
        let files = FILES.iter().map(|file| folder.join(file));
        for path in files
            .chain([folder.to_owned()])
            .filter(|path| path.exists())
        {
            let io = |e| Error::Io(path.clone(), e);
            let now = std::fs::metadata(&path).map_err(io)?;
            if (owner.uid(), owner.gid()) != (now.uid(), now.gid()) {
                chown(&path, Some(owner.uid()), Some(owner.gid())).map_err(io)?;
            }
        }
    }
    #[cfg(not(unix))]
    let _ = (data_dir, folder);
    Ok(())
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
