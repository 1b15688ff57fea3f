//! Which products are listed: counted in the read model. Decided once, in the commit that takes
//! a product's first report, and written beside each report: so a rebuild comes to the same.

use std::collections::HashSet;
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension};

use super::limits::NEW_PRODUCTS;
use super::mark;
use crate::Result;
use crate::sqlite::sql;

/// The listed products that were met since the start.
#[derive(Default)]
pub(crate) struct Listing(HashSet<Arc<str>>);

impl Listing {
    /// Whether the product is listed; a new one is, unless too many wait for adoption.
    pub(crate) fn lists(&mut self, commit: &Connection, product: &Arc<str>) -> Result<bool> {
        if self.0.contains(product) {
            return Ok(true);
        }
        let known: Option<i64> = commit
            .prepare_cached(sql!("model/product_by_name"))?
            .query_row([&**product], |row| row.get(0))
            .optional()?;
        if known.is_none() {
            let new: i64 = commit
                .prepare_cached(sql!("journal/new_products"))?
                .query_row([], |row| row.get(0))?;
            if new >= NEW_PRODUCTS {
                mark::count(commit, mark::UNLISTED)?;
                return Ok(false);
            }
            commit
                .prepare_cached(sql!("journal/add_product"))?
                .execute([&**product])?;
        }
        self.0.insert(product.clone());
        Ok(true)
    }

    /// A commit failed: what it listed isn't.
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }
}
