//! A run: keys sorted by their digests, in pages, never changed. Its filter is made in the
//! background after a start; until then every look-up reads a page.

use std::sync::OnceLock;

use rusqlite::{Connection, OptionalExtension, params};

use super::entry::{self, Digest, Entry, Seen};
use super::filter::Filter;
use crate::Result;
use crate::journal::limits::KEY_PAGES_READ_AT_ONCE;
use crate::sqlite::sql;

/// Bits of a page's id that tell its place within the run.
const PLACE_BITS: u32 = 40;

#[derive(Debug)]
pub(super) struct Run {
    pub(super) id: i64,
    pub(super) keys: usize,
    /// When the first of its keys came, and the last: seconds.
    pub(super) oldest: u32,
    pub(super) newest: u32,
    pub(super) filter: OnceLock<Filter>,
}

/// All runs, and whether each is asked.
pub(super) fn all(db: &Connection) -> Result<Vec<(bool, Run)>> {
    let mut query = db.prepare_cached(sql!("keys/runs"))?;
    let runs = query.query_map([], |row| {
        let run = Run {
            id: row.get(0)?,
            keys: row.get::<_, i64>(2)? as usize,
            oldest: row.get(3)?,
            newest: row.get(4)?,
            filter: OnceLock::new(),
        };
        Ok((row.get(1)?, run))
    })?;
    Ok(runs.collect::<rusqlite::Result<_>>()?)
}

/// The ids of a run's pages: from, up to and not with.
pub(super) fn bounds(run: i64) -> (i64, i64) {
    (run << PLACE_BITS, (run + 1) << PLACE_BITS)
}

impl Run {
    /// What it holds under a key.
    pub(super) fn find(&self, db: &Connection, digest: &Digest) -> Result<Option<Seen>> {
        if let Some(filter) = self.filter.get()
            && !filter.may_hold(digest)
        {
            return Ok(None);
        }
        let (from, _) = bounds(self.id);
        let mut query = db.prepare_cached(sql!("keys/page"))?;
        let found = query.query_row([from, from + entry::place(digest)], |row| {
            let page = row.get_ref(0)?.as_blob().unwrap_or_default();
            Ok(entry::search(page, digest))
        });
        Ok(found.optional()?.flatten())
    }
}

/// A run as it is read in order, some pages at a time.
#[derive(Debug)]
pub(super) struct Cursor {
    next: i64,
    end: i64,
    /// What was read and not taken, last first.
    waiting: Vec<Entry>,
}

impl Cursor {
    pub(super) fn new(run: i64) -> Cursor {
        let (next, end) = bounds(run);
        Cursor {
            next,
            end,
            waiting: Vec::new(),
        }
    }

    /// The next entry, left where it is; `None` at the end.
    pub(super) fn peek(&mut self, db: &Connection) -> Result<Option<&Entry>> {
        if self.waiting.is_empty() && self.next < self.end {
            let mut query = db.prepare_cached(sql!("keys/pages"))?;
            let mut rows =
                query.query(params![self.next, self.end, KEY_PAGES_READ_AT_ONCE as i64])?;
            let mut read = 0;
            while let Some(row) = rows.next()? {
                read += 1;
                self.next = row.get::<_, i64>(0)? + 1;
                self.waiting.extend(entry::entries(
                    row.get_ref(1)?.as_blob().unwrap_or_default(),
                ));
            }
            if read < KEY_PAGES_READ_AT_ONCE {
                self.next = self.end;
            }
            self.waiting.reverse();
        }
        Ok(self.waiting.last())
    }

    pub(super) fn take(&mut self) -> Option<Entry> {
        self.waiting.pop()
    }
}
