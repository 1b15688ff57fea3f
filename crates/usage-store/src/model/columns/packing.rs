//! Rows of the overlay into columns, and servers out of both. Each changes one chunk of servers at a time.

use std::collections::{BTreeMap, HashSet, VecDeque};

use roaring::RoaringBitmap;
use rusqlite::{Connection, params};

use super::pack::{Chunk, pack};
use super::{columns_of_chunk, overlay, place, servers_of};
use crate::model::cells::{ACTIVE, read};
use crate::model::limits::{CHUNK_SERVERS, PACK_ROWS, PACK_SERVERS_A};
use crate::query::ProductId;
use crate::sqlite::sql;
use crate::{Day, Result};

/// The chunks that are to be packed, as far as is known.
#[derive(Default)]
pub(crate) struct Packing(VecDeque<Waiting>);

/// A chunk that is to be packed.
pub(crate) struct Waiting {
    pub(super) of: (ProductId, Day),
    pub(super) chunk: u32,
    /// The rows of the day, and not its numbers.
    pub(super) rows: bool,
}

impl Packing {
    /// The next chunk. Looks for more where none is known: those of days of which many rows wait; with
    /// `all_before` all of earlier days, too.
    pub(crate) fn next(
        &mut self,
        db: &Connection,
        all_before: Option<Day>,
    ) -> Result<Option<Waiting>> {
        if self.0.is_empty() {
            self.look(db, all_before)?;
        }
        Ok(self.0.pop_front())
    }

    fn look(&mut self, db: &Connection, all_before: Option<Day>) -> Result<()> {
        let mut waiting: BTreeMap<(ProductId, Day), (u64, Vec<u32>)> = BTreeMap::new();
        let mut query = db.prepare_cached(sql!("columns/waiting"))?;
        let mut rows = query.query([CHUNK_SERVERS])?;
        while let Some(row) = rows.next()? {
            let day = waiting
                .entry((ProductId(row.get(0)?), Day(row.get(1)?)))
                .or_default();
            day.1.push(row.get(2)?);
            day.0 += row.get::<_, i64>(3)? as u64;
        }
        for ((product, day), (rows, chunks)) in waiting {
            let due = match all_before {
                Some(before) if day < before => true,
                _ if rows < PACK_ROWS => false,
                _ => rows >= read(db, (product, day, ACTIVE))?.len() / PACK_SERVERS_A,
            };
            if due {
                self.0.extend(chunks.into_iter().map(|chunk| Waiting {
                    of: (product, day),
                    chunk,
                    rows: false,
                }));
            }
        }
        let Some(before) = all_before else {
            return Ok(());
        };
        let mut query = db.prepare_cached(sql!("rows/waiting"))?;
        let mut rows = query.query(params![CHUNK_SERVERS, before.0])?;
        while let Some(row) = rows.next()? {
            self.0.push_back(Waiting {
                of: (ProductId(row.get(0)?), Day(row.get(1)?)),
                chunk: row.get(2)?,
                rows: true,
            });
        }
        Ok(())
    }
}

/// Moves a chunk's rows of the overlay into the columns, in the caller's transaction.
pub(crate) fn pack_chunk(db: &Connection, of: (ProductId, Day), chunk: u32) -> Result<()> {
    let rows = overlay::rows(db, of, servers_of(chunk))?;
    if rows.is_empty() {
        return Ok(());
    }
    let replaced: HashSet<u16> = rows.iter().map(|(server, _)| place(*server).1).collect();
    let mut added: BTreeMap<u32, Chunk> = BTreeMap::new();
    for (server, numbers) in &rows {
        for (key, number) in numbers {
            let column = added.entry(*key).or_default();
            column.push((place(*server).1, *number));
        }
    }
    merge(db, of, chunk, &replaced, added)?;
    overlay::forget(db, of, servers_of(chunk))
}

/// Writes what these servers of a chunk say in numbers, given by key in order of ids, in place of all that is
/// known of them on the day.
pub(crate) fn replace(
    db: &Connection,
    of: (ProductId, Day),
    chunk: u32,
    replaced: &HashSet<u16>,
    added: BTreeMap<u32, Chunk>,
) -> Result<()> {
    // Rows would go before columns.
    pack_chunk(db, of, chunk)?;
    merge(db, of, chunk, replaced, added)
}

fn merge(
    db: &Connection,
    of: (ProductId, Day),
    chunk: u32,
    replaced: &HashSet<u16>,
    mut added: BTreeMap<u32, Chunk>,
) -> Result<()> {
    for (key, mut column) in columns_of_chunk(db, of, chunk)? {
        let before = column.len();
        column.retain(|(low, _)| !replaced.contains(low));
        let new = added.remove(&key).unwrap_or_default();
        if column.len() == before && new.is_empty() {
            continue;
        }
        column.extend(new);
        column.sort_unstable_by_key(|(low, _)| *low);
        write(db, of, (key, chunk), &column)?;
    }
    for (key, column) in added {
        write(db, of, (key, chunk), &column)?;
    }
    Ok(())
}

/// Takes servers out of a day's numbers.
pub(crate) fn forget(db: &Connection, of: (ProductId, Day), servers: &RoaringBitmap) -> Result<()> {
    let mut chunks: BTreeMap<u32, HashSet<u16>> = BTreeMap::new();
    for server in servers {
        overlay::forget(db, of, server..server.saturating_add(1))?;
        let (chunk, low) = place(server);
        chunks.entry(chunk).or_default().insert(low);
    }
    for (chunk, gone) in chunks {
        for (key, mut column) in columns_of_chunk(db, of, chunk)? {
            let before = column.len();
            column.retain(|(low, _)| !gone.contains(low));
            if column.len() < before {
                write(db, of, (key, chunk), &column)?;
            }
        }
    }
    Ok(())
}

/// Writes a chunk of a column, or that it is gone where nothing is left of it.
fn write(
    db: &Connection,
    (product, day): (ProductId, Day),
    (key, chunk): (u32, u32),
    column: &[(u16, crate::report::Number)],
) -> Result<()> {
    if column.is_empty() {
        db.prepare_cached(sql!("columns/delete_column"))?
            .execute(params![product.0, day.0, key, chunk])?;
        return Ok(());
    }
    db.prepare_cached(sql!("columns/save_column"))?
        .execute(params![product.0, day.0, key, chunk, pack(column)])?;
    Ok(())
}
