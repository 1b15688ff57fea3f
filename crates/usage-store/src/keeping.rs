//! Keeping the data small: old reports leave the journal, in steps between which reports are
//! committed. The space that they leave is what the next reports are written into.

use jiff::Timestamp;

use crate::journal::retention;
use crate::{Day, Result, Store};

impl Store {
    /// Takes the oldest reports out of the journal, as far as they were received before `until`: a
    /// part of them; whether there were any. What was counted stays.
    pub fn retire(&self, until: Timestamp) -> Result<bool> {
        if self.is_being_rebuilt()? {
            return Ok(false);
        }
        let Some(aged) = self.readers.read(|db| retention::prepare(db, until))? else {
            return Ok(false);
        };
        let may_go = retention::announce(&mut self.model().db, &aged)?;
        if may_go {
            retention::cut(&self.writer().db, &aged)?;
        }
        Ok(may_go)
    }

    /// The first day of which the journal has all; `None` where nothing has left it.
    pub fn journal_begins(&self) -> Result<Option<Day>> {
        let kept = self.readers.read(retention::kept)?;
        Ok(kept.map(|kept| kept.horizon))
    }
}
