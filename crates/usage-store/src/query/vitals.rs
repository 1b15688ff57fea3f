//! How the store itself is doing, for whoever watches it: how far everything is, how much waits,
//! how large the files are.

use std::io::ErrorKind;
use std::path::Path;

use jiff::Timestamp;
use rusqlite::Connection;

use crate::journal::{SPAN_REPORTS, Seq, mark, next_seq, walk};
use crate::sqlite::sql;
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
    /// Bytes of the database's file.
    pub database_bytes: u64,
    /// Bytes of it that are free for what comes next.
    pub database_free_bytes: u64,
    /// Bytes of the WAL's file, which is written anew from its beginning and doesn't shrink.
    pub wal_bytes: u64,
}

/// Looks at everything once.
pub(crate) fn vitals(db: &Connection, database: &Path) -> Result<Vitals> {
    let applied = mark::read(db, mark::MODEL)?.seq;
    let next_seq = next_seq(db)?;
    let behind_since = match applied < next_seq {
        // Reads a span: some milliseconds, and only while there is something to follow. That it
        // can't be read is told by the read model, which stands before it.
        true => walk::forwards(db, applied)
            .ok()
            .and_then(|stretch| Some(stretch.reports.first()?.received_at)),
        false => None,
    };
    let pragma = |name: &str| db.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let count = |query: &str| {
        db.prepare_cached(query)?
            .query_row([], |row| row.get::<_, i64>(0))
    };
    let free_pages = pragma("freelist_count")?;
    Ok(Vitals {
        next_seq,
        behind: next_seq.saturating_sub(applied),
        behind_since,
        spans_to_repack: (next_seq.saturating_sub(mark::read(db, mark::REPACK)?.seq))
            / SPAN_REPORTS,
        erasures_pending: count(sql!("erasure/waiting"))? as u64,
        quarantined: count(sql!("quarantine/count"))? as u64,
        database_bytes: file_bytes(database)?,
        database_free_bytes: (free_pages * pragma("page_size")?) as u64,
        wal_bytes: file_bytes(&database.with_extension("db-wal"))?,
    })
}

/// How large a file is; 0 where there is none.
fn file_bytes(path: &Path) -> Result<u64> {
    match std::fs::metadata(path) {
        Ok(file) => Ok(file.len()),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(0),
        Err(e) => Err(Error::Io(path.to_owned(), e)),
    }
}
