//! Tokens: issued, taken over, revoked, looked up. Only their SHA-256 is kept, and the
//! first few characters, by which a person recognizes one.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use sha2::{Digest, Sha256};

use super::limits::TOKENS_PER_ORGANIZATION_MAX;
use super::{COMMAND_LINE, Grant, OrganizationId, TokenId, audit};
use crate::sqlite::{millis, sql, timestamp};
use crate::{Error, Result, Store};

/// Characters kept of one of our own tokens: the prefix that all have, and 60 of 256 random
/// bits, which is enough to tell tokens apart and leaves nothing to guess from.
const PREFIX_CHARS: usize = 16;

/// Of a token from elsewhere, at most this fraction of its characters is kept.
const FOREIGN_PREFIX_FRACTION: usize = 4;

/// Grants remembered in memory. A fleet's tokens fit; past this the memory starts anew.
const GRANTS_KEPT: usize = 100_000;

/// A token to be added.
#[derive(Debug, Clone, Copy)]
pub struct NewToken<'a> {
    /// The secret itself; only its hash is kept.
    pub secret: &'a [u8],
    /// Whether it was drawn here, at random, or comes from elsewhere.
    pub drawn_here: bool,
    /// The organization its reports will count for.
    pub organization: OrganizationId,
    /// What people call it; may be empty.
    pub name: &'a str,
    /// Binds it to one product.
    pub product: Option<&'a str>,
    /// Binds it to one cluster.
    pub cluster: Option<&'a str>,
    /// Gives it the right to have its organization's reports erased.
    pub may_forget: bool,
    /// Who issues it: an account's address, or the command line.
    pub by: &'a str,
}

/// A token as its organization is shown it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganizationToken {
    /// The id, to revoke it by.
    pub id: TokenId,
    /// What people call it; may be empty.
    pub name: String,
    /// The first few characters.
    pub prefix: String,
    /// The one product it may report for, if it is bound to one.
    pub product: Option<String>,
    /// The one cluster it may report for, if it is bound to one.
    pub cluster: Option<String>,
    /// Whether it may have its organization's reports erased, within its bounds.
    pub may_forget: bool,
    /// When it was issued.
    pub created_at: Timestamp,
    /// The hour in which it was last used.
    pub used_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

/// What a call to revoke found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Revoked {
    /// The token that begins like this is revoked now.
    Now(String),
    /// It was revoked before.
    Before(String),
}

pub(crate) fn hash(secret: &[u8]) -> [u8; 32] {
    Sha256::digest(secret).into()
}

/// The registry's version: changes when a token does.
pub(crate) fn version(db: &Connection) -> Result<i64> {
    Ok(db
        .prepare_cached(sql!("registry/version"))?
        .query_row([], |row| row.get(0))?)
}

/// Whether a token is still valid.
pub(crate) fn token_is_valid(db: &Connection, token: TokenId) -> Result<bool> {
    let found: i64 = db
        .prepare_cached(sql!("registry/token_is_valid"))?
        .query_row([token.0], |row| row.get(0))?;
    Ok(found == 1)
}

/// Adds a token; `Error::Taken` where it is known already, to whomever it belongs.
pub(crate) fn add(db: &Connection, new: &NewToken<'_>, now: Timestamp) -> Result<TokenId> {
    let hash = hash(new.secret);
    let known = db
        .prepare_cached(sql!("registry/token_by_hash"))?
        .query_row([hash], |_| Ok(()))
        .optional()?;
    if known.is_some() {
        return Err(Error::Taken("token"));
    }
    has_room(db, new.organization, 0)?;
    let text = String::from_utf8_lossy(new.secret);
    let kept = if new.drawn_here {
        PREFIX_CHARS
    } else {
        PREFIX_CHARS.min(text.chars().count() / FOREIGN_PREFIX_FRACTION)
    };
    let prefix: String = text.chars().take(kept).collect();
    db.prepare_cached(sql!("registry/add_token"))?
        .execute(params![
            new.organization.0,
            hash,
            prefix,
            new.product,
            new.cluster,
            millis(now),
            new.may_forget,
            new.name,
        ])?;
    let id = TokenId(db.last_insert_rowid());
    db.prepare_cached(sql!("registry/bump_version"))?
        .execute([])?;
    let organization = Some(new.organization);
    audit::write_about(db, now, new.by, "issue token", &prefix, organization)?;
    Ok(id)
}

/// Whether an organization may have one more, once so many are gone; `Error::TooMany`.
pub(crate) fn has_room(db: &Connection, organization: OrganizationId, gone: usize) -> Result<()> {
    let valid: u32 = db
        .prepare_cached(sql!("registry/count_tokens"))?
        .query_row([organization.0], |row| row.get(0))?;
    if (valid as usize).saturating_sub(gone) >= TOKENS_PER_ORGANIZATION_MAX as usize {
        return Err(Error::TooMany {
            what: "valid tokens of an organization",
            most: TOKENS_PER_ORGANIZATION_MAX,
        });
    }
    Ok(())
}

/// A token to be revoked: its id, prefix and organization.
type Found = (i64, String, i64);

/// Revokes the token given whole or by its beginning.
pub(crate) fn revoke(db: &Connection, token: &str, now: Timestamp) -> Result<Revoked> {
    let whole: Option<(Found, Option<i64>)> = db
        .prepare_cached(sql!("registry/token_by_hash"))?
        .query_row([hash(token.as_bytes())], |row| {
            Ok(((row.get(0)?, row.get(1)?, row.get(3)?), row.get(2)?))
        })
        .optional()?;
    let found = match whole {
        Some(((_, prefix, _), Some(_))) => return Ok(Revoked::Before(prefix)),
        Some((found, None)) => found,
        None => by_prefix(db, token)?,
    };
    revoke_found(db, found, COMMAND_LINE, now)
}

fn revoke_found(
    db: &Connection,
    (id, prefix, organization): Found,
    by: &str,
    now: Timestamp,
) -> Result<Revoked> {
    db.prepare_cached(sql!("registry/revoke_token"))?
        .execute(params![id, millis(now)])?;
    db.prepare_cached(sql!("registry/bump_version"))?
        .execute([])?;
    let organization = Some(OrganizationId(organization));
    audit::write_about(db, now, by, "revoke token", &prefix, organization)?;
    Ok(Revoked::Now(prefix))
}

fn by_prefix(db: &Connection, prefix: &str) -> Result<Found> {
    if prefix.is_empty() {
        return Err(Error::NotFound("a token without a name".to_owned()));
    }
    let found = db
        .prepare_cached(sql!("registry/tokens_by_prefix"))?
        .query_map([prefix], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<rusqlite::Result<Vec<Found>>>()?;
    let mut found = found.into_iter();
    match (found.next(), found.next()) {
        (Some(one), None) => Ok(one),
        (None, _) => Err(Error::NotFound(
            "a valid token that begins like this".to_owned(),
        )),
        _ => Err(Error::Ambiguous("the beginning of a token".to_owned())),
    }
}

/// Tokens of an organization.
impl Store {
    /// All of them, revoked ones too, the newest first.
    pub fn tokens_of(&self, organization: OrganizationId) -> Result<Vec<OrganizationToken>> {
        self.readers.read(|db| {
            Ok(db
                .prepare_cached(sql!("registry/tokens_of"))?
                .query_map([organization.0], |row| {
                    Ok(OrganizationToken {
                        id: TokenId(row.get(0)?),
                        name: row.get(1)?,
                        prefix: row.get(2)?,
                        product: row.get(3)?,
                        cluster: row.get(4)?,
                        may_forget: row.get(5)?,
                        created_at: timestamp(row.get(6)?),
                        used_at: row.get::<_, Option<i64>>(7)?.map(timestamp),
                        revoked_at: row.get::<_, Option<i64>>(8)?.map(timestamp),
                    })
                })?
                .collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Revokes a token of an organization, at once; `Error::NotFound` where it has no such one.
    pub fn revoke_token_of(
        &self,
        organization: OrganizationId,
        token: TokenId,
        by: &str,
        now: Timestamp,
    ) -> Result<Revoked> {
        let revoked = self.write(|db| {
            let found: Option<(String, Option<i64>)> = db
                .prepare_cached(sql!("registry/token_of"))?
                .query_row([organization.0, token.0], |row| {
                    Ok((row.get(0)?, row.get(1)?))
                })
                .optional()?;
            match found {
                None => Err(Error::NotFound("this token".to_owned())),
                Some((prefix, Some(_))) => Ok(Revoked::Before(prefix)),
                Some((prefix, None)) => {
                    revoke_found(db, (token.0, prefix, organization.0), by, now)
                }
            }
        })?;
        self.grants.clear();
        Ok(revoked)
    }
}

/// What a token allows, from memory where the registry hasn't changed since.
#[derive(Default)]
pub(crate) struct Grants(Mutex<(i64, HashMap<[u8; 32], Grant>)>);

impl Grants {
    /// Looks a token up. Unknown ones are asked for each time, so that a new token is valid at once;
    /// a known one may have been revoked meanwhile, which the commit of its report notices.
    pub(crate) fn find(
        &self,
        secret: &[u8],
        read: impl FnOnce([u8; 32]) -> Result<Option<Grant>>,
    ) -> Result<Option<Grant>> {
        let hash = hash(secret);
        if let Some(grant) = self.lock().1.get(&hash) {
            return Ok(Some(grant.clone()));
        }
        let grant = read(hash)?;
        if let Some(grant) = &grant {
            let mut known = self.lock();
            if known.0 != grant.registry_version || known.1.len() >= GRANTS_KEPT {
                known.1.clear();
                known.0 = grant.registry_version;
            }
            known.1.insert(hash, grant.clone());
        }
        Ok(grant)
    }

    /// Forgets everything: the commit found a token revoked.
    pub(crate) fn clear(&self) {
        self.lock().1.clear();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, (i64, HashMap<[u8; 32], Grant>)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the token with this hash allows.
pub(crate) fn grant(db: &Connection, hash: [u8; 32]) -> Result<Option<Grant>> {
    let registry_version = version(db)?;
    let grant = db
        .prepare_cached(sql!("registry/grant"))?
        .query_row([hash], |row| {
            Ok(Grant {
                token: TokenId(row.get(0)?),
                organization: OrganizationId(row.get(1)?),
                product: row.get(2)?,
                cluster: row.get(3)?,
                may_forget: row.get(4)?,
                prefix: row.get(5)?,
                registry_version,
            })
        })
        .optional()?;
    Ok(grant)
}
