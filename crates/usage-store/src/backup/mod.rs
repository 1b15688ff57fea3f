//! Copies of all data: made beside a server at full speed, checked before they get their name, and
//! put back. A copy is a folder with the two files `usage.db` and `model.db`.
//!
//! It is taken page by page in one read snapshot of both files. The writers and the readers never
//! wait for it, but the WALs can't start anew while it lasts, so they grow by what is written meanwhile.
//! That is why this copies pages and doesn't rewrite tables (`VACUUM INTO`), which takes several times
//! as long.

mod check;
mod copy;
mod folder;
mod limits;
mod migration;
mod restore;

pub use check::{Contents, Look};
pub use folder::{is_backup, partial_of, remove};
pub use restore::{Restored, restore};

pub(crate) use migration::before_migrating;
pub(crate) use restore::complete;

use std::path::Path;

use rusqlite::{Connection, Transaction};

use crate::model;
use crate::sqlite::{open_model, open_reader, sql};
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

/// Writes a copy of the data in `data_dir` to the folder `target`, beside a server or not. It gets
/// its name only once it is complete, sound and on disk. An earlier copy of that name is kept, unless
/// `replace` says otherwise.
pub fn back_up(
    data_dir: &Path,
    target: &Path,
    replace: bool,
    look: Look,
    tell: &mut dyn FnMut(Step),
) -> Result<Contents> {
    let (database, model) = (data_dir.join(store::DATABASE), data_dir.join(store::MODEL));
    if !database.exists() {
        return Err(Error::NoDatabase(data_dir.to_owned()));
    }
    if !model.exists() {
        return Err(Error::NoModel(data_dir.to_owned()));
    }
    if !replace && target.exists() {
        return Err(Error::Exists(target.to_owned()));
    }
    if target.exists() && !is_backup(target) {
        return Err(Error::NotReplaced(target.to_owned()));
    }
    let mut db = open_reader(&database, &model)?;
    check::is_ours(&db, data_dir)?;
    let mut writer = open_model(&model, &database, false)?;
    let both = snapshot(&mut db, &mut writer)?;
    copy::to_folder(&both, target, replace, look, tell)
}

/// Both files as they are at one moment. What must not come between the two (an erasure that is out of
/// the counts leaves the journal, old reports follow their announcement) holds or has just held
/// the model's write lock, so that is taken for as long as this takes: a look at each.
fn snapshot<'a>(db: &'a mut Connection, model: &mut Connection) -> Result<Transaction<'a>> {
    let _hold = model::begin(model)?;
    let both = db.transaction()?;
    both.query_row(sql!("backup/begin_snapshot"), [], |_| Ok(()))?;
    Ok(both)
}

/// Bytes that this process may still write to the file system of `path`.
pub fn free_space(path: &Path) -> Result<u64> {
    fs4::available_space(path).map_err(|e| Error::Io(path.to_owned(), e))
}
