//! The read model as the store's users have it follow the journal, or made anew.

use std::sync::atomic::Ordering;
use std::sync::mpsc::sync_channel;

use rusqlite::Connection;

use super::applied;
use super::bulk::{self, Ahead};
use crate::journal::{SPAN_REPORTS, next_seq, walk};
use crate::{Result, Store};

/// Stretches of the journal read ahead of a rebuild, a thousand reports each.
const STRETCHES_AHEAD: usize = 4;

impl Store {
    /// Brings the read model forward by one chunk, in steps that commits of reports come between; how
    /// many reports it looked at, 0 at the end.
    pub fn apply(&self) -> Result<u64> {
        let mut model = self.model();
        let mut chunk = self.readers.read(super::next_chunk)?;
        while !chunk.is_done() && !self.stopping.load(Ordering::Relaxed) {
            super::apply(&mut model, &mut chunk)?;
        }
        if self.model_wal_to_empty.load(Ordering::Relaxed) {
            self.empty_model_wal(&model)?;
        }
        Ok(chunk.reports())
    }

    /// Makes the read model anew from the journal. `progress` hears how many places of how many
    /// are done. A server that runs beside takes part; if this is interrupted, it goes on.
    pub fn rebuild(&self, mut progress: impl FnMut(u64, u64)) -> Result<()> {
        super::reset(&mut self.model().db)?;
        loop {
            self.apply_in_bulk(&mut progress)?;
            // What came meanwhile, or what somebody beside has begun.
            if self.stopping.load(Ordering::Relaxed) || self.apply()? == 0 {
                return Ok(());
            }
        }
    }

    fn apply_in_bulk(&self, progress: &mut impl FnMut(u64, u64)) -> Result<()> {
        let (mark, end) = self
            .readers
            .read(|db| Ok((applied::read(db)?, next_seq(db)?)))?;
        std::thread::scope(|scope| {
            let (send, next) = sync_channel(STRETCHES_AHEAD);
            let read = |from| {
                let read = |db: &Connection| walk::forwards(db, from, SPAN_REPORTS as usize);
                self.readers.read(read)
            };
            scope.spawn(move || bulk::read_ahead(mark.seq, read, &send));
            let mut ahead = Ahead::new(mark, next);
            let mut tell = |done: u64| progress(done, end.max(done));
            loop {
                let more = bulk::apply(&mut self.model(), &mut ahead, &mut tell)?;
                if !more || self.stopping.load(Ordering::Relaxed) {
                    return Ok(());
                }
            }
        })
    }
}
