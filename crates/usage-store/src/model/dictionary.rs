//! Names and ids become small integers, given once and never reused: products, servers,
//! dimensions and their values. Remembers what it looked up; the database decides.

use std::collections::HashMap;
use std::fmt::Write as _;

use rusqlite::{Connection, OptionalExtension, ToSql, params};

use super::limits::{
    DIMENSIONS_PER_PRODUCT, IDS_KEPT, NEW_PRODUCTS, VALUE_BYTES, VALUES_PER_DIMENSION,
};
use crate::Result;
use crate::query::{ProductId, ServerId};
use crate::registry::OrganizationId;
use crate::sqlite::sql;

/// The value that stands for all that are too long or too many.
pub(crate) const OTHER: i64 = 0;

/// Ids by what they stand for. Keys are built in one buffer, so that a hit allocates nothing.
#[derive(Default)]
pub(crate) struct Dictionary {
    known: HashMap<Box<str>, i64>,
    key: String,
}

impl Dictionary {
    pub(crate) fn clear(&mut self) {
        self.known.clear();
    }

    /// The product of this name; `None` where there are too many that nobody has adopted.
    pub(crate) fn product(&mut self, db: &Connection, name: &str) -> Result<Option<ProductId>> {
        self.key.clear();
        let _ = write!(self.key, "p{name}");
        let id = self.remembered(|| {
            if let Some(id) = find(db, sql!("model/product_by_name"), params![name])? {
                return Ok(Some(id));
            }
            let new: i64 = db
                .prepare_cached(sql!("model/new_products"))?
                .query_row([], |row| row.get(0))?;
            if new >= NEW_PRODUCTS {
                return Ok(None);
            }
            add(db, sql!("model/add_product"), params![name]).map(Some)
        })?;
        Ok(id.map(ProductId))
    }

    /// The server of these ids.
    pub(crate) fn server(
        &mut self,
        db: &Connection,
        product: ProductId,
        organization: Option<OrganizationId>,
        cluster_id: &str,
        server_id: &str,
    ) -> Result<ServerId> {
        let organization = organization.map_or(0, |id| id.0);
        let (product, length) = (product.0, cluster_id.len());
        self.key.clear();
        let _ = write!(
            self.key,
            "s{product} {organization} {length} {cluster_id}{server_id}"
        );
        let id = self.remembered(|| {
            let ids = params![product, cluster_id, server_id, organization];
            match find(db, sql!("model/server_by_ids"), ids)? {
                Some(id) => Ok(Some(id)),
                None => add(db, sql!("model/add_server"), ids).map(Some),
            }
        })?;
        // Ids are dense; 2^32 servers would fill the disk long before this truncates.
        Ok(ServerId(id.unwrap_or_default() as u32))
    }

    /// The dimension of this name; `None` where the product has too many.
    pub(crate) fn dimension(
        &mut self,
        db: &Connection,
        product: ProductId,
        name: &str,
    ) -> Result<Option<i64>> {
        self.key.clear();
        let _ = write!(self.key, "d{} {name}", product.0);
        self.remembered(|| {
            if let Some(id) = find(
                db,
                sql!("model/dimension_by_name"),
                params![product.0, name],
            )? {
                return Ok(Some(id));
            }
            let count: i64 = db
                .prepare_cached(sql!("model/count_dimensions"))?
                .query_row([product.0], |row| row.get(0))?;
            if count >= DIMENSIONS_PER_PRODUCT {
                return Ok(None);
            }
            add(db, sql!("model/add_dimension"), params![product.0, name]).map(Some)
        })
    }

    /// A dimension's value; [`OTHER`] where it is too long or they are too many.
    pub(crate) fn value(&mut self, db: &Connection, dimension: i64, value: &str) -> Result<i64> {
        if value.len() > VALUE_BYTES {
            return Ok(OTHER);
        }
        self.key.clear();
        let _ = write!(self.key, "v{dimension} {value}");
        let id = self.remembered(|| {
            if let Some(id) = find(db, sql!("model/value_by_text"), params![dimension, value])? {
                return Ok(Some(id));
            }
            let count: i64 = db
                .prepare_cached(sql!("model/count_values"))?
                .query_row([dimension], |row| row.get(0))?;
            if count >= VALUES_PER_DIMENSION {
                return Ok(None);
            }
            add(db, sql!("model/add_value"), params![dimension, value]).map(Some)
        })?;
        Ok(id.unwrap_or(OTHER))
    }

    /// The id under `self.key`, looked up once.
    fn remembered(&mut self, look_up: impl FnOnce() -> Result<Option<i64>>) -> Result<Option<i64>> {
        if let Some(id) = self.known.get(self.key.as_str()) {
            return Ok(Some(*id));
        }
        let id = look_up()?;
        if let Some(id) = id {
            if self.known.len() >= IDS_KEPT {
                self.known.clear();
            }
            self.known.insert(self.key.as_str().into(), id);
        }
        Ok(id)
    }
}

fn find(db: &Connection, query: &str, by: &[&dyn ToSql]) -> Result<Option<i64>> {
    Ok(db
        .prepare_cached(query)?
        .query_row(by, |row| row.get(0))
        .optional()?)
}

fn add(db: &Connection, query: &str, what: &[&dyn ToSql]) -> Result<i64> {
    db.prepare_cached(query)?.execute(what)?;
    Ok(db.last_insert_rowid())
}
