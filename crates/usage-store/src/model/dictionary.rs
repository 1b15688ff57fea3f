//! Names and ids become small integers, given once and never reused: products, servers, clusters,
//! dimensions and their values, keys of numbers. Remembers what it looked up; the database decides.

use std::collections::HashMap;
use std::fmt::Write as _;

use rusqlite::{Connection, OptionalExtension, ToSql, params};

use super::cells::{BEYOND, Place};
use super::columns;
use super::limits::{IDS_KEPT, NAMES_PER_PRODUCT, VALUE_BYTES};
use super::names::{self, Names, Said};
use crate::allow::Thing;
use crate::query::{ProductId, ServerId};
use crate::registry::OrganizationId;
use crate::report::Number;
use crate::sqlite::sql;
use crate::{Day, Result};

/// The value that stands for all that are too long, and for the rarer ones of a folded dimension.
pub(crate) const OTHER: i64 = 0;

/// Ids by what they stand for. Keys are built in one buffer, so that a hit allocates nothing.
pub(crate) struct Dictionary {
    known: HashMap<Box<str>, i64>,
    /// Those of a product's dimensions, and of its numbers: each report asks for all of its own.
    dimensions: Names,
    number_keys: Names,
    /// How many of each are told apart.
    places: usize,
    /// How often ids had been forgotten when the first of these was looked up.
    forgotten: i64,
    key: String,
}

/// The kinds of numbers, as a column has them: a bit each.
const WHOLE: u8 = 1;
const FLOAT: u8 = 2;

impl Default for Dictionary {
    fn default() -> Dictionary {
        Dictionary {
            known: HashMap::new(),
            dimensions: Names::default(),
            number_keys: Names::default(),
            places: NAMES_PER_PRODUCT,
            forgotten: 0,
            key: String::new(),
        }
    }
}

impl Dictionary {
    pub(crate) fn clear(&mut self) {
        self.known.clear();
        self.dimensions.clear();
        self.number_keys.clear();
    }

    /// From now on so many names of each kind are told apart in a product.
    pub(crate) fn tell_apart(&mut self, places: usize) {
        self.places = places;
    }

    /// Forgets all ids if anybody, also another process, has taken any out of the database. At the begin of a step.
    pub(crate) fn refresh(&mut self, db: &Connection) -> Result<()> {
        let forgotten = db
            .prepare_cached(sql!("model/forgotten"))?
            .query_row([], |row| row.get(0))?;
        if forgotten != self.forgotten {
            self.clear();
            self.forgotten = forgotten;
        }
        Ok(())
    }

    /// Products in which more names came than are told apart, since the last refresh.
    pub(crate) fn beyond(&self) -> impl Iterator<Item = (ProductId, Thing)> {
        let dimensions = self.dimensions.beyond();
        let dimensions = dimensions.map(|product| (product, Thing::Dimension));
        let values = self.number_keys.beyond();
        dimensions.chain(values.map(|product| (product, Thing::Value)))
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

    /// The cell that a dimension's value puts its server in, reported for a day; [`BEYOND`] where its name is
    /// beyond the limit.
    pub(crate) fn place(
        &mut self,
        db: &Connection,
        (product, day): (ProductId, Day),
        (name, value): (&str, &str),
    ) -> Result<Place> {
        let (places, kinds) = (self.places, 0);
        let said = Said { day, kinds, places };
        let names = &mut self.dimensions;
        let Some(dimension) = names.id(db, &names::DIMENSIONS, (product, name), &said)? else {
            return Ok(BEYOND);
        };
        let value = self.value(db, dimension, value)?;
        Ok(Place { dimension, value })
    }

    /// The key of a number of this name, reported for a day; [`columns::BEYOND`] where the name is beyond the
    /// limit.
    pub(crate) fn number_key(
        &mut self,
        db: &Connection,
        (product, day): (ProductId, Day),
        (name, number): (&str, Number),
    ) -> Result<u32> {
        let kinds = match number {
            Number::Int(_) | Number::UInt(_) => WHOLE,
            Number::Float(_) => FLOAT,
        };
        let places = self.places;
        let said = Said { day, kinds, places };
        let names = &mut self.number_keys;
        let id = names.id(db, &names::NUMBER_KEYS, (product, name), &said)?;
        // Ids are dense and small.
        Ok(id.map_or(columns::BEYOND, |id| id as u32))
    }

    /// A dimension's value; [`OTHER`] where it is too long.
    fn value(&mut self, db: &Connection, dimension: i64, value: &str) -> Result<i64> {
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

/// Tells everybody who remembers ids that some of them are gone.
pub(super) fn tell_forgotten(db: &Connection) -> Result<()> {
    db.prepare_cached(sql!("model/tell_forgotten"))?
        .execute([])?;
    Ok(())
}
