//! Registrations under way: a program asks for a token of its cluster, a person says yes, the program
//! gets it. In `codes.rs` by a one-time code that a browser brings, in `devices.rs` by a code that a
//! person types. A token is never kept, only made at the moment it is handed out.

mod codes;
mod devices;
pub mod limits;
mod verbs;

pub use codes::NewCode;
pub use devices::{DeviceBegun, NewDevice, Polled, WaitingDevice};

use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::tokens::{self, NewToken};
use super::{AccountId, OrganizationId, TokenId, accounts, audit, members};
use crate::sqlite::{millis, sql, timestamp};
use crate::{Error, Result};

/// What a token is bound to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scope<'a> {
    /// The organization its reports will count for.
    pub organization: OrganizationId,
    /// The one product.
    pub product: &'a str,
    /// The one cluster.
    pub cluster: &'a str,
}

/// A person's yes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Approval {
    /// In whose name the cluster will report.
    pub organization: OrganizationId,
    /// Who said it.
    pub account: AccountId,
    /// Whether the token takes the place of those that the cluster has.
    pub replaces: bool,
}

/// A token that a cluster has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownToken {
    /// The id.
    pub id: TokenId,
    /// The first few characters, by which people recognize it.
    pub prefix: String,
    /// Since when.
    pub created_at: Timestamp,
}

/// The valid tokens that are bound to just this, newest first.
pub(crate) fn cluster_tokens(db: &Connection, scope: &Scope<'_>) -> Result<Vec<KnownToken>> {
    let known = db
        .prepare_cached(sql!("register/tokens_of_scope"))?
        .query_map(
            params![scope.organization.0, scope.product, scope.cluster],
            |row| {
                Ok(KnownToken {
                    id: TokenId(row.get(0)?),
                    prefix: row.get(1)?,
                    created_at: timestamp(row.get(2)?),
                })
            },
        )?
        .collect::<rusqlite::Result<_>>()?;
    Ok(known)
}

/// Whether a yes can become a token; the ones whose place that takes. `Error::NotFound` where the person doesn't
/// belong to the organization, `Error::TooMany` where that has too many tokens.
fn checked(
    db: &Connection,
    approval: &Approval,
    product: &str,
    cluster: &str,
) -> Result<Vec<KnownToken>> {
    let organization = approval.organization;
    members::role_of(db, organization, approval.account)?;
    let scope = Scope {
        organization,
        product,
        cluster,
    };
    let replaced = match approval.replaces {
        true => cluster_tokens(db, &scope)?,
        false => Vec::new(),
    };
    tokens::has_room(db, organization, replaced.len())?;
    Ok(replaced)
}

/// Makes a token valid that was just drawn, and revokes those whose place it takes. Nothing is written where it
/// can't be.
pub(crate) fn grant(
    db: &Connection,
    approval: &Approval,
    product: &str,
    cluster: &str,
    secret: &[u8],
    now: Timestamp,
) -> Result<TokenId> {
    let replaced = checked(db, approval, product, cluster)?;
    let organization = approval.organization;
    let by = accounts::get(db, approval.account)?.email;
    for old in replaced {
        db.prepare_cached(sql!("registry/revoke_token"))?
            .execute(params![old.id.0, millis(now)])?;
        let about = Some(organization);
        audit::write_about(db, now, &by, "replace token", &old.prefix, about)?;
    }
    let new = NewToken {
        secret,
        drawn_here: true,
        organization,
        name: "",
        product: Some(product),
        cluster: Some(cluster),
        may_forget: false,
        by: &by,
    };
    tokens::add(db, &new, now)
}

/// The same for a yes that was said earlier: `None` where it no longer counts.
fn grant_still(
    db: &Connection,
    approval: &Approval,
    product: &str,
    cluster: &str,
    secret: &[u8],
    now: Timestamp,
) -> Result<Option<TokenId>> {
    match grant(db, approval, product, cluster, secret, now) {
        Err(Error::NotFound(_) | Error::TooMany { .. }) => Ok(None),
        granted => granted.map(Some),
    }
}

/// Notes who said yes or no; what for is the product's name, as ids may be erased.
fn note(
    db: &Connection,
    by: AccountId,
    action: &str,
    product: &str,
    organization: Option<OrganizationId>,
    now: Timestamp,
) -> Result<()> {
    let by = accounts::get(db, by)?.email;
    audit::write_about(db, now, &by, action, product, organization)
}
