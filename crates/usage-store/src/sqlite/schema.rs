//! How the schema grows: numbered files, applied in order, each in a transaction of its
//! own together with the version it makes.

use rusqlite::Connection;

use super::sql;
use crate::{Error, Result, Writing};

/// All versions, first to last. Files that were released are never edited.
const VERSIONS: &[&str] = &[sql!("schema/001_first"), sql!("schema/002_erasure")];

/// `usage` in ASCII: marks the file as ours, so that another program's is never touched.
pub(crate) const APPLICATION_ID: i64 = 0x7573_6167;

/// The version that this program works with.
pub(crate) fn newest_schema() -> i64 {
    VERSIONS.len() as i64
}

/// Brings the schema to this program's version, or says why not. Before data is migrated, `back_up`
/// hears which version it has.
pub(crate) fn migrate(
    db: &mut Connection,
    writing: Writing,
    back_up: impl FnOnce(&mut Connection, i64) -> Result<()>,
) -> Result<()> {
    let known = newest_schema();
    let found: i64 = db.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let application: i64 = db.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let empty: bool = db.query_row("SELECT count(*) = 0 FROM sqlite_schema", [], |row| {
        row.get(0)
    })?;
    if application != APPLICATION_ID && !empty {
        return Err(Error::NotOurs);
    }
    if found > known {
        return Err(Error::NewerSchema { found, known });
    }
    if found < known && writing == Writing::Beside {
        return Err(Error::OlderSchema { found, known });
    }
    if found > 0 && found < known {
        back_up(db, found)?;
    }
    for version in found..known {
        let step = db.transaction()?;
        step.execute_batch(VERSIONS[version as usize])?;
        step.pragma_update(None, "user_version", version + 1)?;
        step.pragma_update(None, "application_id", APPLICATION_ID)?;
        step.commit()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newer_schema_is_refused_and_left_alone() {
        let mut db = Connection::open_in_memory().unwrap();
        db.pragma_update(None, "user_version", 99).unwrap();
        let refused = migrate(&mut db, Writing::Alone, |_, _| Ok(())).unwrap_err();
        assert!(
            matches!(refused, Error::NewerSchema { found: 99, .. }),
            "{refused}"
        );
        let tables: i64 = db
            .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
            .unwrap();
        assert_eq!(tables, 0);
    }

    #[test]
    fn a_side_command_never_migrates() {
        let mut db = Connection::open_in_memory().unwrap();
        let refused = migrate(&mut db, Writing::Beside, |_, _| Ok(())).unwrap_err();
        assert!(
            matches!(refused, Error::OlderSchema { found: 0, .. }),
            "{refused}"
        );
    }
}
