//! How the values of a dimension are spread over some servers.

use roaring::RoaringBitmap;
use rusqlite::{Connection, params};

use super::{ProductId, Share};
use crate::model::cells::bitmap;
use crate::sqlite::sql;
use crate::{Day, Result};

/// The dimensions seen of a product, sorted.
pub(crate) fn dimensions(db: &Connection, product: ProductId) -> Result<Vec<String>> {
    let mut query = db.prepare_cached(sql!("query/dimensions"))?;
    let names = query.query_map([product.0], |row| row.get(0))?;
    Ok(names.collect::<rusqlite::Result<_>>()?)
}

/// Each value of a dimension and how many of some servers had it by their latest usage report of the day, largest
/// first.
pub(crate) fn among(
    db: &Connection,
    product: ProductId,
    dimension: &str,
    day: Day,
    some: &RoaringBitmap,
) -> Result<Vec<Share>> {
    let mut query = db.prepare_cached(sql!("query/shares"))?;
    let mut rows = query.query(params![product.0, dimension, day.0])?;
    let mut shares = Vec::new();
    while let Some(row) = rows.next()? {
        let value: Option<String> = row.get(0)?;
        let servers = bitmap(row.get_ref(1)?)?.intersection_len(some);
        if servers > 0 {
            shares.push(Share {
                value: value.unwrap_or_else(|| "(other)".to_owned()),
                servers,
            });
        }
    }
    shares.sort_by(|a, b| {
        b.servers
            .cmp(&a.servers)
            .then_with(|| a.value.cmp(&b.value))
    });
    Ok(shares)
}
