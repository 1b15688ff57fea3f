//! When tokens were last used: noted in memory as reports come, to the hour, and written by upkeep.
//! Commits of reports never wait for it; a crash forgets a minute of it.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use rusqlite::params;

use super::TokenId;
use super::limits::{TOKEN_USES_KEPT, TOKEN_USES_PER_STEP};
use crate::sqlite::sql;
use crate::{Result, Store};

const MILLIS_PER_HOUR: i64 = 3_600_000;

/// The hour of each token's last use, and whether that is still to be written.
#[derive(Default)]
pub(crate) struct TokenUses(Mutex<HashMap<TokenId, (i64, bool)>>);

impl TokenUses {
    fn note(&self, token: TokenId, at: Timestamp) {
        let hour = at.as_millisecond().div_euclid(MILLIS_PER_HOUR) * MILLIS_PER_HOUR;
        let mut uses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if uses.len() >= TOKEN_USES_KEPT && !uses.contains_key(&token) {
            uses.clear();
        }
        let known = uses.entry(token).or_insert((i64::MIN, false));
        if known.0 < hour {
            *known = (hour, true);
        }
    }

    /// Some that are still to be written.
    fn unwritten(&self) -> Vec<(TokenId, i64)> {
        let uses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let unwritten = uses.iter().filter(|(_, (_, unwritten))| *unwritten);
        unwritten
            .map(|(token, (hour, _))| (*token, *hour))
            .take(TOKEN_USES_PER_STEP)
            .collect()
    }

    fn written(&self, step: &[(TokenId, i64)]) {
        let mut uses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (token, hour) in step {
            if let Some(known) = uses.get_mut(token).filter(|known| known.0 == *hour) {
                known.1 = false;
            }
        }
    }
}

/// Uses of tokens.
impl Store {
    /// Notes in memory that a token was used; costs next to nothing.
    pub fn note_token_use(&self, token: TokenId, at: Timestamp) {
        self.token_uses.note(token, at);
    }

    /// Writes a step of what was noted; whether there was anything.
    pub fn save_token_uses(&self) -> Result<bool> {
        let step = self.token_uses.unwritten();
        if step.is_empty() {
            return Ok(false);
        }
        self.write(|db| {
            let mut save = db.prepare_cached(sql!("registry/use_token"))?;
            for (token, hour) in &step {
                save.execute(params![token.0, hour])?;
            }
            Ok(())
        })?;
        self.token_uses.written(&step);
        Ok(true)
    }
}
