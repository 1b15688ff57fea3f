//! Who makes the read model anew: one process at a time. Another one that wants to is told so. Whoever else has
//! something to change in it waits: each of a rebuild's large steps is made for the model as the one before left it,
//! and would be for nothing.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::Write;
use std::path::Path;

use crate::{Error, Result};

/// Held by who rebuilds, and held for a moment by whoever looks whether somebody does.
const LOCK: &str = "rebuild.lock";

/// Held by who rebuilds, and by nobody who only looks: who finds it taken has found another rebuild. Its text is
/// that process's id.
const TURN: &str = "rebuild.turn";

/// Somebody rebuilds for as long as this is held. Released by the operating system when the process ends, however
/// it ends.
#[derive(Debug)]
pub(super) struct Rebuilding {
    _turn: File,
    _lock: File,
}

/// Begins; refused where somebody else rebuilds.
pub(super) fn begin(data_dir: &Path) -> Result<Rebuilding> {
    Ok(Rebuilding {
        _turn: turn(&data_dir.join(TURN))?,
        _lock: lock(&data_dir.join(LOCK))?,
    })
}

fn turn(path: &Path) -> Result<File> {
    let failed = |e| Error::Io(path.to_owned(), e);
    let mut options = OpenOptions::new();
    let options = options.create(true).truncate(false).write(true);
    let mut turn = options.open(path).map_err(failed)?;
    match turn.try_lock() {
        Ok(()) => {}
        Err(TryLockError::Error(e)) => return Err(failed(e)),
        Err(TryLockError::WouldBlock) => {
            let text = std::fs::read_to_string(path).unwrap_or_default();
            return Err(Error::BeingRebuilt(text.trim().parse().ok()));
        }
    }
    turn.set_len(0).map_err(failed)?;
    let id = std::process::id();
    turn.write_all(format!("{id}\n").as_bytes())
        .map_err(failed)?;
    Ok(turn)
}

/// Waits for those who look.
fn lock(path: &Path) -> Result<File> {
    let lock = File::options().create(true).append(true).open(path);
    let lock = lock.and_then(|lock| lock.lock().map(|()| lock));
    lock.map_err(|e| Error::Io(path.to_owned(), e))
}

/// Whether somebody rebuilds.
pub(super) fn is_under_way(data_dir: &Path) -> Result<bool> {
    let path = data_dir.join(LOCK);
    let Ok(lock) = File::open(&path) else {
        // Nobody ever did.
        return Ok(false);
    };
    match lock.try_lock_shared() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(e)) => Err(Error::Io(path, e)),
    }
}
