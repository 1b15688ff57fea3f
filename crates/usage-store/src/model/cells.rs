//! Cells: for each product, day, dimension and value the set of servers. Loaded when first touched, written when
//! the chunk ends; packed when the day is over.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};

use roaring::RoaringBitmap;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, params};

use super::dictionary::OTHER;
use super::tiers::Tiers;
use super::{folding, sets};
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

/// Servers that were first seen on the day.
pub(crate) const NEW: Place = Place {
    dimension: OWN,
    value: 2,
};

/// Servers of which one observation ever came. Of no day: see [`ALL_DAYS`].
pub(crate) const ONCE: Place = Place {
    dimension: OWN,
    value: 3,
};

/// Servers that are suspected to be several with the same ids. Of no day: see [`ALL_DAYS`].
pub(crate) const CLONES: Place = Place {
    dimension: OWN,
    value: 4,
};

/// Servers that posted usage on the day. Every such observation puts its server here, among its other cells.
pub(crate) const POSTED: Place = Place {
    dimension: OWN,
    value: 5,
};

/// Servers that posted dimensions whose names are beyond the limit: in place of the cells of those.
pub(crate) const BEYOND: Place = Place {
    dimension: OWN,
    value: 6,
};

/// Stands for the day where a set is of none.
pub(crate) const ALL_DAYS: Day = Day(i32::MIN);

/// Which cell of a product's day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Place {
    pub(crate) dimension: i64,
    pub(crate) value: i64,
}

type Key = (ProductId, Day, Place);

impl Place {
    /// Whether it is a value's cell, and none of a day's own sets.
    pub(super) fn is_of_dimension(self) -> bool {
        self.dimension != OWN
    }

    /// The cell of the dimension's values that have none.
    pub(super) fn others(self) -> Place {
        Place {
            value: OTHER,
            ..self
        }
    }
}

/// The cells that a chunk touches.
#[derive(Default)]
pub(crate) struct Cells {
    cells: HashMap<Key, Cell>,
    /// The dimensions of a day that are folded.
    folds: HashMap<(ProductId, Day), BTreeSet<i64>>,
    tiers: Tiers,
}

struct Cell {
    servers: RoaringBitmap,
    changed: bool,
}

impl Cells {
    pub(super) fn new(tiers: Tiers) -> Cells {
        Cells {
            tiers,
            ..Cells::default()
        }
    }

    /// Puts a server in, unless the day has no cells any more; whether it is new there.
    pub(crate) fn insert(&mut self, db: &Connection, key: Key, server: ServerId) -> Result<bool> {
        if !self.tiers.has_cells(key.1) {
            return Ok(false);
        }
        let cell = self.load(db, key)?;
        let is_new = cell.servers.insert(server.0);
        cell.changed |= is_new;
        Ok(is_new)
    }

    /// Takes a server out; whether it was there.
    pub(crate) fn remove(&mut self, db: &Connection, key: Key, server: ServerId) -> Result<bool> {
        let cell = self.load(db, key)?;
        let was_in = cell.servers.remove(server.0);
        cell.changed |= was_in;
        Ok(was_in)
    }

    /// A server's value puts it in its cell: where the dimension is folded and the value has none, in that
    /// of the others.
    pub(super) fn join(&mut self, db: &Connection, key: Key, server: ServerId) -> Result<()> {
        let (product, day, place) = key;
        let folds = match self.folds.entry((product, day)) {
            Entry::Occupied(folds) => folds.into_mut(),
            Entry::Vacant(unread) => unread.insert(folding::folds(db, product, day)?),
        };
        let has_none = folds.contains(&place.dimension) && self.load(db, key)?.servers.is_empty();
        let place = if has_none { place.others() } else { place };
        self.insert(db, (product, day, place), server)?;
        Ok(())
    }

    /// Takes a server out of the cell that its value had put it in; whether nobody is left there.
    pub(super) fn leave(&mut self, db: &Connection, key: Key, server: ServerId) -> Result<bool> {
        let (product, day, place) = key;
        if !self.remove(db, key, server)? {
            self.remove(db, (product, day, place.others()), server)?;
        }
        Ok(self.load(db, key)?.servers.is_empty())
    }

    /// Whether a server is in.
    pub(crate) fn contains(&mut self, db: &Connection, key: Key, server: ServerId) -> Result<bool> {
        Ok(self.load(db, key)?.servers.contains(server.0))
    }

    fn load(&mut self, db: &Connection, key: Key) -> Result<&mut Cell> {
        Ok(match self.cells.entry(key) {
            Entry::Occupied(cell) => cell.into_mut(),
            Entry::Vacant(place) => place.insert(Cell {
                servers: read(db, key)?,
                changed: false,
            }),
        })
    }

    /// Writes the cells that changed, in the order of the table, and that their days did. A day of which
    /// a cell was only looked at counts as changed: its servers' numbers did.
    pub(crate) fn save(self, db: &Connection) -> Result<()> {
        let days = self.cells.keys().map(|key| (key.0, key.1));
        let days: BTreeSet<(ProductId, Day)> = days.collect();
        let changed = self.cells.into_iter().filter(|(_, cell)| cell.changed);
        let mut cells: Vec<(Key, Cell)> = changed.collect();
        cells.sort_unstable_by_key(|(key, _)| *key);
        let mut bytes = Vec::new();
        for (key, mut cell) in cells {
            write(db, key, &mut cell.servers, &mut bytes)?;
        }
        for (product, day) in days {
            change_day(db, product, day)?;
        }
        Ok(())
    }
}

/// This step changes a product's day.
pub(super) fn change_day(db: &Connection, product: ProductId, day: Day) -> Result<()> {
    db.prepare_cached(sql!("model/change_day"))?
        .execute(params![product.0, day.0])?;
    Ok(())
}

/// Writes a cell, or that it is gone where it is empty.
pub(super) fn write(
    db: &Connection,
    key: Key,
    servers: &mut RoaringBitmap,
    bytes: &mut Vec<u8>,
) -> Result<()> {
    sets::plain(servers, bytes).map_err(damaged)?;
    save(db, key, servers, bytes)
}

/// The same packed, as is worth while on a day that is over.
pub(super) fn write_packed(
    db: &Connection,
    key: Key,
    servers: &mut RoaringBitmap,
    bytes: &mut Vec<u8>,
) -> Result<()> {
    sets::packed(servers, bytes).map_err(damaged)?;
    save(db, key, servers, bytes)
}

fn save(
    db: &Connection,
    (product, day, place): Key,
    servers: &RoaringBitmap,
    bytes: &[u8],
) -> Result<()> {
    let (dimension, value) = (place.dimension, place.value);
    if servers.is_empty() {
        db.prepare_cached(sql!("model/delete_cell"))?
            .execute(params![product.0, day.0, dimension, value])?;
        return Ok(());
    }
    db.prepare_cached(sql!("model/save_cell"))?
        .execute(params![product.0, day.0, dimension, value, bytes])?;
    Ok(())
}

/// All sets of a day.
pub(super) fn of_day(
    db: &Connection,
    product: ProductId,
    day: Day,
) -> Result<Vec<(Place, RoaringBitmap)>> {
    let mut cells = Vec::new();
    each(db, product, day, |place, column| {
        cells.push((place, bitmap(column)?));
        Ok(())
    })?;
    Ok(cells)
}

/// Packs those of a day's sets that aren't.
pub(super) fn pack(db: &Connection, product: ProductId, day: Day) -> Result<()> {
    let mut plain = Vec::new();
    each(db, product, day, |place, column| {
        // Every question asks for the active ones, and they take little.
        let is_asked = place == ACTIVE;
        if !is_asked && !sets::is_packed(column.as_blob().unwrap_or_default()) {
            plain.push((place, bitmap(column)?));
        }
        Ok(())
    })?;
    let mut bytes = Vec::new();
    for (place, mut set) in plain {
        sets::packed(&mut set, &mut bytes).map_err(damaged)?;
        if sets::is_packed(&bytes) {
            save(db, (product, day, place), &set, &bytes)?;
        }
    }
    Ok(())
}

fn each(
    db: &Connection,
    product: ProductId,
    day: Day,
    mut visit: impl FnMut(Place, ValueRef<'_>) -> Result<()>,
) -> Result<()> {
    let mut query = db.prepare_cached(sql!("model/cells_of_day"))?;
    let mut rows = query.query(params![product.0, day.0])?;
    while let Some(row) = rows.next()? {
        let place = Place {
            dimension: row.get(0)?,
            value: row.get(1)?,
        };
        visit(place, row.get_ref(2)?)?;
    }
    Ok(())
}

fn damaged(e: std::io::Error) -> Error {
    Error::Io("(a cell)".into(), e)
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

/// Those of a few servers that are in a cell.
pub(crate) fn common(
    db: &Connection,
    (product, day, place): Key,
    few: &RoaringBitmap,
) -> Result<RoaringBitmap> {
    let cell = db
        .prepare_cached(sql!("model/cell"))?
        .query_row(
            params![product.0, day.0, place.dimension, place.value],
            |row| Ok(common_with(row.get_ref(0)?, few)),
        )
        .optional()?;
    cell.unwrap_or_else(|| Ok(RoaringBitmap::new()))
}

/// Those of a few servers that are in a column's bitmap.
pub(crate) fn common_with(column: ValueRef<'_>, few: &RoaringBitmap) -> Result<RoaringBitmap> {
    sets::common(column.as_blob().unwrap_or_default(), few).map_err(damaged)
}

/// The bitmap in a column.
pub(crate) fn bitmap(column: ValueRef<'_>) -> Result<RoaringBitmap> {
    sets::read(column.as_blob().unwrap_or_default()).map_err(damaged)
}
