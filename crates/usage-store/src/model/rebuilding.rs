//! Who makes the read model anew: one process at a time. Whoever else has something to change in it waits: each of
//! a rebuild's large steps is made for the model as the one before left it, and would be for nothing.

use std::fs::{File, TryLockError};
use std::path::Path;

use crate::{Error, Result};

/// Held by who rebuilds. Released by the operating system when the process ends, however it ends.
const LOCK: &str = "rebuild.lock";

/// Waits until nobody else rebuilds; from then on somebody does, for as long as this is held.
pub(super) fn begin(data_dir: &Path) -> Result<File> {
    let path = data_dir.join(LOCK);
    let lock = File::options().create(true).append(true).open(&path);
    let lock = lock.and_then(|lock| lock.lock().map(|()| lock));
    lock.map_err(|e| Error::Io(path, e))
}

/// The same without waiting; `None` where somebody else does.
pub(super) fn try_begin(data_dir: &Path) -> Result<Option<File>> {
    let path = data_dir.join(LOCK);
    let lock = File::options().create(true).append(true).open(&path);
    let lock = lock.map_err(|e| Error::Io(path.clone(), e))?;
    match lock.try_lock() {
        Ok(()) => Ok(Some(lock)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(e)) => Err(Error::Io(path, e)),
    }
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
