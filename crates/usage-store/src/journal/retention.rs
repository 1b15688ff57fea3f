//! Retention: the oldest blocks leave the journal once all their reports are old enough. What was
//! counted stays, so from then on the read model knows more than the journal can tell:
//!
//! - Days before the *horizon* may have had reports that are gone. A rebuild leaves these days as
//!   they are.
//! - Reports of such days that are still in the journal are in those days' counts already. Which
//!   ones: those before the place that the read model had come to when it was emptied.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::limits::CUT_MAX_BYTES;
use super::mark;
use super::{Seq, StoredReport, next_seq, walk};
use crate::model;
use crate::model::applied::{self, Mark};
use crate::sqlite::sql;
use crate::{Day, Result};

/// What the read model keeps although the journal doesn't.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kept {
    /// The first day of which the journal has all.
    pub(crate) horizon: Day,
    counted: Mark,
    /// Up to where servers' counters have everything.
    pub(crate) known: Mark,
}

impl Kept {
    /// Whether a report is in its day's count already.
    pub(crate) fn has_counted(&self, report: &StoredReport) -> bool {
        let begin = Mark {
            seq: report.seq,
            element: 0,
        };
        report.day() < self.horizon && begin < self.counted
    }
}

/// The oldest blocks, if they are to go.
pub(crate) struct Aged {
    /// Where they end.
    to: Seq,
    /// The latest day that they had a report of.
    day: Option<Day>,
}

/// The next blocks of which all reports were received before `until`: as many as can go at once.
/// Only what is re-packed and counted, and never the last block, which tells where the journal goes
/// on.
pub(crate) fn prepare(db: &Connection, until: Timestamp) -> Result<Option<Aged>> {
    let Some(end) = may_go_before(db)? else {
        return Ok(None);
    };
    let mut query = db.prepare_cached(sql!("retention/oldest"))?;
    let mut rows = query.query([end as i64])?;
    let mut aged: Option<Aged> = None;
    let mut bytes = 0;
    while let Some(row) = rows.next()? {
        let (seq, next): (i64, i64) = (row.get(0)?, row.get(1)?);
        let packed = row.get_ref(2)?.as_blob().map_or(0, <[u8]>::len);
        bytes += packed;
        if aged.is_some() && bytes > CUT_MAX_BYTES {
            break;
        }
        let reports = walk::unpacked(seq as Seq, row, 2)?;
        if reports.iter().any(|report| report.received_at >= until) {
            break;
        }
        let days = reports
            .iter()
            .map(|report| report.day().max(Day::of(report.received_at)));
        let before = aged.and_then(|aged| aged.day);
        aged = Some(Aged {
            to: next as Seq,
            day: before.max(days.max()),
        });
    }
    Ok(aged)
}

/// Tells the read model that the blocks are about to go; `false` where a rebuild has begun meanwhile.
/// Comes before [`cut`], and is on disk then: days are kept that need not be, rather than lost.
pub(crate) fn announce(model: &mut Connection, aged: &Aged) -> Result<bool> {
    let step = model::begin(model)?;
    if may_go_before(&step)?.is_none_or(|end| end < aged.to) {
        return Ok(false);
    }
    let after = aged.day.map_or(i32::MIN, |day| day.plus(1).0);
    step.prepare_cached(sql!("retention/raise_horizon"))?
        .execute([after])?;
    step.commit()?;
    Ok(true)
}

/// Takes the blocks out. A rebuild that begins now does no harm: it keeps the days they were of.
pub(crate) fn cut(db: &Connection, aged: &Aged) -> Result<()> {
    db.prepare_cached(sql!("retention/cut"))?
        .execute([aged.to as i64])?;
    Ok(())
}

/// Where the blocks end that may go; `None` while the read model is being made anew. Asks both files.
fn may_go_before(db: &Connection) -> Result<Option<Seq>> {
    let model = applied::read(db)?;
    if kept(db)?.is_some_and(|kept| model < kept.counted) {
        return Ok(None);
    }
    let repacked = mark::read(db, mark::REPACK)?;
    let last = next_seq(db)?.saturating_sub(1);
    Ok(Some(model.seq.min(repacked).min(last)))
}

/// What the read model keeps, where the journal has lost something.
pub(crate) fn kept(db: &Connection) -> Result<Option<Kept>> {
    Ok(db
        .prepare_cached(sql!("retention/kept"))?
        .query_row([], |row| {
            let mark = |at| -> rusqlite::Result<Mark> {
                Ok(Mark {
                    seq: row.get::<_, i64>(at)? as Seq,
                    element: row.get::<_, i64>(at + 1)? as usize,
                })
            };
            Ok(Kept {
                horizon: Day(row.get(0)?),
                counted: mark(1)?,
                known: mark(3)?,
            })
        })
        .optional()?)
}

/// The read model is about to be emptied from the horizon on: what it has counted of earlier days
/// isn't to be counted again, nor anything in the servers' counters. Where the journal is an older one than
/// the model was made from, its end bounds that: the places after it will be other reports'.
pub(crate) fn keep_counts(db: &Connection, kept: &Kept) -> Result<()> {
    let end = Mark {
        seq: next_seq(db)?,
        element: 0,
    };
    let applied = applied::read(db)?;
    let [counted, known] = [kept.counted, kept.known].map(|mark| mark.max(applied).min(end));
    set_counted(db, counted, known)
}

/// Servers' counters begin anew with what the journal still has.
pub(crate) fn know_nothing(db: &Connection, kept: &Kept) -> Result<()> {
    set_counted(db, kept.counted, Mark::default())
}

fn set_counted(db: &Connection, counted: Mark, known: Mark) -> Result<()> {
    db.prepare_cached(sql!("retention/set_counted"))?
        .execute(params![
            counted.seq as i64,
            counted.element as i64,
            known.seq as i64,
            known.element as i64
        ])?;
    Ok(())
}
