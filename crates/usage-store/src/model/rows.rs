//! The rows of a day, packed: each server's latest usage observation. They come as rows of `day`, and once the
//! day is over those of a chunk of servers become one; a rebuild writes them so at once. A row of `day`
//! replaces what is packed of its server.
//!
//! ```text
//! packed := version, length, times, length, texts, zstd frame of { count, { dimension, value } }
//! ```
//! Times (milliseconds of the day) and which of the lists of cells each server has are packed as numbers are.
//! Lengths, counts and ids have four bytes, little-endian.

use std::collections::{BTreeMap, HashMap};

use roaring::RoaringBitmap;
use rusqlite::{Connection, OptionalExtension, params};
use zstd::bulk::Decompressor;

use super::cells::Place;
use super::columns::{Chunk, Picking, damaged, pack, place, servers_of, unpack};
use super::days::{decode, encode};
use super::limits::CHUNK_SERVERS;
use crate::query::{ProductId, ServerId};
use crate::report::Number;
use crate::sqlite::{millis, sql};
use crate::{Day, Result};

const VERSION: u8 = 1;

/// Speed: it is small.
const ZSTD_LEVEL: i32 = 1;

/// The most that a chunk's lists of cells may have, so that damage asks for no more memory.
const LISTS_MAX_BYTES: usize = 256 * 1024 * 1024;

/// A chunk of a day's rows, in order of ids.
#[derive(Debug, Default)]
pub(super) struct Rows {
    /// A server's id in the chunk, when its observation was made, and which of the lists it has.
    pub(super) rows: Vec<(u16, i64, u32)>,
    /// Lists of cells, sorted; one behind the other, and where each ends.
    places: Vec<Place>,
    ends: Vec<usize>,
    /// Where each list is, once that was asked.
    at: HashMap<Box<[Place]>, u32>,
}

impl Rows {
    /// The number of a list of cells.
    pub(super) fn list(&mut self, places: &[Place]) -> u32 {
        if self.at.is_empty() {
            let lists = (0..self.ends.len() as u32).map(|list| (self.places(list).into(), list));
            self.at = lists.collect();
        }
        if let Some(known) = self.at.get(places) {
            return *known;
        }
        let new = self.ends.len() as u32;
        self.push_list(places);
        self.at.insert(places.into(), new);
        new
    }

    fn push_list(&mut self, places: &[Place]) {
        self.places.extend(places);
        self.ends.push(self.places.len());
    }

    /// The cells of a list; none where there is no such list.
    fn places(&self, list: u32) -> &[Place] {
        let list = list as usize;
        let begin = list.checked_sub(1).and_then(|before| self.ends.get(before));
        let end = self.ends.get(list).copied().unwrap_or_default();
        let begin = begin.copied().unwrap_or_default();
        self.places.get(begin..end).unwrap_or_default()
    }

    pub(super) fn find(&self, low: u16) -> Option<(i64, &[Place])> {
        let at = self.rows.binary_search_by_key(&low, |row| row.0).ok()?;
        let (_, at, list) = self.rows[at];
        Some((at, self.places(list)))
    }
}

/// All rows of a chunk, packed or not.
pub(super) fn read(db: &Connection, of: (ProductId, Day), chunk: u32) -> Result<Rows> {
    let (product, day) = of;
    let mut rows = read_packed(db, of, chunk)?;
    let ids = servers_of(chunk);
    let mut query = db.prepare_cached(sql!("rows/overlay"))?;
    let mut newer = query.query(params![product.0, day.0, ids.start, ids.end])?;
    while let Some(row) = newer.next()? {
        let (_, low) = place(row.get(0)?);
        let list = rows.list(&decode(row.get_ref(2)?.as_blob().unwrap_or_default()));
        let row = (low, row.get(1)?, list);
        match rows.rows.binary_search_by_key(&low, |row| row.0) {
            Ok(at) => rows.rows[at] = row,
            Err(at) => rows.rows.insert(at, row),
        }
    }
    Ok(rows)
}

/// Those that are packed.
pub(super) fn read_packed(
    db: &Connection,
    (product, day): (ProductId, Day),
    chunk: u32,
) -> Result<Rows> {
    let packed: Option<Vec<u8>> = db
        .prepare_cached(sql!("rows/chunk"))?
        .query_row(params![product.0, day.0, chunk], |row| row.get(0))
        .optional()?;
    let Some(packed) = packed else {
        return Ok(Rows::default());
    };
    unpacked(day, &packed)
        .ok_or_else(|| damaged(product, day, &format!("the rows of chunk {chunk}")))
}

/// The cells of one server of those that are packed; none where it isn't there.
pub(super) fn places_of(
    db: &Connection,
    picking: &mut Picking,
    (product, day): (ProductId, Day),
    (chunk, low): (u32, u16),
) -> Result<Vec<Place>> {
    let mut query = db.prepare_cached(sql!("rows/chunk"))?;
    let mut rows = query.query(params![product.0, day.0, chunk])?;
    let Some(row) = rows.next()? else {
        return Ok(Vec::new());
    };
    let packed = row.get_ref(0)?.as_blob().unwrap_or_default();
    picked(picking, packed, low)
        .ok_or_else(|| damaged(product, day, &format!("the rows of chunk {chunk}")))
}

/// Writes a chunk's rows, or that it has none any more, in place of all that were there.
pub(super) fn write(
    db: &Connection,
    (product, day): (ProductId, Day),
    chunk: u32,
    rows: &Rows,
) -> Result<()> {
    let ids = servers_of(chunk);
    db.prepare_cached(sql!("rows/forget_overlay"))?
        .execute(params![product.0, day.0, ids.start, ids.end])?;
    if rows.rows.is_empty() {
        db.prepare_cached(sql!("rows/delete_chunk"))?
            .execute(params![product.0, day.0, chunk])?;
        return Ok(());
    }
    let packed = packed(day, rows).map_err(|e| crate::Error::Io("(rows)".into(), e))?;
    db.prepare_cached(sql!("rows/save_chunk"))?
        .execute(params![product.0, day.0, chunk, packed])?;
    Ok(())
}

/// Packs the rows of a chunk, in the caller's transaction.
pub(super) fn pack_rows(db: &Connection, of: (ProductId, Day), chunk: u32) -> Result<()> {
    write(db, of, chunk, &read(db, of, chunk)?)
}

/// The chunks that have rows, packed or not.
fn chunks(db: &Connection, (product, day): (ProductId, Day)) -> Result<Vec<u32>> {
    let mut query = db.prepare_cached(sql!("rows/chunks"))?;
    let chunks = query.query_map(params![product.0, day.0, CHUNK_SERVERS], |row| row.get(0))?;
    Ok(chunks.collect::<rusqlite::Result<_>>()?)
}

/// Each server of a day, when its latest observation was made, and the cells that it is in by it.
pub(crate) fn each(
    db: &Connection,
    of: (ProductId, Day),
    mut visit: impl FnMut(ServerId, i64, &[Place]),
) -> Result<()> {
    for chunk in chunks(db, of)? {
        let rows = read(db, of, chunk)?;
        for (low, at, list) in &rows.rows {
            let server = servers_of(chunk).start + u32::from(*low);
            visit(ServerId(server), *at, rows.places(*list));
        }
    }
    Ok(())
}

/// Takes servers out of a day's packed rows.
pub(super) fn forget(db: &Connection, of: (ProductId, Day), servers: &RoaringBitmap) -> Result<()> {
    let mut gone: BTreeMap<u32, Vec<u16>> = BTreeMap::new();
    for server in servers {
        let (chunk, low) = place(server);
        gone.entry(chunk).or_default().push(low);
    }
    for (chunk, gone) in gone {
        let mut rows = read(db, of, chunk)?;
        rows.rows.retain(|row| gone.binary_search(&row.0).is_err());
        write(db, of, chunk, &rows)?;
    }
    Ok(())
}

fn packed(day: Day, rows: &Rows) -> std::io::Result<Vec<u8>> {
    // Only lists that somebody has: no trace of others may stay.
    let mut names = HashMap::new();
    let (mut times, mut said, mut plain) = (Chunk::new(), Chunk::new(), Vec::new());
    let start = millis(day.start());
    for (low, at, list) in &rows.rows {
        times.push((*low, Number::Int(at - start)));
        let next = names.len() as i64;
        let name = *names.entry(*list).or_insert_with(|| {
            let places = rows.places(*list);
            plain.extend((places.len() as u32).to_le_bytes());
            plain.extend(encode(places));
            next
        });
        said.push((*low, Number::Int(name)));
    }
    let mut out = vec![VERSION];
    for part in [pack(&times), pack(&said)] {
        out.extend((part.len() as u32).to_le_bytes());
        out.extend(part);
    }
    out.extend(zstd::bulk::compress(&plain, ZSTD_LEVEL)?);
    Ok(out)
}

/// The parts of a packed chunk: times, which list each server has, and the lists.
fn parts(packed: &[u8]) -> Option<[&[u8]; 3]> {
    let (&version, mut rest) = packed.split_first()?;
    if version != VERSION {
        return None;
    }
    let mut part = || {
        let (length, behind) = rest.split_first_chunk()?;
        let (part, behind) = behind.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        rest = behind;
        Some(part)
    };
    let (times, said) = (part()?, part()?);
    Some([times, said, rest])
}

fn unpacked_lists(lists: &[u8]) -> Option<Vec<u8>> {
    let size = Decompressor::upper_bound(lists).filter(|size| *size <= LISTS_MAX_BYTES)?;
    zstd::bulk::decompress(lists, size).ok()
}

/// The first of some lists of cells, as bytes, and those behind it.
fn next_list(lists: &[u8]) -> Option<(&[u8], &[u8])> {
    let (count, behind) = lists.split_first_chunk()?;
    let bytes = (u32::from_le_bytes(*count) as usize).checked_mul(8)?;
    behind.split_at_checked(bytes)
}

/// `None` where the bytes don't follow the format.
fn unpacked(day: Day, packed: &[u8]) -> Option<Rows> {
    let [times, said, lists] = parts(packed)?;
    let (times, said) = (unpack(times)?, unpack(said)?);
    let plain = unpacked_lists(lists)?;
    let mut read = Rows::default();
    let mut input = &plain[..];
    while !input.is_empty() {
        let (list, behind) = next_list(input)?;
        read.places.extend(decode(list));
        read.ends.push(read.places.len());
        input = behind;
    }
    let start = millis(day.start());
    let rows = times.iter().zip(&said).map(|((low, at), (other, list))| {
        let list = u32::try_from(int(*list)?).ok()?;
        let fits = low == other && (list as usize) < read.ends.len();
        fits.then_some((*low, start + int(*at)?, list))
    });
    let rows = rows.collect::<Option<Vec<_>>>()?;
    read.rows = rows;
    (times.len() == said.len()).then_some(read)
}

/// The cells of one server; none where it isn't there, and `None` where the bytes don't follow the format.
fn picked(picking: &mut Picking, packed: &[u8], low: u16) -> Option<Vec<Place>> {
    let [_, said, lists] = parts(packed)?;
    let Some(list) = picking.pick(said, low)? else {
        return Some(Vec::new());
    };
    let lists = unpacked_lists(lists)?;
    let mut input = &lists[..];
    for _ in 0..int(list)? {
        (_, input) = next_list(input)?;
    }
    Some(decode(next_list(input)?.0))
}

fn int(number: Number) -> Option<i64> {
    match number {
        Number::Int(n) => Some(n),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_rows() -> impl Strategy<Value = Rows> {
        let place = (0i64..4, 0i64..9).prop_map(|(dimension, value)| Place { dimension, value });
        let places = prop::collection::btree_set(place, 0..5);
        let row = (0i64..86_400_000, places);
        prop::collection::btree_map(0..CHUNK_SERVERS as u16, row, 1..60).prop_map(|all| {
            let mut rows = Rows::default();
            for (low, (at, places)) in all {
                let list = rows.list(&Vec::from_iter(places));
                rows.rows.push((low, at, list));
            }
            rows
        })
    }

    proptest! {
        #[test]
        fn what_is_packed_comes_out_again(rows in any_rows()) {
            let read = unpacked(Day(0), &packed(Day(0), &rows).unwrap()).unwrap();
            let all = |rows: &Rows| -> Vec<_> {
                let row = |low| rows.find(low).map(|(at, places)| (low, at, places.to_vec()));
                (0..CHUNK_SERVERS as u16).filter_map(row).collect()
            };
            prop_assert_eq!(all(&read), all(&rows));
            prop_assert_eq!(read.rows.len(), rows.rows.len());
            let packed = packed(Day(0), &rows).unwrap();
            let mut picking = Picking::default();
            for low in 0..CHUNK_SERVERS as u16 {
                let one = rows.find(low).map_or(Vec::new(), |(_, places)| places.to_vec());
                prop_assert_eq!(picked(&mut picking, &packed, low), Some(one));
            }
        }

        #[test]
        fn damage_is_refused_or_read(rows in any_rows(), at in any::<prop::sample::Index>(), to in any::<u8>(), cut in any::<bool>()) {
            let mut packed = packed(Day(0), &rows).unwrap();
            let at = at.index(packed.len());
            packed[at] = to;
            if cut {
                packed.truncate(at);
            }
            if let Some(rows) = unpacked(Day(0), &packed) {
                prop_assert!(rows.rows.iter().all(|row| (row.2 as usize) < rows.ends.len()));
                for row in &rows.rows {
                    let places = rows.places(row.2).to_vec();
                    prop_assert_eq!(picked(&mut Picking::default(), &packed, row.0), Some(places));
                }
            }
        }
    }
}
