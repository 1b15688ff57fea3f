//! Texts that nobody says any more must not outlive those who said them: what erasures and retention took out
//! may have been a value's last, or a name's, and so may what a server said before its latest observation of a day.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, params};

use super::cells::Place;
use super::dictionary::{OTHER, tell_forgotten};
use super::{columns, rows};
use crate::query::ProductId;
use crate::sqlite::sql;
use crate::{Day, Result};

/// Stands among doubted values for all names of the product.
const NAMES: Place = Place {
    dimension: 0,
    value: 0,
};

/// These places lost a server: their values may be nobody's, and with any of them so may the names of the product's
/// dimensions and numbers. Decided by [`forget_unused`].
pub(super) fn doubt(db: &Connection, product: ProductId, places: &[Place]) -> Result<()> {
    let mut note = db.prepare_cached(sql!("erasure/doubt_value"))?;
    let values = places.iter().filter(|place| place.is_of_dimension());
    let values = values.filter(|place| place.value != OTHER).copied();
    let names = (!places.is_empty()).then_some(NAMES);
    for place in values.chain(names) {
        note.execute(params![product.0, place.dimension, place.value])?;
    }
    Ok(())
}

/// The model is emptied, or was made anew: the names of any product may be nobody's.
pub(super) fn doubt_all_names(db: &Connection) -> Result<()> {
    db.prepare_cached(sql!("erasure/doubt_all_names"))?
        .execute([])?;
    Ok(())
}

/// Forgets the doubted values that no cell has, nor a row of a day on which they are folded; and of the products
/// with doubted ones the names that no server has on any day.
pub(crate) fn forget_unused(db: &Connection) -> Result<()> {
    let mut doubted: BTreeMap<ProductId, BTreeSet<Place>> = BTreeMap::new();
    let mut query = db.prepare_cached(sql!("erasure/doubted"))?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        let place = Place {
            dimension: row.get(1)?,
            value: row.get(2)?,
        };
        let of_product = doubted.entry(ProductId(row.get(0)?)).or_default();
        of_product.insert(place);
    }
    for (product, mut unused) in doubted {
        let names = unused.remove(&NAMES);
        if !unused.is_empty() {
            keep_those_in_cells(db, product, &mut unused)?;
            keep_folded(db, product, &mut unused)?;
        }
        for place in unused {
            db.prepare_cached(sql!("erasure/forget_value"))?
                .execute(params![place.dimension, place.value])?;
        }
        if names {
            forget_names(db, product)?;
        }
    }
    db.prepare_cached(sql!("erasure/forget_doubts"))?
        .execute([])?;
    tell_forgotten(db)
}

fn keep_those_in_cells(
    db: &Connection,
    product: ProductId,
    unused: &mut BTreeSet<Place>,
) -> Result<()> {
    let mut query = db.prepare_cached(sql!("erasure/values_in_cells"))?;
    let mut rows = query.query([product.0])?;
    while let Some(row) = rows.next()? {
        let used = Place {
            dimension: row.get(0)?,
            value: row.get(1)?,
        };
        unused.remove(&used);
    }
    Ok(())
}

fn keep_folded(db: &Connection, product: ProductId, unused: &mut BTreeSet<Place>) -> Result<()> {
    let mut query = db.prepare_cached(sql!("folding/days_of_fold"))?;
    let days = query.query_map([product.0], |row| Ok(Day(row.get(0)?)))?;
    for day in days {
        if unused.is_empty() {
            return Ok(());
        }
        rows::each(db, (product, day?), |_, _, places| {
            for place in places {
                unused.remove(place);
            }
        })?;
    }
    Ok(())
}

/// Forgets the names that no server has on any day. Most names are found on the newest day: so one look each.
fn forget_names(db: &Connection, product: ProductId) -> Result<()> {
    let mut query = db.prepare_cached(sql!("erasure/days_known"))?;
    let days = query.query_map([product.0], |row| Ok((Day(row.get(0)?), row.get(1)?)))?;
    let days = days.collect::<rusqlite::Result<Vec<(Day, bool)>>>()?;

    let mut unused = ids(db, sql!("model/dimensions"), product)?;
    let mut has = db.prepare_cached(sql!("erasure/has_cell"))?;
    for (day, _) in &days {
        keep(&mut unused, |id| {
            Ok(has.exists(params![product.0, day.0, id])?)
        })?;
    }
    forget(db, sql!("erasure/forget_dimension"), &unused)?;

    let mut unused = ids(db, sql!("model/number_keys"), product)?;
    let mut has = db.prepare_cached(sql!("erasure/has_column"))?;
    // Where numbers wait to be packed, a server's may stand in a column that it said something newer than.
    for (day, _) in days.iter().filter(|(_, some_wait)| !some_wait) {
        keep(&mut unused, |id| {
            Ok(has.exists(params![product.0, day.0, id])?)
        })?;
    }
    for (day, _) in days.iter().filter(|(_, some_wait)| *some_wait) {
        if !unused.is_empty() {
            columns::remove_used(db, (product, *day), &mut unused)?;
        }
    }
    forget(db, sql!("erasure/forget_number_key"), &unused)
}

/// The ids of a product's names.
fn ids(db: &Connection, query: &str, product: ProductId) -> Result<BTreeSet<i64>> {
    let mut query = db.prepare_cached(query)?;
    let ids = query.query_map([product.0], |row| row.get(1))?;
    Ok(ids.collect::<rusqlite::Result<_>>()?)
}

/// Takes those out that are used.
fn keep(unused: &mut BTreeSet<i64>, mut is_used: impl FnMut(i64) -> Result<bool>) -> Result<()> {
    let mut used = Vec::new();
    for id in unused.iter() {
        if is_used(*id)? {
            used.push(*id);
        }
    }
    for id in used {
        unused.remove(&id);
    }
    Ok(())
}

fn forget(db: &Connection, query: &str, unused: &BTreeSet<i64>) -> Result<()> {
    let mut forget = db.prepare_cached(query)?;
    for id in unused {
        forget.execute([id])?;
    }
    Ok(())
}
