//! Which spans of the journal may have reports of an organization: known from the read model, but for
//! the oldest, which it took in before it noted that, and the newest, which it has not taken in yet.

use rusqlite::{Connection, params};

use crate::Result;
use crate::journal::{SPAN_REPORTS, first_seq, next_seq};
use crate::registry::OrganizationId;
use crate::sqlite::sql;

/// An organization's spans, in one snapshot.
pub(crate) struct Spans<'a> {
    db: &'a Connection,
    organization: OrganizationId,
    /// Before this one, any may have some.
    known_from: u64,
    /// From this one on, too.
    known_to: u64,
    /// The journal's first span: older ones are too old to be kept.
    begin: u64,
    /// How many spans there have been.
    end: u64,
}

impl<'a> Spans<'a> {
    pub(crate) fn new(db: &'a Connection, organization: OrganizationId) -> Result<Spans<'a>> {
        let (from, to): (i64, i64) = db
            .prepare_cached(sql!("fleet/spans_known"))?
            .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(Spans {
            db,
            organization,
            known_from: (from as u64).div_ceil(SPAN_REPORTS),
            known_to: to as u64 / SPAN_REPORTS,
            begin: first_seq(db)? / SPAN_REPORTS,
            end: next_seq(db)?.div_ceil(SPAN_REPORTS),
        })
    }

    /// The last one before span `before`.
    pub(crate) fn down(&self, before: u64) -> Result<Option<u64>> {
        let found = self.down_to_any(before)?;
        Ok(found.filter(|span| *span >= self.begin))
    }

    fn down_to_any(&self, before: u64) -> Result<Option<u64>> {
        let Some(last) = before.min(self.end).checked_sub(1) else {
            return Ok(None);
        };
        if last >= self.known_to || last < self.known_from {
            return Ok(Some(last));
        }
        let noted = self.noted(sql!("fleet/span_down"), last)?;
        Ok(match noted.filter(|span| *span >= self.known_from) {
            Some(span) => Some(span),
            None => self.known_from.checked_sub(1),
        })
    }

    /// The first one from span `from` on.
    pub(crate) fn up(&self, from: u64) -> Result<Option<u64>> {
        let from = from.max(self.begin);
        let next = if from < self.known_from || from >= self.known_to {
            from
        } else {
            let noted = self.noted(sql!("fleet/span_up"), from)?;
            noted.map_or(self.known_to, |span| span.min(self.known_to))
        };
        Ok(Some(next).filter(|span| *span < self.end))
    }

    fn noted(&self, query: &str, at: u64) -> Result<Option<u64>> {
        let found: Option<i64> = self
            .db
            .prepare_cached(query)?
            .query_row(params![self.organization.0, at as i64], |row| row.get(0))?;
        Ok(found.map(|span| span as u64))
    }
}
