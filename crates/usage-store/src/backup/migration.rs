//! A copy before each migration, in the data folder: the way back from an upgrade.

use std::path::{Path, PathBuf};

use super::limits::MIGRATION_BACKUPS_KEPT;
use super::{Look, copy, folder};
use crate::Result;
use crate::sqlite::open_reader;
use crate::store::{DATABASE, MODEL};

/// What these copies are called; the versions they are of follow, of `usage.db` and of `model.db`.
const NAME: &str = "before-migration-from-";

fn place(data_dir: &Path, [journal, model]: [i64; 2]) -> PathBuf {
    data_dir.join(format!("{NAME}{journal}-{model}"))
}

/// Copies both files, which have schema versions `found`; `tell` hears where to. One of the same
/// versions from an earlier attempt is replaced: the data may have changed since. Of older ones the
/// last is kept. Nobody else may be writing.
pub(crate) fn before_migrating(
    data_dir: &Path,
    found: [i64; 2],
    tell: impl FnOnce(&Path),
) -> Result<()> {
    let target = place(data_dir, found);
    tell(&target);
    let mut db = open_reader(&data_dir.join(DATABASE), &data_dir.join(MODEL))?;
    let both = db.transaction()?;
    copy::to_folder(&both, &target, true, Look::Sample, &mut |_| ())?;
    prune(data_dir, found);
    Ok(())
}

/// Removes copies of versions below `found`, but for the newest of them.
fn prune(data_dir: &Path, found: [i64; 2]) {
    let mut older = Vec::new();
    for journal in 1..=found[0] {
        for model in 1..=found[1] {
            let versions = [journal, model];
            if versions != found && place(data_dir, versions).exists() {
                older.push(versions);
            }
        }
    }
    older.sort_unstable();
    for old in older.iter().rev().skip(MIGRATION_BACKUPS_KEPT - 1) {
        // It is only in the way; the next migration tries again.
        let _ = folder::remove(&place(data_dir, *old));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_copies_of_the_last_two_upgrades_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let all = [[1, 1], [2, 1], [2, 4], [4, 9]];
        for versions in all {
            std::fs::create_dir(place(folder.path(), versions)).unwrap();
        }
        prune(folder.path(), [4, 9]);
        let kept = all.into_iter();
        let kept = kept.filter(|versions| place(folder.path(), *versions).exists());
        assert_eq!(kept.collect::<Vec<_>>(), [[2, 4], [4, 9]]);
    }
}
