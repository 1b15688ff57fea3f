//! The servers of a product, and one of them.

use roaring::RoaringBitmap;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{ProductId, ServerDetail, ServerId, ServerSummary};
use crate::Result;
use crate::model::Latest;
use crate::model::cells::bitmap;
use crate::registry::OrganizationId;
use crate::report::Number;
use crate::sqlite::{sql, timestamp};

/// A product's servers, newest first.
pub(crate) fn list(
    db: &Connection,
    product: ProductId,
    before: Option<ServerId>,
    limit: usize,
) -> Result<Vec<ServerSummary>> {
    let before = before.map_or(i64::MAX, |id| i64::from(id.0));
    let mut query = db.prepare_cached(sql!("query/servers"))?;
    let servers = query.query_map(params![product.0, before, limit as i64], summary)?;
    Ok(servers.collect::<rusqlite::Result<_>>()?)
}

/// Where a server's reports are in the journal, and how to tell them from others.
pub(crate) struct Trace {
    pub(crate) organization: Option<OrganizationId>,
    pub(crate) spans: RoaringBitmap,
}

/// One server, and its trace.
pub(crate) fn one(db: &Connection, id: ServerId) -> Result<Option<(ServerDetail, Trace)>> {
    let found = db
        .prepare_cached(sql!("query/server"))?
        .query_row([id.0], |row| {
            let usage: Option<String> = row.get(10)?;
            let organization: i64 = row.get(11)?;
            Ok((summary(row)?, usage, organization, bitmap(row.get_ref(12)?)))
        })
        .optional()?;
    let Some((summary, usage, organization, spans)) = found else {
        return Ok(None);
    };
    let latest: Latest = usage
        .and_then(|usage| serde_json::from_str(&usage).ok())
        .unwrap_or_default();
    let values = latest
        .values
        .into_iter()
        .map(|(key, value)| (key, number(&value)))
        .collect();
    let detail = ServerDetail {
        summary,
        dimensions: latest.dimensions,
        values,
    };
    let organization = (organization != 0).then_some(OrganizationId(organization));
    Ok(Some((
        detail,
        Trace {
            organization,
            spans: spans?,
        },
    )))
}

/// The first ten columns of a query are a server in a list.
pub(super) fn summary(row: &Row<'_>) -> rusqlite::Result<ServerSummary> {
    let server_id: String = row.get(5)?;
    Ok(ServerSummary {
        id: ServerId(row.get(0)?),
        product: ProductId(row.get(1)?),
        product_name: row.get(2)?,
        organization: row.get(3)?,
        cluster_id: row.get(4)?,
        server_id: (!server_id.is_empty()).then_some(server_id),
        host: row.get(6)?,
        version: row.get(7)?,
        first_seen: row.get::<_, Option<i64>>(8)?.map(timestamp),
        last_seen: timestamp(row.get(9)?),
    })
}

fn number(value: &serde_json::Number) -> Number {
    match (value.as_i64(), value.as_u64()) {
        (Some(n), _) => Number::Int(n),
        (None, Some(n)) => Number::UInt(n),
        (None, None) => Number::Float(value.as_f64().unwrap_or(f64::NAN)),
    }
}
