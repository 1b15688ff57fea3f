//! How the store itself is doing, for whoever watches it: how far everything is, how much waits,
//! how large the files are.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rusqlite::Connection;

use crate::backup::free_space;
use crate::journal::{SPAN_REPORTS, Seq, mark, next_seq, walk};
use crate::model::applied;
use crate::sqlite::{MODEL_FILE, sql};
use crate::store::MODEL;
use crate::{Error, Result};

/// The state of the store at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vitals {
    /// The place that the next report gets: how many there ever were.
    pub next_seq: Seq,
    /// Reports that the read model has not wholly taken in.
    pub behind: u64,
    /// When the first of these was received; `None` where there is none.
    pub behind_since: Option<Timestamp>,
    /// Full spans of the journal that wait to be re-packed.
    pub spans_to_repack: u64,
    /// Erasures that were asked for and are not done.
    pub erasures_pending: u64,
    /// Refused reports kept.
    pub quarantined: u64,
    /// Messages that wait for webhooks.
    pub webhooks_waiting: u64,
    /// Bytes of the database's two files.
    pub database_bytes: u64,
    /// Bytes of them that are free for what comes next.
    pub database_free_bytes: u64,
    /// Bytes that may still be written to their file system.
    pub disk_free_bytes: u64,
    /// Bytes of their WALs' files, which are written anew from their beginning and don't shrink.
    pub wal_bytes: u64,
}

/// Looks at everything once.
pub(crate) fn vitals(db: &Connection, database: &Path) -> Result<Vitals> {
    let applied = applied::read(db)?.seq;
    let next_seq = next_seq(db)?;
    let behind_since = match applied < next_seq {
        // Reads a span: some milliseconds, and only while there is something to follow. That it
        // can't be read is told by the read model, which stands before it.
        true => walk::forwards(db, applied, 1)
            .ok()
            .and_then(|stretch| Some(stretch.reports.first()?.received_at)),
        false => None,
    };
    let pragma = |file: &str, name: &str| {
        db.pragma_query_value(Some(file), name, |row| row.get::<_, i64>(0))
    };
    let count = |query: &str| {
        db.prepare_cached(query)?
            .query_row([], |row| row.get::<_, i64>(0))
    };
    let mut free_bytes = 0;
    for file in ["main", MODEL_FILE] {
        free_bytes += pragma(file, "freelist_count")? * pragma(file, "page_size")?;
    }
    let model = database.with_file_name(MODEL);
    Ok(Vitals {
        next_seq,
        behind: next_seq.saturating_sub(applied),
        behind_since,
        spans_to_repack: (next_seq.saturating_sub(mark::read(db, mark::REPACK)?)) / SPAN_REPORTS,
        erasures_pending: count(sql!("erasure/waiting"))? as u64,
        quarantined: count(sql!("quarantine/count"))? as u64,
        webhooks_waiting: count(sql!("webhook/waiting"))? as u64,
        database_bytes: file_bytes(database)? + file_bytes(&model)?,
        database_free_bytes: free_bytes as u64,
        disk_free_bytes: free_space(database)?,
        wal_bytes: file_bytes(&wal_of(database))? + file_bytes(&wal_of(&model))?,
    })
}

fn wal_of(database: &Path) -> PathBuf {
    database.with_extension("db-wal")
}

/// How large a file is; 0 where there is none.
fn file_bytes(path: &Path) -> Result<u64> {
    match std::fs::metadata(path) {
        Ok(file) => Ok(file.len()),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(0),
        Err(e) => Err(Error::Io(path.to_owned(), e)),
    }
}
