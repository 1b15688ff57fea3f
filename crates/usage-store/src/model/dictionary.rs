//! Names and ids become small integers, given once and never reused: products, servers,
//! dimensions and their values. Remembers what it looked up; the database decides.

use std::collections::HashMap;
use std::fmt::Write as _;

use rusqlite::{Connection, OptionalExtension, ToSql, params};

use super::limits::{IDS_KEPT, VALUE_BYTES};
use crate::Result;
use crate::query::{ProductId, ServerId};
use crate::registry::OrganizationId;
use crate::sqlite::sql;

/// The value that stands for all that are too long.
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

    /// The product of this name. The journal has listed it before the first of its reports.
    pub(crate) fn product(&mut self, db: &Connection, name: &str) -> Result<Option<ProductId>> {
        self.key.clear();
        let _ = write!(self.key, "p{name}");
        let id = self.remembered(|| find(db, sql!("model/product_by_name"), params![name]))?;
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
        let id = self.found_or_added(
            db,
            sql!("model/server_by_ids"),
            sql!("model/add_server"),
            params![product, cluster_id, server_id, organization],
        )?;
        // Ids are dense; 2^32 servers would fill the disk long before this truncates.
        Ok(ServerId(id as u32))
    }

    /// The dimension of this name.
    pub(crate) fn dimension(
        &mut self,
        db: &Connection,
        product: ProductId,
        name: &str,
    ) -> Result<i64> {
        self.key.clear();
        let _ = write!(self.key, "d{} {name}", product.0);
        let (by, look_up, new) = (
            params![product.0, name],
            sql!("model/dimension_by_name"),
            sql!("model/add_dimension"),
        );
        self.found_or_added(db, look_up, new, by)
    }

    /// A dimension's value; [`OTHER`] where it is too long.
    pub(crate) fn value(&mut self, db: &Connection, dimension: i64, value: &str) -> Result<i64> {
        if value.len() > VALUE_BYTES {
            return Ok(OTHER);
        }
        self.key.clear();
        let _ = write!(self.key, "v{dimension} {value}");
        let (by, look_up, new) = (
            params![dimension, value],
            sql!("model/value_by_text"),
            sql!("model/add_value"),
        );
        self.found_or_added(db, look_up, new, by)
    }

    /// The id under `self.key`; given now, if it is new.
    fn found_or_added(
        &mut self,
        db: &Connection,
        look_up: &str,
        new: &str,
        by: &[&dyn ToSql],
    ) -> Result<i64> {
        let id = self.remembered(|| match find(db, look_up, by)? {
            Some(id) => Ok(Some(id)),
            None => add(db, new, by).map(Some),
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
