//! Password resets: a secret in a link that lets somebody choose a new password, once.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::tokens::hash;
use super::{Account, AccountId, accounts, audit};
use crate::sqlite::{millis, sql};
use crate::{Error, Result, Store};

/// Which way a reset comes to the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handed {
    /// By somebody who makes sure that it is they.
    OnByHand,
    /// By a mail to the account's address: whoever uses it has proven that the address is theirs.
    ByMail,
}

/// What is kept of a secret. That it was mailed is part of it: the same link says nothing else later.
fn kept(secret: &[u8], handed: Handed) -> [u8; 32] {
    match handed {
        Handed::OnByHand => hash(secret),
        Handed::ByMail => hash(&[b"mailed\0", secret].concat()),
    }
}

fn find(db: &Connection, secret: &[u8], now: Timestamp) -> Result<Option<(Account, Handed)>> {
    let mut query = db.prepare_cached(sql!("registry/reset"))?;
    for handed in [Handed::OnByHand, Handed::ByMail] {
        let hash = kept(secret, handed);
        let found = query.query_row(params![hash, millis(now)], accounts::account);
        if let Some(account) = found.optional()? {
            return Ok(Some((account, handed)));
        }
    }
    Ok(None)
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
        handed: Handed,
        by: &str,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<()> {
        self.write(|db| {
            let email = accounts::get(db, account)?.email;
            forget(db, account, now)?;
            db.prepare_cached(sql!("registry/add_reset"))?
                .execute(params![kept(secret, handed), account.0, millis(expires_at)])?;
            audit::write(db, now, by, "make password reset", &email)
        })
    }

    /// Whose password a reset's secret lets one choose, where it still does.
    pub fn reset(&self, secret: &[u8], now: Timestamp) -> Result<Option<Account>> {
        let found = self.readers.read(|db| find(db, secret, now))?;
        Ok(found.map(|(account, _)| account))
    }

    /// Sets the password, ends all sessions of the account and all its resets. One that was mailed proves
    /// the address. `Error::NotFound` where the reset was used or is over.
    pub fn use_reset(&self, secret: &[u8], password_hash: &str, now: Timestamp) -> Result<Account> {
        self.write(|db| {
            let over = || Error::NotFound("this password reset".to_owned());
            let (account, handed) = find(db, secret, now)?.ok_or_else(over)?;
            forget(db, account.id, now)?;
            accounts::set_password(db, account.id, password_hash, &account.email, now)?;
            if handed == Handed::ByMail {
                accounts::verify_address(db, account.id, now)?;
            }
            Ok(account)
        })
    }
}
