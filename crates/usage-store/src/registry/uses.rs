//! When tokens and API keys were last used: noted in memory as requests come, to the hour, and written
//! by upkeep. Commits of reports never wait for it; a crash forgets a minute of it.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use rusqlite::params;

use super::limits::{USES_KEPT, USES_PER_STEP};
use super::{ApiKeyId, TokenId};
use crate::sqlite::sql;
use crate::{Result, Store};

const MILLIS_PER_HOUR: i64 = 3_600_000;

/// The hour of each one's last use, and whether that is still to be written.
pub(crate) struct Uses<Id>(Mutex<HashMap<Id, (i64, bool)>>);

impl<Id> Default for Uses<Id> {
    fn default() -> Uses<Id> {
        Uses(Mutex::default())
    }
}

impl<Id: Copy + Eq + Hash> Uses<Id> {
    fn note(&self, id: Id, at: Timestamp) {
        let hour = at.as_millisecond().div_euclid(MILLIS_PER_HOUR) * MILLIS_PER_HOUR;
        let mut uses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if uses.len() >= USES_KEPT && !uses.contains_key(&id) {
            uses.clear();
        }
        let known = uses.entry(id).or_insert((i64::MIN, false));
        if known.0 < hour {
            *known = (hour, true);
        }
    }

    /// Some that are still to be written.
    fn unwritten(&self) -> Vec<(Id, i64)> {
        let uses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let unwritten = uses.iter().filter(|(_, (_, unwritten))| *unwritten);
        unwritten
            .map(|(id, (hour, _))| (*id, *hour))
            .take(USES_PER_STEP)
            .collect()
    }

    fn written(&self, step: &[(Id, i64)]) {
        let mut uses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (id, hour) in step {
            if let Some(known) = uses.get_mut(id).filter(|known| known.0 == *hour) {
                known.1 = false;
            }
        }
    }

    /// Writes a step of what was noted by a query; whether there was anything.
    fn save(&self, store: &Store, query: &str, number: impl Fn(Id) -> i64) -> Result<bool> {
        let step = self.unwritten();
        if step.is_empty() {
            return Ok(false);
        }
        store.write(|db| {
            let mut save = db.prepare_cached(query)?;
            for (id, hour) in &step {
                save.execute(params![number(*id), hour])?;
            }
            Ok(())
        })?;
        self.written(&step);
        Ok(true)
    }
}

/// Uses of tokens and API keys.
impl Store {
    /// Notes in memory that a token was used; costs next to nothing.
    pub fn note_token_use(&self, token: TokenId, at: Timestamp) {
        self.token_uses.note(token, at);
    }

    /// The same of an API key.
    pub fn note_api_key_use(&self, key: ApiKeyId, at: Timestamp) {
        self.api_key_uses.note(key, at);
    }

    /// Writes a step of what was noted of tokens; whether there was anything.
    pub fn save_token_uses(&self) -> Result<bool> {
        let query = sql!("registry/use_token");
        self.token_uses.save(self, query, |token| token.0)
    }

    /// The same of API keys.
    pub fn save_api_key_uses(&self) -> Result<bool> {
        let query = sql!("registry/use_api_key");
        self.api_key_uses.save(self, query, |key| key.0)
    }
}
