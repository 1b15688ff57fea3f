//! Idempotency keys: which came within the last 30 days, and with which report.
//!
//! Keys are random: in a table sorted by them, a commit writes a page for each of its keys. So:
//!
//! ```text
//! commit  -> one row at the end of the log, in the same transaction; and into memory
//! upkeep  -> what is in memory becomes a *run* once there is enough: sorted, in pages, its rows
//!            taken out of the log; eight runs of like size become one; a run whose keys are
//!            all older than the window goes
//! look-up -> memory, then the runs; a filter for each says of nearly all keys: not here
//! ```
//!
//! Memory and disk always say the same, whenever the process is killed: what changes both is one
//! transaction, and a run counts from the moment it is whole.

mod entry;
mod filter;
mod run;
#[cfg(test)]
mod tests;
mod upkeep;

use std::collections::HashMap;
use std::sync::Arc;

use rusqlite::{Connection, params};

use super::limits::{KEY_WINDOW_SECONDS, KEYS_CROWDED};
use super::{Idempotency, NewReport, Outcome};
use crate::Result;
use crate::sqlite::sql;
use entry::{Digest, Entry, Seen};
use run::Run;

pub(crate) use upkeep::KeyUpkeep;

type InMemory = HashMap<Digest, Seen>;

/// The keys, as the one who appends sees them.
pub(crate) struct Keys {
    /// What is in the log, without what is `ripe`.
    young: InMemory,
    /// When the oldest of them came, in seconds.
    young_since: u32,
    /// The log's last row, also when that was cut.
    log_end: i64,
    /// What is being written as a run.
    ripe: Arc<InMemory>,
    /// In no order: of one key at most one entry is within the window.
    runs: Vec<Arc<Run>>,
    /// Runs whose pages are to be removed.
    dead: Vec<i64>,
    /// Up to this row all of the log stands in runs.
    log_done: i64,
    /// The keys that are new in the commit under way, and what memory had of them before.
    pending: Vec<(Digest, Option<Seen>)>,
    row: Vec<u8>,
}

impl Keys {
    pub(crate) fn load(db: &Connection) -> Result<Keys> {
        let mut keys = Keys {
            young: InMemory::new(),
            young_since: u32::MAX,
            log_end: 0,
            ripe: Arc::default(),
            runs: Vec::new(),
            dead: Vec::new(),
            log_done: 0,
            pending: Vec::new(),
            row: Vec::new(),
        };
        for (live, run) in run::all(db)? {
            match live {
                true => keys.runs.push(Arc::new(run)),
                // It was not whole when the process ended, or not wholly removed.
                false => keys.dead.push(run.id),
            }
        }
        let mut query = db.prepare_cached(sql!("keys/log"))?;
        let mut rows = query.query([])?;
        while let Some(row) = rows.next()? {
            keys.log_end = row.get(0)?;
            for entry in entry::entries(row.get_ref(1)?.as_blob().unwrap_or_default()) {
                keys.young_since = keys.young_since.min(entry.seen.at);
                keys.young.insert(entry.digest, entry.seen);
            }
        }
        Ok(keys)
    }

    /// What to answer where the key came before; else it is remembered, if the commit succeeds.
    pub(crate) fn meet(
        &mut self,
        commit: &Connection,
        key: &Idempotency,
        report: &NewReport,
    ) -> Result<Option<Outcome>> {
        let Entry { digest, seen } = Entry::of(report, key);
        if let Some(known) = self.known(commit, &digest, seen.at)? {
            return Ok(Some(if known.report == seen.report {
                Outcome::Repeated
            } else {
                Outcome::KeyReused
            }));
        }
        let before = self.young.insert(digest, seen);
        self.pending.push((digest, before));
        Ok(None)
    }

    /// What came under a key within the window.
    fn known(&self, db: &Connection, digest: &Digest, now: u32) -> Result<Option<Seen>> {
        let in_window = |seen: &Seen| now.saturating_sub(seen.at) <= KEY_WINDOW_SECONDS;
        for memory in [&self.young, &*self.ripe] {
            if let Some(seen) = memory.get(digest).filter(|seen| in_window(seen)) {
                return Ok(Some(*seen));
            }
        }
        for run in &self.runs {
            if let Some(seen) = run.find(db, digest)?.filter(in_window) {
                return Ok(Some(seen));
            }
        }
        Ok(None)
    }

    /// Writes the commit's new keys.
    pub(crate) fn write(&mut self, commit: &Connection) -> Result<()> {
        if self.pending.is_empty() {
            return Ok(());
        }
        self.row.clear();
        for (digest, _) in &self.pending {
            if let Some(seen) = self.young.get(digest) {
                let (digest, seen) = (*digest, *seen);
                Entry { digest, seen }.put(&mut self.row);
                self.young_since = self.young_since.min(seen.at);
            }
        }
        self.log_end += 1;
        commit
            .prepare_cached(sql!("keys/add_to_log"))?
            .execute(params![self.log_end, self.row])?;
        Ok(())
    }

    /// The commit succeeded.
    pub(crate) fn committed(&mut self) {
        self.pending.clear();
    }

    /// The commit failed: what was new in it never came.
    pub(crate) fn roll_back(&mut self) {
        for (digest, before) in self.pending.drain(..).rev() {
            match before {
                Some(seen) => self.young.insert(digest, seen),
                None => self.young.remove(&digest),
            };
        }
    }

    /// Whether upkeep is so far behind that whoever appends must help.
    pub(crate) fn crowded(&self) -> bool {
        self.young.len() >= KEYS_CROWDED
    }
}
