//! What is printed: the README's table, and what the data takes.

use std::time::Duration;

use rusqlite::Connection;

use crate::build::Data;
use crate::questions::Answer;

/// How large everything is, per report.
pub(crate) fn facts(data: &Data) {
    let db = Connection::open(data.store.join("model.db")).expect("the model");
    let count = |query: &str| {
        db.query_row(query, [], |row| row.get::<_, i64>(0))
            .unwrap_or(0)
    };
    let each = |bytes: i64| bytes as f64 / data.reports as f64;
    let servers = count("SELECT count(*) FROM server");
    println!(
        "\n{} reports of {servers} servers; bytes a report:",
        data.reports
    );
    for (what, query) in [
        ("cells", "SELECT sum(length(servers)) FROM cell"),
        ("columns", "SELECT sum(length(packed)) FROM column"),
        ("days", "SELECT sum(length(packed)) FROM day_chunk"),
    ] {
        println!("  {what}: {:.2}", each(count(query)));
    }
    for file in ["usage.db", "model.db"] {
        let bytes = std::fs::metadata(data.store.join(file)).map_or(0, |file| file.len());
        println!("  {file}: {:.1}", each(bytes as i64));
    }
}

/// The table; where a peer's answer isn't ours, that is said instead of its time.
pub(crate) fn print(ours: &[Answer], duckdb: Option<&[Answer]>, sqlite: Option<&[Answer]>) {
    println!("\n| question | cold, ms | warm, ms | after a step, ms | DuckDB, ms | SQLite, ms |");
    println!("| --- | --: | --: | --: | --: | --: |");
    for (at, answer) in ours.iter().enumerate() {
        let peer = |answers: Option<&[Answer]>| match answers.and_then(|answers| answers.get(at)) {
            None => "–".to_owned(),
            Some(peer) if peer.answer.is_nan() => "–".to_owned(),
            Some(peer) if !alike(peer.answer, answer.answer) => {
                format!("{} is not ours, {}", peer.answer, answer.answer)
            }
            Some(peer) => millis(peer.warm),
        };
        println!(
            "| {} | {} | {} | {} | {} | {} |",
            answer.name,
            millis(answer.cold),
            millis(answer.warm),
            answer.after_step.map_or("–".to_owned(), millis),
            peer(duckdb),
            peer(sqlite)
        );
    }
}

/// Sums of floats differ in their last digits by the order of adding.
fn alike(one: f64, other: f64) -> bool {
    (one - other).abs() <= 1e-9 * one.abs().max(other.abs())
}

fn millis(time: Duration) -> String {
    let millis = time.as_secs_f64() * 1_000.0;
    match millis < 10.0 {
        true => format!("{millis:.2}"),
        false => format!("{millis:.0}"),
    }
}

/// The most memory that this process ever had.
pub(crate) fn memory() {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    if let Some(most) = status.lines().find_map(|line| line.strip_prefix("VmHWM:")) {
        println!("\nmost memory: {}", most.trim());
    }
}
