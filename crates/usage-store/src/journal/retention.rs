//! Retention: the oldest blocks leave the journal once all their reports are old enough. What was
//! counted stays, so from then on the read model knows more than the journal can tell:
//!
//! - Days before the *horizon* may have had reports that are gone. A rebuild leaves these days as
//!   they are.
//! - Reports of such days that are still in the journal are in those days' counts already. Which
//!   ones: those before the place that the read model had come to when it was emptied.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use super::limits::CUT_MAX_BYTES;
use super::mark::{self, Mark};
use super::{Seq, StoredReport, next_seq, walk};
use crate::sqlite::sql;
use crate::{Day, Result};

/// The first place that is still in the journal; its element is the horizon.
const KEPT: &str = "kept";
/// Up to where reports of days before the horizon are counted.
const COUNTED: &str = "counted";

/// What the read model keeps although the journal doesn't.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kept {
    /// The first day of which the journal has all.
    pub(crate) horizon: Day,
    counted: Mark,
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

/// Takes the blocks out, unless a rebuild has begun meanwhile.
pub(crate) fn cut(db: &mut Connection, aged: &Aged) -> Result<()> {
    let step = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if may_go_before(&step)?.is_none_or(|end| end < aged.to) {
        return Ok(());
    }
    step.prepare_cached(sql!("retention/cut"))?
        .execute([aged.to as i64])?;
    let after = aged.day.map_or(i64::MIN, |day| i64::from(day.0) + 1);
    let horizon = read(&step, KEPT)?.map_or(after, |(_, horizon)| horizon.max(after));
    set(&step, KEPT, aged.to as i64, horizon)?;
    step.commit()?;
    Ok(())
}

/// Where the blocks end that may go; `None` while the read model is being made anew.
fn may_go_before(db: &Connection) -> Result<Option<Seq>> {
    let model = mark::read(db, mark::MODEL)?;
    if counted(db)?.is_some_and(|counted| model < counted) {
        return Ok(None);
    }
    let repacked = mark::read(db, mark::REPACK)?.seq;
    let last = next_seq(db)?.saturating_sub(1);
    Ok(Some(model.seq.min(repacked).min(last)))
}

/// What the read model keeps, where the journal has lost something.
pub(crate) fn kept(db: &Connection) -> Result<Option<Kept>> {
    let Some((_, horizon)) = read(db, KEPT)? else {
        return Ok(None);
    };
    let counted = counted(db)?.unwrap_or(Mark { seq: 0, element: 0 });
    Ok(Some(Kept {
        horizon: Day(horizon.clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32),
        counted,
    }))
}

/// The read model is about to be emptied from the horizon on: what it has counted of earlier days
/// isn't to be counted again.
pub(crate) fn keep_counts(db: &Connection) -> Result<()> {
    let model = mark::read(db, mark::MODEL)?;
    let counted = counted(db)?.map_or(model, |counted| counted.max(model));
    set(db, COUNTED, counted.seq as i64, counted.element as i64)
}

fn counted(db: &Connection) -> Result<Option<Mark>> {
    Ok(read(db, COUNTED)?.map(|(seq, element)| Mark {
        seq: seq as Seq,
        element: element as usize,
    }))
}

fn read(db: &Connection, name: &str) -> Result<Option<(i64, i64)>> {
    Ok(db
        .prepare_cached(sql!("retention/mark"))?
        .query_row([name], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?)
}

fn set(db: &Connection, name: &str, seq: i64, element: i64) -> Result<()> {
    db.prepare_cached(sql!("retention/set_mark"))?
        .execute(params![name, seq, element])?;
    Ok(())
}
