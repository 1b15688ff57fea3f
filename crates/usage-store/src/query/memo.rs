//! Answers that stay the same until somebody reports for their days again: kept in memory with the versions
//! of those days, so that a question over a hundred days works on today's only.

use std::any::Any;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::{Connection, params};

use super::asked::{Asked, Filter, Window};
use super::{
    ProductId,
    limits::{ANSWER_MAX_BYTES, MEMO_BYTES},
};
use crate::model::cells::ALL_DAYS;
use crate::sqlite::sql;
use crate::{Day, Result};

/// What an answer is to: the question with all that it depends on but the days' contents.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    question: &'static str,
    /// What else the question says: a dimension's name, say.
    about: String,
    product: ProductId,
    filter: Filter,
    days: Window,
}

struct Kept {
    version: i64,
    bytes: usize,
    answer: Arc<dyn Any + Send + Sync>,
}

/// Kept answers, in two generations: what is not asked for while the younger one fills goes.
#[derive(Default)]
pub(crate) struct Memo {
    kept: Mutex<Generations>,
    worked_out: AtomicU64,
}

#[derive(Default)]
struct Generations {
    young: HashMap<Key, Kept>,
    old: HashMap<Key, Kept>,
    young_bytes: usize,
}

/// What an answer holds of memory.
pub(crate) trait Weigh: Any + Send + Sync {
    /// Bytes, roughly.
    fn bytes(&self) -> usize;
}

impl<T: Any + Send + Sync> Weigh for Vec<T> {
    fn bytes(&self) -> usize {
        self.len() * size_of::<T>()
    }
}

/// One question's way to what is kept.
pub(crate) struct Series<'a> {
    memo: &'a Memo,
    question: &'static str,
    about: String,
    asked: &'a Asked,
    /// Days that have one, each with the sum of all up to it.
    versions: Vec<(Day, i64)>,
    /// Of the sets that are of no day, and whether the answers depend on them.
    timeless: (i64, bool),
}

impl Memo {
    /// A question's answers for days of a window. `about` is all that it depends on besides.
    pub(crate) fn series<'a>(
        &'a self,
        db: &Connection,
        question: &'static str,
        about: String,
        asked: &'a Asked,
        window: Window,
    ) -> Result<Series<'a>> {
        let mut query = db.prepare_cached(sql!("query/day_versions"))?;
        let mut rows = query.query(params![
            asked.product.0,
            window.from.0,
            window.to.0,
            ALL_DAYS.0
        ])?;
        let (mut versions, mut sum, mut timeless) = (Vec::new(), 0, 0);
        while let Some(row) = rows.next()? {
            let (day, version): (_, i64) = (Day(row.get(0)?), row.get(1)?);
            if day == ALL_DAYS {
                timeless = version;
                continue;
            }
            sum += version;
            versions.push((day, sum));
        }
        Ok(Series {
            memo: self,
            question,
            about,
            asked,
            versions,
            timeless: (
                timeless,
                asked.filter.without_clones || asked.filter.without_once,
            ),
        })
    }
}

impl Series<'_> {
    /// The answers depend on the sets that are of no day.
    pub(crate) fn of_no_day_too(mut self) -> Self {
        self.timeless.1 = true;
        self
    }

    /// The answer for some days of the window: the kept one, or `answer`'s.
    pub(crate) fn get<T: Weigh>(
        &self,
        days: Window,
        answer: impl FnOnce() -> Result<T>,
    ) -> Result<Arc<T>> {
        let filter = &self.asked.filter;
        let version = self.version(days);
        let key = Key {
            question: self.question,
            about: self.about.clone(),
            product: self.asked.product,
            filter: filter.clone(),
            days,
        };
        if let Some(kept) = self.memo.look_up(&key, version)
            && let Ok(kept) = kept.downcast::<T>()
        {
            return Ok(kept);
        }
        self.memo.worked_out.fetch_add(1, Ordering::Relaxed);
        let answer = Arc::new(answer()?);
        self.memo.keep(key, version, answer.bytes(), answer.clone());
        Ok(answer)
    }

    /// The last of some days that has anything: the one that goes on changing, where it is today.
    pub(crate) fn newest(&self, days: Window) -> Option<Day> {
        let after = self.versions.partition_point(|(day, _)| *day <= days.to);
        let (newest, _) = self.versions.get(after.checked_sub(1)?)?;
        (*newest >= days.from).then_some(*newest)
    }

    /// The steps that changed the days: they only ever grow, so their sum tells of any change.
    pub(crate) fn version(&self, days: Window) -> i64 {
        let up_to = |day: Day| match self.versions.partition_point(|(other, _)| *other <= day) {
            0 => 0,
            after => self.versions[after - 1].1,
        };
        let timeless = match self.timeless {
            (version, true) => version,
            (_, false) => 0,
        };
        up_to(days.to) - up_to(days.from.plus(-1)) + timeless
    }
}

impl Memo {
    /// How many answers weren't kept when they were asked for.
    pub(crate) fn worked_out(&self) -> u64 {
        self.worked_out.load(Ordering::Relaxed)
    }

    fn look_up(&self, key: &Key, version: i64) -> Option<Arc<dyn Any + Send + Sync>> {
        let mut all = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = all.old.remove(key) {
            all.put(key.clone(), kept);
        }
        let kept = all.young.get(key).filter(|kept| kept.version == version)?;
        Some(Arc::clone(&kept.answer))
    }

    fn keep(&self, key: Key, version: i64, bytes: usize, answer: Arc<dyn Any + Send + Sync>) {
        let kept = Kept {
            version,
            bytes: bytes + size_of::<Key>() + key.about.len() + 64,
            answer,
        };
        if kept.bytes > ANSWER_MAX_BYTES {
            return;
        }
        let mut all = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        all.put(key, kept);
    }
}

impl Generations {
    fn put(&mut self, key: Key, kept: Kept) {
        self.young_bytes += kept.bytes;
        if let Some(before) = self.young.insert(key, kept) {
            self.young_bytes -= before.bytes;
        }
        if self.young_bytes > MEMO_BYTES / 2 {
            self.old = std::mem::take(&mut self.young);
            self.young_bytes = 0;
        }
    }
}
