//! `usage-server restore`: a backup in the place of the data, or where there is none yet.

use jiff::Timestamp;
use usage_store::backup;

use super::backup::{Shown, held, look};
use super::{Failure, say};
use crate::cli::Restore;

/// Restores it, and says what it holds and where the data is that was there.
pub(crate) fn run(options: &Restore) -> Result<(), Failure> {
    let mut shown = Shown::new("Restoring");
    let data_dir = &options.data.data_dir;
    let restored = backup::restore(
        &options.backup,
        data_dir,
        options.force,
        look(options.verify),
        Timestamp::now(),
        &mut |step| shown.at(step),
    )?;
    shown.done();
    say(&format!(
        "{} {}",
        data_dir.display(),
        held(&restored.contents)
    ))?;
    match restored.moved_to {
        Some(path) => say(&format!(
            "what was there before is in {}; remove it when you don't need it any more",
            path.display()
        )),
        None => Ok(()),
    }
}
