//! People who may sign in, and the browsers they are signed in with. Passwords arrive
//! hashed; of a browser's secret only the SHA-256 is kept.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::tokens::hash;
use super::{Account, AccountId, Session, audit};
use crate::sqlite::{millis, sql, timestamp};
use crate::{Error, Result};

/// Whether there is an operator.
pub(crate) fn has_operator(db: &Connection) -> Result<bool> {
    Ok(db
        .prepare_cached(sql!("registry/has_operator"))?
        .query_row([], |row| row.get(0))?)
}

/// Adds an operator; `Error::Taken` where the address has an account.
pub(crate) fn add_operator(
    db: &Connection,
    email: &str,
    password_hash: &str,
    now: Timestamp,
) -> Result<AccountId> {
    let added = db
        .prepare_cached(sql!("registry/add_account"))?
        .execute(params![
            email,
            email.to_lowercase(),
            password_hash,
            true,
            millis(now)
        ])?;
    if added == 0 {
        return Err(Error::Taken("address"));
    }
    let id = AccountId(db.last_insert_rowid());
    audit::write(db, now, email, "add operator", email)?;
    Ok(id)
}

/// An account and its password's hash.
pub(crate) fn by_email(db: &Connection, email: &str) -> Result<Option<(Account, String)>> {
    Ok(db
        .prepare_cached(sql!("registry/account_by_email"))?
        .query_row([email.to_lowercase()], |row| {
            let account = Account {
                id: AccountId(row.get(0)?),
                email: row.get(1)?,
                operator: row.get(2)?,
            };
            Ok((account, row.get(3)?))
        })
        .optional()?)
}

/// Signs a browser in, and clears away sessions that are over.
pub(crate) fn start_session(
    db: &Connection,
    secret: &[u8],
    account: AccountId,
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<()> {
    db.prepare_cached(sql!("registry/end_expired_sessions"))?
        .execute([millis(now)])?;
    db.prepare_cached(sql!("registry/add_session"))?
        .execute(params![
            hash(secret),
            account.0,
            millis(now),
            millis(expires_at)
        ])?;
    Ok(())
}

/// The session of a secret, where it is still valid.
pub(crate) fn session(db: &Connection, secret: &[u8], now: Timestamp) -> Result<Option<Session>> {
    Ok(db
        .prepare_cached(sql!("registry/session"))?
        .query_row(params![hash(secret), millis(now)], |row| {
            let account = Account {
                id: AccountId(row.get(0)?),
                email: row.get(1)?,
                operator: row.get(2)?,
            };
            Ok(Session {
                account,
                expires_at: timestamp(row.get(3)?),
            })
        })
        .optional()?)
}

/// Signs a browser out.
pub(crate) fn end_session(db: &Connection, secret: &[u8]) -> Result<()> {
    db.prepare_cached(sql!("registry/end_session"))?
        .execute([hash(secret)])?;
    Ok(())
}
