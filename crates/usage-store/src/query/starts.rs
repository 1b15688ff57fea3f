//! How often a server started on which day: counted in its raw reports, as the read model has only how often in all.

use rusqlite::Connection;

use super::asked::Window;
use super::limits::STARTS_SPANS;
use super::{ServerId, reports, servers};
use crate::journal::{SPAN_REPORTS, retention, walk};
use crate::report::Kind;
use crate::{Day, Error, Result};

/// A server's starts on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StartsDay {
    /// The day.
    pub day: Day,
    /// Its check-ins of the day; `None` where the journal has no longer all of it, or it lies too far back to
    /// be looked through.
    pub starts: Option<u64>,
}

/// Each day of the window. The newest spans that the server's reports are in are read, so many at most.
pub(crate) fn starts(db: &Connection, id: ServerId, window: Window) -> Result<Vec<StartsDay>> {
    let Some((detail, trace)) = servers::one(db, id)? else {
        return Err(Error::NotFound(format!("server {}", id.0)));
    };
    let mut days: Vec<u64> = window.days().map(|_| 0).collect();
    let horizon = retention::kept(db)?.map(|kept| kept.horizon);
    // The day that the first of the reports came on that were looked through.
    let mut looked_to = window.to.plus(1);
    let mut known_from = horizon.unwrap_or(window.from);
    let mut spans = trace.spans.iter().rev().map(u64::from);
    for span in spans.by_ref().take(STARTS_SPANS) {
        let begin = span * SPAN_REPORTS;
        let mut before = begin + SPAN_REPORTS;
        let mut last = None;
        while before > begin {
            let block = walk::backwards(db, before)?;
            let Some(oldest) = block.last() else { break };
            before = oldest.seq;
            for report in &block {
                let came = Day::of(report.received_at);
                last = last.max(Some(came));
                looked_to = looked_to.min(came);
                let at = usize::try_from(report.day().0 - window.from.0).ok();
                if report.kind == Kind::Servers
                    && let Some(starts) = at.and_then(|at| days.get_mut(at))
                    && reports::is_of(report, &detail.summary, trace.organization)
                {
                    *starts += 1;
                }
            }
        }
        // What came before was made before.
        if last.is_some_and(|last| last < window.from) {
            break;
        }
    }
    if spans.next().is_some() && looked_to >= window.from {
        known_from = known_from.max(looked_to.plus(1));
    }
    let days = window.days().zip(days);
    Ok(days
        .map(|(day, starts)| StartsDay {
            day,
            starts: (day >= known_from).then_some(starts),
        })
        .collect())
}
