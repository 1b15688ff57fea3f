//! Numbers out again: a key's of all servers of a day that are wanted, or all of one server's.

use std::collections::{BTreeSet, HashSet};
use std::ops::Range;

use roaring::RoaringBitmap;
use rusqlite::{Connection, params};

use super::pack::Unpacking;
use super::{Numbers, Picking, columns_of_chunk, damaged, overlay, place, servers_of};
use crate::model::limits::CHUNK_SERVERS;
use crate::query::{ProductId, ServerId};
use crate::report::Number;
use crate::sqlite::sql;
use crate::{Day, Result};

/// The name of a product's numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key {
    /// What columns call it.
    pub(crate) id: u32,
    /// What senders call it.
    pub(crate) name: String,
    /// 1 whole numbers were seen, 2 others, 3 both.
    pub(crate) kinds: u8,
    /// The first day it was ever reported for.
    pub(crate) first_day: Day,
}

/// The names of a product's numbers, sorted.
pub(crate) fn keys(db: &Connection, product: ProductId) -> Result<Vec<Key>> {
    let mut query = db.prepare_cached(sql!("columns/keys"))?;
    let keys = query.query_map([product.0], |row| {
        Ok(Key {
            id: row.get(0)?,
            name: row.get(1)?,
            kinds: row.get(2)?,
            first_day: Day(row.get(3)?),
        })
    })?;
    Ok(keys.collect::<rusqlite::Result<_>>()?)
}

/// A key's numbers on a day, of those of the servers that have one: by their latest usage observation of the
/// day, in order of ids. Reads only the chunks that have any of the servers.
pub(crate) fn numbers(
    db: &Connection,
    product: ProductId,
    day: Day,
    key: u32,
    servers: &RoaringBitmap,
) -> Result<Vec<(u32, Number)>> {
    let (Some(first), Some(last)) = (servers.min(), servers.max()) else {
        return Ok(Vec::new());
    };
    let mut packed = Vec::with_capacity(servers.len() as usize);
    let mut unpacking = Unpacking::default();
    let mut query = db.prepare_cached(sql!("columns/column"))?;
    let mut chunks = query.query(params![product.0, day.0, key])?;
    while let Some(row) = chunks.next()? {
        let ids = servers_of(row.get(0)?);
        if servers.range_cardinality(ids.clone()) > 0 {
            let column = unpacking.unpack(row.get_ref(1)?.as_blob().unwrap_or_default());
            let column = column.ok_or_else(|| damaged(product, day, &format!("key {key}")))?;
            take_wanted(column, ids, servers, &mut packed);
        }
    }
    let rows = overlay::rows(db, (product, day), first..last.saturating_add(1))?;
    let of_key = |numbers: &Numbers| {
        let at = numbers.binary_search_by_key(&key, |(key, _)| *key);
        at.ok().map(|at| numbers[at].1)
    };
    let newer = rows
        .iter()
        .filter(|(server, _)| servers.contains(*server))
        .map(|(server, numbers)| (*server, of_key(numbers)));
    Ok(merged(packed, newer))
}

/// The servers that have a number of a key on a day.
pub(crate) fn servers(
    db: &Connection,
    product: ProductId,
    day: Day,
    key: u32,
) -> Result<RoaringBitmap> {
    let mut servers = RoaringBitmap::new();
    let mut unpacking = Unpacking::default();
    let mut query = db.prepare_cached(sql!("columns/column"))?;
    let mut chunks = query.query(params![product.0, day.0, key])?;
    while let Some(row) = chunks.next()? {
        let begin = servers_of(row.get(0)?).start;
        let lows = unpacking.servers(row.get_ref(1)?.as_blob().unwrap_or_default());
        let lows = lows.ok_or_else(|| damaged(product, day, &format!("key {key}")))?;
        let theirs = lows.iter().map(|low| begin + u32::from(*low));
        servers |= RoaringBitmap::from_sorted_iter(theirs).unwrap_or_default();
    }
    for (server, numbers) in overlay::rows(db, (product, day), 0..u32::MAX)? {
        match numbers.binary_search_by_key(&key, |(key, _)| *key) {
            Ok(_) => servers.insert(server),
            Err(_) => servers.remove(server),
        };
    }
    Ok(servers)
}

/// Of a chunk's column those that are wanted. Both are in order.
fn take_wanted(
    column: &[(u16, Number)],
    ids: Range<u32>,
    servers: &RoaringBitmap,
    out: &mut Vec<(u32, Number)>,
) {
    let begin = ids.start;
    let mut wanted = servers.range(ids);
    let mut next = wanted.next();
    for (low, number) in column {
        let server = begin + u32::from(*low);
        while next.is_some_and(|wanted| wanted < server) {
            next = wanted.next();
        }
        if next == Some(server) {
            out.push((server, *number));
        }
    }
}

/// What is packed, but where there is something newer that. Both are in order.
fn merged(
    packed: Vec<(u32, Number)>,
    newer: impl Iterator<Item = (u32, Option<Number>)>,
) -> Vec<(u32, Number)> {
    let mut newer = newer.peekable();
    if newer.peek().is_none() {
        return packed;
    }
    let mut all = Vec::with_capacity(packed.len());
    for (server, number) in packed {
        let mut replaced = false;
        while let Some((new, said)) = newer.next_if(|(new, _)| *new <= server) {
            replaced = new == server;
            all.extend(said.map(|number| (new, number)));
        }
        if !replaced {
            all.push((server, number));
        }
    }
    all.extend(newer.filter_map(|(server, said)| Some((server, said?))));
    all
}

/// Takes the keys out of `unused` that any server has a number of on a day. Reads all of the day.
pub(crate) fn remove_used(
    db: &Connection,
    of: (ProductId, Day),
    unused: &mut BTreeSet<i64>,
) -> Result<()> {
    let mut query = db.prepare_cached(sql!("columns/chunks"))?;
    let chunks = query.query_map(params![of.0.0, of.1.0, CHUNK_SERVERS], |row| row.get(0))?;
    for chunk in chunks.collect::<rusqlite::Result<Vec<u32>>>()? {
        let rows = overlay::rows(db, of, servers_of(chunk))?;
        for (key, _) in rows.iter().flat_map(|(_, numbers)| numbers) {
            unused.remove(&i64::from(*key));
        }
        let newer: HashSet<u16> = rows.iter().map(|(server, _)| place(*server).1).collect();
        for (key, column) in columns_of_chunk(db, of, chunk)? {
            if column.iter().any(|(low, _)| !newer.contains(low)) {
                unused.remove(&i64::from(key));
            }
        }
    }
    Ok(())
}

/// All of a server's numbers on a day, by key.
pub(crate) fn of_server(
    db: &Connection,
    picking: &mut Picking,
    product: ProductId,
    day: Day,
    server: ServerId,
) -> Result<Numbers> {
    let of = (product, day);
    let row = overlay::rows(db, of, server.0..server.0.saturating_add(1))?;
    if let Some((_, numbers)) = row.into_iter().next() {
        return Ok(numbers);
    }
    let (chunk, low) = place(server.0);
    let mut numbers = Numbers::new();
    let mut query = db.prepare_cached(sql!("columns/columns_of_chunk"))?;
    let mut rows = query.query(params![product.0, day.0, chunk])?;
    while let Some(row) = rows.next()? {
        let key: u32 = row.get(0)?;
        let packed = row.get_ref(1)?.as_blob().unwrap_or_default();
        let picked = picking.pick(packed, low);
        let picked = picked.ok_or_else(|| damaged(product, day, &format!("key {key}")))?;
        numbers.extend(picked.map(|number| (key, number)));
    }
    Ok(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_newer_replaces_what_is_packed() {
        let int = Number::Int;
        let packed = vec![(2, int(2)), (4, int(4)), (6, int(6)), (8, int(8))];
        let newer = [
            (1, Some(int(10))),
            (3, None),
            (4, Some(int(40))),
            (6, None),
            (9, Some(int(90))),
        ];
        let all = merged(packed.clone(), newer.into_iter());
        let expected = [
            (1, int(10)),
            (2, int(2)),
            (4, int(40)),
            (8, int(8)),
            (9, int(90)),
        ];
        assert_eq!(all, expected);
        assert_eq!(merged(packed.clone(), std::iter::empty()), packed);
        assert_eq!(
            merged(Vec::new(), [(1, None), (2, Some(int(2)))].into_iter()),
            [(2, int(2))]
        );
    }

    #[test]
    fn only_what_is_wanted_is_taken() {
        let column: Vec<_> = (0..9).map(|low| (low, Number::Int(low.into()))).collect();
        let wanted = RoaringBitmap::from_iter([3, 102, 105, 108, 109, 300]);
        let mut out = Vec::new();
        take_wanted(&column, 100..200, &wanted, &mut out);
        let servers: Vec<u32> = out.iter().map(|(server, _)| *server).collect();
        assert_eq!(servers, [102, 105, 108]);
    }
}
