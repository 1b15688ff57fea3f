//! The lists in force, in memory beside the writer: asked at each commit whether they changed, by one number,
//! so that a change by any process holds from the next commit on.

use std::borrow::Cow;
use std::collections::HashMap;

use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::limits::REMOVED_PER_PRODUCT_MAX;
use super::treat::{Treated, treat};
use super::{List, Mode, Names, Thing};
use crate::Result;
use crate::report::Kind;
use crate::sqlite::{millis, sql};

/// Those of all products.
#[derive(Default)]
pub(crate) struct Lists {
    /// Of the registry, when they were read; before, no version of it.
    version: i64,
    by_product: HashMap<String, Listed>,
    /// Names that were removed for the first time, to be written with what they were removed from.
    found: Vec<Found>,
    /// Things left out or masked since the start.
    removed: u64,
}

struct Listed {
    list: List,
    /// Names known to have been removed.
    off: Names,
}

struct Found {
    product: String,
    thing: Thing,
    name: String,
    at: Timestamp,
}

impl Lists {
    /// Reads them again where they, or what replies tell, changed; of which version they are. In the transaction
    /// of what they are then asked about.
    pub(crate) fn refresh(&mut self, db: &Connection) -> Result<i64> {
        let version: i64 = db
            .prepare_cached(sql!("allow/version"))?
            .query_row([], |row| row.get(0))?;
        if version == self.version {
            return Ok(version);
        }
        self.by_product.clear();
        let mut query = db.prepare_cached(sql!("allow/in_force"))?;
        let mut rows = query.query([])?;
        while let Some(row) = rows.next()? {
            let mode: String = row.get(1)?;
            let list = List {
                masks: Mode::named(&mode) == Some(Mode::Mask),
                ..List::default()
            };
            let off = Names::default();
            self.by_product.insert(row.get(0)?, Listed { list, off });
        }
        for (query, on_the_list) in [
            (sql!("allow/all_allowed"), true),
            (sql!("allow/all_removed"), false),
        ] {
            let mut query = db.prepare_cached(query)?;
            let mut rows = query.query([])?;
            while let Some(row) = rows.next()? {
                let product = row.get_ref(0)?.as_str().unwrap_or_default();
                let thing = Thing::named(row.get_ref(1)?.as_str().unwrap_or_default());
                let (Some(listed), Some(thing)) = (self.by_product.get_mut(product), thing) else {
                    continue;
                };
                match on_the_list {
                    true => listed.list.add(thing, row.get(2)?),
                    false => listed.off.add(thing, row.get(2)?),
                }
            }
        }
        self.version = version;
        Ok(version)
    }

    /// Whether no product has one.
    pub(super) fn are_none(&self) -> bool {
        self.by_product.is_empty()
    }

    pub(super) fn has(&self, product: &str) -> bool {
        self.by_product.contains_key(product)
    }

    /// What may be kept of a report's body.
    pub(crate) fn treat<'b>(
        &mut self,
        kind: Kind,
        product: &str,
        body: &'b [u8],
        at: Timestamp,
    ) -> Cow<'b, [u8]> {
        match self.treat_json(kind, product, body, at) {
            None => Cow::Borrowed(body),
            Some(Some(treated)) => Cow::Owned(treated),
            // It was read as JSON to get here. Should that ever be wrong: nothing is kept.
            Some(None) => Cow::Borrowed(match kind {
                Kind::Usage => b"[]",
                Kind::Servers | Kind::Stats => b"{}",
            }),
        }
    }

    /// `None` where the product has no list; within, `None` where the body is no JSON.
    pub(super) fn treat_json(
        &mut self,
        kind: Kind,
        product: &str,
        body: &[u8],
        at: Timestamp,
    ) -> Option<Option<Vec<u8>>> {
        let Listed { list, off } = self.by_product.get_mut(product)?;
        let found = &mut self.found;
        let treated = treat(list, kind, body, &mut |thing, name| {
            if !off.have(thing, name) && off.len() < REMOVED_PER_PRODUCT_MAX {
                off.add(thing, name.to_owned());
                found.push(Found {
                    product: product.to_owned(),
                    thing,
                    name: name.to_owned(),
                    at,
                });
            }
        });
        Some(treated.map(|Treated { body, removed }| {
            self.removed += removed;
            body
        }))
    }

    /// Writes down which names were removed for the first time, never their values.
    pub(crate) fn write(&mut self, db: &Connection) -> Result<()> {
        if self.found.is_empty() {
            return Ok(());
        }
        let mut add = db.prepare_cached(sql!("allow/add_removed"))?;
        for Found {
            product,
            thing,
            name,
            at,
        } in self.found.drain(..)
        {
            add.execute(params![product, thing.name(), name, millis(at)])?;
        }
        Ok(())
    }

    /// Forgets what was read and found: the transaction failed.
    pub(crate) fn clear(&mut self) {
        *self = Lists {
            removed: self.removed,
            ..Lists::default()
        };
    }

    /// Things left out or masked since the start.
    pub(crate) fn removed(&self) -> u64 {
        self.removed
    }
}
