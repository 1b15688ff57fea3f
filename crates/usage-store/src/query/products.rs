//! Which products report, and how much.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::activity::active_servers;
use super::ground::Ground;
use super::{ListedProduct, ProductId, ProductSummary};
use crate::sqlite::{millis, sql, timestamp};
use crate::{Day, Result};

/// Every product, or one: adopted ones first, then by active servers.
pub(crate) fn products(
    ground: &Ground<'_>,
    only: Option<ProductId>,
    now: Timestamp,
) -> Result<Vec<ProductSummary>> {
    let mut query = ground.db.prepare_cached(sql!("query/products"))?;
    let mut rows = query.query(params![Day::of(now).0, only.map(|id| id.0)])?;
    let mut products = Vec::new();
    while let Some(row) = rows.next()? {
        let id = ProductId(row.get(0)?);
        products.push(ProductSummary {
            id,
            name: row.get(1)?,
            adopted: row.get(2)?,
            active_servers: active_servers(ground, id, now)?,
            reports_today: row.get::<_, Option<i64>>(3)?.unwrap_or(0) as u64,
            last_report: row.get::<_, Option<i64>>(4)?.map(timestamp),
        });
    }
    products.sort_by(|a, b| {
        let key = |p: &ProductSummary| (!p.adopted, u64::MAX - p.active_servers);
        key(a).cmp(&key(b)).then_with(|| a.name.cmp(&b.name))
    });
    Ok(products)
}

/// Every product that is listed, or one: adopted ones first, then by name.
pub(crate) fn listed(db: &Connection, only: Option<ProductId>) -> Result<Vec<ListedProduct>> {
    let mut query = db.prepare_cached(sql!("query/listed_products"))?;
    let products = query.query_map([only.map(|id| id.0)], |row| {
        Ok(ListedProduct {
            id: ProductId(row.get(0)?),
            name: row.get(1)?,
            adopted: row.get(2)?,
        })
    })?;
    Ok(products.collect::<rusqlite::Result<_>>()?)
}

/// A product's name.
pub(crate) fn name(db: &Connection, id: ProductId) -> Result<Option<String>> {
    Ok(db
        .prepare_cached(sql!("query/product_name"))?
        .query_row([id.0], |row| row.get(0))
        .optional()?)
}

/// The product of a name.
pub(crate) fn named(db: &Connection, name: &str) -> Result<Option<ProductId>> {
    let id: Option<i64> = db
        .prepare_cached(sql!("model/product_by_name"))?
        .query_row([name], |row| row.get(0))
        .optional()?;
    Ok(id.map(ProductId))
}

/// The names of all products, adopted ones first, then by name.
pub(crate) fn names(db: &Connection) -> Result<Vec<String>> {
    let mut query = db.prepare_cached(sql!("query/product_names"))?;
    let names = query.query_map([], |row| row.get(0))?;
    Ok(names.collect::<rusqlite::Result<_>>()?)
}

/// An operator adopts a product; its name, or `None` where it was adopted before.
pub(crate) fn adopt(db: &Connection, id: ProductId, now: Timestamp) -> Result<Option<String>> {
    let adopted: Option<String> = db
        .prepare_cached(sql!("registry/adopt_product"))?
        .query_row(params![id.0, millis(now)], |row| row.get(0))
        .optional()?;
    Ok(adopted)
}

/// Lists a product that is adopted before its first report.
pub(crate) fn add(db: &Connection, name: &str, now: Timestamp) -> Result<ProductId> {
    db.prepare_cached(sql!("registry/add_product"))?
        .execute(params![name, millis(now)])?;
    Ok(ProductId(db.last_insert_rowid()))
}

/// The same by name; a product that isn't there is passed over.
pub(crate) fn adopt_by_name(db: &Connection, name: &str, now: Timestamp) -> Result<()> {
    match named(db, name)? {
        Some(id) => adopt(db, id, now).map(|_| ()),
        None => Ok(()),
    }
}
