//! The read model as rows of text, read from the database beside the server: to compare the
//! one that followed the journal with the one made anew.

use std::path::Path;

use roaring::RoaringBitmap;
use rusqlite::Connection;
use rusqlite::types::Value;

use crate::folder::Folder;
use crate::patience::until;

const TABLES: [&str; 5] = [
    "SELECT id, product, cluster_id, server_id, organization, first_seen, last_seen, host,
            host_at, version, version_at, usage, usage_at, spans FROM server ORDER BY id",
    "SELECT product, day, server, at, cells FROM day ORDER BY 1, 2, 3",
    "SELECT product, day, dimension, value, servers FROM cell ORDER BY 1, 2, 3, 4",
    "SELECT * FROM day_reports ORDER BY 1, 2, 3",
    "SELECT * FROM mark WHERE follower = 'model'",
];

pub(crate) fn open(database: &Path) -> Connection {
    Connection::open(database).unwrap()
}

/// Overwrites the first page of a table, as a dying disk does. Nobody may have the database open.
pub(crate) fn damage(database: &Path, table: &str) {
    let db = open(database);
    db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        .unwrap();
    let page: i64 = db
        .query_row(
            "SELECT rootpage FROM sqlite_schema WHERE name = ?1",
            [table],
            |row| row.get(0),
        )
        .unwrap();
    drop(db);
    let mut bytes = std::fs::read(database).unwrap();
    let begin = (page as usize - 1) * 4096;
    bytes[begin..begin + 4096].fill(0x5a);
    std::fs::write(database, bytes).unwrap();
}

/// Makes the database larger by about so many bytes. No server may be running.
pub(crate) fn grow(database: &Path, bytes: u64) {
    let db = open(database);
    db.execute_batch("BEGIN").unwrap();
    for _ in 0..bytes >> 20 {
        db.execute("INSERT INTO quarantine (at, kind, errors, body, body_bytes) VALUES (0, 1, '', randomblob(1048576), 0)", [])
            .unwrap();
    }
    db.execute_batch("COMMIT").unwrap();
}

/// Waits until the read model has taken in the whole journal.
pub(crate) fn followed(folder: &Folder) {
    let db = open(&folder.database());
    until("the read model at the journal's end", || {
        let [end, mark] = [
            "SELECT coalesce(max(next), 0) FROM journal",
            "SELECT seq FROM mark WHERE follower = 'model'",
        ]
        .map(|query| db.query_row(query, [], |row| row.get::<_, i64>(0)).unwrap());
        (end == mark).then_some(())
    });
}

/// Everything the read model holds.
pub(crate) fn dump(folder: &Folder) -> Vec<String> {
    let db = open(&folder.database());
    let mut rows_of_all = Vec::new();
    for table in TABLES {
        let mut query = db.prepare(table).unwrap();
        let names: Vec<String> = query.column_names().map(str::to_owned).collect();
        let mut rows = query.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            let columns: Vec<String> = names
                .iter()
                .enumerate()
                .map(|(at, name)| format!("{name}={}", text(name, row.get(at).unwrap())))
                .collect();
            rows_of_all.push(columns.join(" "));
        }
    }
    rows_of_all
}

/// A column as text. Sets as their members: the same set has several encodings.
fn text(column: &str, value: Value) -> String {
    match (column, value) {
        ("servers" | "spans", Value::Blob(bytes)) => {
            format!("{:?}", RoaringBitmap::deserialize_from(&bytes[..]).unwrap())
        }
        (_, value) => format!("{value:?}"),
    }
}
