//! The read model as the store's users have it follow the journal, or made anew.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{channel, sync_channel};

use rusqlite::Connection;

use super::applied;
use super::bulk::{self, Begin, Load, News};
use super::limits::{BATCHES_AT_ONCE, OBSERVATIONS_IN_BULK};
use super::{rebuilding, unused};
use crate::allow::Thing;
use crate::journal::{SPAN_REPORTS, Seq, next_seq, walk};
use crate::query::ProductId;
use crate::{Error, Result, Store, sqlite};

/// Stretches of the journal read ahead of a rebuild, a thousand reports each.
const STRETCHES_AHEAD: usize = 4;

impl Store {
    /// Brings the read model forward by one chunk, in steps that commits of reports come between; how
    /// many reports it looked at, 0 at the end, and where somebody makes it anew.
    pub fn apply(&self) -> Result<u64> {
        if self.is_being_rebuilt()? {
            return Ok(0);
        }
        self.apply_chunk()
    }

    /// Whether somebody makes the read model anew: until that is done, all others leave it alone.
    pub(crate) fn is_being_rebuilt(&self) -> Result<bool> {
        rebuilding::is_under_way(self.data_dir())
    }

    /// Brings it forward to the journal's end by the large steps of a rebuild, where very much waits: many times as fast,
    /// with more memory, and the steps take some seconds. `progress` hears as a rebuild's does. How many reports it
    /// looked at; 0 where somebody makes it anew.
    pub fn catch_up(&self, mut progress: impl FnMut(u64, u64)) -> Result<u64> {
        let _nobody_else_does = match rebuilding::begin(self.data_dir()) {
            Err(Error::BeingRebuilt(_)) => return Ok(0),
            begun => begun?,
        };
        let at = || self.readers.read(|db| Ok(applied::read(db)?.seq));
        let before = at()?;
        self.in_bulk(|store| {
            store.apply_in_bulk((OBSERVATIONS_IN_BULK, BATCHES_AT_ONCE), &mut progress)
        })?;
        Ok(at()?.saturating_sub(before))
    }

    fn in_bulk(&self, apply: impl FnOnce(&Store) -> Result<()>) -> Result<()> {
        sqlite::set_cache(&self.model().db, sqlite::BULK_CACHE_KIB)?;
        let made = apply(self);
        sqlite::set_cache(&self.model().db, sqlite::CACHE_KIB)?;
        made
    }

    fn apply_chunk(&self) -> Result<u64> {
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
    /// are read. A server that runs beside follows the journal again when this is done, or interrupted: then from
    /// where it came to. `Error::BeingRebuilt` where somebody does so already.
    pub fn rebuild(&self, progress: impl FnMut(u64, u64)) -> Result<()> {
        self.rebuild_by((OBSERVATIONS_IN_BULK, BATCHES_AT_ONCE), progress)
    }

    /// The same by batches of about so many observations, and steps of so many batches.
    pub fn rebuild_by(
        &self,
        (at_once, batches): (usize, usize),
        mut progress: impl FnMut(u64, u64),
    ) -> Result<()> {
        let _nobody_else_does = rebuilding::begin(self.data_dir())?;
        self.in_bulk(|store| store.make_anew((at_once, batches), &mut progress))
    }

    fn make_anew(&self, by: (usize, usize), progress: &mut impl FnMut(u64, u64)) -> Result<()> {
        super::reset(&mut self.model().db)?;
        loop {
            self.apply_in_bulk(by, progress)?;
            if self.stopping.load(Ordering::Relaxed) {
                return Ok(());
            }
            // What came meanwhile, or what is to be begun anew.
            if self.apply_chunk()? == 0 {
                break;
            }
        }
        let mut model = self.model();
        let step = super::begin(&mut model.db)?;
        unused::forget_unused(&step)?;
        Ok(step.commit()?)
    }

    /// From now on so many names of dimensions, and as many of numbers, are told apart in a product, in place of
    /// [`NAMES_PER_PRODUCT`](crate::NAMES_PER_PRODUCT).
    pub fn tell_names_apart(&self, at_most: usize) {
        self.model().dictionary.tell_apart(at_most);
    }

    /// Products in which more names came than are told apart, and of what; since this was opened, or ids were last
    /// looked up anew.
    pub fn names_beyond(&self) -> BTreeSet<(ProductId, Thing)> {
        self.model().dictionary.beyond().collect()
    }

    fn apply_in_bulk(
        &self,
        (at_once, batches): (usize, usize),
        progress: &mut impl FnMut(u64, u64),
    ) -> Result<()> {
        let (begin, end) = self
            .readers
            .read(|db| Ok((Begin::read(db)?, next_seq(db)?)))?;
        std::thread::scope(|scope| {
            let (send, stretches) = sync_channel(STRETCHES_AHEAD);
            let read = |from| {
                let read = |db: &Connection| walk::forwards(db, from, SPAN_REPORTS as usize);
                self.readers.read(read)
            };
            scope.spawn(move || bulk::read_ahead(begin.mark.seq, read, &send));
            let (tell, told) = channel();
            let (permit, permits) = channel();
            scope.spawn(move || bulk::gather(begin, at_once, &stretches, &tell, &permits));
            let mut load = Load::new(begin);
            // What comes after the batch that is done. It was made meanwhile, and now the one behind it is.
            let mut next = |done: Option<Seq>| {
                if let Some(done) = done {
                    progress(done, end.max(done));
                }
                let _nobody_waits = permit.send(());
                while !self.stopping.load(Ordering::Relaxed) {
                    match told.recv() {
                        Ok(News::Read(done)) => progress(done, end.max(done)),
                        Ok(News::Failed(e)) => return Err(e),
                        Ok(News::Batch(batch)) => return Ok(Some(*batch)),
                        Err(_) => break,
                    }
                }
                Ok(None)
            };
            let mut batch = next(None)?;
            while let Some(first) = batch.take() {
                let mut go_on = |done| next(Some(done));
                match load.step(&mut self.model(), first, batches, &mut go_on)? {
                    Some(done) => batch = next(Some(done))?,
                    None => return Ok(()),
                }
            }
            Ok(())
        })
    }
}
