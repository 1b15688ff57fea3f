//! What of a product's reports is not told apart, as more names came than there are places: a sender makes up
//! names, or writes into them what belongs into values.

use std::collections::{BTreeSet, HashSet};

use roaring::RoaringBitmap;
use rusqlite::{Connection, OptionalExtension, params};

use super::asked::{Asked, Window};
use super::dictionary::{BEYOND, reported};
use super::ground::Ground;
use super::limits::{LATEST_READ, LATEST_READ_BYTES};
use super::{ProductId, products, shares};
use crate::allow::Thing;
use crate::model::{Latest, cells, columns};
use crate::sqlite::sql;
use crate::{Day, Result};

/// Names of one kind that are not told apart in a product.
#[derive(Debug, Clone, PartialEq)]
pub struct Beyond {
    /// The product's name.
    pub product: String,
    /// Of which kind they are: dimensions, or values.
    pub thing: Thing,
    /// The first day, of those that are kept, on which any was reported.
    pub first_day: Day,
    /// Servers that reported any within the window: in their latest usage report of any day.
    pub servers: u64,
    /// Different ones in these servers' latest reports, as far as they were read.
    pub names: u64,
    /// Whether not all of them were read.
    pub more: bool,
}

/// Those of a product, or of all products; a kind of which all are told apart is left out.
pub(crate) fn beyond(
    ground: &Ground<'_>,
    asked: &Asked,
    product: &str,
    window: Window,
) -> Result<Vec<Beyond>> {
    let mut all = Vec::new();
    if product.is_empty() {
        for name in products::names(ground.db)? {
            if let Some(product) = products::named(ground.db, &name)? {
                let filter = asked.filter.clone();
                all.extend(beyond(ground, &Asked { product, filter }, &name, window)?);
            }
        }
        return Ok(all);
    }
    let keys = columns::keys(ground.db, asked.product)?;
    let reported = reported(ground, asked, &keys, window)?;
    for thing in [Thing::Dimension, Thing::Value] {
        let Some((servers, _)) = reported.0.get(&(thing, BEYOND)) else {
            continue;
        };
        let known: HashSet<String> = match thing {
            Thing::Value => keys.iter().map(|key| key.name.clone()).collect(),
            _ => shares::dimensions(ground.db, asked.product)?
                .into_iter()
                .collect(),
        };
        let (names, more) = count(ground, servers, thing, &known)?;
        all.push(Beyond {
            product: product.to_owned(),
            thing,
            first_day: first_day(ground.db, asked.product, thing)?.unwrap_or(window.from),
            servers: servers.len(),
            names,
            more,
        });
    }
    Ok(all)
}

/// The first day of those that are kept on which any server had one.
fn first_day(db: &Connection, product: ProductId, thing: Thing) -> Result<Option<Day>> {
    let mut query = db.prepare_cached(sql!("erasure/days_known"))?;
    let days = query.query_map([product.0], |row| Ok((Day(row.get(0)?), row.get(1)?)))?;
    let days = days.collect::<rusqlite::Result<Vec<(Day, bool)>>>()?;
    let mut packed = db.prepare_cached(sql!("erasure/has_column"))?;
    for (day, some_wait) in days.into_iter().rev() {
        let has = match thing {
            Thing::Value if some_wait => {
                let mut unused = BTreeSet::from([BEYOND]);
                columns::remove_used(db, (product, day), &mut unused)?;
                unused.is_empty()
            }
            Thing::Value => packed.exists(params![product.0, day.0, columns::BEYOND])?,
            _ => !cells::read(db, (product, day, cells::BEYOND))?.is_empty(),
        };
        if has {
            return Ok(Some(day));
        }
    }
    Ok(None)
}

/// How many different names that are not among the known ones the servers said last; the newest servers' first, as
/// who makes up names often makes up servers, too. Whether not all were read.
fn count(
    ground: &Ground<'_>,
    servers: &RoaringBitmap,
    thing: Thing,
    known: &HashSet<String>,
) -> Result<(u64, bool)> {
    let mut query = ground.db.prepare_cached(sql!("query/usage_of_server"))?;
    let (mut names, mut bytes, mut read) = (HashSet::new(), 0, 0);
    for server in servers.iter().rev().take(LATEST_READ) {
        let usage: Option<Option<String>> =
            query.query_row([server], |row| row.get(0)).optional()?;
        let usage = usage.flatten().unwrap_or_default();
        bytes += usage.len();
        if bytes > LATEST_READ_BYTES {
            break;
        }
        read += 1;
        let Ok(latest) = serde_json::from_str::<Latest>(&usage) else {
            continue;
        };
        let said: Vec<String> = match thing {
            Thing::Value => latest.values.into_iter().map(|(name, _)| name).collect(),
            _ => latest
                .dimensions
                .into_iter()
                .map(|(name, _)| name)
                .collect(),
        };
        names.extend(said.into_iter().filter(|name| !known.contains(name)));
    }
    Ok((names.len() as u64, read < servers.len()))
}
