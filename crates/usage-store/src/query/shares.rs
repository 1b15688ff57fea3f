//! How the values of a dimension are spread over the servers.

use roaring::RoaringBitmap;
use rusqlite::{Connection, params};

use super::{ProductId, Share};
use crate::model::cells::{SHADOWED, bitmap, read};
use crate::sqlite::sql;
use crate::{Day, Result};

/// The dimensions seen of a product, sorted.
pub(crate) fn dimensions(db: &Connection, product: ProductId) -> Result<Vec<String>> {
    let mut query = db.prepare_cached(sql!("query/dimensions"))?;
    let names = query.query_map([product.0], |row| row.get(0))?;
    Ok(names.collect::<rusqlite::Result<_>>()?)
}

/// Each value of a dimension and the servers whose latest usage report of the day had it, largest first.
pub(crate) fn distribution(
    db: &Connection,
    product: ProductId,
    dimension: &str,
    day: Day,
) -> Result<Vec<Share>> {
    let shadowed = read(db, (product, day, SHADOWED))?;
    shares(db, product, dimension, day, |servers| {
        (servers - &shadowed).len()
    })
}

/// The same of some servers only.
pub(crate) fn among(
    db: &Connection,
    product: ProductId,
    dimension: &str,
    day: Day,
    some: &RoaringBitmap,
) -> Result<Vec<Share>> {
    shares(db, product, dimension, day, |servers| {
        servers.intersection_len(some)
    })
}

fn shares(
    db: &Connection,
    product: ProductId,
    dimension: &str,
    day: Day,
    count: impl Fn(RoaringBitmap) -> u64,
) -> Result<Vec<Share>> {
    let mut query = db.prepare_cached(sql!("query/shares"))?;
    let mut rows = query.query(params![product.0, dimension, day.0])?;
    let mut shares = Vec::new();
    while let Some(row) = rows.next()? {
        let value: Option<String> = row.get(0)?;
        let servers = count(bitmap(row.get_ref(1)?)?);
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
