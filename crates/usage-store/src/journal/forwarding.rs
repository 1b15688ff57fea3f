//! How far others have been handed the journal: whoever forwards reports elsewhere keeps its place here, one
//! for each target, so that it survives what the journal survives.

use jiff::Timestamp;

use super::{Seq, mark, next_seq, walk};
use crate::sqlite::sql;
use crate::{Result, Store};

/// For forwarders.
impl Store {
    /// The place that a target goes on from; `None` where it has not begun.
    pub fn forward_position(&self, target: &str) -> Result<Option<Seq>> {
        self.readers.read(|db| mark::find(db, &name_of(target)))
    }

    /// Notes that a target has everything before a place. On disk when this returns.
    pub fn set_forward_position(&self, target: &str, to: Seq) -> Result<()> {
        self.write(|db| mark::put(db, &name_of(target), to))
    }

    /// The first place that the journal still has; that of the next report where it is empty.
    pub fn journal_first(&self) -> Result<Seq> {
        self.readers.read(|db| {
            let first: Option<i64> = db
                .prepare_cached(sql!("journal/first_seq"))?
                .query_row([], |row| row.get(0))?;
            Ok(first.unwrap_or(0) as Seq)
        })
    }

    /// The place of the first report that was received at this time or later; that of the next report where
    /// there is none yet. Places are in the order of receipt, so this reads a few blocks.
    pub fn place_received(&self, at: Timestamp) -> Result<Seq> {
        let (mut low, mut high) = (self.journal_first()?, self.readers.read(next_seq)?);
        while low < high {
            let middle = low + (high - low) / 2;
            let report = self.readers.read(|db| walk::forwards(db, middle, 1))?;
            match report.reports.first() {
                Some(report) if report.received_at < at => low = report.seq + 1,
                // Between the two nothing is left.
                _ => high = middle,
            }
        }
        Ok(low)
    }
}

fn name_of(target: &str) -> String {
    format!("forward {target}")
}
