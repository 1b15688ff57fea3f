//! Connections that read, lent out one at a time. As many as are used at once, kept up to
//! a small number.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use rusqlite::Connection;

use super::connection::open_reader;
use crate::Result;

/// Idle readers kept open. Each holds up to 16 MiB of cache; two cores need no more.
const IDLE_KEPT: usize = 4;

pub(crate) struct Readers {
    path: PathBuf,
    model: PathBuf,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    pub(crate) fn new(path: PathBuf, model: PathBuf) -> Readers {
        Readers {
            path,
            model,
            idle: Mutex::new(Vec::new()),
        }
    }

    /// The database's file.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Runs `read` in one snapshot of the database.
    pub(crate) fn read<T>(&self, read: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let idle = self
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        let mut db = match idle {
            Some(db) => db,
            None => open_reader(&self.path, &self.model)?,
        };
        let snapshot = db.transaction()?;
        let answer = read(&snapshot);
        snapshot.finish()?;
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < IDLE_KEPT {
            idle.push(db);
        }
        answer
    }
}
