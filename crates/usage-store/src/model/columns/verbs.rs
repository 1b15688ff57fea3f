//! Numbers as the store's users have them packed, and read them.

use std::collections::BTreeMap;

use roaring::RoaringBitmap;
use rusqlite::OptionalExtension;

use super::{Key, Picking, keys, numbers, of_server, pack_chunk};
use crate::model::{begin, cells, rows};
use crate::query::{ProductId, ServerId};
use crate::report::Number;
use crate::sqlite::sql;
use crate::{Day, Result, Store};

/// When it was made, and places: dimensions with their values.
type RowOfDay = (i64, Vec<(i64, i64)>);

impl Store {
    /// Packs what numbers a chunk of servers said on a day, where enough of them wait; whether there may be
    /// more to do. With `all_before`, also where few wait of days before that one, on which little comes any
    /// more, and what else they said.
    pub fn pack_columns(&self, all_before: Option<Day>) -> Result<bool> {
        if self.is_being_rebuilt()? {
            return Ok(false);
        }
        let mut packing = self.packing();
        let next = self.readers.read(|db| packing.next(db, all_before))?;
        let Some(waiting) = next else {
            return Ok(false);
        };
        let mut model = self.model();
        let step = begin(&mut model.db)?;
        match waiting.rows {
            true => rows::pack_rows(&step, waiting.of, waiting.chunk)?,
            false => pack_chunk(&step, waiting.of, waiting.chunk)?,
        }
        step.commit()?;
        Ok(true)
    }

    /// Of each server that posted usage on a day, when its latest report was made, in milliseconds, and the
    /// dimensions and values that it has by it, as the read model calls them.
    pub fn rows_of_day(
        &self,
        product: ProductId,
        day: Day,
    ) -> Result<BTreeMap<ServerId, RowOfDay>> {
        let mut all = BTreeMap::new();
        self.readers.read(|db| {
            rows::each(db, (product, day), |server, at, places| {
                let places = places.iter().map(|place| (place.dimension, place.value));
                all.insert(server, (at, places.collect()));
            })
        })?;
        Ok(all)
    }

    /// The servers of each of a day's sets, by dimension and value.
    pub fn sets_of_day(
        &self,
        product: ProductId,
        day: Day,
    ) -> Result<BTreeMap<(i64, i64), Vec<u32>>> {
        let sets = self.readers.read(|db| cells::of_day(db, product, day))?;
        let sets = sets.into_iter();
        Ok(sets
            .map(|(place, set)| ((place.dimension, place.value), set.iter().collect()))
            .collect())
    }

    /// What each server's latest usage report of a day said in numbers.
    pub fn numbers_of_day(
        &self,
        product: ProductId,
        day: Day,
    ) -> Result<BTreeMap<ServerId, Vec<(String, Number)>>> {
        self.readers.read(|db| {
            // Also of servers that are gone: there must be none.
            let mut every = RoaringBitmap::new();
            let last: Option<u32> = db
                .prepare_cached(sql!("columns/last_server"))?
                .query_row([], |row| row.get(0))
                .optional()?;
            every.insert_range(0..=last.unwrap_or(0));
            let mut all = BTreeMap::<ServerId, Vec<_>>::new();
            for key in keys(db, product)? {
                for (server, number) in numbers(db, product, day, key.id, &every)? {
                    let said = all.entry(ServerId(server)).or_default();
                    said.push((key.name.clone(), number));
                }
            }
            Ok(all)
        })
    }

    /// What a server's latest usage report of a day said in numbers.
    pub fn numbers_of_server(
        &self,
        product: ProductId,
        day: Day,
        server: ServerId,
    ) -> Result<Vec<(String, Number)>> {
        self.readers.read(|db| {
            let said = of_server(db, &mut Picking::default(), product, day, server)?;
            let of_key = |key: Key| {
                let at = said.binary_search_by_key(&key.id, |(id, _)| *id);
                at.ok().map(|at| (key.name, said[at].1))
            };
            Ok(keys(db, product)?.into_iter().filter_map(of_key).collect())
        })
    }
}
