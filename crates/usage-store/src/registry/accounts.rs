//! People who may sign in: added, looked up, their passwords and addresses. Passwords arrive hashed.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{AccountId, OrganizationId, Role, audit, identities, members, organizations, sessions};
use crate::sqlite::{millis, sql, timestamp};
use crate::{Error, Result, Store};

/// A person who may sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The id.
    pub id: AccountId,
    /// The address they sign in with.
    pub email: String,
    /// Whether they see the operators' pages.
    pub operator: bool,
    /// Since when the address is known to be theirs; `None` where nobody has checked.
    pub verified_at: Option<Timestamp>,
    /// Whether they can sign in with a password.
    pub has_password: bool,
}

/// An account to be added.
#[derive(Debug, Clone, Copy)]
pub struct NewAccount<'a> {
    /// The address to sign in with.
    pub email: &'a str,
    /// Empty for somebody who signs in elsewhere.
    pub password_hash: &'a str,
    /// Whether the address is known to be theirs.
    pub verified: bool,
    /// Who they are elsewhere, linked at once: issuer and subject.
    pub identity: Option<(&'a str, &'a str)>,
}

/// The first five columns of a query are an account.
pub(super) fn account(row: &Row<'_>) -> rusqlite::Result<Account> {
    Ok(Account {
        id: AccountId(row.get(0)?),
        email: row.get(1)?,
        operator: row.get(2)?,
        verified_at: row.get::<_, Option<i64>>(3)?.map(timestamp),
        has_password: row.get(4)?,
    })
}

/// Adds an account; `Error::Taken("address")` where the address has one, `Error::Taken("identity")`.
pub(super) fn add(
    db: &Connection,
    new: &NewAccount<'_>,
    operator: bool,
    by: &str,
    now: Timestamp,
) -> Result<AccountId> {
    let added = db
        .prepare_cached(sql!("registry/add_account"))?
        .execute(params![
            new.email,
            new.email.to_lowercase(),
            new.password_hash,
            operator,
            millis(now),
            new.verified.then(|| millis(now)),
        ])?;
    if added == 0 {
        return Err(Error::Taken("address"));
    }
    let id = AccountId(db.last_insert_rowid());
    let action = if operator {
        "add operator"
    } else {
        "add account"
    };
    audit::write(db, now, by, action, new.email)?;
    if let Some((issuer, subject)) = new.identity {
        identities::link(db, id, issuer, subject, by, now)?;
    }
    Ok(id)
}

/// An account; `Error::NotFound` where there is none.
pub(super) fn get(db: &Connection, id: AccountId) -> Result<Account> {
    find(db, id)?.ok_or_else(|| Error::NotFound("this account".to_owned()))
}

fn find(db: &Connection, id: AccountId) -> Result<Option<Account>> {
    Ok(db
        .prepare_cached(sql!("registry/account_by_id"))?
        .query_row([id.0], account)
        .optional()?)
}

/// Sets a password and ends all sessions of its account.
pub(super) fn set_password(
    db: &Connection,
    id: AccountId,
    password_hash: &str,
    by: &str,
    now: Timestamp,
) -> Result<()> {
    let account = get(db, id)?;
    db.prepare_cached(sql!("registry/set_password"))?
        .execute(params![id.0, password_hash])?;
    sessions::end_others(db, id, None)?;
    audit::write(db, now, by, "set password", &account.email)
}

/// Notes that an address is its account's.
pub(super) fn verify_address(db: &Connection, id: AccountId, now: Timestamp) -> Result<()> {
    db.prepare_cached(sql!("registry/verify_address"))?
        .execute(params![id.0, millis(now)])?;
    Ok(())
}

/// Accounts.
impl Store {
    /// Somebody signs up: an account, an organization, and the one the owner of the other, or nothing.
    /// `Error::Taken("address")` or `Error::Taken("organization name")`.
    pub fn sign_up(
        &self,
        new: &NewAccount<'_>,
        organization: &str,
        now: Timestamp,
    ) -> Result<(AccountId, OrganizationId)> {
        self.write(|db| {
            let account = add(db, new, false, new.email, now)?;
            let organization = organizations::add_own(db, organization, new.email, now)?;
            members::add(db, organization, account, Role::Owner, new.email, now)?;
            Ok((account, organization))
        })
    }

    /// An account that belongs nowhere yet; `Error::Taken("address")`.
    pub fn add_account(&self, new: &NewAccount<'_>, by: &str, now: Timestamp) -> Result<AccountId> {
        self.write(|db| add(db, new, false, by, now))
    }

    /// An account by its id.
    pub fn account(&self, id: AccountId) -> Result<Option<Account>> {
        self.readers.read(|db| find(db, id))
    }

    /// An account and its password's hash, by address without regard to case. The hash is empty where
    /// there is no password.
    pub fn account_by_email(&self, email: &str) -> Result<Option<(Account, String)>> {
        self.readers.read(|db| {
            Ok(db
                .prepare_cached(sql!("registry/account_by_email"))?
                .query_row([email.to_lowercase()], |row| {
                    Ok((account(row)?, row.get(5)?))
                })
                .optional()?)
        })
    }

    /// Sets a password and ends all sessions of its account, the one that asks included: it is to
    /// start a new one.
    pub fn set_password(
        &self,
        id: AccountId,
        password_hash: &str,
        by: &str,
        now: Timestamp,
    ) -> Result<()> {
        self.write(|db| set_password(db, id, password_hash, by, now))
    }

    /// Notes that an account's address is known to be theirs.
    pub fn verify_address(&self, id: AccountId, now: Timestamp) -> Result<()> {
        self.write(|db| verify_address(db, id, now))
    }
}
