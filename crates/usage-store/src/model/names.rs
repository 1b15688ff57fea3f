//! Names of dimensions and numbers: which of a product's are told apart. Senders choose them, so there is a limit:
//! those that come first in the journal have their places until nobody reports them any more; where a place becomes
//! free, the name that comes next has it. A rebuild gives places anew, from the journal's beginning.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use rusqlite::{Connection, ToSql, params};

use super::limits::IDS_KEPT;
use crate::query::ProductId;
use crate::report::fields::VERSION;
use crate::sqlite::sql;
use crate::{Day, Result};

/// The queries of a kind of names.
pub(super) struct Queries {
    all: &'static str,
    add: &'static str,
    date: &'static str,
}

pub(super) const DIMENSIONS: Queries = Queries {
    all: sql!("model/dimensions"),
    add: sql!("model/add_dimension"),
    date: sql!("model/date_dimension"),
};

pub(super) const NUMBER_KEYS: Queries = Queries {
    all: sql!("model/number_keys"),
    add: sql!("model/add_number_key"),
    date: sql!("model/date_number_key"),
};

/// A name of which is kept since when it is known, and which kinds of numbers it had.
#[derive(Clone, Copy)]
struct Name {
    id: i64,
    first_day: i32,
    kinds: u8,
    /// Whether it has one of the places.
    seen: bool,
}

/// All names of a product, of one kind.
#[derive(Default)]
struct OfProduct {
    by_name: HashMap<Box<str>, Name>,
    /// How many of them have places.
    seen: usize,
    /// Whether there were more than there are places.
    beyond: bool,
}

/// What is asked of a name: for which day it is reported, which kinds of numbers its are (0: it is a dimension),
/// and how many places there are.
pub(super) struct Said {
    pub(super) day: Day,
    pub(super) kinds: u8,
    pub(super) places: usize,
}

/// Those of one kind, by product, as far as they are remembered.
#[derive(Default)]
pub(super) struct Names(HashMap<ProductId, OfProduct>);

impl Names {
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// The products in which a name came that is beyond the limit, as far as they are remembered.
    pub(super) fn beyond(&self) -> impl Iterator<Item = ProductId> {
        let beyond = self.0.iter().filter(|(_, names)| names.beyond);
        beyond.map(|(product, _)| *product)
    }

    /// The id of a name; given now, if it is new and there is a place. `None` where it is beyond the limit.
    pub(super) fn id(
        &mut self,
        db: &Connection,
        queries: &Queries,
        (product, name): (ProductId, &str),
        said: &Said,
    ) -> Result<Option<i64>> {
        let Day(day) = said.day;
        let known = self.0.get(&product).and_then(|of| of.by_name.get(name));
        if let Some(known) = known
            && known.seen
            && known.first_day <= day
            && known.kinds & said.kinds == said.kinds
        {
            return Ok(Some(known.id));
        }
        let names = self.of(db, queries, product)?;
        let known = names.by_name.get(name).copied();
        let has_place = known.is_some_and(|known| known.seen);
        // Without versions half of the questions have no answer.
        if !has_place && names.seen >= said.places && name != VERSION {
            names.beyond = true;
            return Ok(None);
        }
        let mut now = known.unwrap_or(Name {
            id: 0,
            first_day: day,
            kinds: said.kinds,
            seen: true,
        });
        (now.first_day, now.kinds) = (now.first_day.min(day), now.kinds | said.kinds);
        now.seen = true;
        // Dimensions have no kinds, and their queries no such parameter.
        let write = |query: &str, by: &[&dyn ToSql]| {
            let kinds: &dyn ToSql = &now.kinds;
            let kinds = (now.kinds > 0).then_some(kinds);
            let all: Vec<&dyn ToSql> = by.iter().copied().chain(kinds).collect();
            db.prepare_cached(query)?.execute(&all[..])
        };
        match known {
            None => {
                write(queries.add, params![product.0, name, now.first_day])?;
                now.id = db.last_insert_rowid();
            }
            Some(_) => {
                write(queries.date, params![now.id, now.first_day])?;
            }
        }
        names.seen += usize::from(!has_place);
        names.by_name.insert(name.into(), now);
        Ok(Some(now.id))
    }

    /// All names of a product.
    fn of(
        &mut self,
        db: &Connection,
        queries: &Queries,
        product: ProductId,
    ) -> Result<&mut OfProduct> {
        let remembered = || {
            self.0
                .values()
                .map(|names| names.by_name.len())
                .sum::<usize>()
        };
        if !self.0.contains_key(&product) && remembered() >= IDS_KEPT {
            self.0.clear();
        }
        Ok(match self.0.entry(product) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unread) => unread.insert(read(db, queries, product)?),
        })
    }
}

fn read(db: &Connection, queries: &Queries, product: ProductId) -> Result<OfProduct> {
    let mut names = OfProduct::default();
    let mut query = db.prepare_cached(queries.all)?;
    let mut rows = query.query([product.0])?;
    while let Some(row) = rows.next()? {
        let name = Name {
            id: row.get(1)?,
            first_day: row.get::<_, Option<i32>>(2)?.unwrap_or(i32::MAX),
            kinds: row.get(3)?,
            seen: row.get(4)?,
        };
        names.seen += usize::from(name.seen);
        names.by_name.insert(row.get(0)?, name);
    }
    Ok(names)
}
