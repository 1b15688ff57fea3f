//! A data folder that has been used for a while: millions of reports, taken in, re-packed. Made by
//! the store itself, as sending them would take hours.

use std::io;
use std::path::Path;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use usage_store::report::Kind;
use usage_store::{NewReport, Sender, Store, Writing};

use crate::request::{Template, USAGE};

/// Over how many days the reports are spread, up to now.
const DAYS: i64 = 100;

/// Reports in one commit, as under load.
const BATCH: u64 = 1_000;

/// Commits between two looks at what follows from them.
const COMMITS: u64 = 100;

/// Fills a new data folder.
pub(crate) fn fill(folder: &Path, reports: u64) -> io::Result<()> {
    let store = Store::open(folder, Writing::Alone).map_err(io::Error::other)?;
    let mut body = Template::bare(USAGE);
    let begin = Timestamp::now() - SignedDuration::from_hours(24 * DAYS);
    let apart = SignedDuration::from_hours(24 * DAYS).as_millis() as u64;
    for batch in 0..reports.div_ceil(BATCH) {
        let numbers = batch * BATCH..reports.min((batch + 1) * BATCH);
        let made: Vec<NewReport> = numbers
            .map(|n| NewReport {
                kind: Kind::Usage,
                product: Arc::from("influxdb"),
                sender: Sender::default(),
                received_at: begin + SignedDuration::from_millis((apart * n / reports) as i64),
                reported_at: None,
                idempotency: None,
                install_key: None,
                body: body.nth(n).to_vec(),
            })
            .collect();
        store.append(&made).map_err(io::Error::other)?;
        if batch % COMMITS == COMMITS - 1 {
            follow(&store)?;
            eprint!("\r{} of {reports} reports stored", (batch + 1) * BATCH);
        }
    }
    follow(&store)?;
    eprintln!();
    Ok(())
}

/// The read model, re-packing, the WAL: everything as if it had had its time.
fn follow(store: &Store) -> io::Result<()> {
    while store.apply().map_err(io::Error::other)? > 0 {}
    while store.repack().map_err(io::Error::other)? {}
    store.checkpoint().map_err(io::Error::other)
}
