//! The audit log: who did what to whom, and when. Never a secret.

use jiff::Timestamp;
use rusqlite::{Connection, params};

use crate::Result;
use crate::sqlite::{millis, sql};

/// Writes one entry, in the transaction of what it tells of.
pub(crate) fn write(
    db: &Connection,
    at: Timestamp,
    actor: &str,
    action: &str,
    subject: &str,
) -> Result<()> {
    db.prepare_cached(sql!("registry/add_audit"))?
        .execute(params![millis(at), actor, action, subject])?;
    Ok(())
}
