//! The folder that a copy is: its names, when it is complete, how one takes another's place.

use std::ffi::OsString;
use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::store::{DATABASE, MODEL};
use crate::{Error, Result};

/// The files in it.
pub(super) const FILES: [&str; 2] = [MODEL, DATABASE];

/// What SQLite may put beside a file.
pub(super) const BESIDE: [&str; 3] = ["-journal", "-wal", "-shm"];

/// Whether there is a copy of ours at this path, and nothing else.
pub fn is_backup(path: &Path) -> bool {
    let Ok(entries) = std::fs::read_dir(path) else {
        return false;
    };
    let mut names = entries.map(|entry| entry.ok().map(|entry| entry.file_name()));
    path.join(DATABASE).is_file()
        && names.all(|name| name.is_some_and(|name| FILES.iter().any(|file| name == *file)))
}

/// The name that a copy has until it is complete.
pub fn partial_of(target: &Path) -> PathBuf {
    with_ending(target, ".partial")
}

/// Removes a copy, complete or not. What else is in the folder stays, and so does the folder then.
pub fn remove(copy: &Path) -> Result<()> {
    for file in FILES {
        for ending in [""].into_iter().chain(BESIDE) {
            // What stays is told of by the folder, which can't go then.
            let _ = std::fs::remove_file(with_ending(&copy.join(file), ending));
        }
    }
    match std::fs::remove_dir(copy) {
        Err(e) if e.kind() != ErrorKind::NotFound => Err(Error::Io(copy.to_owned(), e)),
        _ => Ok(()),
    }
}

/// A copy that isn't complete; gone when this is dropped.
pub(super) struct Partial(PathBuf);

impl Partial {
    /// With two empty files, all for their owner alone: they will hold hashes of passwords and tokens.
    pub(super) fn create(path: PathBuf, replace: bool) -> Result<Partial> {
        if replace {
            remove(&path)?;
        }
        make(&path)?;
        let partial = Partial(path);
        for file in FILES {
            let path = partial.0.join(file);
            let mut options = File::options();
            options.create_new(true).write(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            options.open(&path).map_err(|e| Error::Io(path, e))?;
        }
        Ok(partial)
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// Gives it its name, on disk. A copy that has that name goes once this one is safe.
    pub(super) fn rename(self, target: &Path, replace: bool) -> Result<()> {
        let io = |e| Error::Io(target.to_owned(), e);
        let replaced = with_ending(target, ".replaced");
        if target.exists() {
            // It may have come since; nobody is to lose a backup to another one.
            if !replace {
                return Err(Error::Exists(target.to_owned()));
            }
            if !is_backup(target) {
                return Err(Error::NotReplaced(target.to_owned()));
            }
            remove(&replaced)?;
            std::fs::rename(target, &replaced).map_err(io)?;
        }
        std::fs::rename(&self.0, target).map_err(io)?;
        sync_folder(&folder_of(target))?;
        remove(&replaced)
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        // Where it has its name there is nothing.
        let _ = remove(&self.0);
    }
}

/// A new folder for its owner alone.
pub(super) fn make(path: &Path) -> Result<()> {
    let mut folder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut folder, 0o700);
    match folder.create(path) {
        Err(e) if e.kind() == ErrorKind::AlreadyExists => Err(Error::Exists(path.to_owned())),
        made => made.map_err(|e| Error::Io(path.to_owned(), e)),
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
