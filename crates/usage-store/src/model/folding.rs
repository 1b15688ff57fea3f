//! Dimensions with very many values: once a day is over, only the most frequent ones keep a cell of their
//! own, and the others stand together as [`OTHER`]. So a dimension that is different on each server, or junk,
//! can't make a day's cells grow without bound, nor crowd out a release.
//!
//! The rows of the day still tell all values apart. What changes on a folded day later goes to the cells
//! there are, so that they remain a partition of its servers; which values are the most frequent is then
//! decided anew, from the rows.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use roaring::RoaringBitmap;
use rusqlite::{Connection, OptionalExtension, params};

use super::begin;
use super::cells::{self, Place, bitmap, change_day, write};
use super::dictionary::OTHER;
use super::rows;
use crate::query::ProductId;
use crate::sqlite::sql;
use crate::{Day, Result, Store};

/// Who has which value of a dimension.
type Values = BTreeMap<i64, RoaringBitmap>;

impl Store {
    /// Decides of a day before `before` what of it is folded: of each dimension with more than `top` values
    /// those that fewest servers have stand together as "other". Whether there may be more days to decide;
    /// those that changed since are decided anew. And packs its sets.
    pub fn fold_day(&self, before: Day, top: usize) -> Result<bool> {
        if self.is_being_rebuilt()? {
            return Ok(false);
        }
        let Some((product, day)) = self.readers.read(|db| next(db, before))? else {
            return Ok(false);
        };
        let mut model = self.model();
        let step = begin(&mut model.db)?;
        decide(&step, product, day, top)?;
        step.commit()?;
        Ok(true)
    }
}

/// A day before this one of which it is to be decided what is folded.
fn next(db: &Connection, before: Day) -> Result<Option<(ProductId, Day)>> {
    Ok(db
        .prepare_cached(sql!("folding/undecided"))?
        .query_row([before.0], |row| {
            Ok((ProductId(row.get(0)?), Day(row.get(1)?)))
        })
        .optional()?)
}

/// The dimensions of a day that are folded.
pub(super) fn folds(db: &Connection, product: ProductId, day: Day) -> Result<BTreeSet<i64>> {
    let mut query = db.prepare_cached(sql!("folding/folds"))?;
    let dimensions = query.query_map(params![product.0, day.0], |row| row.get(0))?;
    Ok(dimensions.collect::<rusqlite::Result<_>>()?)
}

/// Decides what of a day is folded: of each dimension with more than `top` values all but so many. In the
/// caller's transaction.
fn decide(db: &Connection, product: ProductId, day: Day, top: usize) -> Result<()> {
    let folded = folds(db, product, day)?;
    let mut query = db.prepare_cached(sql!("folding/many_valued"))?;
    let many = query.query_map(params![product.0, day.0, top as i64], |row| row.get(0))?;
    let many = many.collect::<rusqlite::Result<BTreeSet<i64>>>()?;
    let mut changed = false;
    for (dimension, values) in told_apart(db, product, day, &folded)? {
        changed |= fold(db, (product, day), dimension, values, top)?;
    }
    for dimension in many.difference(&folded) {
        let values = cells_of(db, product, day, *dimension)?;
        changed |= fold(db, (product, day), *dimension, values, top)?;
    }
    if changed {
        change_day(db, product, day)?;
    }
    cells::pack(db, product, day)?;
    db.prepare_cached(sql!("folding/decided"))?
        .execute(params![product.0, day.0])?;
    Ok(())
}

/// Writes a dimension's cells anew, given who has which value; whether any differs from before.
fn fold(
    db: &Connection,
    (product, day): (ProductId, Day),
    dimension: i64,
    mut values: Values,
    top: usize,
) -> Result<bool> {
    let mut others = values.remove(&OTHER).unwrap_or_default();
    let is_fold = values.len() > top;
    if is_fold {
        for value in rarest(db, &values, top)? {
            others |= values.remove(&value).unwrap_or_default();
        }
    }
    let query = match is_fold {
        true => sql!("folding/add_fold"),
        false => sql!("folding/remove_fold"),
    };
    db.prepare_cached(query)?
        .execute(params![product.0, day.0, dimension])?;
    if !others.is_empty() {
        values.insert(OTHER, others);
    }
    let (mut changed, mut bytes) = (false, Vec::new());
    let mut set = |value: i64, mut servers: RoaringBitmap| {
        changed = true;
        let place = Place { dimension, value };
        write(db, (product, day, place), &mut servers, &mut bytes)
    };
    for (value, before) in cells_of(db, product, day, dimension)? {
        match values.remove(&value) {
            Some(servers) if servers == before => {}
            servers => set(value, servers.unwrap_or_default())?,
        }
    }
    for (value, servers) in values {
        set(value, servers)?;
    }
    Ok(changed)
}

/// All but the `top` values that most servers have; of equally many the first in the order of texts.
fn rarest(db: &Connection, values: &Values, top: usize) -> Result<Vec<i64>> {
    let mut order = Vec::with_capacity(values.len());
    for (value, servers) in values {
        let text: Option<String> = db
            .prepare_cached(sql!("folding/value_text"))?
            .query_row([value], |row| row.get(0))
            .optional()?;
        order.push((Reverse(servers.len()), text, *value));
    }
    order.sort_unstable();
    Ok(order
        .split_off(top)
        .into_iter()
        .map(|(_, _, value)| value)
        .collect())
}

fn cells_of(db: &Connection, product: ProductId, day: Day, dimension: i64) -> Result<Values> {
    let mut query = db.prepare_cached(sql!("folding/cells"))?;
    let mut rows = query.query(params![product.0, day.0, dimension])?;
    let mut values = Values::new();
    while let Some(row) = rows.next()? {
        values.insert(row.get(0)?, bitmap(row.get_ref(1)?)?);
    }
    Ok(values)
}

/// The values of folded dimensions, from the rows of the day.
fn told_apart(
    db: &Connection,
    product: ProductId,
    day: Day,
    folded: &BTreeSet<i64>,
) -> Result<BTreeMap<i64, Values>> {
    let mut dimensions: BTreeMap<i64, Values> = folded
        .iter()
        .map(|dimension| (*dimension, Values::new()))
        .collect();
    if folded.is_empty() {
        return Ok(dimensions);
    }
    rows::each(db, (product, day), |server, _, places| {
        for place in places {
            if let Some(values) = dimensions.get_mut(&place.dimension) {
                values.entry(place.value).or_default().insert(server.0);
            }
        }
    })?;
    Ok(dimensions)
}
