//! The journal taken in by large steps, for a rebuild. Two threads work ahead: one reads and decompresses, one
//! reads bodies and makes [batches](batch) of what they say, which ask no database. A step takes some batches in:
//! each set and each column of a day is written once a batch, each server's row once.
//!
//! What comes of it is what [`take_in`](super::chunk::take_in) makes report by report.

mod batch;
mod blocks;
mod days;
mod gather;
mod names;
mod servers;

use std::sync::mpsc::{Receiver, Sender, SyncSender};

use rusqlite::Connection;

use self::batch::Batch;
use self::gather::Gatherer;
use self::names::Names;
use self::servers::Servers;
use super::applied::{self, Mark};
use super::cells::Cells;
use super::changes;
use super::chunk::{save_count, save_spans};
use super::stat_days::StatDays;
use super::tiers::Tiers;
use super::{Model, begin, unused};
use crate::Result;
use crate::journal::Seq;
use crate::journal::retention::{self, Kept};
use crate::journal::walk::Stretch;
use crate::report::Kind;

/// What batches are made for. Where anybody else makes a step, be it an erasure or one of the same kind, it may be
/// otherwise, and they are no good.
#[derive(Clone, Copy)]
pub(crate) struct Begin {
    pub(crate) mark: Mark,
    /// What is counted already although it is taken in again.
    kept: Option<Kept>,
    step: i64,
}

impl Begin {
    pub(crate) fn read(db: &Connection) -> Result<Begin> {
        Ok(Begin {
            step: applied::step(db)?,
            mark: applied::read(db)?,
            kept: retention::kept(db)?,
        })
    }
}

/// News of those who work ahead.
pub(crate) enum News {
    /// All before this place is read.
    Read(Seq),
    Batch(Box<Batch>),
    Failed(crate::Error),
}

/// Reads on until the journal ends or nobody listens.
pub(crate) fn read_ahead(
    from: Seq,
    read: impl Fn(Seq) -> Result<Stretch>,
    send: &SyncSender<Result<Stretch>>,
) {
    let mut from = from;
    loop {
        let stretch = read(from);
        let next = stretch.as_ref().map_or(from, |stretch| stretch.next);
        let is_over = next == from;
        if send.send(stretch).is_err() || is_over {
            return;
        }
        from = next;
    }
}

/// Makes batches of about so many observations until the stretches end or nobody listens. For each it waits for
/// a permit, so that memory is bounded.
pub(crate) fn gather(
    begin: Begin,
    at_once: usize,
    stretches: &Receiver<Result<Stretch>>,
    tell: &Sender<News>,
    permits: &Receiver<()>,
) {
    let mut gatherer = Gatherer::new(begin, at_once);
    let send = |gatherer: &mut Gatherer| {
        let batch = News::Batch(Box::new(gatherer.finish()));
        permits.recv().is_ok() && tell.send(batch).is_ok()
    };
    for stretch in stretches {
        let stretch = match stretch {
            Ok(stretch) => stretch,
            Err(e) => {
                let _nobody_listens = tell.send(News::Failed(e));
                return;
            }
        };
        let mut taken = 0;
        loop {
            taken = gatherer.take(&stretch, taken);
            if gatherer.is_full() && !send(&mut gatherer) {
                return;
            }
            if taken == stretch.reports.len() {
                break;
            }
        }
        if tell.send(News::Read(stretch.next)).is_err() {
            return;
        }
    }
    if !gatherer.is_empty() {
        send(&mut gatherer);
    }
}

/// What is known over all batches.
pub(crate) struct Load {
    last_step: i64,
    names: Names,
}

impl Load {
    pub(crate) fn new(begin: Begin) -> Load {
        Load {
            last_step: begin.step,
            names: Names::default(),
        }
    }

    /// Takes batches in, in one transaction: up to so many, or until there are no more or memory is full. How far it
    /// came; `None` where somebody else has made a step meanwhile: then nothing is done, and it is to be begun anew.
    pub(crate) fn step(
        &mut self,
        model: &mut Model,
        first: Batch,
        at_most: usize,
        next: &mut impl FnMut(Seq) -> Result<Option<Batch>>,
    ) -> Result<Option<Seq>> {
        let Model { db, dictionary } = model;
        let step = begin(db)?;
        if applied::step(&step)? != self.last_step + 1 {
            return Ok(None);
        }
        dictionary.refresh(&step)?;
        let taken = self
            .take_all_in(&step, dictionary, first, at_most, next)
            .and_then(|end| Ok(step.commit().map(|()| end)?));
        if taken.is_err() {
            // It may remember ids that were never committed.
            dictionary.clear();
        }
        self.last_step += 1;
        taken.map(Some)
    }

    fn take_all_in(
        &mut self,
        db: &Connection,
        dictionary: &mut super::Dictionary,
        first: Batch,
        at_most: usize,
        next: &mut impl FnMut(Seq) -> Result<Option<Batch>>,
    ) -> Result<Seq> {
        let mut servers = Servers::default();
        let mut batch = first;
        let mut end = batch.end();
        for left in (0..at_most).rev() {
            self.take_in(db, dictionary, &mut servers, &batch)?;
            servers.keep(batch);
            if left == 0 || servers.are_many() {
                break;
            }
            batch = match next(end)? {
                Some(next) => next,
                None => break,
            };
            end = batch.end();
        }
        let mut cells = Cells::new(Tiers::read(db)?);
        servers.save(db, &mut cells)?;
        changes::all(db)?;
        cells.save(db)?;
        // Names that were said for a moment only are told by no set.
        unused::doubt_all_names(db)?;
        Ok(end)
    }

    fn take_in(
        &mut self,
        db: &Connection,
        dictionary: &mut super::Dictionary,
        servers: &mut Servers,
        batch: &Batch,
    ) -> Result<()> {
        let tiers = Tiers::read(db)?;
        let saids = self.names.resolve(db, dictionary, batch, &tiers)?;
        let names = &self.names;
        let mut order: Vec<days::Of> = Vec::with_capacity(batch.seen.len());
        for (at, seen) in batch.seen.iter().enumerate() {
            // A batch has fewer than 2^32.
            order.extend(names.server(seen.server).map(|server| (server, at as u32)));
        }
        order.sort_unstable();
        let mut by_day: Vec<Vec<days::Of>> = batch.days.iter().map(|_| Vec::new()).collect();
        for of_server in order.chunk_by(|one, other| one.0 == other.0) {
            let seen = of_server.iter().map(|(_, at)| &batch.seen[*at as usize]);
            servers.observe(db, batch, of_server[0].0, seen)?;
            for of in of_server {
                by_day[batch.seen[of.1 as usize].day as usize].push(*of);
            }
        }
        servers.close();
        drop(order);
        let said = days::Said {
            batch,
            names,
            saids: &saids,
            tiers,
        };
        let mut in_order: Vec<_> = batch.days.iter().zip(by_day).collect();
        in_order.sort_unstable_by_key(|(of, _)| (names.product(of.product), of.day));
        for (of, all) in in_order {
            if let Some(product) = names.product(of.product) {
                days::observe(db, &said, (product, of.day), &all)?;
            }
        }
        self.stats(db, batch, &tiers)?;
        for ((product, day, kind), counted) in &batch.reports {
            if let Some(product) = self.names.product(*product) {
                save_count(db, (product, *day, *kind), counted)?;
            }
        }
        save_spans(db, &batch.spans)?;
        applied::set(db, batch.to, batch.received_at)
    }

    fn stats(&self, db: &Connection, batch: &Batch, tiers: &Tiers) -> Result<()> {
        let mut stats = StatDays::default();
        for seen in batch.seen.iter().filter(|seen| seen.kind == Kind::Stats) {
            let day = batch.days[seen.day as usize].day;
            if let Some(server) = self.names.server(seen.server)
                && day >= tiers.days
            {
                let body = &batch.stats[seen.shape as usize];
                stats.observe(db, (server, day), batch.at(seen), body)?;
            }
        }
        stats.save(db)
    }
}
