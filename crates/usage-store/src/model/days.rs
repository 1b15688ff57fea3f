//! Days: for each server and UTC day its latest usage observation: which cells that put it in, so
//! that it can be moved out of them again, and the numbers it said. As rows here; packed in [`rows`].

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};

use roaring::RoaringBitmap;
use rusqlite::{Connection, OptionalExtension, params};

use super::cells::{Cells, POSTED, Place};
use super::columns::{self, Numbers, Picking};
use super::rows::{self, Rows};
use super::{stat_days, unused};
use crate::query::{ProductId, ServerId};
use crate::sqlite::sql;
use crate::{Day, Result};

type Key = (ProductId, Day, ServerId);

/// A server's latest usage observation of a day.
#[derive(Default)]
pub(crate) struct LatestOfDay {
    /// When, in milliseconds; `None` before the first.
    at: Option<i64>,
    places: Vec<Place>,
    /// `None` where they are in the table already.
    numbers: Option<Numbers>,
}

impl LatestOfDay {
    fn of(packed: Option<(i64, &[Place])>) -> LatestOfDay {
        packed.map_or_else(LatestOfDay::default, |(at, places)| LatestOfDay {
            at: Some(at),
            places: places.to_vec(),
            numbers: None,
        })
    }
}

/// The days that a chunk touches.
#[derive(Default)]
pub(crate) struct DaySet {
    days: HashMap<Key, LatestOfDay>,
    packed: HashMap<(ProductId, Day, u32), Rows>,
    /// Values that may have been said for a moment only.
    doubted: BTreeSet<(ProductId, Place)>,
}

impl DaySet {
    /// The server's first report of the day, of whatever kind: there is nothing to look up.
    pub(crate) fn begin(&mut self, key: Key) {
        self.days.entry(key).or_default();
    }

    /// A usage observation: if it is the day's latest so far (ties by the journal's order), the server
    /// moves into its cells, and out of the others it was in.
    pub(crate) fn observe(
        &mut self,
        db: &Connection,
        cells: &mut Cells,
        key: Key,
        at: i64,
        (mut places, numbers): (Vec<Place>, Numbers),
    ) -> Result<()> {
        let (product, day, server) = key;
        let latest = match self.days.entry(key) {
            Entry::Occupied(latest) => latest.into_mut(),
            Entry::Vacant(vacant) => {
                let known = match read_row(db, key)? {
                    Some(known) => known,
                    None => {
                        let (chunk, low) = columns::place(server.0);
                        let rows = match self.packed.entry((product, day, chunk)) {
                            Entry::Occupied(rows) => rows.into_mut(),
                            Entry::Vacant(unread) => {
                                unread.insert(rows::read_packed(db, (product, day), chunk)?)
                            }
                        };
                        LatestOfDay::of(rows.find(low))
                    }
                };
                vacant.insert(known)
            }
        };
        if latest.at.is_some_and(|known| known > at) {
            self.doubted
                .extend(places.into_iter().map(|place| (product, place)));
            return Ok(());
        }
        places.sort_unstable();
        places.dedup();
        if latest.at.is_some() {
            // A name that is not said any more may have been this server's only.
            self.doubted.insert((product, POSTED));
        }
        for old in &latest.places {
            if places.binary_search(old).is_err()
                && cells.leave(db, (product, day, *old), server)?
            {
                self.doubted.insert((product, *old));
            }
        }
        for new in &places {
            if latest.places.binary_search(new).is_err() {
                cells.join(db, (product, day, *new), server)?;
            }
        }
        *latest = LatestOfDay {
            at: Some(at),
            places,
            numbers: Some(numbers),
        };
        Ok(())
    }

    /// Writes the days, in the order of the table.
    pub(crate) fn save(self, db: &Connection) -> Result<()> {
        let mut days: Vec<(Key, LatestOfDay)> = self.days.into_iter().collect();
        days.sort_unstable_by_key(|(key, _)| *key);
        for (key @ (product, day, server), latest) in &days {
            db.prepare_cached(sql!("model/save_day"))?.execute(params![
                product.0,
                day.0,
                server.0,
                latest.at,
                encode(&latest.places)
            ])?;
            if let Some(numbers) = &latest.numbers {
                columns::save(db, *key, numbers)?;
            }
        }
        for (product, place) in self.doubted {
            unused::doubt(db, product, &[place])?;
        }
        Ok(())
    }
}

/// After an upgrade: of days that the journal has lost, who posted is told as of all others.
pub(super) fn begin_posted(db: &Connection) -> Result<()> {
    db.prepare(sql!("model/begin_posted"))?.execute([])?;
    let mut cells = Cells::default();
    let mut query = db.prepare(sql!("model/days_known"))?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        let key = (ProductId(row.get(0)?), Day(row.get(1)?), POSTED);
        cells.insert(db, key, ServerId(row.get(2)?))?;
    }
    cells.save(db)
}

/// Servers leave a day: their observations, numbers and stats go. The cells are the caller's.
pub(super) fn forget(
    db: &Connection,
    (product, day): (ProductId, Day),
    servers: &RoaringBitmap,
) -> Result<()> {
    for server in servers.iter().map(ServerId) {
        stat_days::forget(db, server, day)?;
    }
    rows::forget(db, (product, day), servers)?;
    columns::forget(db, (product, day), servers)
}

/// The cells that a server's day put it in.
pub(crate) fn places_on(
    db: &Connection,
    picking: &mut Picking,
    key @ (product, day, server): Key,
) -> Result<Vec<Place>> {
    match read_row(db, key)? {
        Some(row) => Ok(row.places),
        None => rows::places_of(db, picking, (product, day), columns::place(server.0)),
    }
}

/// Where it isn't packed.
fn read_row(db: &Connection, (product, day, server): Key) -> Result<Option<LatestOfDay>> {
    Ok(db
        .prepare_cached(sql!("model/day"))?
        .query_row(params![product.0, day.0, server.0], |row| {
            Ok(LatestOfDay {
                at: row.get(0)?,
                places: decode(row.get_ref(1)?.as_blob().unwrap_or_default()),
                numbers: None,
            })
        })
        .optional()?)
}

/// Sorted places as pairs of little-endian 32-bit numbers: ids are dense and small.
pub(super) fn encode(places: &[Place]) -> Vec<u8> {
    places
        .iter()
        .flat_map(|place| [place.dimension as u32, place.value as u32])
        .flat_map(u32::to_le_bytes)
        .collect()
}

/// The places in a row of the table.
pub(super) fn decode(bytes: &[u8]) -> Vec<Place> {
    let (numbers, _) = bytes.as_chunks::<4>();
    let (pairs, _) = numbers.as_chunks::<2>();
    pairs
        .iter()
        .map(|[dimension, value]| Place {
            dimension: i64::from(u32::from_le_bytes(*dimension)),
            value: i64::from(u32::from_le_bytes(*value)),
        })
        .collect()
}
