//! `usage-server rebuild`: the read model anew from the journal. A server may run beside it.

use std::path::Path;

use usage_store::{Store, Writing};

use super::{Failure, say};
use crate::progress::Progress;

/// Rebuilds, with progress on standard error.
pub(crate) fn run(data_dir: &Path) -> Result<(), Failure> {
    let store = Store::open(data_dir, Writing::Beside)?;
    if let Some(day) = store.journal_begins()? {
        say(&format!(
            "reports of before {day} have aged out of the journal: those days keep their counts"
        ))?;
    }
    let progress = Progress::start("Rebuilding", "reports", store.next_seq()?);
    store.rebuild(|done, _| progress.at(done))?;
    progress.done();
    Ok(())
}
