//! Who belongs to which organization, as what. Every organization with members has an owner.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::limits::{MEMBERS_PER_ORGANIZATION_MAX, ORGANIZATIONS_PER_ACCOUNT_MAX};
use super::organizations::organization;
use super::{AccountId, Organization, OrganizationId, accounts, audit, invitations};
use crate::sqlite::{millis, sql, timestamp};
use crate::{Error, Result, Store};

/// What an account is in an organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Also manages members and deletes things.
    Owner,
    /// Sees everything, and manages tokens.
    Member,
}

impl Role {
    /// As it is kept and shown: `owner` or `member`.
    pub fn word(self) -> &'static str {
        match self {
            Role::Owner => "owner",
            Role::Member => "member",
        }
    }

    /// `None` for any other word.
    pub fn parse(word: &str) -> Option<Role> {
        [Role::Owner, Role::Member]
            .into_iter()
            .find(|role| role.word() == word)
    }
}

/// One of an account's organizations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// Which.
    pub organization: Organization,
    /// What the account is there.
    pub role: Role,
}

/// One of an organization's people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Who.
    pub account: AccountId,
    /// Their address.
    pub email: String,
    /// What they are there.
    pub role: Role,
    /// Since when.
    pub since: Timestamp,
}

/// A role's column. What it may hold is checked by the table.
pub(super) fn role(word: &str) -> Role {
    Role::parse(word).unwrap_or(Role::Member)
}

fn count(db: &Connection, query: &str, id: i64) -> Result<u32> {
    Ok(db
        .prepare_cached(query)?
        .query_row([id], |row| row.get(0))?)
}

/// Adds an account to an organization; nothing changes where it belongs there already. `Error::TooMany`.
pub(super) fn add(
    db: &Connection,
    id: OrganizationId,
    account: AccountId,
    role: Role,
    by: &str,
    now: Timestamp,
) -> Result<()> {
    let added = db
        .prepare_cached(sql!("registry/add_member"))?
        .execute(params![id.0, account.0, role.word(), millis(now)])?;
    if added == 0 {
        return Ok(());
    }
    if count(db, sql!("registry/count_members"), id.0)? > MEMBERS_PER_ORGANIZATION_MAX {
        return Err(Error::TooMany {
            what: "members of an organization",
            most: MEMBERS_PER_ORGANIZATION_MAX,
        });
    }
    if count(db, sql!("registry/count_memberships"), account.0)? > ORGANIZATIONS_PER_ACCOUNT_MAX {
        return Err(Error::TooMany {
            what: "organizations of an account",
            most: ORGANIZATIONS_PER_ACCOUNT_MAX,
        });
    }
    let email = accounts::get(db, account)?.email;
    let action = format!("add {}", role.word());
    audit::write_about(db, now, by, &action, &email, Some(id))
}

/// What an account is in an organization; `Error::NotFound` where it doesn't belong there.
pub(super) fn role_of(db: &Connection, id: OrganizationId, account: AccountId) -> Result<Role> {
    let word: Option<String> = db
        .prepare_cached(sql!("registry/member_role"))?
        .query_row([id.0, account.0], |row| row.get(0))
        .optional()?;
    match word {
        Some(word) => Ok(role(&word)),
        None => Err(Error::NotFound("this member".to_owned())),
    }
}

/// `Error::LastOne` where nobody else owns the organization.
fn another_owns(db: &Connection, id: OrganizationId, account: AccountId) -> Result<()> {
    let another = db
        .prepare_cached(sql!("registry/other_owner"))?
        .query_row([id.0, account.0], |row| row.get(0))?;
    match another {
        true => Ok(()),
        false => Err(Error::LastOne("owner")),
    }
}

/// Members.
impl Store {
    /// The organizations of an account, by name.
    pub fn memberships(&self, account: AccountId) -> Result<Vec<Membership>> {
        self.readers.read(|db| {
            Ok(db
                .prepare_cached(sql!("registry/memberships"))?
                .query_map([account.0], |row| {
                    Ok(Membership {
                        organization: organization(row)?,
                        role: role(&row.get::<_, String>(3)?),
                    })
                })?
                .collect::<rusqlite::Result<_>>()?)
        })
    }

    /// The members of an organization, the longest there first.
    pub fn members(&self, id: OrganizationId) -> Result<Vec<Member>> {
        self.readers.read(|db| {
            Ok(db
                .prepare_cached(sql!("registry/members"))?
                .query_map([id.0], |row| {
                    Ok(Member {
                        account: AccountId(row.get(0)?),
                        email: row.get(1)?,
                        role: role(&row.get::<_, String>(2)?),
                        since: timestamp(row.get(3)?),
                    })
                })?
                .collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Adds an account to an organization; nothing changes where it belongs there already.
    pub fn add_member(
        &self,
        id: OrganizationId,
        account: AccountId,
        role: Role,
        by: &str,
        now: Timestamp,
    ) -> Result<()> {
        self.write(|db| add(db, id, account, role, by, now))
    }

    /// Changes what an account is in an organization; who owns it no longer invites no longer. `Error::LastOne` for the last owner,
    /// `Error::NotFound` for who doesn't belong there.
    pub fn set_role(
        &self,
        id: OrganizationId,
        account: AccountId,
        role: Role,
        by: &str,
        now: Timestamp,
    ) -> Result<()> {
        self.write(|db| {
            if role_of(db, id, account)? == role {
                return Ok(());
            }
            if role == Role::Member {
                another_owns(db, id, account)?;
            }
            db.prepare_cached(sql!("registry/set_role"))?
                .execute(params![id.0, account.0, role.word()])?;
            let email = accounts::get(db, account)?.email;
            if role == Role::Member {
                invitations::end_those_of(db, Some(id), &email)?;
            }
            let action = format!("make {}", role.word());
            audit::write_about(db, now, by, &action, &email, Some(id))
        })
    }

    /// Takes an account out of an organization; it may do so itself. `Error::LastOne` for the last
    /// owner, `Error::NotFound` for who doesn't belong there.
    pub fn remove_member(
        &self,
        id: OrganizationId,
        account: AccountId,
        by: &str,
        now: Timestamp,
    ) -> Result<()> {
        self.write(|db| {
            if role_of(db, id, account)? == Role::Owner {
                another_owns(db, id, account)?;
            }
            db.prepare_cached(sql!("registry/remove_member"))?
                .execute([id.0, account.0])?;
            let email = accounts::get(db, account)?.email;
            invitations::end_those_of(db, Some(id), &email)?;
            audit::write_about(db, now, by, "remove member", &email, Some(id))
        })
    }
}
