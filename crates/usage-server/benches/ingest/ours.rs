//! Our server as it is shipped: the release binary with its default configuration, a real data
//! folder, every check, every commit on disk before its answers.

use std::io;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::child::Server;
use crate::load;
use crate::request::{Template, USAGE};

/// Starts it on a new data folder; `keyed` reports come with an idempotency key each.
pub(crate) fn start(keyed: bool) -> io::Result<Server> {
    let (name, headers) = match keyed {
        false => ("usage-server", ""),
        true => (
            "usage-server, with keys",
            "Idempotency-Key: KKKKKKKK-KKKK-KKKK-KKKK-KKKKKKKKKKKK\r\n",
        ),
    };
    serve(name, headers, tempfile::tempdir()?)
}

/// Starts it on a folder with so many reports; and once more after `kill -9`, to see how long that
/// takes.
pub(crate) fn start_grown(reports: u64) -> io::Result<Server> {
    let data = tempfile::tempdir()?;
    crate::grown::fill(data.path(), reports)?;
    let mut server = serve("", "", data)?;
    server.settle();
    let bytes = server.disk_bytes();
    println!(
        "{reports} reports: {:.0} bytes on disk each",
        bytes as f64 / reports as f64
    );
    load::run(
        server.address,
        &server.template,
        64,
        reports,
        Duration::from_secs(2),
    )?;
    let data = server.data.take().ok_or(io::ErrorKind::NotFound)?;
    drop(server);
    let began = Instant::now();
    let server = serve("usage-server, grown", "", data)?;
    println!(
        "{reports} reports: {:.2} s from kill -9 under load until it accepts again",
        began.elapsed().as_secs_f64()
    );
    Ok(server)
}

/// Bytes that each tier takes in the files, free pages and WALs left out: the journal with the raw
/// bodies, the idempotency keys, the read model.
pub(crate) fn tiers(data: &Path) -> rusqlite::Result<[(&'static str, u64); 3]> {
    let bytes = |file: &str, tables: &str| {
        let db = rusqlite::Connection::open(data.join(file))?;
        let sum = format!("SELECT coalesce(sum(pgsize), 0) FROM dbstat WHERE name LIKE '{tables}'");
        db.query_row(&sum, [], |row| row.get::<_, i64>(0))
            .map(|bytes| bytes as u64)
    };
    Ok([
        ("journal", bytes("usage.db", "journal")?),
        ("keys", bytes("usage.db", "key%")?),
        ("read model", bytes("model.db", "%")?),
    ])
}

fn serve(name: &'static str, headers: &str, data: TempDir) -> io::Result<Server> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_usage-server"));
    command
        .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
        .arg(data.path());
    let template = Template::post("/api/v1/usage/influxdb", headers, USAGE);
    Server::start(name, &mut command, template, Some(data))
}
