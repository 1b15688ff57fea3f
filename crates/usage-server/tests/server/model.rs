//! The read model as rows of text, read from the database beside the server: to compare the
//! one that followed the journal with the one made anew.

use std::path::Path;

use roaring::RoaringBitmap;
use rusqlite::Connection;
use rusqlite::types::Value;
use usage_store::query::ProductId;
use usage_store::{Day, Store, Writing};

use crate::folder::{Folder, Running};
use crate::patience::until;

const TABLES: [&str; 7] = [
    "SELECT * FROM cluster ORDER BY id",
    "SELECT id, product, cluster_id, server_id, organization, cluster, first_seen, last_seen, host, host_at, version, version_at, usage, usage_at, spans, reports, starts, prev_host, host_returns, backwards FROM server ORDER BY id",
    "SELECT * FROM dimension ORDER BY id",
    "SELECT * FROM number_key ORDER BY id",
    "SELECT * FROM stat_day ORDER BY 1, 2",
    "SELECT * FROM day_reports ORDER BY 1, 2, 3",
    "SELECT seq, element, received_at, spans_from FROM applied",
];

/// The journal's file, with the read model's beside.
pub(crate) fn open(folder: &Folder) -> Connection {
    let db = Connection::open(folder.database()).unwrap();
    let model = folder.data().join("model.db");
    db.execute("ATTACH ?1 AS model", [model.to_str().unwrap()])
        .unwrap();
    db
}

/// Overwrites the first page of a table, as a dying disk does. Nobody may have the database open.
pub(crate) fn damage(database: &Path, table: &str) {
    let db = Connection::open(database).unwrap();
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
    let db = Connection::open(database).unwrap();
    db.execute_batch("BEGIN").unwrap();
    for _ in 0..bytes >> 20 {
        db.execute("INSERT INTO quarantine (at, kind, errors, body, body_bytes) VALUES (0, 1, '', randomblob(1048576), 0)", [])
            .unwrap();
    }
    db.execute_batch("COMMIT").unwrap();
}

/// Waits until the read model has taken in the whole journal.
pub(crate) fn followed(folder: &Folder) {
    let db = open(folder);
    until("the read model at the journal's end", || {
        is_at_the_end(&db).then_some(())
    });
}

/// How many reports it has counted.
pub(crate) fn has_counted(folder: &Folder) -> i64 {
    open(folder)
        .query_row(
            "SELECT coalesce(sum(reports), 0) FROM day_reports",
            [],
            |row| row.get(0),
        )
        .unwrap()
}

/// Whether the read model has taken in the whole journal.
pub(crate) fn is_at_the_end(db: &Connection) -> bool {
    let [end, mark] = [
        "SELECT coalesce(max(next), 0) FROM journal",
        "SELECT seq FROM applied",
    ]
    .map(|query| db.query_row(query, [], |row| row.get::<_, i64>(0)).unwrap());
    end == mark
}

/// Everything the read model holds.
pub(crate) fn dump(folder: &Folder) -> Vec<String> {
    let db = open(folder);
    let mut rows_of_all = days(folder, &db);
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

/// All sets, rows and numbers of all days, packed or not.
fn days(folder: &Folder, db: &Connection) -> Vec<String> {
    let store = Store::open(&folder.data(), Writing::Beside).unwrap();
    let mut days = db
        .prepare("SELECT product, day FROM day_state ORDER BY product, day")
        .unwrap();
    let days = days
        .query_map([], |row| Ok((ProductId(row.get(0)?), Day(row.get(1)?))))
        .unwrap();
    let lines = days.flat_map(|of| {
        let (product, day) = of.unwrap();
        let sets = store.sets_of_day(product, day).unwrap();
        let rows = store.rows_of_day(product, day).unwrap();
        let said = store.numbers_of_day(product, day).unwrap();
        [
            format!("{product:?} {day} {sets:?}"),
            format!("{product:?} {day} {rows:?}"),
            format!("{product:?} {day} {said:?}"),
        ]
    });
    lines.collect()
}

/// Stops the server once it has followed; what it made step by step has to be what a rebuild makes.
pub(crate) fn is_that_of_a_rebuild(folder: &Folder, server: Running) {
    followed(folder);
    server.stop();
    let step_by_step = dump(folder);
    folder.run(&["rebuild"]).well();
    followed(folder);
    let anew = dump(folder);
    for (left, right) in step_by_step.iter().zip(&anew) {
        assert_eq!(left, right, "the read model, and a rebuilt one");
    }
    assert_eq!(step_by_step.len(), anew.len());
}

/// A column as text. Sets as their members: the same set has several encodings.
fn text(column: &str, value: Value) -> String {
    match (column, value) {
        ("spans", Value::Blob(bytes)) => {
            format!("{:?}", RoaringBitmap::deserialize_from(&bytes[..]).unwrap())
        }
        (_, value) => format!("{value:?}"),
    }
}
