//! What lists sort and search by, of every server, in memory: some 32 bytes a server and each text once.
//! Loaded when a list is first asked for; from then on what the model's steps changed is read again.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};

use roaring::RoaringBitmap;
use rusqlite::{Connection, OptionalExtension, Row};

use super::kept::Kept;
use super::sorting::version_key;
use super::texts::Texts;
use crate::Result;
use crate::model::changes::{self, Since};
use crate::query::limits::STALE_TEXTS;
use crate::sqlite::sql;

/// A server.
#[derive(Clone, Copy)]
pub(super) struct Known {
    pub(super) last_seen: i64,
    pub(super) first_seen: Option<i64>,
    pub(super) version: Option<u32>,
    pub(super) host: Option<u32>,
}

/// All servers.
#[derive(Default)]
pub(crate) struct Roster {
    /// By id; those that are gone, or have no report, are none.
    servers: Vec<Option<Known>>,
    pub(super) products: HashMap<i64, RoaringBitmap>,
    pub(super) versions: Texts,
    pub(super) hosts: Texts,
    /// The step of the model that it is as of; none before it was loaded.
    step: Option<i64>,
    kept: Mutex<Kept>,
}

impl Roster {
    /// What is kept of what follows from it.
    pub(super) fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A server, where it has reported.
    pub(super) fn get(&self, id: u32) -> Option<&Known> {
        self.servers.get(id as usize)?.as_ref()
    }

    fn load(&mut self, db: &Connection, step: i64) -> Result<()> {
        *self = Roster::default();
        let mut query = db.prepare_cached(sql!("lists/roster"))?;
        let mut rows = query.query([])?;
        while let Some(row) = rows.next()? {
            self.take(row)?;
        }
        self.step = Some(step);
        Ok(())
    }

    fn take(&mut self, row: &Row<'_>) -> Result<()> {
        let id: u32 = row.get(0)?;
        let text = |column| row.get_ref(column).map(|text| text.as_str().ok());
        let known = Known {
            first_seen: row.get(2)?,
            last_seen: row.get(3)?,
            host: text(4)?.map(|host| self.hosts.number(host)),
            version: text(5)?.map(|version| self.versions.number(version)),
        };
        if self.servers.len() <= id as usize {
            self.servers.resize(id as usize + 1, None);
        }
        self.servers[id as usize] = Some(known);
        self.products.entry(row.get(1)?).or_default().insert(id);
        Ok(())
    }

    fn read_again(&mut self, db: &Connection, changed: &RoaringBitmap) -> Result<()> {
        let mut query = db.prepare_cached(sql!("lists/server"))?;
        for id in changed {
            let found = query
                .query_row([id], |row| Ok(self.take(row)))
                .optional()?
                .transpose()?;
            if found.is_none()
                && let Some(gone) = self.servers.get_mut(id as usize)
            {
                *gone = None;
                self.products.values_mut().for_each(|all| {
                    all.remove(id);
                });
            }
        }
        let kept = self.kept.get_mut();
        kept.unwrap_or_else(PoisonError::into_inner).moved(changed);
        Ok(())
    }

    /// Whether it holds many texts that are nobody's any more.
    fn is_stale(&self) -> bool {
        self.versions.len() + self.hosts.len() > 3 * self.servers.len() + STALE_TEXTS
    }

    fn is_of(&self, step: i64) -> bool {
        self.step.is_some_and(|known| known >= step)
            && self.versions.is_in_order()
            && self.hosts.is_in_order()
    }
}

/// The roster of a store.
#[derive(Default)]
pub(crate) struct Rosters(RwLock<Roster>);

impl Rosters {
    /// The roster as of what `db` sees, or a little later.
    pub(crate) fn current(&self, db: &Connection) -> Result<RwLockReadGuard<'_, Roster>> {
        let (now, _) = changes::since(db, i64::MAX)?;
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if known.is_of(now) {
            return Ok(known);
        }
        drop(known);
        {
            let mut roster = self.0.write().unwrap_or_else(PoisonError::into_inner);
            if let Err(e) = bring_forward(&mut roster, db) {
                // Half of it may be new.
                *roster = Roster::default();
                return Err(e);
            }
        }
        Ok(self.0.read().unwrap_or_else(PoisonError::into_inner))
    }
}

fn bring_forward(roster: &mut Roster, db: &Connection) -> Result<()> {
    let (now, since) = changes::since(db, roster.step.unwrap_or(-1))?;
    match since {
        // Somebody whose snapshot is newer was here.
        _ if roster.step >= Some(now) => {}
        Since::Changed(changed) if roster.step.is_some() && !roster.is_stale() => {
            roster.read_again(db, &changed)?;
            roster.step = Some(now);
        }
        _ => roster.load(db, now)?,
    }
    roster.versions.put_in_order(version_key);
    roster.hosts.put_in_order(str::to_owned);
    Ok(())
}
