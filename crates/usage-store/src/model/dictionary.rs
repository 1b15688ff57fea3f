//! Names and ids become small integers, given once and never reused: products, servers, clusters,
//! dimensions and their values, keys of numbers. Remembers what it looked up; the database decides.

use std::collections::HashMap;
use std::fmt::Write as _;

use rusqlite::{Connection, OptionalExtension, ToSql, params};

use super::limits::{IDS_KEPT, VALUE_BYTES};
use crate::query::{ProductId, ServerId};
use crate::registry::OrganizationId;
use crate::report::Number;
use crate::sqlite::sql;
use crate::{Day, Result};

/// The value that stands for all that are too long, and for the rarer ones of a folded dimension.
pub(crate) const OTHER: i64 = 0;

/// Ids by what they stand for. Keys are built in one buffer, so that a hit allocates nothing.
#[derive(Default)]
pub(crate) struct Dictionary {
    known: HashMap<Box<str>, i64>,
    /// Those of a product's dimensions, and of its numbers: each report asks for all of its own.
    dimensions: HashMap<ProductId, Names>,
    number_keys: HashMap<ProductId, Names>,
    key: String,
}

type Names = HashMap<Box<str>, Name>;

/// A name of which is kept since when it is known, and which kinds of numbers it had.
#[derive(Clone, Copy)]
struct Name {
    id: i64,
    first_day: i32,
    kinds: u8,
}

/// The queries of a kind of names.
struct Queries {
    look_up: &'static str,
    add: &'static str,
    date: &'static str,
}

const DIMENSION: Queries = Queries {
    look_up: sql!("model/dimension_by_name"),
    add: sql!("model/add_dimension"),
    date: sql!("model/date_dimension"),
};

const NUMBER_KEY: Queries = Queries {
    look_up: sql!("model/number_key_by_name"),
    add: sql!("model/add_number_key"),
    date: sql!("model/date_number_key"),
};

/// The kinds of numbers, as a column has them: a bit each.
const WHOLE: u8 = 1;
const FLOAT: u8 = 2;

impl Dictionary {
    pub(crate) fn clear(&mut self) {
        self.known.clear();
        self.dimensions.clear();
        self.number_keys.clear();
    }

    /// The product of this name. The journal has listed it before the first of its reports.
    pub(crate) fn product(&mut self, db: &Connection, name: &str) -> Result<Option<ProductId>> {
        self.key.clear();
        let _ = write!(self.key, "p{name}");
        let id = self.remembered(|| find(db, sql!("model/product_by_name"), params![name]))?;
        Ok(id.map(ProductId))
    }

    /// The server of these ids.
    pub(crate) fn server(
        &mut self,
        db: &Connection,
        product: ProductId,
        organization: Option<OrganizationId>,
        cluster_id: &str,
        server_id: &str,
    ) -> Result<ServerId> {
        let organization = organization.map_or(0, |id| id.0);
        let (product, length) = (product.0, cluster_id.len());
        self.key.clear();
        let _ = write!(
            self.key,
            "s{product} {organization} {length} {cluster_id}{server_id}"
        );
        let ids = params![product, cluster_id, server_id, organization];
        let look_up = || find(db, sql!("model/server_by_ids"), ids);
        let id = match self.remembered(look_up)? {
            Some(id) => id,
            None => {
                let id = add_server(db, product, organization, cluster_id, server_id)?;
                self.remember(id);
                id
            }
        };
        // Ids are dense; 2^32 servers would fill the disk long before this truncates.
        Ok(ServerId(id as u32))
    }

    /// The dimension of this name, reported for a day.
    pub(crate) fn dimension(
        &mut self,
        db: &Connection,
        product: ProductId,
        name: &str,
        day: Day,
    ) -> Result<i64> {
        named(
            db,
            &mut self.dimensions,
            &DIMENSION,
            (product, name),
            day,
            0,
        )
    }

    /// The key of a number of this name, reported for a day.
    pub(crate) fn number_key(
        &mut self,
        db: &Connection,
        product: ProductId,
        name: &str,
        day: Day,
        number: Number,
    ) -> Result<i64> {
        let kind = match number {
            Number::Int(_) | Number::UInt(_) => WHOLE,
            Number::Float(_) => FLOAT,
        };
        let names = &mut self.number_keys;
        named(db, names, &NUMBER_KEY, (product, name), day, kind)
    }

    /// A dimension's value; [`OTHER`] where it is too long.
    pub(crate) fn value(&mut self, db: &Connection, dimension: i64, value: &str) -> Result<i64> {
        if value.len() > VALUE_BYTES {
            return Ok(OTHER);
        }
        self.key.clear();
        let _ = write!(self.key, "v{dimension} {value}");
        let (by, look_up, new) = (
            params![dimension, value],
            sql!("model/value_by_text"),
            sql!("model/add_value"),
        );
        self.found_or_added(db, look_up, new, by)
    }

    /// The id under `self.key`; given now, if it is new.
    fn found_or_added(
        &mut self,
        db: &Connection,
        look_up: &str,
        new: &str,
        by: &[&dyn ToSql],
    ) -> Result<i64> {
        let id = self.remembered(|| match find(db, look_up, by)? {
            Some(id) => Ok(Some(id)),
            None => add(db, new, by).map(Some),
        })?;
        Ok(id.unwrap_or(OTHER))
    }

    /// The id under `self.key`, looked up once.
    fn remembered(&mut self, look_up: impl FnOnce() -> Result<Option<i64>>) -> Result<Option<i64>> {
        if let Some(id) = self.known.get(self.key.as_str()) {
            return Ok(Some(*id));
        }
        let id = look_up()?;
        if let Some(id) = id {
            self.remember(id);
        }
        Ok(id)
    }

    /// Remembers what `self.key` stands for.
    fn remember(&mut self, id: i64) {
        if self.known.len() >= IDS_KEPT {
            self.known.clear();
        }
        self.known.insert(self.key.as_str().into(), id);
    }
}

/// Gives a server its id.
pub(super) fn add_server(
    db: &Connection,
    product: i64,
    organization: i64,
    cluster_id: &str,
    server_id: &str,
) -> Result<i64> {
    let cluster = cluster(db, product, organization, cluster_id)?;
    let new = params![product, cluster_id, server_id, organization, cluster];
    add(db, sql!("model/add_server"), new)
}

/// The id of a cluster; given now, if it is new. Asked only for new servers.
fn cluster(db: &Connection, product: i64, organization: i64, cluster_id: &str) -> Result<i64> {
    let ids = params![product, cluster_id, organization];
    match find(db, sql!("model/cluster_by_id"), ids)? {
        Some(id) => Ok(id),
        None => add(db, sql!("model/add_cluster"), ids),
    }
}

fn find(db: &Connection, query: &str, by: &[&dyn ToSql]) -> Result<Option<i64>> {
    Ok(db
        .prepare_cached(query)?
        .query_row(by, |row| row.get(0))
        .optional()?)
}

fn add(db: &Connection, query: &str, what: &[&dyn ToSql]) -> Result<i64> {
    db.prepare_cached(query)?.execute(what)?;
    Ok(db.last_insert_rowid())
}

fn run(db: &Connection, query: &str, with: &[&dyn ToSql]) -> Result<()> {
    db.prepare_cached(query)?.execute(with)?;
    Ok(())
}

/// The id of a product's name; given now, if it is new.
fn named(
    db: &Connection,
    names: &mut HashMap<ProductId, Names>,
    queries: &Queries,
    (product, name): (ProductId, &str),
    Day(day): Day,
    kinds: u8,
) -> Result<i64> {
    if let Some(known) = names.get(&product).and_then(|of| of.get(name))
        && known.first_day <= day
        && known.kinds & kinds == kinds
    {
        return Ok(known.id);
    }
    let known: Option<Name> = db
        .prepare_cached(queries.look_up)?
        .query_row(params![product.0, name], |row| {
            Ok(Name {
                id: row.get(0)?,
                first_day: row.get::<_, Option<i32>>(1)?.unwrap_or(i32::MAX),
                kinds: row.get(2)?,
            })
        })
        .optional()?;
    let mut now = known.unwrap_or(Name {
        id: 0,
        first_day: day,
        kinds,
    });
    (now.first_day, now.kinds) = (now.first_day.min(day), now.kinds | kinds);
    let (first_day, kinds) = (now.first_day, now.kinds);
    // Dimensions have no kinds, and their queries no such parameter.
    match known {
        None if kinds == 0 => now.id = add(db, queries.add, params![product.0, name, day])?,
        None => now.id = add(db, queries.add, params![product.0, name, day, kinds])?,
        Some(known) if (known.first_day, known.kinds) == (first_day, kinds) => {}
        Some(_) if kinds == 0 => run(db, queries.date, params![now.id, first_day])?,
        Some(_) => run(db, queries.date, params![now.id, first_day, kinds])?,
    }
    if names.values().map(HashMap::len).sum::<usize>() >= IDS_KEPT {
        names.clear();
    }
    names.entry(product).or_default().insert(name.into(), now);
    Ok(now.id)
}
