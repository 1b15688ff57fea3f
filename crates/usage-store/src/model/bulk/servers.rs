//! What a batch changes of the servers' rows: one after the other, in the order of the table.

use rusqlite::Connection;

use super::batch::{Batch, Seen, Shape};
use crate::Result;
use crate::journal::SPAN_REPORTS;
use crate::model::cells::Cells;
use crate::model::counters::{is_less, went_down};
use crate::model::servers::{self, State, latest};
use crate::query::ServerId;

/// All observations of a server, in the order of the journal.
pub(super) fn observe<'a>(
    db: &Connection,
    cells: &mut Cells,
    batch: &'a Batch,
    server: ServerId,
    seen: impl Iterator<Item = &'a Seen>,
) -> Result<()> {
    let mut state = servers::read(db, server)?;
    let mut last: Option<&Seen> = None;
    for now in seen {
        let said = batch.said_by(now);
        let when = servers::Seen {
            at: batch.at(now),
            seq: u64::from(now.span) * SPAN_REPORTS,
            late: now.late,
            kind: now.kind,
            known: now.known,
        };
        let (host, version) = (said.host.as_deref(), said.version.as_deref());
        let went_down = |state: &State| match (last, &state.usage) {
            (Some(last), _) => goes_back(batch, last, now),
            (None, Some(before)) => went_down(before, batch.numbers_of(now)),
            (None, None) => false,
        };
        if state.observe(when, host, version, went_down) {
            last = Some(now);
        }
    }
    if let Some(last) = last {
        let dimensions = batch.said_by(last).dimensions.iter();
        let dimensions = dimensions.map(|(name, value)| (&**name, &**value));
        state.usage = Some(latest(dimensions, batch.numbers_of(last))?);
    }
    servers::save(db, cells, server, &state)
}

/// Whether a value that only grows is less than before.
fn goes_back(batch: &Batch, before: &Seen, now: &Seen) -> bool {
    let shape = |seen: &Seen| &batch.shapes[seen.shape as usize];
    let number = |of: &Shape, seen: &Seen, at: usize| {
        of.keys[at]
            .1
            .number(batch.numbers[seen.numbers as usize + at])
    };
    let (was, is) = (shape(before), shape(now));
    is.growing.iter().any(|at| {
        let known = match before.shape == now.shape {
            true => Some(*at),
            false => was.keys.iter().position(|(key, _)| *key == is.keys[*at].0),
        };
        known.is_some_and(|known| is_less(number(is, now, *at), number(was, before, known)))
    })
}
