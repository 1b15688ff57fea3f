//! API keys: programs ask by them in an operator's name, as far as their scopes go. Only the SHA-256 is
//! kept, and the first few characters. A key is looked up anew for each request, so that a revocation
//! holds at once; it is found by its hash, so no comparison tells how much of a guess was right.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::limits::{API_KEYS_MAX, API_KEYS_SHOWN};
use super::tokens::hash;
use super::{COMMAND_LINE, Revoked, audit};
use crate::sqlite::{millis, sql, timestamp};
use crate::{Error, Result, Store};

/// Characters kept of a key: the prefix that all have, and 72 of 256 random bits.
const PREFIX_CHARS: usize = 16;

/// An API key's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ApiKeyId(pub i64);

/// What a key may be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Questions: counts, shares, histories.
    Read,
    /// The reports themselves.
    Export,
    /// Everything that an operator may; implies the others.
    Admin,
}

impl Scope {
    /// Every one, as they are offered.
    pub const ALL: [Scope; 3] = [Scope::Read, Scope::Export, Scope::Admin];

    /// The word for it, on the command line and in answers.
    pub fn name(self) -> &'static str {
        match self {
            Scope::Read => "read",
            Scope::Export => "export",
            Scope::Admin => "admin",
        }
    }

    /// The scope of this name.
    pub fn named(name: &str) -> Option<Scope> {
        Scope::ALL.into_iter().find(|scope| scope.name() == name)
    }

    fn bit(self) -> u8 {
        match self {
            Scope::Read => 1,
            Scope::Export => 2,
            Scope::Admin => 4,
        }
    }
}

/// Some scopes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Scopes(u8);

impl Scopes {
    /// Whether they cover this one.
    pub fn allow(self, scope: Scope) -> bool {
        self.0 & (scope.bit() | Scope::Admin.bit()) != 0
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Their names, as `read, export`.
    pub fn names(self) -> String {
        let held = Scope::ALL.iter().filter(|scope| self.0 & scope.bit() != 0);
        let names: Vec<&str> = held.map(|scope| scope.name()).collect();
        names.join(", ")
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Scopes {
        let bits = scopes.into_iter().map(Scope::bit);
        Scopes(bits.fold(0, |all, bit| all | bit))
    }
}

/// A key to be added.
#[derive(Debug, Clone, Copy)]
pub struct NewApiKey<'a> {
    /// The secret itself; only its hash is kept.
    pub secret: &'a [u8],
    /// What people call it.
    pub name: &'a str,
    /// What it may be used for.
    pub scopes: Scopes,
    /// Until when; `None` until it is revoked.
    pub expires_at: Option<Timestamp>,
    /// Who issues it: an operator's address, or the command line.
    pub by: &'a str,
}

/// A key as operators are shown it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// The id, to revoke it by.
    pub id: ApiKeyId,
    /// The first few characters.
    pub prefix: String,
    /// What people call it.
    pub name: String,
    /// What it may be used for.
    pub scopes: Scopes,
    /// Who issued it.
    pub made_by: String,
    /// When.
    pub created_at: Timestamp,
    /// Until when it is valid, if there is an end.
    pub expires_at: Option<Timestamp>,
    /// The hour in which it was last used.
    pub used_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

impl ApiKey {
    fn read(row: &Row<'_>) -> rusqlite::Result<ApiKey> {
        Ok(ApiKey {
            id: ApiKeyId(row.get(0)?),
            prefix: row.get(1)?,
            name: row.get(2)?,
            scopes: Scopes(row.get(3)?),
            made_by: row.get(4)?,
            created_at: timestamp(row.get(5)?),
            expires_at: row.get::<_, Option<i64>>(6)?.map(timestamp),
            used_at: row.get::<_, Option<i64>>(7)?.map(timestamp),
            revoked_at: row.get::<_, Option<i64>>(8)?.map(timestamp),
        })
    }
}

/// What a valid key allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiGrant {
    /// The key.
    pub key: ApiKeyId,
    /// What people call it.
    pub name: String,
    /// What it may be used for.
    pub scopes: Scopes,
    /// Who issued it.
    pub made_by: String,
}

/// A key to be revoked.
struct Found {
    id: i64,
    prefix: String,
    name: String,
    revoked: bool,
}

impl Found {
    fn read(row: &Row<'_>) -> rusqlite::Result<Found> {
        Ok(Found {
            id: row.get(0)?,
            prefix: row.get(1)?,
            name: row.get(2)?,
            revoked: row.get::<_, Option<i64>>(3)?.is_some(),
        })
    }

    fn revoke(self, db: &Connection, by: &str, now: Timestamp) -> Result<Revoked> {
        if self.revoked {
            return Ok(Revoked::Before(self.prefix));
        }
        db.prepare_cached(sql!("registry/revoke_api_key"))?
            .execute(params![self.id, millis(now)])?;
        audit::write(
            db,
            now,
            by,
            "revoke api key",
            &told(&self.name, &self.prefix),
        )?;
        Ok(Revoked::Now(self.prefix))
    }
}

/// How the audit log names a key.
fn told(name: &str, prefix: &str) -> String {
    format!("{name} ({prefix}…)")
}

/// The keys that somebody made end with their right to make any.
pub(super) fn revoke_those_of(db: &Connection, made_by: &str, now: Timestamp) -> Result<()> {
    db.prepare_cached(sql!("registry/revoke_api_keys_of"))?
        .execute(params![made_by, millis(now)])?;
    Ok(())
}

fn add(db: &Connection, new: &NewApiKey<'_>, now: Timestamp) -> Result<ApiKeyId> {
    let valid: u32 = db
        .prepare_cached(sql!("registry/count_api_keys"))?
        .query_row([], |row| row.get(0))?;
    if valid >= API_KEYS_MAX {
        return Err(Error::TooMany {
            what: "API keys",
            most: API_KEYS_MAX,
        });
    }
    let text = String::from_utf8_lossy(new.secret);
    let prefix: String = text.chars().take(PREFIX_CHARS).collect();
    db.prepare_cached(sql!("registry/add_api_key"))?
        .execute(params![
            hash(new.secret),
            prefix,
            new.name,
            new.scopes.0,
            new.by,
            millis(now),
            new.expires_at.map(millis),
        ])?;
    let id = ApiKeyId(db.last_insert_rowid());
    let subject = format!("{}: {}", told(new.name, &prefix), new.scopes.names());
    audit::write(db, now, new.by, "issue api key", &subject)?;
    Ok(id)
}

fn by_prefix(db: &Connection, prefix: &str) -> Result<Found> {
    let mut found = db
        .prepare_cached(sql!("registry/api_keys_by_prefix"))?
        .query_map([prefix], Found::read)?
        .collect::<rusqlite::Result<Vec<_>>>()?
        .into_iter();
    match (found.next(), found.next()) {
        (Some(one), None) if !prefix.is_empty() => Ok(one),
        (Some(_), Some(_)) => Err(Error::Ambiguous("the beginning of an API key".to_owned())),
        _ => Err(Error::NotFound(
            "a valid API key that begins like this".to_owned(),
        )),
    }
}

/// API keys.
impl Store {
    /// Adds a key.
    pub fn add_api_key(&self, new: &NewApiKey<'_>, now: Timestamp) -> Result<ApiKeyId> {
        self.write(|db| add(db, new, now))
    }

    /// The keys that are not revoked, the newest first, then those that are; of these not all, where
    /// there are many.
    pub fn api_keys(&self) -> Result<Vec<ApiKey>> {
        self.readers.read(|db| {
            Ok(db
                .prepare_cached(sql!("registry/api_keys"))?
                .query_map([API_KEYS_SHOWN], ApiKey::read)?
                .collect::<rusqlite::Result<_>>()?)
        })
    }

    /// What a key allows at this moment; `None` where it is unknown, revoked or past its end.
    pub fn api_grant(&self, secret: &[u8], now: Timestamp) -> Result<Option<ApiGrant>> {
        let hash = hash(secret);
        self.readers.read(|db| {
            Ok(db
                .prepare_cached(sql!("registry/api_key"))?
                .query_row(params![hash, millis(now)], |row| {
                    Ok(ApiGrant {
                        key: ApiKeyId(row.get(0)?),
                        name: row.get(1)?,
                        scopes: Scopes(row.get(2)?),
                        made_by: row.get(3)?,
                    })
                })
                .optional()?)
        })
    }

    /// Revokes a key by its id, at once; `Error::NotFound` where there is none.
    pub fn revoke_api_key(&self, id: ApiKeyId, by: &str, now: Timestamp) -> Result<Revoked> {
        self.write(|db| {
            let found = db
                .prepare_cached(sql!("registry/api_key_by_id"))?
                .query_row([id.0], Found::read)
                .optional()?;
            let found = found.ok_or_else(|| Error::NotFound("this API key".to_owned()))?;
            found.revoke(db, by, now)
        })
    }

    /// Revokes the key given whole or by its beginning, at once.
    pub fn revoke_api_key_like(&self, key: &str, now: Timestamp) -> Result<Revoked> {
        self.write(|db| {
            let whole = db
                .prepare_cached(sql!("registry/api_key_by_hash"))?
                .query_row([hash(key.as_bytes())], Found::read)
                .optional()?;
            let found = match whole {
                Some(found) => found,
                None => by_prefix(db, key)?,
            };
            found.revoke(db, COMMAND_LINE, now)
        })
    }
}
