//! Numbers: what a server's latest usage observation of a day said in numbers, by key.
//!
//! They come as a row for each server and day, the *overlay*, and are packed beside into *columns*: one key's
//! numbers of a chunk of servers, in order of ids. A row of the overlay replaces all that the columns say
//! of its server and day; packing moves it there.

mod overlay;
mod pack;
mod packing;
mod picking;
mod reading;
mod verbs;

pub(super) use overlay::{Numbers, save};
pub(super) use pack::{Chunk, pack, unpack};
pub(crate) use packing::{Packing, pack_chunk};
pub(super) use packing::{forget, replace};
pub(crate) use picking::Picking;
pub(crate) use reading::{Key, keys, numbers, of_server, remove_used, servers};

use rusqlite::{Connection, params};

use super::limits::CHUNK_SERVERS;
use crate::query::ProductId;
use crate::report::Number;
use crate::sqlite::sql;
use crate::{Day, Error, Result};

/// Stands for the key where a name is beyond the limit. Its number is how many such names a server reported.
pub(crate) const BEYOND: u32 = 0;

/// Numbers by key: of those whose names are beyond the limit only how many there are.
pub(super) fn told_apart(
    numbers: impl Iterator<Item = (u32, Number)>,
    mut tell: impl FnMut(u32, Number),
) {
    let mut beyond = 0;
    for (key, number) in numbers {
        match key {
            BEYOND => beyond += 1,
            key => tell(key, number),
        }
    }
    if beyond > 0 {
        tell(BEYOND, Number::Int(beyond));
    }
}

/// The ids of a chunk's servers.
pub(super) fn servers_of(chunk: u32) -> std::ops::Range<u32> {
    let begin = chunk.saturating_mul(CHUNK_SERVERS);
    begin..begin.saturating_add(CHUNK_SERVERS)
}

/// A server's chunk, and its id there.
pub(super) fn place(server: u32) -> (u32, u16) {
    (server / CHUNK_SERVERS, (server % CHUNK_SERVERS) as u16)
}

/// All keys' numbers of a chunk of a day's servers, in order of keys.
fn columns_of_chunk(
    db: &Connection,
    (product, day): (ProductId, Day),
    chunk: u32,
) -> Result<Vec<(u32, Chunk)>> {
    let mut query = db.prepare_cached(sql!("columns/columns_of_chunk"))?;
    let mut rows = query.query(params![product.0, day.0, chunk])?;
    let mut columns = Vec::new();
    while let Some(row) = rows.next()? {
        let key = row.get(0)?;
        columns.push((key, unpack_column(product, day, key, row.get_ref(1)?)?));
    }
    Ok(columns)
}

fn unpack_column(
    product: ProductId,
    day: Day,
    key: u32,
    packed: rusqlite::types::ValueRef<'_>,
) -> Result<Chunk> {
    self::pack::unpack(packed.as_blob().unwrap_or_default())
        .ok_or_else(|| damaged(product, day, &format!("key {key}")))
}

pub(super) fn damaged(product: ProductId, day: Day, what: &str) -> Error {
    Error::DamagedModel(format!(
        "the numbers of product {} on {day}, {what}",
        product.0
    ))
}
