//! Copies of the whole database: made beside a server at full speed, checked before they get their
//! name, and put back. One file holds everything: reports, the registry, the read model.
//!
//! A copy is taken page by page in one read snapshot. The writer and the readers never wait for
//! it, but the WAL can't start anew while it lasts, so it grows by what is written meanwhile. That
//! is why this copies pages and doesn't rewrite tables (`VACUUM INTO`), which takes several times
//! as long.

mod check;
mod copy;
mod limits;
mod migration;
mod restore;

pub use check::{Contents, Look};
pub use copy::partial_of;
pub use restore::{Restored, restore};

pub(crate) use migration::{before_migrating, place};

use std::path::Path;

use crate::sqlite::open_reader;
use crate::{Error, Result, store};

/// How far a copy is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// This much is copied.
    Copied {
        /// Bytes so far.
        done: u64,
        /// Bytes in all.
        all: u64,
    },
    /// The copy is complete, and is being read to see whether it is sound.
    Checking,
}

/// Writes a copy of the data in `data_dir` to the file `target`, beside a server or not. It gets
/// its name only once it is complete, sound and on disk. An existing file is kept, unless
/// `replace` says otherwise.
pub fn back_up(
    data_dir: &Path,
    target: &Path,
    replace: bool,
    look: Look,
    tell: &mut dyn FnMut(Step),
) -> Result<Contents> {
    let database = store::database_in(data_dir);
    if !database.exists() {
        return Err(Error::NoDatabase(data_dir.to_owned()));
    }
    if !replace && target.exists() {
        return Err(Error::Exists(target.to_owned()));
    }
    let mut db = open_reader(&database)?;
    check::is_ours(&db, &database)?;
    copy::to_file(&mut db, target, replace, look, tell)
}

/// Bytes that this process may still write to the file system of `path`.
pub fn free_space(path: &Path) -> Result<u64> {
    fs4::available_space(path).map_err(|e| Error::Io(path.to_owned(), e))
}
