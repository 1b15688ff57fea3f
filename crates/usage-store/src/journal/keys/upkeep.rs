//! Keeping the keys small and quick to find: memory into runs, small runs into larger ones, old ones
//! away. In steps that hold the writer for about a millisecond; what is read and sorted for
//! them is done beside it. A step that was not reached before the process ended leaves a run that is
//! not live, which is removed after the next start.

use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::{Connection, Transaction, TransactionBehavior, params};

use super::entry::{Entry, place, seconds};
use super::filter::Filter;
use super::run::{Cursor, Run, bounds};
use super::{InMemory, Keys};
use crate::Result;
use crate::journal::limits::{
    KEY_LOG_BYTES_A_STEP, KEY_LOG_ROWS_A_STEP, KEY_PAGE_KEYS, KEY_PAGES_A_STEP, KEY_RUN_KEYS,
    KEY_RUN_TIERS, KEY_RUNS_MERGED, KEY_RUNS_MERGED_SPAN_SECONDS, KEY_WINDOW_SECONDS, KEYS_MAX,
    KEYS_OVERDUE_SECONDS,
};
use crate::sqlite::sql;

/// The work that is under way.
#[derive(Default)]
pub(crate) struct KeyUpkeep(Option<Work>);

enum Work {
    /// Removes the pages of a run that is no longer asked.
    Remove(i64),
    /// Takes out of the log what stands in runs.
    CutLog,
    /// Makes the filter of a run that was there at the start.
    Filter(Arc<Run>, Cursor, Filter),
    /// Writes a new run.
    Build(Box<Build>),
}

/// A run that is being written.
struct Build {
    run: Run,
    filter: Filter,
    source: Source,
    /// Keys that came before this are forgotten.
    forgotten_before: u32,
    /// Entries that are to be written next, in order.
    waiting: Vec<Entry>,
    begun: bool,
    read: bool,
    /// The runs it takes the place of.
    retired: Vec<i64>,
    /// The log's last row that it takes the place of.
    log_until: Option<i64>,
}

enum Source {
    /// Not sorted yet.
    Memory(Arc<InMemory>),
    Runs(Vec<Cursor>),
}

impl KeyUpkeep {
    /// Decides what to do next, if anything.
    pub(crate) fn begin(
        &mut self,
        db: &mut Connection,
        keys: &mut Keys,
        now: Timestamp,
    ) -> Result<bool> {
        if self.0.is_none() {
            self.0 = keys.next_work(db, seconds(now))?;
        }
        Ok(self.0.is_some())
    }

    /// What can be done without the writer.
    pub(crate) fn read(&mut self, db: &Connection) -> Result<()> {
        match &mut self.0 {
            Some(Work::Build(build)) => build.read(db),
            Some(Work::Filter(_, cursor, filter)) => {
                while cursor.peek(db)?.is_some() {
                    if let Some(entry) = cursor.take() {
                        filter.add(&entry.digest);
                    }
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// What needs it.
    pub(crate) fn write(&mut self, db: &mut Connection, keys: &mut Keys) -> Result<()> {
        // Put back unless it is done: after a failure it is tried again.
        let Some(mut work) = self.0.take() else {
            return Ok(());
        };
        let done = match &mut work {
            Work::Remove(run) => keys.remove_pages(db, *run),
            Work::CutLog => keys.cut_log(db),
            Work::Build(build) => build.write(db, keys),
            Work::Filter(run, _, filter) => {
                let _ = run.filter.set(std::mem::replace(filter, Filter::new(0)));
                Ok(true)
            }
        };
        if !matches!(done, Ok(true)) {
            self.0 = Some(work);
        }
        done.map(drop)
    }
}

impl Keys {
    fn next_work(&mut self, db: &mut Connection, now: u32) -> Result<Option<Work>> {
        if let Some(run) = self.dead.last() {
            return Ok(Some(Work::Remove(*run)));
        }
        if self.log_done > 0 {
            return Ok(Some(Work::CutLog));
        }
        let forgotten_before = now.saturating_sub(KEY_WINDOW_SECONDS);
        let overdue = forgotten_before.saturating_sub(KEYS_OVERDUE_SECONDS);
        if self.young.len() >= KEY_RUN_KEYS || self.young_since < overdue {
            self.ripe = Arc::new(std::mem::take(&mut self.young));
            self.young_since = u32::MAX;
            let build = self.build(
                self.ripe.len(),
                Source::Memory(Arc::clone(&self.ripe)),
                forgotten_before,
            );
            return Ok(Some(Work::Build(Box::new(Build {
                log_until: Some(self.log_end),
                ..build
            }))));
        }
        if let Some(run) = self.runs.iter().find(|run| run.filter.get().is_none()) {
            let (cursor, filter) = (Cursor::new(run.id), Filter::new(run.keys));
            return Ok(Some(Work::Filter(Arc::clone(run), cursor, filter)));
        }
        if let Some(run) = self.too_old(forgotten_before) {
            let step = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
            retire(&step, &[run])?;
            step.commit()?;
            self.retired(&[run]);
            return Ok(Some(Work::Remove(run)));
        }
        Ok(self.alike().map(|runs| {
            let cursors = runs.iter().map(|run| Cursor::new(run.id)).collect();
            let keys = runs.iter().map(|run| run.keys).sum();
            let build = self.build(keys, Source::Runs(cursors), forgotten_before);
            Work::Build(Box::new(Build {
                retired: runs.iter().map(|run| run.id).collect(),
                ..build
            }))
        }))
    }

    fn build(&self, keys: usize, source: Source, forgotten_before: u32) -> Build {
        let taken = |id: &i64| self.runs.iter().any(|run| run.id == *id);
        let run = Run {
            id: (1..).find(|id| !taken(id)).unwrap_or_default(),
            keys: 0,
            oldest: u32::MAX,
            newest: 0,
            filter: Default::default(),
        };
        Build {
            run,
            filter: Filter::new(keys),
            source,
            forgotten_before,
            waiting: Vec::new(),
            begun: false,
            read: false,
            retired: Vec::new(),
            log_until: None,
        }
    }

    /// A run that nothing is needed of any more; or, where there are more keys than may be kept, the oldest.
    fn too_old(&self, forgotten_before: u32) -> Option<i64> {
        let oldest = self.runs.iter().min_by_key(|run| run.newest)?;
        let keys: usize = self.runs.iter().map(|run| run.keys).sum();
        (oldest.newest < forgotten_before || keys > KEYS_MAX).then_some(oldest.id)
    }

    /// As many runs of like size and age as become one.
    fn alike(&self) -> Option<Vec<Arc<Run>>> {
        for tier in 0..KEY_RUN_TIERS {
            let mut runs: Vec<_> = self.runs.iter().filter(|run| run.tier() == tier).collect();
            runs.sort_unstable_by_key(|run| run.newest);
            let near = |runs: &&[&Arc<Run>]| {
                let since = runs.iter().map(|run| run.oldest).min();
                let until = runs.iter().map(|run| run.newest).max();
                until.zip(since).is_some_and(|(until, since)| {
                    until.saturating_sub(since) <= KEY_RUNS_MERGED_SPAN_SECONDS
                })
            };
            if let Some(found) = runs.windows(KEY_RUNS_MERGED).find(near) {
                return Some(found.iter().map(|run| Arc::clone(run)).collect());
            }
        }
        None
    }

    fn retired(&mut self, runs: &[i64]) {
        self.runs.retain(|run| !runs.contains(&run.id));
        self.dead.extend(runs);
    }

    /// Removes some pages of a run, and after the last the run. Whether it is gone.
    fn remove_pages(&mut self, db: &mut Connection, run: i64) -> Result<bool> {
        let (from, to) = bounds(run);
        let step = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let removed = step
            .prepare_cached(sql!("keys/remove_pages"))?
            .execute(params![from, to, KEY_PAGES_A_STEP as i64])?;
        let gone = removed < KEY_PAGES_A_STEP;
        if gone {
            step.prepare_cached(sql!("keys/remove_run"))?
                .execute([run])?;
        }
        step.commit()?;
        if gone {
            self.dead.retain(|dead| *dead != run);
        }
        Ok(gone)
    }

    /// Takes the oldest rows out of the log. Whether all are out that stand in runs.
    fn cut_log(&mut self, db: &mut Connection) -> Result<bool> {
        let step = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let (mut until, mut rows, mut bytes) = (0, 0, 0);
        {
            let mut query = step.prepare_cached(sql!("keys/log_sizes"))?;
            let mut sizes = query.query(params![self.log_done, KEY_LOG_ROWS_A_STEP])?;
            while bytes < KEY_LOG_BYTES_A_STEP
                && let Some(row) = sizes.next()?
            {
                until = row.get(0)?;
                bytes += row.get::<_, i64>(1)?;
                rows += 1;
            }
        }
        step.prepare_cached(sql!("keys/cut_log"))?
            .execute([until])?;
        step.commit()?;
        let done = rows < KEY_LOG_ROWS_A_STEP && bytes < KEY_LOG_BYTES_A_STEP;
        if done {
            self.log_done = 0;
        }
        Ok(done)
    }
}

fn retire(step: &Transaction<'_>, runs: &[i64]) -> Result<()> {
    let mut retire = step.prepare_cached(sql!("keys/retire_run"))?;
    for run in runs {
        retire.execute([run])?;
    }
    Ok(())
}

impl Run {
    /// How often it was merged, going by its size.
    fn tier(&self) -> u32 {
        let times = (self.keys / KEY_RUN_KEYS).max(1);
        times.ilog(KEY_RUNS_MERGED)
    }
}

impl Build {
    /// Gets the next entries, in order.
    fn read(&mut self, db: &Connection) -> Result<()> {
        if let Source::Memory(memory) = &self.source {
            let entry = |(digest, seen): (&_, &_)| Entry {
                digest: *digest,
                seen: *seen,
            };
            let mut all: Vec<Entry> = memory.iter().map(entry).collect();
            all.sort_unstable_by_key(|entry| entry.digest);
            self.source = Source::Runs(Vec::new());
            all.into_iter().for_each(|entry| self.take(entry));
            self.read = true;
        }
        // One page more than is written: where it begins decides where the last one ends.
        let mut enough = (KEY_PAGES_A_STEP + 1) * KEY_PAGE_KEYS;
        while !self.read && (self.waiting.len() < enough || self.page_end(0).is_none()) {
            enough = enough.max(self.waiting.len() + KEY_PAGE_KEYS);
            while !self.read && self.waiting.len() < enough {
                match self.smallest(db)? {
                    Some(entry) => self.take(entry),
                    None => self.read = true,
                }
            }
        }
        Ok(())
    }

    /// The next entry of all runs; of a key that is in several, the latest.
    fn smallest(&mut self, db: &Connection) -> Result<Option<Entry>> {
        let Source::Runs(cursors) = &mut self.source else {
            return Ok(None);
        };
        let mut smallest = None;
        for cursor in cursors.iter_mut() {
            if let Some(Entry { digest, .. }) = cursor.peek(db)?
                && smallest.is_none_or(|found| *digest < found)
            {
                smallest = Some(*digest);
            }
        }
        let mut latest: Option<Entry> = None;
        for cursor in cursors {
            if cursor.peek(db)?.map(|entry| entry.digest) == smallest
                && let Some(entry) = cursor.take()
                && latest.is_none_or(|found| found.seen.at < entry.seen.at)
            {
                latest = Some(entry);
            }
        }
        Ok(latest)
    }

    fn take(&mut self, entry: Entry) {
        if entry.seen.at >= self.forgotten_before {
            self.filter.add(&entry.digest);
            self.run.keys += 1;
            self.run.oldest = self.run.oldest.min(entry.seen.at);
            self.run.newest = self.run.newest.max(entry.seen.at);
            self.waiting.push(entry);
        }
    }

    /// Where the page that begins at `from` ends; `None` where that is not known yet.
    fn page_end(&self, from: usize) -> Option<usize> {
        let mut end = from + KEY_PAGE_KEYS;
        while let (Some(last), Some(next)) = (self.waiting.get(end - 1), self.waiting.get(end)) {
            if place(&last.digest) != place(&next.digest) {
                return Some(end);
            }
            end += 1;
        }
        (self.read && from < self.waiting.len()).then_some(self.waiting.len())
    }

    /// Writes some pages, and after the last makes the run live. Whether it is.
    fn write(&mut self, db: &mut Connection, keys: &mut Keys) -> Result<bool> {
        let (first_page, _) = bounds(self.run.id);
        let step = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        if !self.begun {
            step.prepare_cached(sql!("keys/begin_run"))?
                .execute([self.run.id])?;
        }
        let (mut from, mut bytes) = (0, Vec::new());
        for _ in 0..KEY_PAGES_A_STEP {
            let Some(to) = self.page_end(from) else { break };
            bytes.clear();
            let page = &self.waiting[from..to];
            page.iter().for_each(|entry| entry.put(&mut bytes));
            step.prepare_cached(sql!("keys/add_page"))?
                .execute(params![first_page + place(&page[0].digest), bytes])?;
            from = to;
        }
        let whole = self.read && from == self.waiting.len();
        if whole {
            let Run {
                id,
                keys,
                oldest,
                newest,
                ..
            } = &self.run;
            step.prepare_cached(sql!("keys/end_run"))?.execute(params![
                id,
                *keys as i64,
                oldest,
                newest
            ])?;
            retire(&step, &self.retired)?;
        }
        step.commit()?;
        self.begun = true;
        self.waiting.drain(..from);
        if whole {
            self.enter(keys);
        }
        Ok(whole)
    }

    /// From now on the run is asked, in the place of what it was made of.
    fn enter(&mut self, keys: &mut Keys) {
        keys.retired(&self.retired);
        if let Some(until) = self.log_until {
            keys.ripe = Arc::default();
            keys.log_done = until;
        }
        let filter = std::mem::replace(&mut self.filter, Filter::new(0));
        keys.runs.push(Arc::new(Run {
            filter: filter.into(),
            ..self.run
        }));
    }
}
