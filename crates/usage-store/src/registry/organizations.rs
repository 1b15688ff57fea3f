//! Organizations: their names are unique without regard to case. One that registered itself chose its
//! name without proving anything, so operators' commands never mean it by its name.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{AccountId, COMMAND_LINE, OrganizationId, Role, accounts, audit, members};
use crate::sqlite::{millis, sql};
use crate::{Error, Result, Store};

/// An organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organization {
    /// The id.
    pub id: OrganizationId,
    /// Its name, as it was first written.
    pub name: String,
    /// Whether it chose its name itself, at sign-up.
    pub self_registered: bool,
}

/// The first three columns of a query are an organization.
pub(super) fn organization(row: &Row<'_>) -> rusqlite::Result<Organization> {
    Ok(Organization {
        id: OrganizationId(row.get(0)?),
        name: row.get(1)?,
        self_registered: row.get(2)?,
    })
}

fn find(db: &Connection, name: &str) -> Result<Option<Organization>> {
    Ok(db
        .prepare_cached(sql!("registry/organization_by_key"))?
        .query_row([name.to_lowercase()], organization)
        .optional()?)
}

/// The operators' organization of this name, made if new.
fn find_or_add(db: &Connection, name: &str, now: Timestamp) -> Result<OrganizationId> {
    match find(db, name)? {
        Some(known) if known.self_registered => Err(Error::SelfRegistered(known)),
        Some(known) => Ok(known.id),
        None => add(db, name, false, COMMAND_LINE, now),
    }
}

fn add(
    db: &Connection,
    name: &str,
    self_registered: bool,
    by: &str,
    now: Timestamp,
) -> Result<OrganizationId> {
    db.prepare_cached(sql!("registry/add_organization"))?
        .execute(params![
            name,
            name.to_lowercase(),
            millis(now),
            self_registered
        ])?;
    let id = OrganizationId(db.last_insert_rowid());
    audit::write_about(db, now, by, "add organization", name, Some(id))?;
    Ok(id)
}

/// One that its people make themselves; `Error::Taken("organization name")`.
pub(super) fn add_own(
    db: &Connection,
    name: &str,
    by: &str,
    now: Timestamp,
) -> Result<OrganizationId> {
    match find(db, name)? {
        Some(_) => Err(Error::Taken("organization name")),
        None => add(db, name, true, by, now),
    }
}

/// Ends an organization. Its row stays, as its id must not come back; its name is free.
pub(crate) fn end(db: &Connection, id: OrganizationId, by: &str, now: Timestamp) -> Result<()> {
    let name: String = db
        .prepare_cached(sql!("registry/organization_name"))?
        .query_row([id.0], |row| row.get(0))?;
    db.prepare_cached(sql!("registry/revoke_tokens"))?
        .execute(params![id.0, millis(now)])?;
    db.prepare_cached(sql!("registry/bump_version"))?
        .execute([])?;
    for gone in [
        sql!("registry/remove_members"),
        sql!("registry/remove_invitations"),
    ] {
        db.prepare_cached(gone)?.execute([id.0])?;
    }
    // Nobody can sign up under a key with a control character.
    let (called, key) = (format!("(ended {})", id.0), format!("\u{1}{}", id.0));
    db.prepare_cached(sql!("registry/rename_organization"))?
        .execute(params![id.0, called, key])?;
    audit::write_about(db, now, by, "end organization", &name, Some(id))
}

/// Organizations.
impl Store {
    /// The organization of this name, made if new, as an operator names it: `Error::SelfRegistered`
    /// where one chose this name itself, which is then to be named by its id.
    pub fn organization(&self, name: &str, now: Timestamp) -> Result<OrganizationId> {
        self.write(|db| find_or_add(db, name, now))
    }

    /// The organization of this name without regard to case, whoever chose it.
    pub fn find_organization(&self, name: &str) -> Result<Option<Organization>> {
        self.readers.read(|db| find(db, name))
    }

    /// An organization by its id.
    pub fn organization_by_id(&self, id: OrganizationId) -> Result<Option<Organization>> {
        self.readers.read(|db| {
            Ok(db
                .prepare_cached(sql!("registry/organization_by_id"))?
                .query_row([id.0], organization)
                .optional()?)
        })
    }

    /// An organization's name.
    pub fn organization_name(&self, id: OrganizationId) -> Result<Option<String>> {
        self.readers.read(|db| {
            Ok(db
                .prepare_cached(sql!("registry/organization_name"))?
                .query_row([id.0], |row| row.get(0))
                .optional()?)
        })
    }

    /// Somebody makes one more organization, and is its owner. `Error::Taken("organization name")`,
    /// `Error::TooMany` where they belong to very many.
    pub fn add_organization(
        &self,
        name: &str,
        owner: AccountId,
        now: Timestamp,
    ) -> Result<OrganizationId> {
        self.write(|db| {
            let by = accounts::get(db, owner)?.email;
            let id = add_own(db, name, &by, now)?;
            members::add(db, id, owner, Role::Owner, &by, now)?;
            Ok(id)
        })
    }
}
