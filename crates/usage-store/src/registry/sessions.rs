//! Browsers that are signed in. Of a browser's secret only the SHA-256 is kept; when it was last seen
//! is kept to the hour.

use jiff::{Timestamp, Unit};
use rusqlite::{Connection, OptionalExtension, params};

use super::limits::{BROWSER_MAX_CHARS, SESSIONS_PER_ACCOUNT_MAX};
use super::tokens::hash;
use super::{Account, AccountId, accounts};
use crate::sqlite::{millis, sql, timestamp};
use crate::{Result, Store};

/// A session's id, to end it by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(pub i64);

/// A browser that asks something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The id.
    pub id: SessionId,
    /// Who.
    pub account: Account,
    /// Until when.
    pub expires_at: Timestamp,
    /// The hour in which it was last seen.
    pub seen_at: Timestamp,
}

/// A browser to be signed in.
#[derive(Debug, Clone, Copy)]
pub struct NewSession<'a> {
    /// Its secret; only the hash is kept.
    pub secret: &'a [u8],
    /// Who.
    pub account: AccountId,
    /// What it calls itself; control characters are left out, and it is cut where it is long.
    pub browser: &'a str,
    /// Until when.
    pub expires_at: Timestamp,
}

/// A session as its owner is shown it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenSession {
    /// The id.
    pub id: SessionId,
    /// What the browser calls itself (its `User-Agent`), cut; empty where it said nothing.
    pub browser: String,
    /// Since when.
    pub created_at: Timestamp,
    /// The hour in which it was last seen.
    pub seen_at: Timestamp,
}

/// Ends all sessions of an account but one.
pub(super) fn end_others(
    db: &Connection,
    account: AccountId,
    but: Option<SessionId>,
) -> Result<usize> {
    Ok(db
        .prepare_cached(sql!("registry/end_other_sessions"))?
        .execute(params![account.0, but.map_or(0, |id| id.0)])?)
}

fn start(db: &Connection, new: &NewSession<'_>, now: Timestamp) -> Result<()> {
    db.prepare_cached(sql!("registry/end_expired_sessions"))?
        .execute([millis(now)])?;
    let readable = new.browser.chars().filter(|c| !c.is_control());
    let browser: String = readable.take(BROWSER_MAX_CHARS).collect();
    db.prepare_cached(sql!("registry/add_session"))?
        .execute(params![
            hash(new.secret),
            new.account.0,
            millis(now),
            millis(new.expires_at),
            millis(hour(now)),
            browser,
        ])?;
    db.prepare_cached(sql!("registry/trim_sessions"))?
        .execute(params![new.account.0, SESSIONS_PER_ACCOUNT_MAX])?;
    Ok(())
}

fn find(db: &Connection, secret: &[u8], now: Timestamp) -> Result<Option<Session>> {
    Ok(db
        .prepare_cached(sql!("registry/session"))?
        .query_row(params![hash(secret), millis(now)], |row| {
            Ok(Session {
                account: accounts::account(row)?,
                id: SessionId(row.get(5)?),
                expires_at: timestamp(row.get(6)?),
                seen_at: timestamp(row.get(7)?),
            })
        })
        .optional()?)
}

/// The hour that an instant is in.
fn hour(at: Timestamp) -> Timestamp {
    let begun = jiff::TimestampRound::new()
        .smallest(Unit::Hour)
        .mode(jiff::RoundMode::Floor);
    at.round(begun).unwrap_or(at)
}

/// Sessions.
impl Store {
    /// Signs a browser in, and clears away sessions that are over.
    pub fn start_session(&self, new: &NewSession<'_>, now: Timestamp) -> Result<()> {
        self.write(|db| start(db, new, now))
    }

    /// The session of a secret, where it is still valid. Notes that it was seen, at most once an hour.
    pub fn session(&self, secret: &[u8], now: Timestamp) -> Result<Option<Session>> {
        let found = self.readers.read(|db| find(db, secret, now))?;
        if let Some(session) = &found
            && session.seen_at < hour(now)
        {
            self.write(|db| {
                db.prepare_cached(sql!("registry/see_session"))?
                    .execute(params![session.id.0, millis(hour(now))])?;
                Ok(())
            })?;
        }
        Ok(found)
    }

    /// Signs a browser out.
    pub fn end_session(&self, secret: &[u8]) -> Result<()> {
        self.write(|db| {
            db.prepare_cached(sql!("registry/end_session"))?
                .execute([hash(secret)])?;
            Ok(())
        })
    }

    /// Where an account is signed in, the browser seen last first.
    pub fn sessions(&self, account: AccountId, now: Timestamp) -> Result<Vec<OpenSession>> {
        self.readers.read(|db| {
            Ok(db
                .prepare_cached(sql!("registry/sessions"))?
                .query_map(params![account.0, millis(now)], |row| {
                    Ok(OpenSession {
                        id: SessionId(row.get(0)?),
                        browser: row.get(1)?,
                        created_at: timestamp(row.get(2)?),
                        seen_at: timestamp(row.get(3)?),
                    })
                })?
                .collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Ends one session of an account; whether it had that one.
    pub fn end_session_of(&self, account: AccountId, id: SessionId) -> Result<bool> {
        self.write(|db| {
            let ended = db
                .prepare_cached(sql!("registry/end_session_of"))?
                .execute([account.0, id.0])?;
            Ok(ended == 1)
        })
    }

    /// Ends all sessions of an account but one, or with `None` all; how many.
    pub fn end_other_sessions(&self, account: AccountId, but: Option<SessionId>) -> Result<usize> {
        self.write(|db| end_others(db, account, but))
    }
}
