//! Erasure: what was reported about a server or a cluster is taken out of everything: the
//! journal, the read model, the quarantine, and the pages of the file they stood on.
//!
//! Asking and doing are apart: a request is a row, done in small steps by whoever does the
//! background work, and gone on with after a crash. Each step may be done twice.

mod steps;
mod toll;
mod verbs;
mod whole;

pub use toll::Toll;

pub(crate) use steps::{
    clear_quarantine_of_all, count_servers, erase_in_span, finish, make_anew, next, refused_of_all,
    uncount_in_span,
};
pub(crate) use toll::{of_organization, toll};

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::journal::next_seq;
use crate::registry::{OrganizationId, audit};
use crate::sqlite::{millis, sql, timestamp};
use crate::{Error, Result};

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

/// An erasure as its organization is shown it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnErasure {
    /// Its id.
    pub id: i64,
    /// How it is getting on.
    pub status: ErasureStatus,
    /// What it is about, while it is not done: afterwards nothing of that is kept.
    pub about: Option<About>,
}

/// What an erasure is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// Everything of the organization.
    Everything,
    /// A cluster of a product, or only one server of it.
    Cluster {
        /// The product.
        product: String,
        /// The cluster.
        cluster_id: String,
        /// The server.
        server_id: Option<String>,
    },
}

fn own_erasure(row: &Row<'_>) -> rusqlite::Result<OwnErasure> {
    let done_at: Option<i64> = row.get(2)?;
    let (product, cluster_id): (String, String) = (row.get(4)?, row.get(5)?);
    let about = match (done_at, product.is_empty()) {
        (Some(_), _) => None,
        (None, true) => Some(About::Everything),
        (None, false) => Some(About::Cluster {
            product,
            cluster_id,
            server_id: row.get(6)?,
        }),
    };
    Ok(OwnErasure {
        id: row.get(0)?,
        status: ErasureStatus {
            requested_at: timestamp(row.get(1)?),
            done_at: done_at.map(timestamp),
            reports: row.get::<_, i64>(3)? as u64,
        },
        about,
    })
}

/// One of an organization's erasures.
pub(crate) fn own(
    db: &Connection,
    organization: OrganizationId,
    id: i64,
) -> Result<Option<OwnErasure>> {
    Ok(db
        .prepare_cached(sql!("erasure/one_of_organization"))?
        .query_row([organization.0, id], own_erasure)
        .optional()?)
}

/// The id of the erasure with this code.
pub(crate) fn id(db: &Connection, code: &str) -> Result<i64> {
    Ok(db
        .prepare_cached(sql!("erasure/id_of_code"))?
        .query_row([code], |row| row.get(0))?)
}

/// Asks for the erasure of everything that an organization reported. In the table no product and no cluster
/// stand for all: on the wire neither can be blank.
pub(crate) fn request_all(
    db: &Connection,
    organization: OrganizationId,
    actor: &str,
    code: &str,
    now: Timestamp,
) -> Result<String> {
    let request = ErasureRequest {
        product: String::new(),
        cluster_id: String::new(),
        server_id: None,
        whose: Whose::Organizations(organization),
        actor: actor.to_owned(),
    };
    file(db, &request, code, now)
}

/// Asks for an erasure of all that was accepted so far; where its status is found. The same again
/// while it is pending makes no second one: the first grows to what was accepted since.
pub(crate) fn request(
    db: &Connection,
    request: &ErasureRequest,
    code: &str,
    now: Timestamp,
) -> Result<String> {
    if request.product.is_empty() || request.cluster_id.is_empty() {
        return Err(Error::NotFound("a cluster without a name".to_owned()));
    }
    file(db, request, code, now)
}

fn file(db: &Connection, request: &ErasureRequest, code: &str, now: Timestamp) -> Result<String> {
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
    let (action, whose) = match (request.product.is_empty(), request.whose) {
        (true, Whose::Organizations(id)) => ("request erasure of everything", Some(id)),
        (false, Whose::Organizations(id)) => ("request erasure", Some(id)),
        _ => ("request erasure", None),
    };
    audit::write_about(db, now, &request.actor, action, code, whose)?;
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
