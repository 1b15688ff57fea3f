//! Which products have a public page, and what is on it, as operators choose.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{PublicChart, PublicPage, limits};
use crate::registry::audit;
use crate::sqlite::sql;
use crate::{Result, Store};

/// Public pages.
impl Store {
    /// A product's public page; `None` where nobody ever set one up.
    pub fn public_page(&self, product: &str) -> Result<Option<PublicPage>> {
        self.readers.read(|db| of(db, product))
    }

    /// All that are shown, by product.
    pub fn public_pages(&self) -> Result<Vec<(String, PublicPage)>> {
        self.readers.read(|db| {
            let mut query = db.prepare_cached(sql!("public/pages"))?;
            let pages = query.query_map([], |row| Ok((row.get(0)?, read(row, 1)?)))?;
            Ok(pages.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Changes a product's public page. The threshold is kept within its limits.
    pub fn set_public_page(
        &self,
        product: &str,
        page: &PublicPage,
        by: &str,
        now: Timestamp,
    ) -> Result<()> {
        let mut page = page.clone();
        page.charts.sort_unstable();
        page.charts.dedup();
        page.threshold = page
            .threshold
            .clamp(limits::PUBLIC_THRESHOLD_MIN, limits::PUBLIC_THRESHOLD_MAX);
        self.write(|db| {
            if of(db, product)?.as_ref() == Some(&page) {
                return Ok(());
            }
            let names: Vec<&str> = page.charts.iter().map(|chart| chart.name()).collect();
            let charts = names.join(",");
            db.prepare_cached(sql!("public/save_page"))?
                .execute(params![product, page.shown, page.threshold, charts])?;
            let action = match page.shown {
                true => "show public page",
                false => "hide public page",
            };
            let subject = format!(
                "{product}: {}, threshold {}",
                names.join(", "),
                page.threshold
            );
            audit::write(db, now, by, action, &subject)
        })
    }
}

fn of(db: &Connection, product: &str) -> Result<Option<PublicPage>> {
    let mut query = db.prepare_cached(sql!("public/page"))?;
    Ok(query.query_row([product], |row| read(row, 0)).optional()?)
}

/// A page, from this column on.
fn read(row: &Row<'_>, from: usize) -> rusqlite::Result<PublicPage> {
    let charts: String = row.get(from + 2)?;
    Ok(PublicPage {
        shown: row.get(from)?,
        threshold: row.get(from + 1)?,
        charts: charts.split(',').filter_map(PublicChart::named).collect(),
    })
}
