//! Invitations: a secret in a link that lets one person in, once.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::limits::INVITATIONS_OPEN_MAX;
use super::tokens::hash;
use super::{
    AccountId, NewAccount, OrganizationId, Role, accounts, audit, members, operators, organizations,
};
use crate::sqlite::{millis, sql, timestamp};
use crate::{Error, Result, Store};

/// An invitation's id, to withdraw it by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InvitationId(pub i64);

/// What an invitation lets somebody into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvitedTo {
    /// An organization, as an owner or a member.
    Organization(OrganizationId, Role),
    /// The operators.
    Operators,
    /// The server: to sign up with an organization of one's own where sign-up is by invitation.
    SignUp,
}

/// An invitation that can be accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// The id.
    pub id: InvitationId,
    /// What it lets its holder into.
    pub to: InvitedTo,
    /// Who made it.
    pub made_by: String,
    /// When.
    pub created_at: Timestamp,
    /// Until when it can be accepted.
    pub expires_at: Timestamp,
}

fn invitation(row: &Row<'_>) -> rusqlite::Result<Invitation> {
    let (organization, role): (Option<i64>, Option<String>) = (row.get(1)?, row.get(2)?);
    let to = match (organization, row.get(3)?) {
        (Some(id), _) => {
            let role = members::role(&role.unwrap_or_default());
            InvitedTo::Organization(OrganizationId(id), role)
        }
        (None, true) => InvitedTo::Operators,
        (None, false) => InvitedTo::SignUp,
    };
    Ok(Invitation {
        id: InvitationId(row.get(0)?),
        to,
        made_by: row.get(4)?,
        created_at: timestamp(row.get(5)?),
        expires_at: timestamp(row.get(6)?),
    })
}

fn find(db: &Connection, secret: &[u8], now: Timestamp) -> Result<Option<Invitation>> {
    Ok(db
        .prepare_cached(sql!("registry/invitation"))?
        .query_row(params![hash(secret), millis(now)], invitation)
        .optional()?)
}

fn open(
    db: &Connection,
    organization: Option<OrganizationId>,
    now: Timestamp,
) -> Result<Vec<Invitation>> {
    Ok(match organization {
        Some(id) => db
            .prepare_cached(sql!("registry/invitations_to"))?
            .query_map(params![id.0, millis(now)], invitation)?
            .collect::<rusqlite::Result<_>>()?,
        None => db
            .prepare_cached(sql!("registry/invitations_by_operators"))?
            .query_map([millis(now)], invitation)?
            .collect::<rusqlite::Result<_>>()?,
    })
}

fn add(
    db: &Connection,
    secret: &[u8],
    to: InvitedTo,
    by: &str,
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<InvitationId> {
    db.prepare_cached(sql!("registry/forget_invitations"))?
        .execute([millis(now)])?;
    let (organization, role) = match to {
        InvitedTo::Organization(id, role) => (Some(id), Some(role.word())),
        InvitedTo::Operators | InvitedTo::SignUp => (None, None),
    };
    if open(db, organization, now)?.len() >= INVITATIONS_OPEN_MAX as usize {
        return Err(Error::TooMany {
            what: "open invitations",
            most: INVITATIONS_OPEN_MAX,
        });
    }
    db.prepare_cached(sql!("registry/add_invitation"))?
        .execute(params![
            hash(secret),
            organization.map(|id| id.0),
            role,
            to == InvitedTo::Operators,
            by,
            millis(now),
            millis(expires_at),
        ])?;
    let id = InvitationId(db.last_insert_rowid());
    let subject = match to {
        InvitedTo::Organization(_, role) => role.word(),
        InvitedTo::Operators => "operator",
        InvitedTo::SignUp => "customer",
    };
    audit::write_about(db, now, by, "invite", subject, organization)?;
    Ok(id)
}

/// The invitation, used up in this transaction; `Error::NotFound` where it can't be accepted any more.
fn take(db: &Connection, secret: &[u8], now: Timestamp) -> Result<Invitation> {
    let over = || Error::NotFound("this invitation".to_owned());
    let invitation = find(db, secret, now)?.ok_or_else(over)?;
    db.prepare_cached(sql!("registry/use_invitation"))?
        .execute(params![invitation.id.0, millis(now)])?;
    Ok(invitation)
}

/// Ends what somebody invited to who may invite no longer.
pub(super) fn end_those_of(
    db: &Connection,
    organization: Option<OrganizationId>,
    email: &str,
) -> Result<()> {
    db.prepare_cached(sql!("registry/end_invitations_of"))?
        .execute(params![organization.map(|id| id.0), email])?;
    Ok(())
}

/// Lets an account into what it was invited into.
fn let_in(db: &Connection, invited: &Invitation, account: AccountId, now: Timestamp) -> Result<()> {
    let email = accounts::get(db, account)?.email;
    match invited.to {
        InvitedTo::Organization(id, role) => members::add(db, id, account, role, &email, now),
        InvitedTo::Operators if operators::set(db, account, true)? => {
            audit::write(db, now, &email, "add operator", &email)
        }
        InvitedTo::Operators | InvitedTo::SignUp => Ok(()),
    }
}

/// An organization of their own, for whom is invited to sign up.
fn own(
    db: &Connection,
    invitation: &Invitation,
    organization: Option<&str>,
    account: AccountId,
    by: &str,
    now: Timestamp,
) -> Result<()> {
    if let (InvitedTo::SignUp, Some(name)) = (invitation.to, organization) {
        let own = organizations::add_own(db, name, by, now)?;
        members::add(db, own, account, Role::Owner, by, now)?;
    }
    Ok(())
}

/// Invitations.
impl Store {
    /// Makes an invitation; only the secret's hash is kept. `Error::TooMany`.
    pub fn invite(
        &self,
        secret: &[u8],
        to: InvitedTo,
        by: &str,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<InvitationId> {
        self.write(|db| add(db, secret, to, by, now, expires_at))
    }

    /// The invitation of a secret, where it can be accepted.
    pub fn invitation(&self, secret: &[u8], now: Timestamp) -> Result<Option<Invitation>> {
        self.readers.read(|db| find(db, secret, now))
    }

    /// Invitations into an organization, or with `None` those of operators, that can be accepted.
    pub fn invitations(
        &self,
        organization: Option<OrganizationId>,
        now: Timestamp,
    ) -> Result<Vec<Invitation>> {
        self.readers.read(|db| open(db, organization, now))
    }

    /// Takes an invitation into an organization back, or with `None` one of operators. `Error::NotFound`
    /// where there is no such one, or it was accepted.
    pub fn withdraw_invitation(
        &self,
        organization: Option<OrganizationId>,
        id: InvitationId,
        by: &str,
        now: Timestamp,
    ) -> Result<()> {
        self.write(|db| {
            let gone = db
                .prepare_cached(sql!("registry/withdraw_invitation"))?
                .execute(params![id.0, organization.map(|id| id.0)])?;
            if gone == 0 {
                return Err(Error::NotFound("this invitation".to_owned()));
            }
            let subject = format!("{}", id.0);
            audit::write_about(db, now, by, "withdraw invitation", &subject, organization)
        })
    }

    /// Somebody with an account accepts an invitation, once, and all or nothing. Where the invitation is to
    /// sign up, the `organization` they name is made, and they are its owner. `Error::Taken`,
    /// `Error::NotFound` where it can't be accepted any more.
    pub fn accept_invitation(
        &self,
        secret: &[u8],
        account: AccountId,
        organization: Option<&str>,
        now: Timestamp,
    ) -> Result<Invitation> {
        self.write(|db| {
            let invitation = take(db, secret, now)?;
            let_in(db, &invitation, account, now)?;
            let by = accounts::get(db, account)?.email;
            own(db, &invitation, organization, account, &by, now)?;
            Ok(invitation)
        })
    }

    /// Somebody without an account accepts one, once: an account is made, and all or nothing. Where the
    /// invitation is to sign up, so is the `organization` they name, and they are its owner. `Error::Taken`,
    /// `Error::NotFound`.
    pub fn accept_invitation_as_new(
        &self,
        secret: &[u8],
        new: &NewAccount<'_>,
        organization: Option<&str>,
        now: Timestamp,
    ) -> Result<(AccountId, Invitation)> {
        self.write(|db| {
            let invitation = take(db, secret, now)?;
            let account = accounts::add(db, new, false, new.email, now)?;
            let_in(db, &invitation, account, now)?;
            own(db, &invitation, organization, account, new.email, now)?;
            Ok((account, invitation))
        })
    }
}
