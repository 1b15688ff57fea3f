//! When servers were last heard of, as far as a question wanted to know: kept until a step of the model changes
//! them. Who wants to know it of all has the roster of the lists.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, OptionalExtension};

use super::limits::LAST_SEEN_KEPT;
use crate::Result;
use crate::model::changes::{self, Since};
use crate::sqlite::sql;

/// What a store knows of it.
#[derive(Default)]
pub(crate) struct LastSeen(Mutex<Known>);

#[derive(Default)]
struct Known {
    /// None of a server that has no report.
    at: HashMap<u32, Option<i64>>,
    /// The step of the model that it is as of; none before the first.
    step: Option<i64>,
}

/// The same as of one snapshot.
pub(crate) struct Looking<'a> {
    db: &'a Connection,
    known: MutexGuard<'a, Known>,
}

impl LastSeen {
    /// As of what `db` sees.
    pub(crate) fn current<'a>(&'a self, db: &'a Connection) -> Result<Looking<'a>> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (now, since) = changes::since(db, known.step.unwrap_or(-1))?;
        match since {
            Since::Changed(changed) if known.step.is_some_and(|step| step <= now) => {
                for server in changed {
                    known.at.remove(&server);
                }
            }
            _ => known.at.clear(),
        }
        known.step = Some(now);
        Ok(Looking { db, known })
    }
}

impl Looking<'_> {
    /// Of a server.
    pub(crate) fn at(&mut self, server: u32) -> Result<Option<i64>> {
        if let Some(at) = self.known.at.get(&server) {
            return Ok(*at);
        }
        let mut query = self.db.prepare_cached(sql!("query/last_seen"))?;
        let at = query.query_row([server], |row| row.get(0)).optional()?;
        if self.known.at.len() == LAST_SEEN_KEPT {
            self.known.at.clear();
        }
        self.known.at.insert(server, at.flatten());
        Ok(at.flatten())
    }
}
