//! A copy before each migration, in the data folder: the way back from an upgrade.

use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::limits::MIGRATION_BACKUPS_KEPT;
use super::{Look, copy};
use crate::Result;

/// What the names of these copies have after the database's; the version they are of follows.
const ENDING: &str = ".before-migration-from-";

/// Where the copy of a database of schema version `found` goes.
pub(crate) fn place(database: &Path, found: i64) -> PathBuf {
    copy::with_ending(database, &format!("{ENDING}{found}"))
}

/// Copies the database, which has schema version `found`. One of the same version from an earlier
/// attempt is replaced: the data may have changed since. Of older ones the last is kept.
pub(crate) fn before_migrating(db: &mut Connection, database: &Path, found: i64) -> Result<()> {
    let target = place(database, found);
    copy::to_file(db, &target, true, Look::Sample, &mut |_| ())?;
    prune(database, found);
    Ok(())
}

/// Removes copies of versions below `found`, but for the newest of them.
fn prune(database: &Path, found: i64) {
    let older = (1..found)
        .rev()
        .map(|version| place(database, version))
        .filter(|path| path.exists());
    for old in older.skip(MIGRATION_BACKUPS_KEPT - 1) {
        // It is only in the way; the next migration tries again.
        let _ = std::fs::remove_file(old);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_copies_of_the_last_two_upgrades_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("usage.db");
        for version in [1, 2, 4, 9] {
            std::fs::write(place(&database, version), "").unwrap();
        }
        prune(&database, 9);
        let kept = (1..10).filter(|version| place(&database, *version).exists());
        assert_eq!(kept.collect::<Vec<_>>(), [4, 9]);
    }
}
