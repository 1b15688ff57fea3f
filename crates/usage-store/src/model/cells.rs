//! Cells: for each product, day, dimension and value the set of servers, a roaring bitmap.
//! Loaded when first touched, written when the chunk ends.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use roaring::RoaringBitmap;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, params};

use crate::query::{ProductId, ServerId};
use crate::sqlite::sql;
use crate::{Day, Error, Result};

/// The dimension under which a day's own sets stand.
const OWN: i64 = 0;

/// Servers that reported on the day, whatever the kind.
pub(crate) const ACTIVE: Place = Place {
    dimension: OWN,
    value: 0,
};

/// Anonymous servers whose ids also reported under a token on the day: left out of counts.
pub(crate) const SHADOWED: Place = Place {
    dimension: OWN,
    value: 1,
};

/// Which cell of a product's day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Place {
    pub(crate) dimension: i64,
    pub(crate) value: i64,
}

type Key = (ProductId, Day, Place);

/// The cells that a chunk touches.
#[derive(Default)]
pub(crate) struct Cells(HashMap<Key, RoaringBitmap>);

impl Cells {
    /// Puts a server in; whether it is new there.
    pub(crate) fn insert(&mut self, db: &Connection, key: Key, server: ServerId) -> Result<bool> {
        Ok(self.load(db, key)?.insert(server.0))
    }

    /// Takes a server out.
    pub(crate) fn remove(&mut self, db: &Connection, key: Key, server: ServerId) -> Result<()> {
        self.load(db, key)?.remove(server.0);
        Ok(())
    }

    /// Whether a server is in.
    pub(crate) fn contains(&mut self, db: &Connection, key: Key, server: ServerId) -> Result<bool> {
        Ok(self.load(db, key)?.contains(server.0))
    }

    fn load(&mut self, db: &Connection, key: Key) -> Result<&mut RoaringBitmap> {
        Ok(match self.0.entry(key) {
            Entry::Occupied(cell) => cell.into_mut(),
            Entry::Vacant(place) => place.insert(read(db, key)?),
        })
    }

    /// Writes the cells, in the order of the table.
    pub(crate) fn save(self, db: &Connection) -> Result<()> {
        let mut cells: Vec<(Key, RoaringBitmap)> = self.0.into_iter().collect();
        cells.sort_unstable_by_key(|(key, _)| *key);
        let mut bytes = Vec::new();
        for ((product, day, place), mut servers) in cells {
            let key = params![product.0, day.0, place.dimension, place.value];
            if servers.is_empty() {
                db.prepare_cached(sql!("model/delete_cell"))?.execute(key)?;
                continue;
            }
            servers.optimize();
            bytes.clear();
            servers
                .serialize_into(&mut bytes)
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
        Ok(())
    }
}

/// A cell's servers; the empty set where there is no such cell.
pub(crate) fn read(db: &Connection, (product, day, place): Key) -> Result<RoaringBitmap> {
    let cell = db
        .prepare_cached(sql!("model/cell"))?
        .query_row(
            params![product.0, day.0, place.dimension, place.value],
            |row| Ok(bitmap(row.get_ref(0)?)),
        )
        .optional()?;
    cell.unwrap_or_else(|| Ok(RoaringBitmap::new()))
}

/// The bitmap in a column.
pub(crate) fn bitmap(column: ValueRef<'_>) -> Result<RoaringBitmap> {
    let bytes = column.as_blob().unwrap_or_default();
    RoaringBitmap::deserialize_from(bytes).map_err(|e| Error::Io("(a cell)".into(), e))
}
