//! The lists of what is kept of products' reports, as operators change them. A change holds from the next
//! commit of reports on, in every process. What was stored before stays.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row};

use super::audit;
use crate::allow::limits::ALLOWED_PER_PRODUCT_MAX;
use crate::allow::{Mode, Thing};
use crate::sqlite::{sql, timestamp};
use crate::{Error, Result, Store};

/// A product's list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Allowlist {
    /// What becomes of what is not on it.
    pub mode: Mode,
    /// What is on it, by kind and name.
    pub allowed: Vec<(Thing, String)>,
    /// What was removed, and since when; some names, where it was many.
    pub removed: Vec<(Thing, String, Timestamp)>,
}

/// A product that has one, or had one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowlistSummary {
    /// Whose.
    pub product: String,
    /// What becomes of what is not on it.
    pub mode: Mode,
    /// How many names are on it.
    pub allowed: u64,
    /// How many names are known to have been removed.
    pub removed: u64,
}

/// Allowlists.
impl Store {
    /// A product's list.
    pub fn allowlist(&self, product: &str) -> Result<Allowlist> {
        self.readers.read(|db| of(db, product))
    }

    /// All lists, by product.
    pub fn allowlists(&self) -> Result<Vec<AllowlistSummary>> {
        self.readers.read(|db| {
            Ok(db
                .prepare_cached(sql!("allow/summaries"))?
                .query_map([], |row| {
                    let mode: String = row.get(1)?;
                    Ok(AllowlistSummary {
                        product: row.get(0)?,
                        mode: Mode::named(&mode).unwrap_or_default(),
                        allowed: row.get::<_, i64>(2)? as u64,
                        removed: row.get::<_, i64>(3)? as u64,
                    })
                })?
                .collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Says what becomes of what is not on a product's list.
    pub fn set_allowlist(&self, product: &str, mode: Mode, by: &str, now: Timestamp) -> Result<()> {
        self.write(|db| {
            db.prepare_cached(sql!("allow/set_mode"))?
                .execute([product, mode.name()])?;
            if mode == Mode::Off {
                db.prepare_cached(sql!("allow/forget_removed"))?
                    .execute([product])?;
            }
            bump(db)?;
            let subject = format!("{product}: {}", mode.name());
            audit::write(db, now, by, "set allowlist", &subject)
        })
    }

    /// Puts names on a product's list; how many weren't on it.
    pub fn allow(
        &self,
        product: &str,
        names: &[(Thing, &str)],
        by: &str,
        now: Timestamp,
    ) -> Result<usize> {
        self.write(|db| {
            let changed = change(db, sql!("allow/allow"), "allow", product, names, by, now)?;
            let mut seen = db.prepare_cached(sql!("allow/not_removed"))?;
            for (thing, name) in names {
                seen.execute([product, thing.name(), name])?;
            }
            let all: i64 = db
                .prepare_cached(sql!("allow/count_allowed"))?
                .query_row([product], |row| row.get(0))?;
            match all as usize > ALLOWED_PER_PRODUCT_MAX {
                false => Ok(changed),
                true => Err(Error::TooMany {
                    what: "names on a product's allowlist",
                    most: ALLOWED_PER_PRODUCT_MAX as u32,
                }),
            }
        })
    }

    /// Takes names off a product's list; how many were on it.
    pub fn disallow(
        &self,
        product: &str,
        names: &[(Thing, &str)],
        by: &str,
        now: Timestamp,
    ) -> Result<usize> {
        let query = sql!("allow/disallow");
        self.write(|db| change(db, query, "disallow", product, names, by, now))
    }
}

/// A product's list.
pub(crate) fn of(db: &Connection, product: &str) -> Result<Allowlist> {
    Ok(Allowlist {
        mode: mode(db, product)?,
        allowed: db
            .prepare_cached(sql!("allow/allowed"))?
            .query_map([product], |row| Ok((thing(row, 0)?, row.get(1)?)))?
            .collect::<rusqlite::Result<_>>()?,
        removed: db
            .prepare_cached(sql!("allow/removed"))?
            .query_map([product], |row| {
                Ok((thing(row, 0)?, row.get(1)?, timestamp(row.get(2)?)))
            })?
            .collect::<rusqlite::Result<_>>()?,
    })
}

/// Adds or removes names, and notes those that changed something.
fn change(
    db: &Connection,
    query: &str,
    verb: &str,
    product: &str,
    names: &[(Thing, &str)],
    by: &str,
    now: Timestamp,
) -> Result<usize> {
    let mut changed = 0;
    for (thing, name) in names {
        let kind = thing.name();
        if db.prepare_cached(query)?.execute([product, kind, name])? > 0 {
            changed += 1;
            let subject = format!("{product}: {kind} {name}");
            audit::write(db, now, by, verb, &subject)?;
        }
    }
    bump(db)?;
    Ok(changed)
}

/// After an erasure: whose reports had the names that were removed is kept nowhere, so all of the product go, or of
/// every product where it isn't known which. What is still sent comes again with the next report.
pub(crate) fn forget_removed(db: &Connection, product: Option<&str>) -> Result<()> {
    let removed = match product {
        Some(product) => db
            .prepare_cached(sql!("allow/forget_removed"))?
            .execute([product])?,
        None => db
            .prepare_cached(sql!("allow/forget_all_removed"))?
            .execute([])?,
    };
    match removed {
        0 => Ok(()),
        _ => bump(db),
    }
}

fn bump(db: &Connection) -> Result<()> {
    db.prepare_cached(sql!("allow/bump_version"))?.execute([])?;
    Ok(())
}

fn mode(db: &Connection, product: &str) -> Result<Mode> {
    let mode: Option<String> = db
        .prepare_cached(sql!("allow/mode"))?
        .query_row([product], |row| row.get(0))
        .optional()?;
    Ok(mode.and_then(|mode| Mode::named(&mode)).unwrap_or_default())
}

fn thing(row: &Row<'_>, column: usize) -> rusqlite::Result<Thing> {
    let name: String = row.get(column)?;
    Ok(Thing::named(&name).unwrap_or(Thing::Dimension))
}
