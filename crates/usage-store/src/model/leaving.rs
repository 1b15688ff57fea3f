//! An organization's servers leave the read model, all at once: day by day out of every cell. What
//! [`replay`](super::replay) does for one server would walk all days for each of them.

use roaring::RoaringBitmap;
use rusqlite::Connection;

use super::cells::{self, ACTIVE, ALL_DAYS, POSTED, Place, SHADOWED, bitmap, read};
use super::chunk::Touched;
use super::columns::Picking;
use super::{days, folding, unused};
use crate::query::{ProductId, ServerId};
use crate::sqlite::sql;
use crate::{Day, Result};

/// The days of a product on which any of these servers was active; and the one of the sets that are of no
/// day.
pub(crate) fn days_of(
    db: &Connection,
    product: ProductId,
    servers: &RoaringBitmap,
) -> Result<Vec<Day>> {
    let mut query = db.prepare_cached(sql!("erasure/days"))?;
    let mut rows = query.query([product.0])?;
    let mut days = vec![ALL_DAYS];
    while let Some(row) = rows.next()? {
        if !bitmap(row.get_ref(1)?)?.is_disjoint(servers) {
            days.push(Day(row.get(0)?));
        }
    }
    Ok(days)
}

/// Takes the servers out of a day, all in the caller's transaction. Texts that only they had said go with
/// [`unused::forget_unused`].
pub(crate) fn day(
    db: &Connection,
    product: ProductId,
    day: Day,
    servers: &RoaringBitmap,
) -> Result<()> {
    let there = read(db, (product, day, ACTIVE))? & servers;
    let mut left_by = folded_places(db, product, day, &there)?;
    let mut bytes = Vec::new();
    for (place, mut left) in cells::of_day(db, product, day)? {
        if left.is_disjoint(servers) {
            continue;
        }
        left -= servers;
        cells::write(db, (product, day, place), &mut left, &mut bytes)?;
        if left.is_empty() {
            left_by.push(place);
        }
    }
    cells::change_day(db, product, day)?;
    if !there.is_empty() {
        // Numbers leave no set of their own empty.
        left_by.push(POSTED);
    }
    days::forget(db, (product, day), &there)?;
    uncover(db, product, day)?;
    unused::doubt(db, product, &left_by)
}

/// What servers said on a day in dimensions that are folded there: no cell tells.
pub(super) fn folded_places(
    db: &Connection,
    product: ProductId,
    day: Day,
    servers: &RoaringBitmap,
) -> Result<Vec<Place>> {
    let folds = folding::folds(db, product, day)?;
    let mut places = Vec::new();
    if !folds.is_empty() {
        let mut picking = Picking::default();
        for server in servers.iter().map(ServerId) {
            let said = days::places_on(db, &mut picking, (product, day, server))?;
            places.extend(
                said.into_iter()
                    .filter(|place| folds.contains(&place.dimension)),
            );
        }
        places.sort_unstable();
        places.dedup();
    }
    Ok(places)
}

/// Anonymous servers whose ids reported under a token on the day count again, unless they still do.
fn uncover(db: &Connection, product: ProductId, day: Day) -> Result<()> {
    let mut touched = Touched::new(db)?;
    for server in &read(db, (product, day, SHADOWED))? {
        let (cluster_id, server_id): (String, String) = db
            .prepare_cached(sql!("erasure/server_ids"))?
            .query_row([ServerId(server).0], |row| Ok((row.get(0)?, row.get(1)?)))?;
        touched.reconsider_twin(db, (product, &cluster_id, &server_id), day)?;
    }
    touched.save(db)
}
