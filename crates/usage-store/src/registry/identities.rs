//! Who somebody is at an OpenID Connect provider: issuer and subject, never an address.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::limits::IDENTITIES_PER_ACCOUNT_MAX;
use super::{Account, AccountId, accounts, audit};
use crate::sqlite::{millis, sql, timestamp};
use crate::{Error, Result, Store};

/// One identity of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The provider.
    pub issuer: String,
    /// Who they are there.
    pub subject: String,
    /// Since when it is linked.
    pub since: Timestamp,
}

/// Identities.
impl Store {
    /// The account that an identity is linked to.
    pub fn account_by_identity(&self, issuer: &str, subject: &str) -> Result<Option<Account>> {
        self.readers.read(|db| {
            Ok(db
                .prepare_cached(sql!("registry/account_by_identity"))?
                .query_row([issuer, subject], accounts::account)
                .optional()?)
        })
    }

    /// The identities of an account, the oldest first.
    pub fn identities(&self, account: AccountId) -> Result<Vec<Identity>> {
        self.readers.read(|db| all(db, account))
    }

    /// Links an identity to an account; `Error::Taken("identity")` where it is linked, to whomever, and
    /// `Error::TooMany`.
    pub fn link_identity(
        &self,
        account: AccountId,
        issuer: &str,
        subject: &str,
        by: &str,
        now: Timestamp,
    ) -> Result<()> {
        self.write(|db| link(db, account, issuer, subject, by, now))
    }

    /// Takes an identity from its account; whether it had it. `Error::LastOne` where nothing else lets its
    /// owner in.
    pub fn unlink_identity(
        &self,
        account: AccountId,
        issuer: &str,
        subject: &str,
        by: &str,
        now: Timestamp,
    ) -> Result<bool> {
        self.write(|db| {
            let gone = db
                .prepare_cached(sql!("registry/remove_identity"))?
                .execute(params![account.0, issuer, subject])?;
            if gone == 0 {
                return Ok(false);
            }
            // The transaction ends with the error.
            if !accounts::get(db, account)?.has_password && all(db, account)?.is_empty() {
                return Err(Error::LastOne("way to sign in"));
            }
            audit::write(db, now, by, "unlink identity", issuer)?;
            Ok(true)
        })
    }
}

fn all(db: &Connection, account: AccountId) -> Result<Vec<Identity>> {
    Ok(db
        .prepare_cached(sql!("registry/identities"))?
        .query_map([account.0], |row| {
            Ok(Identity {
                issuer: row.get(0)?,
                subject: row.get(1)?,
                since: timestamp(row.get(2)?),
            })
        })?
        .collect::<rusqlite::Result<_>>()?)
}

/// Links an identity to an account.
pub(super) fn link(
    db: &Connection,
    account: AccountId,
    issuer: &str,
    subject: &str,
    by: &str,
    now: Timestamp,
) -> Result<()> {
    if all(db, account)?.len() >= IDENTITIES_PER_ACCOUNT_MAX as usize {
        return Err(Error::TooMany {
            what: "identities of this account",
            most: IDENTITIES_PER_ACCOUNT_MAX,
        });
    }
    let linked = db
        .prepare_cached(sql!("registry/add_identity"))?
        .execute(params![issuer, subject, account.0, millis(now)])?;
    if linked == 0 {
        return Err(Error::Taken("identity"));
    }
    audit::write(db, now, by, "link identity", issuer)
}
