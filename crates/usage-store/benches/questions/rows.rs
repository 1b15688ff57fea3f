//! Plain SQLite: the same data as rows, with an index by day.

use std::io::{BufRead, BufReader};
use std::time::Instant;

use rusqlite::Connection;

use crate::build::Data;
use crate::options::Options;
use crate::questions::{Answer, QUESTIONS};

/// Each asked once: a scan takes seconds, cold or warm.
pub(crate) fn answers(data: &Data, options: &Options) -> Vec<Answer> {
    let path = data.folder.join("rows.db");
    if !path.exists() {
        eprintln!("making rows.db");
        make(data, &path);
    }
    let wanted = QUESTIONS
        .iter()
        .filter(|question| options.wants(question.name));
    let answers = wanted.map(|question| {
        let db = Connection::open(&path).expect("the rows");
        let began = Instant::now();
        let answer = db.query_row(question.sql, [], |row| row.get::<_, Option<f64>>(0));
        let took = began.elapsed();
        Answer {
            name: question.name,
            cold: took,
            warm: took,
            after_step: None,
            // It has no percentiles, and no value of the latest row.
            answer: answer.ok().flatten().unwrap_or(f64::NAN),
        }
    });
    answers.collect()
}

fn make(data: &Data, path: &std::path::Path) {
    let mut db = Connection::open(path).expect("a file");
    db.execute_batch(
        "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
         CREATE TABLE r (server INTEGER, cluster INTEGER, organization INTEGER, day INTEGER, at INTEGER,
                         version TEXT, os TEXT, arch TEXT, deployment TEXT, series INTEGER, databases INTEGER, uptime REAL);",
    )
    .expect("a table");
    let step = db.transaction().expect("a transaction");
    {
        let mut insert = step
            .prepare("INSERT INTO r VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
            .expect("a statement");
        let csv = std::fs::File::open(data.csv()).expect("the rows");
        for line in BufReader::new(csv).lines().skip(1) {
            let line = line.expect("a line");
            insert
                .execute(rusqlite::params_from_iter(line.split(',')))
                .expect("inserted");
        }
    }
    step.commit().expect("committed");
    db.execute_batch("CREATE INDEX r_day ON r (day); ANALYZE;")
        .expect("an index");
}
