//! Operators: accounts that see everybody's reports. The first comes by a link or a command.

use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::{Account, AccountId, COMMAND_LINE, NewAccount, accounts, api_keys, audit, invitations};
use crate::sqlite::sql;
use crate::{Error, Result, Store};

fn has_operator(db: &Connection) -> Result<bool> {
    Ok(db
        .prepare_cached(sql!("registry/has_operator"))?
        .query_row([], |row| row.get(0))?)
}

fn all(db: &Connection) -> Result<Vec<Account>> {
    Ok(db
        .prepare_cached(sql!("registry/operators"))?
        .query_map([], accounts::account)?
        .collect::<rusqlite::Result<_>>()?)
}

/// Makes an account an operator's, or no longer one; whether that changes anything.
pub(super) fn set(db: &Connection, id: AccountId, operator: bool) -> Result<bool> {
    let changed = db
        .prepare_cached(sql!("registry/set_operator"))?
        .execute(params![id.0, operator])?;
    Ok(changed == 1)
}

fn add(
    db: &Connection,
    email: &str,
    password_hash: &str,
    by: &str,
    now: Timestamp,
) -> Result<AccountId> {
    let new = NewAccount {
        email,
        password_hash,
        verified: false,
        identity: None,
    };
    accounts::add(db, &new, true, by, now)
}

/// Operators.
impl Store {
    /// Whether there is an operator yet.
    pub fn has_operator(&self) -> Result<bool> {
        self.readers.read(has_operator)
    }

    /// All operators, the oldest account first.
    pub fn operators(&self) -> Result<Vec<Account>> {
        self.readers.read(all)
    }

    /// A command makes an operator account; `Error::Taken("address")` where the address has one.
    pub fn add_operator(
        &self,
        email: &str,
        password_hash: &str,
        now: Timestamp,
    ) -> Result<AccountId> {
        self.write(|db| add(db, email, password_hash, COMMAND_LINE, now))
    }

    /// Somebody makes their own, only where there is no operator yet, in one transaction; `None` where there is.
    pub fn add_first_operator(
        &self,
        email: &str,
        password_hash: &str,
        now: Timestamp,
    ) -> Result<Option<AccountId>> {
        self.write(|db| {
            if has_operator(db)? {
                return Ok(None);
            }
            add(db, email, password_hash, email, now).map(Some)
        })
    }

    /// An operator is one no longer; the account stays, their open invitations and
    /// their API keys end. `Error::LastOne` where nobody else is,
    /// `Error::NotFound` where they aren't.
    pub fn remove_operator(&self, id: AccountId, by: &str, now: Timestamp) -> Result<()> {
        self.write(|db| {
            let operators = all(db)?;
            let Some(leaving) = operators.iter().find(|operator| operator.id == id) else {
                return Err(Error::NotFound("this operator".to_owned()));
            };
            if operators.len() == 1 {
                return Err(Error::LastOne("operator"));
            }
            set(db, id, false)?;
            invitations::end_those_of(db, None, &leaving.email)?;
            api_keys::revoke_those_of(db, &leaving.email, now)?;
            audit::write(db, now, by, "remove operator", &leaving.email)
        })
    }
}
