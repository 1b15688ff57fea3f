//! Texts that nobody says any more must not outlive those who said them: what erasures and retention took out
//! may have been a value's last, and so may what a server said before its latest observation of a day.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, params};

use super::cells::Place;
use super::dictionary::OTHER;
use super::rows;
use crate::query::ProductId;
use crate::sqlite::sql;
use crate::{Day, Result};

/// These places lost a server: their values may be nobody's. Decided by [`forget_unused`].
pub(super) fn doubt(db: &Connection, product: ProductId, places: &[Place]) -> Result<()> {
    let mut note = db.prepare_cached(sql!("erasure/doubt_value"))?;
    let values = places.iter().filter(|place| place.is_of_dimension());
    for place in values.filter(|place| place.value != OTHER) {
        note.execute(params![product.0, place.dimension, place.value])?;
    }
    Ok(())
}

/// Forgets the doubted values that no cell has, nor a row of a day on which they are folded. Whoever
/// remembers ids must forget them.
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
        keep_those_in_cells(db, product, &mut unused)?;
        keep_folded(db, product, &mut unused)?;
        for place in unused {
            db.prepare_cached(sql!("erasure/forget_value"))?
                .execute(params![place.dimension, place.value])?;
        }
    }
    db.prepare_cached(sql!("erasure/forget_doubts"))?
        .execute([])?;
    Ok(())
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
