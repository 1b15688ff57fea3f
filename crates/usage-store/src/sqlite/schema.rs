//! How the schema grows: numbered files, applied in order, each in a transaction of its
//! own together with the version it makes.

use rusqlite::Connection;

use super::sql;
use crate::{Error, Result, Writing};

/// All versions of a file, first to last. Those that were released are never edited.
pub(crate) type Versions = &'static [&'static str];

/// Those of `usage.db`.
pub(crate) const JOURNAL: Versions = &[
    sql!("schema/001_first"),
    sql!("schema/002_erasure"),
    sql!("schema/003_keys"),
    sql!("schema/004_accounts"),
    sql!("schema/005_registration"),
    sql!("schema/006_api_keys"),
    sql!("schema/007_dictionary"),
    sql!("schema/008_sign_ups"),
    sql!("schema/009_product_settings"),
    sql!("schema/010_webhooks"),
    sql!("schema/011_public"),
    sql!("schema/012_public_customers"),
];

/// Those of `model.db`.
pub(crate) const MODEL: Versions = &[
    sql!("schema/model_001_first"),
    sql!("schema/model_002_organizations"),
    sql!("schema/model_003_questions"),
    sql!("schema/model_004_rows"),
    sql!("schema/model_005_lists"),
    sql!("schema/model_006_census"),
    sql!("schema/model_007_names"),
];

/// `usage` in ASCII: marks the file as ours, so that another program's is never touched.
pub(crate) const APPLICATION_ID: i64 = 0x7573_6167;

/// The version that this program works with.
pub(crate) fn newest(versions: Versions) -> i64 {
    versions.len() as i64
}

/// The version of a file's schema, 0 where it is new, or why it can't be used.
pub(crate) fn found(db: &Connection, versions: Versions, writing: Writing) -> Result<i64> {
    let known = newest(versions);
    let found: i64 = db.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let application: i64 = db.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let empty: bool = db.query_row("SELECT count(*) = 0 FROM main.sqlite_schema", [], |row| {
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
    Ok(found)
}

/// Brings the schema of a file that can be used to this program's version.
pub(crate) fn migrate(db: &mut Connection, versions: Versions) -> Result<()> {
    let found: i64 = db.pragma_query_value(None, "user_version", |row| row.get(0))?;
    for version in found..newest(versions) {
        let step = db.transaction()?;
        step.execute_batch(versions[version as usize])?;
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
        let db = Connection::open_in_memory().unwrap();
        db.pragma_update(None, "user_version", 99).unwrap();
        let refused = found(&db, JOURNAL, Writing::Alone).unwrap_err();
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
        let db = Connection::open_in_memory().unwrap();
        let refused = found(&db, JOURNAL, Writing::Beside).unwrap_err();
        assert!(
            matches!(refused, Error::OlderSchema { found: 0, .. }),
            "{refused}"
        );
    }

    #[test]
    fn whoever_is_signed_in_stays_so_when_sessions_get_ids() {
        let mut db = Connection::open_in_memory().unwrap();
        migrate(&mut db, &JOURNAL[..3]).unwrap();
        db.execute_batch(
            "PRAGMA foreign_keys = ON;
             INSERT INTO account VALUES (7, 'a@b.c', 'a@b.c', 'hash', 1, 5);
             INSERT INTO session VALUES (x'01', 7, 1000, 2000), (x'02', 7, 1001, 2000);",
        )
        .unwrap();
        migrate(&mut db, JOURNAL).unwrap();
        let kept: String = db
            .query_row(
                "SELECT group_concat(hex(hash) || account || '-' || expires_at || '-' || seen_at) FROM session",
                [],
                |row| row.get(0),
            )
            .unwrap();
        assert_eq!(kept, "017-2000-1000,027-2000-1001");
    }
}
