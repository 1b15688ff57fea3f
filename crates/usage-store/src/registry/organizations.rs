//! Organizations: their names are unique without regard to case.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::{OrganizationId, audit};
use crate::Result;
use crate::sqlite::{millis, sql};

/// The organization of this name, if there is one.
pub(crate) fn find(db: &Connection, name: &str) -> Result<Option<OrganizationId>> {
    let id: Option<i64> = db
        .prepare_cached(sql!("registry/organization_by_key"))?
        .query_row([name.to_lowercase()], |row| row.get(0))
        .optional()?;
    Ok(id.map(OrganizationId))
}

/// The organization of this name, made if new.
pub(crate) fn find_or_add(db: &Connection, name: &str, now: Timestamp) -> Result<OrganizationId> {
    if let Some(known) = find(db, name)? {
        return Ok(known);
    }
    db.prepare_cached(sql!("registry/add_organization"))?
        .execute(params![name, name.to_lowercase(), millis(now)])?;
    let id = OrganizationId(db.last_insert_rowid());
    audit::write(db, now, "command line", "add organization", name)?;
    Ok(id)
}

/// An organization's name.
pub(crate) fn name(db: &Connection, id: OrganizationId) -> Result<Option<String>> {
    Ok(db
        .prepare_cached(sql!("registry/organization_name"))?
        .query_row([id.0], |row| row.get(0))
        .optional()?)
}
