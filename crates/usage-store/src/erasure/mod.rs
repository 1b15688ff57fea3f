//! Erasure: what was reported about a server or a cluster is taken out of everything: the
//! journal, the read model, the quarantine, and the pages of the file they stood on.
//!
//! Asking and doing are apart: a request is a row, done in small steps by whoever does the
//! background work, and gone on with after a crash. Each step may be done twice.

mod steps;

pub(crate) use steps::{count_servers, erase_in_span, finish, make_anew, next, uncount_in_span};

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use crate::Result;
use crate::journal::next_seq;
use crate::registry::{OrganizationId, audit};
use crate::sqlite::{millis, sql, timestamp};

/// How long the status of an erasure can be asked for after it is done: longer than any client
/// keeps asking, and bounded.
const STATUS_KEPT_MILLIS: i64 = 90 * 86_400_000;

/// Whose reports are to be erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErasureRequest {
    /// The product.
    pub product: String,
    /// The cluster.
    pub cluster_id: String,
    /// Only this server of the cluster.
    pub server_id: Option<String>,
    /// Under whose name they were reported.
    pub whose: Whose,
    /// Who asked, for the audit log: `token usage_Xk3`, `install key`, `operator`.
    pub actor: String,
}

/// Which of the reports about the ids are meant: ids prove nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// Everybody's: an operator decides.
    Everybodys,
    /// Those of one organization.
    Organizations(OrganizationId),
    /// Anonymous ones only: an operator decides.
    Anonymous,
    /// Anonymous ones that came with this install's key.
    Installs([u8; 16]),
}

/// How an erasure is getting on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErasureStatus {
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// When it was done; `None` while it is not.
    pub done_at: Option<Timestamp>,
    /// Reports erased so far.
    pub reports: u64,
}

impl Whose {
    /// As the table has it: an organization (0 is none), an install's key.
    fn columns(self) -> (Option<i64>, Option<[u8; 16]>) {
        match self {
            Whose::Everybodys => (None, None),
            Whose::Organizations(id) => (Some(id.0), None),
            Whose::Anonymous => (Some(0), None),
            Whose::Installs(key) => (Some(0), Some(key)),
        }
    }
}

/// Asks for an erasure of all that was accepted so far; where its status is found. The same again
/// while it is pending makes no second one: the first grows to what was accepted since.
pub(crate) fn request(
    db: &Connection,
    request: &ErasureRequest,
    code: &str,
    now: Timestamp,
) -> Result<String> {
    db.prepare_cached(sql!("erasure/forget_done"))?
        .execute([millis(now) - STATUS_KEPT_MILLIS])?;
    let (organization, install_key) = request.whose.columns();
    let same: Option<(i64, String)> = db
        .prepare_cached(sql!("erasure/same_pending"))?
        .query_row(
            params![
                request.product,
                request.cluster_id,
                request.server_id,
                organization,
                install_key,
            ],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()?;
    if let Some((id, code)) = same {
        db.prepare_cached(sql!("erasure/grow"))?
            .execute(params![id, next_seq(db)? as i64])?;
        return Ok(code);
    }
    db.prepare_cached(sql!("erasure/request"))?
        .execute(params![
            code,
            millis(now),
            next_seq(db)? as i64,
            request.product,
            request.cluster_id,
            request.server_id,
            organization,
            install_key,
        ])?;
    audit::write(db, now, &request.actor, "request erasure", code)?;
    Ok(code.to_owned())
}

/// How the erasure with this code is getting on.
pub(crate) fn status(db: &Connection, code: &str) -> Result<Option<ErasureStatus>> {
    Ok(db
        .prepare_cached(sql!("erasure/status"))?
        .query_row([code], |row| {
            Ok(ErasureStatus {
                requested_at: timestamp(row.get(0)?),
                done_at: row.get::<_, Option<i64>>(1)?.map(timestamp),
                reports: row.get::<_, i64>(2)? as u64,
            })
        })
        .optional()?)
}
