//! Keeping the data small: old reports leave the journal, free pages the file. In steps, between
//! which reports are committed.

use jiff::Timestamp;

use crate::journal::retention;
use crate::sqlite::vacuum;
use crate::{Day, Result, Store};

impl Store {
    /// Takes the oldest reports out of the journal, as far as they were received before `until`: a
    /// part of them; whether there were any. What was counted stays.
    pub fn retire(&self, until: Timestamp) -> Result<bool> {
        match self.readers.read(|db| retention::prepare(db, until))? {
            None => Ok(false),
            Some(aged) => {
                let free = retention::announce(&mut self.writer().db, &aged)?;
                if free {
                    retention::cut(&self.writer().db, &aged)?;
                }
                Ok(free)
            }
        }
    }

    /// The first day of which the journal has all; `None` where nothing has left it.
    pub fn journal_begins(&self) -> Result<Option<Day>> {
        let kept = self.readers.read(retention::kept)?;
        Ok(kept.map(|kept| kept.horizon))
    }

    /// Gives some of the file's free pages back, where there are many; whether there were.
    pub fn vacuum(&self) -> Result<bool> {
        let due = self.readers.read(vacuum::is_due)?;
        if due {
            vacuum::step(&self.writer().db)?;
        }
        Ok(due)
    }
}
