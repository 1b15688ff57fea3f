//! An organization's servers leave the read model, all at once: day by day out of every cell. What
//! [`replay`](super::replay) does for one server would walk all days for each of them.

use roaring::RoaringBitmap;
use rusqlite::{Connection, params};

use super::cells::{ACTIVE, Place, SHADOWED, bitmap, read};
use super::chunk::Touched;
use crate::query::{ProductId, ServerId};
use crate::sqlite::sql;
use crate::{Day, Error, Result};

/// The days of a product on which any of these servers was active.
pub(crate) fn days(
    db: &Connection,
    product: ProductId,
    servers: &RoaringBitmap,
) -> Result<Vec<Day>> {
    let mut query = db.prepare_cached(sql!("erasure/days"))?;
    let mut rows = query.query([product.0])?;
    let mut days = Vec::new();
    while let Some(row) = rows.next()? {
        if !bitmap(row.get_ref(1)?)?.is_disjoint(servers) {
            days.push(Day(row.get(0)?));
        }
    }
    Ok(days)
}

/// Takes the servers out of a day, and texts that only they had said out of the dictionary. All in the
/// caller's transaction.
pub(crate) fn day(
    db: &Connection,
    product: ProductId,
    day: Day,
    servers: &RoaringBitmap,
) -> Result<()> {
    let there = read(db, (product, day, ACTIVE))? & servers;
    let mut emptied = Vec::new();
    for (place, mut left) in cells(db, product, day)? {
        if left.is_disjoint(servers) {
            continue;
        }
        left -= servers;
        let key = params![product.0, day.0, place.dimension, place.value];
        if left.is_empty() {
            db.prepare_cached(sql!("model/delete_cell"))?.execute(key)?;
            emptied.push(place);
            continue;
        }
        left.optimize();
        let mut bytes = Vec::new();
        left.serialize_into(&mut bytes)
            .map_err(|e| Error::Io("(a cell)".into(), e))?;
        db.prepare_cached(sql!("model/save_cell"))?
            .execute(params![
                product.0,
                day.0,
                place.dimension,
                place.value,
                bytes
            ])?;
    }
    for server in &there {
        db.prepare_cached(sql!("erasure/forget_day"))?
            .execute(params![product.0, day.0, server])?;
    }
    uncover(db, product, day)?;
    for place in emptied {
        db.prepare_cached(sql!("erasure/unused_value"))?
            .execute(params![product.0, place.dimension, place.value])?;
    }
    Ok(())
}

fn cells(db: &Connection, product: ProductId, day: Day) -> Result<Vec<(Place, RoaringBitmap)>> {
    let mut query = db.prepare_cached(sql!("erasure/cells_of_day"))?;
    let mut rows = query.query(params![product.0, day.0])?;
    let mut cells = Vec::new();
    while let Some(row) = rows.next()? {
        let place = Place {
            dimension: row.get(0)?,
            value: row.get(1)?,
        };
        cells.push((place, bitmap(row.get_ref(2)?)?));
    }
    Ok(cells)
}

/// Anonymous servers whose ids reported under a token on the day count again, unless they still do.
fn uncover(db: &Connection, product: ProductId, day: Day) -> Result<()> {
    let mut touched = Touched::default();
    for server in &read(db, (product, day, SHADOWED))? {
        let (cluster_id, server_id): (String, String) = db
            .prepare_cached(sql!("erasure/server_ids"))?
            .query_row([ServerId(server).0], |row| Ok((row.get(0)?, row.get(1)?)))?;
        touched.reconsider_twin(db, (product, &cluster_id, &server_id), day)?;
    }
    touched.save(db)
}
