//! What can go wrong in the store. Knows no status codes: the server maps them in one place.

use std::path::PathBuf;

use rusqlite::ErrorCode;

use crate::registry::Organization;

/// The result of a store call.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a store call failed.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// SQLite said no; the text is SQLite's own.
    Sqlite(rusqlite::Error),
    /// The file system said no, about this path.
    Io(PathBuf, std::io::Error),
    /// Another process holds the data folder.
    Locked(PathBuf),
    /// The folder holds no database yet.
    NoDatabase(PathBuf),
    /// The database was written by a newer version of this program.
    NewerSchema {
        /// The version found in the file.
        found: i64,
        /// The newest version this program knows.
        known: i64,
    },
    /// The database was written by an older version; only the server migrates.
    OlderSchema {
        /// The version found in the file.
        found: i64,
        /// The version this program works with.
        known: i64,
    },
    /// The database is another program's.
    NotOurs,
    /// The journal is there without its read model.
    NoModel(PathBuf),
    /// There is such a file or folder already.
    Exists(PathBuf),
    /// What is there is no copy of ours, so none takes its place.
    NotReplaced(PathBuf),
    /// The folder has data already, which a restore would take the place of.
    HasData(PathBuf),
    /// A folder is no backup of ours; why.
    NotABackup(PathBuf, String),
    /// A copy of the database is damaged; how.
    Damaged(PathBuf, String),
    /// A copy of the database could not be written; why.
    NotWritten(PathBuf, String),
    /// The disk has too little room.
    NoSpace {
        /// Bytes that are needed.
        needed: u64,
        /// Bytes that are free.
        free: u64,
    },
    /// Another process is using the file just now.
    Busy(PathBuf),
    /// Somebody makes the read model anew already: the process's id, where it can be read.
    BeingRebuilt(Option<u32>),
    /// A journal block doesn't match its checksum or its format.
    CorruptBlock {
        /// The sequence number of the block's first report.
        seq: u64,
        /// What is wrong with it.
        reason: String,
    },
    /// Something in the read model doesn't follow its format; what.
    DamagedModel(String),
    /// A reader that doesn't leave keeps the WAL from being copied.
    WalHeld,
    /// The name, address or token is taken already.
    Taken(&'static str),
    /// Somebody who signed up chose this name: it proves nothing, and doesn't stand for them.
    SelfRegistered(Organization),
    /// The last owner or operator can't go.
    LastOne(&'static str),
    /// There are as many as there may be.
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many there may be.
        most: u32,
    },
    /// More than one entry fits what was given.
    Ambiguous(String),
    /// What was asked for isn't there.
    NotFound(String),
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Error::Sqlite(e) => write!(f, "database error: {e}{}", advice(e)),
            Error::Io(path, e) => write!(f, "{}: {e}", path.display()),
            Error::Locked(path) => write!(
                f,
                "{} is in use by another usage-server; stop it first, or name another --data-dir",
                path.display()
            ),
            Error::NoDatabase(path) => write!(
                f,
                "{} holds no data yet; start `usage-server serve` there first, or name another --data-dir",
                path.display()
            ),
            Error::NewerSchema { found, known } => write!(
                f,
                "the data has schema version {found}, this program knows up to {known}; run the newer usage-server that wrote it"
            ),
            Error::OlderSchema { found, known } => write!(
                f,
                "the data has schema version {found}, this program needs {known}; start `usage-server serve` once to migrate it"
            ),
            Error::NotOurs => {
                f.write_str("usage.db there is another program's database; name another --data-dir")
            }
            Error::NoModel(path) => write!(
                f,
                "{} has no model.db; start `usage-server serve` once, which makes it anew",
                path.display()
            ),
            Error::Exists(path) => write!(
                f,
                "{} is there already; name another folder, or say --force to replace it",
                path.display()
            ),
            Error::NotReplaced(path) => write!(
                f,
                "{} is no backup, so it is not replaced by one; name another folder",
                path.display()
            ),
            Error::HasData(path) => write!(
                f,
                "{} has data already; name another --data-dir, or say --force to move that data aside",
                path.display()
            ),
            Error::NotABackup(path, why) => {
                write!(f, "{} can't be restored: {why}", path.display())
            }
            Error::Damaged(path, how) => write!(
                f,
                "{} is damaged and was not used: {how}; if it is a copy of running data, the data is damaged, too",
                path.display()
            ),
            Error::NotWritten(path, why) => write!(
                f,
                "{} was not written: {why}; nothing is left of it",
                path.display()
            ),
            Error::NoSpace { needed, free } => write!(
                f,
                "the disk has {} MiB free, this needs {} MiB; make room, or use another disk",
                free >> 20,
                (needed >> 20) + 1
            ),
            Error::Busy(path) => write!(
                f,
                "{} is being used by another command; try again when that is done",
                path.display()
            ),
            Error::BeingRebuilt(process) => {
                let which = process.map_or_else(String::new, |id| format!(" (process {id})"));
                write!(
                    f,
                    "a rebuild is under way already{which}; wait until it is done, or stop it and try again"
                )
            }
            Error::CorruptBlock { seq, reason } => {
                write!(
                    f,
                    "the journal block of report {seq} is damaged: {reason}; nothing behind it is counted or exported: restore the newest backup"
                )
            }
            Error::DamagedModel(what) => write!(
                f,
                "model.db is damaged: {what}; make it anew with `usage-server rebuild`"
            ),
            Error::WalHeld => f.write_str(
                "a program that reads usage.db holds its usage.db-wal back, which keeps growing; end that program",
            ),
            Error::Taken(what) => write!(f, "this {what} is known already; nothing was changed"),
            Error::SelfRegistered(own) => write!(
                f,
                "the organization {:?} registered itself, so its name proves nothing; name it by its id, {}",
                own.name, own.id.0
            ),
            Error::LastOne(what) => write!(f, "the last {what} can't go; make another one first"),
            Error::TooMany { what, most } => {
                write!(f, "there are {most} {what} already, the most there may be; remove some first")
            }
            Error::Ambiguous(what) => write!(f, "{what} fits more than one; give more of it"),
            Error::NotFound(what) => write!(f, "{what} was not found"),
        }
    }
}

/// What to do about an error of the disk or the file, after SQLite's words for it.
fn advice(e: &rusqlite::Error) -> String {
    let Some(failure) = e.sqlite_error() else {
        return String::new();
    };
    match failure.code {
        ErrorCode::DiskFull => "; make space on it".to_owned(),
        ErrorCode::ReadOnly => "; make the data folder writable".to_owned(),
        ErrorCode::SystemIoFailure => format!(
            " (SQLite's code {}); the disk fails, is read-only or over a quota: see the system's log",
            failure.extended_code
        ),
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => {
            "; restore the newest backup".to_owned()
        }
        _ => String::new(),
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Error::Sqlite(e) => Some(e),
            Error::Io(_, e) => Some(e),
            _ => None,
        }
    }
}

impl From<rusqlite::Error> for Error {
    fn from(e: rusqlite::Error) -> Self {
        Error::Sqlite(e)
    }
}
