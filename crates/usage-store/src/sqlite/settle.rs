//! What a process that was killed left behind is made safe before anybody is answered from it.
//!
//! SQLite takes over whatever the WAL holds, but the WAL may hold more than the disk does: a
//! commit that was killed before its fsync is in the kernel's memory only, and after an fsync that
//! failed the kernel takes the pages for clean and never writes them again. Both would be believed
//! (an idempotency key in them is "known"), and later commits would stand behind them in the same
//! file. So the WAL is written once more, byte for byte, and synced.

use std::fs::File;
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, TransactionBehavior};

use crate::{Error, Result};

/// Read and written at once.
const STEP_BYTES: usize = 1024 * 1024;

/// Writes the database's WAL again where it stands, and syncs it.
pub(crate) fn settle(db: &mut Connection, database: &Path) -> Result<()> {
    // Who holds this lock is the only one that may write to the WAL.
    let _nobody_else_writes = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut path = database.as_os_str().to_owned();
    path.push("-wal");
    let path = PathBuf::from(path);
    match File::options().read(true).write(true).open(&path) {
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(()),
        opened => opened.and_then(write_again).map_err(|e| Error::Io(path, e)),
    }
}

fn write_again(mut wal: File) -> std::io::Result<()> {
    let mut step = vec![0; STEP_BYTES];
    let mut at = 0;
    loop {
        wal.seek(SeekFrom::Start(at))?;
        let read = wal.read(&mut step)?;
        if read == 0 {
            return wal.sync_all();
        }
        wal.seek(SeekFrom::Start(at))?;
        wal.write_all(&step[..read])?;
        at += read as u64;
    }
}
