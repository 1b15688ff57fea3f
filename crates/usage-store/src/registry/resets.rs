//! Password resets: a secret in a link that lets somebody choose a new password, once.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::tokens::hash;
use super::{Account, AccountId, accounts, audit};
use crate::sqlite::{millis, sql};
use crate::{Error, Result, Store};

fn find(db: &Connection, secret: &[u8], now: Timestamp) -> Result<Option<Account>> {
    Ok(db
        .prepare_cached(sql!("registry/reset"))?
        .query_row(params![hash(secret), millis(now)], accounts::account)
        .optional()?)
}

/// Ends all resets of an account, and clears away those that are over.
fn forget(db: &Connection, account: AccountId, now: Timestamp) -> Result<()> {
    db.prepare_cached(sql!("registry/forget_resets"))?
        .execute(params![account.0, millis(now)])?;
    Ok(())
}

/// Password resets.
impl Store {
    /// Makes a reset for an account; one made earlier ends.
    pub fn make_reset(
        &self,
        secret: &[u8],
        account: AccountId,
        by: &str,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<()> {
        self.write(|db| {
            let email = accounts::get(db, account)?.email;
            forget(db, account, now)?;
            db.prepare_cached(sql!("registry/add_reset"))?
                .execute(params![hash(secret), account.0, millis(expires_at)])?;
            audit::write(db, now, by, "make password reset", &email)
        })
    }

    /// Whose password a reset's secret lets one choose, where it still does.
    pub fn reset(&self, secret: &[u8], now: Timestamp) -> Result<Option<Account>> {
        self.readers.read(|db| find(db, secret, now))
    }

    /// Sets the password, ends all sessions of the account and all its resets. `Error::NotFound` where
    /// the reset was used or is over.
    pub fn use_reset(&self, secret: &[u8], password_hash: &str, now: Timestamp) -> Result<Account> {
        self.write(|db| {
            let over = || Error::NotFound("this password reset".to_owned());
            let account = find(db, secret, now)?.ok_or_else(over)?;
            forget(db, account.id, now)?;
            accounts::set_password(db, account.id, password_hash, &account.email, now)?;
            Ok(account)
        })
    }
}
