//! The audit log: who did what to whom, and when. Never a secret.

use jiff::Timestamp;
use rusqlite::{Connection, Row, params};

use super::OrganizationId;
use crate::sqlite::{millis, sql, timestamp};
use crate::{Result, Store};

/// Who acts by a command on the server's machine. No account's address: those have an `@`.
pub const COMMAND_LINE: &str = "command line";

/// One act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its place in the log, to ask for what was before it.
    pub id: i64,
    /// When.
    pub at: Timestamp,
    /// Who: an account's address, or the command line.
    pub actor: String,
    /// What they did.
    pub action: String,
    /// To whom or what.
    pub subject: String,
}

/// Writes one entry, in the transaction of what it tells of.
pub(crate) fn write(
    db: &Connection,
    at: Timestamp,
    actor: &str,
    action: &str,
    subject: &str,
) -> Result<()> {
    write_about(db, at, actor, action, subject, None)
}

/// The same about an organization, whose owners may read it.
pub(crate) fn write_about(
    db: &Connection,
    at: Timestamp,
    actor: &str,
    action: &str,
    subject: &str,
    organization: Option<OrganizationId>,
) -> Result<()> {
    let organization = organization.map(|id| id.0);
    db.prepare_cached(sql!("registry/add_audit"))?
        .execute(params![millis(at), actor, action, subject, organization])?;
    Ok(())
}

fn entry(row: &Row<'_>) -> rusqlite::Result<Entry> {
    Ok(Entry {
        id: row.get(0)?,
        at: timestamp(row.get(1)?),
        actor: row.get(2)?,
        action: row.get(3)?,
        subject: row.get(4)?,
    })
}

/// What people did.
impl Store {
    /// The newest entries before one, or of all; `organization` leaves only those about it.
    pub fn audit_entries(
        &self,
        organization: Option<OrganizationId>,
        before: Option<i64>,
        at_most: u32,
    ) -> Result<Vec<Entry>> {
        let before = before.unwrap_or(i64::MAX);
        self.readers.read(|db| {
            Ok(match organization {
                None => db
                    .prepare_cached(sql!("registry/audit"))?
                    .query_map(params![before, at_most], entry)?
                    .collect::<rusqlite::Result<_>>()?,
                Some(id) => db
                    .prepare_cached(sql!("registry/audit_of"))?
                    .query_map(params![before, at_most, id.0], entry)?
                    .collect::<rusqlite::Result<_>>()?,
            })
        })
    }
}
