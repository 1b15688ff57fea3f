//! One-time codes: a browser brings one to the program, which exchanges it with the proof that it began
//! (RFC 7636).

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::limits::{CODE_LIFETIME_SECONDS, CODES_WAITING_MAX};
use super::{Approval, checked, grant_still, note};
use crate::Result;
use crate::registry::tokens::hash;
use crate::registry::{AccountId, OrganizationId, TokenId};
use crate::sqlite::{millis, sql};

/// A one-time code to be added.
#[derive(Debug, Clone, Copy)]
pub struct NewCode<'a> {
    /// The code itself; only its hash is kept.
    pub secret: &'a [u8],
    /// The product that it is good for.
    pub product: &'a str,
    /// The cluster.
    pub cluster: &'a str,
    /// What the verifier must come to: SHA-256 in base64url.
    pub challenge: &'a str,
    /// The person's yes.
    pub approval: Approval,
}

pub(super) fn add(db: &Connection, new: &NewCode<'_>, now: Timestamp) -> Result<()> {
    let approval = &new.approval;
    checked(db, approval, new.product, new.cluster)?;
    db.prepare_cached(sql!("register/add_code"))?
        .execute(params![
            hash(new.secret),
            new.product,
            new.cluster,
            new.challenge,
            approval.organization.0,
            approval.account.0,
            approval.replaces,
            millis(now) + CODE_LIFETIME_SECONDS * 1_000,
        ])?;
    db.prepare_cached(sql!("register/trim_codes"))?
        .execute([millis(now), CODES_WAITING_MAX])?;
    let organization = Some(approval.organization);
    note(
        db,
        approval.account,
        "approve registration",
        new.product,
        organization,
        now,
    )
}

/// Whether there is such a code, whatever became of it.
pub(super) fn is_known(db: &Connection, code: &[u8]) -> Result<bool> {
    Ok(db
        .prepare_cached(sql!("register/has_code"))?
        .query_row([hash(code)], |row| row.get(0))?)
}

/// Uses a code up, whatever comes of it: a token, where it is not too old and the challenge its own.
pub(super) fn exchange(
    db: &Connection,
    code: &[u8],
    challenge: &str,
    token: &[u8],
    now: Timestamp,
) -> Result<Option<TokenId>> {
    struct Taken {
        product: String,
        cluster: String,
        challenge: String,
        approval: Approval,
        expires_at: i64,
    }
    let taken = db
        .prepare_cached(sql!("register/take_code"))?
        .query_row([hash(code)], |row| {
            Ok(Taken {
                product: row.get(0)?,
                cluster: row.get(1)?,
                challenge: row.get(2)?,
                approval: Approval {
                    organization: OrganizationId(row.get(3)?),
                    account: AccountId(row.get(4)?),
                    replaces: row.get(5)?,
                },
                expires_at: row.get(6)?,
            })
        })
        .optional()?;
    // The code is gone either way, so how long the comparison takes tells nobody anything.
    let good = taken.filter(|one| one.expires_at > millis(now) && one.challenge == challenge);
    match good {
        None => Ok(None),
        Some(one) => grant_still(db, &one.approval, &one.product, &one.cluster, token, now),
    }
}
