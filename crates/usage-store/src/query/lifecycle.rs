//! Who is new, who came back and who is gone, period by period.

use roaring::RoaringBitmap;
use rusqlite::Connection;

use super::ProductId;
use super::asked::{Asked, Per, Window};
use super::counted::Cut;
use super::ground::Ground;
use super::releases::history;
use crate::model::cells::{NEW, read};
use crate::sqlite::{sql, timestamp};
use crate::{Day, Result};

/// What became of the servers in a period. `new`, `stayed`, `returned` and `late` are all that are active.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifecycle {
    /// The period's days.
    pub period: Window,
    /// Servers that are active.
    pub active: u64,
    /// Those that were first seen in the period.
    pub new: u64,
    /// Others that were active in the period before, too.
    pub stayed: u64,
    /// Others that weren't, but had been seen before.
    pub returned: u64,
    /// Others: nothing but late reports says that they were there.
    pub late: u64,
    /// Servers that were active in the period before, and aren't in this one.
    pub gone: u64,
}

/// Each period of the window.
pub(crate) fn lifecycle(
    ground: &Ground<'_>,
    asked: &Asked,
    window: Window,
    per: Per,
) -> Result<Vec<Lifecycle>> {
    let history = history(ground, asked.product, window)?;
    let series = ground.series("lifecycle", per.name().to_owned(), asked, (history, per))?;
    let mut cut = ground.cut(asked);
    let mut seen = Seen {
        servers: RoaringBitmap::new(),
        next: history.from,
    };
    let mut before: Option<(Window, RoaringBitmap)> = None;
    let mut periods = Vec::new();
    for period in window.periods(per) {
        // Who came back depends on all days on which somebody was first seen.
        let days = Window {
            from: history.from,
            to: period.to,
        };
        let counted = series.get(days, || {
            let cut = cut.get()?;
            let last = per.around(period.from.plus(-1));
            let was = match before.take() {
                Some((period, servers)) if period == last => servers,
                _ => cut.active_in(ground.db, last)?,
            };
            let active = cut.active_in(ground.db, period)?;
            let seen = seen.before(ground.db, asked.product, period.from)?;
            let counted = count(ground.db, cut, (period, &active), &was, seen)?;
            before = Some((period, active));
            Ok(vec![counted])
        })?;
        periods.extend(counted.iter().copied());
    }
    Ok(periods)
}

fn count(
    db: &Connection,
    cut: &Cut,
    (period, active): (Window, &RoaringBitmap),
    was: &RoaringBitmap,
    seen: &RoaringBitmap,
) -> Result<Lifecycle> {
    let new = cut.new_in(db, period)?;
    let others = active - &new;
    let came = &others - was;
    let mut returned = came.intersection_len(seen);
    // Few: who sent late reports only, and who was first seen on a day that isn't kept.
    let mut first_seen = db.prepare_cached(sql!("query/first_seen"))?;
    for server in &came - seen {
        let first: Option<i64> = first_seen.query_row([server], |row| row.get(0))?;
        if first.is_some_and(|at| Day::of(timestamp(at)) < period.from) {
            returned += 1;
        }
    }
    Ok(Lifecycle {
        period,
        active: active.len(),
        new: new.len(),
        stayed: others.len() - came.len(),
        returned,
        late: came.len() - returned,
        gone: was.difference_len(active),
    })
}

/// Who was first seen before a day.
struct Seen {
    servers: RoaringBitmap,
    next: Day,
}

impl Seen {
    /// Before a day that is no earlier than the one before.
    fn before(&mut self, db: &Connection, product: ProductId, day: Day) -> Result<&RoaringBitmap> {
        while self.next < day {
            self.servers |= read(db, (product, self.next, NEW))?;
            self.next = self.next.plus(1);
        }
        Ok(&self.servers)
    }
}
