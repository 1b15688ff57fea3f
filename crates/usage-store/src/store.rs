//! The store itself: the one writer, the readers, upkeep, and the verbs by which reports come in
//! and go. The verbs that ask are in `query/verbs.rs`, those of the registry in
//! `registry/verbs.rs`; each verb's work is in its own room.

use std::fs::{File, TryLockError};
use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use rusqlite::{Connection, TransactionBehavior};

use crate::erasure::{self, ErasureRequest, ErasureStatus};
use crate::journal::{Appender, NewReport, Outcome, forget_keys, mark, next_seq, repack};
use crate::model::{self, Dictionary};
use crate::quarantine::{self, Refused};
use crate::registry::tokens;
use crate::sqlite::{self, Readers};
use crate::turns::{Turn, Turns};
use crate::{Error, Result, backup};

/// The database's file in the data folder.
const DATABASE: &str = "usage.db";

/// Held by the server for as long as it runs.
const LOCK: &str = "usage.lock";

/// A WAL of more pages than this is made to start anew: 16 MiB, about two seconds of full load.
const WAL_LARGE_PAGES: i64 = 4_096;

/// The data folder's database, opened. Shared by all threads.
pub struct Store {
    turns: Turns,
    writer: Mutex<Writer>,
    pub(crate) readers: Readers,
    checkpointer: Mutex<Connection>,
    dictionary: Mutex<Dictionary>,
    pub(crate) grants: tokens::Grants,
    /// Long work is to end at its next step.
    stopping: AtomicBool,
    /// Released by the operating system when the process ends, however it ends.
    _lock: Option<File>,
}

pub(crate) struct Writer {
    pub(crate) db: Connection,
    appender: Appender,
}

/// The writer, for as long as one's turn lasts.
pub(crate) struct Held<'a> {
    writer: MutexGuard<'a, Writer>,
    _turn: Turn<'a>,
}

impl Deref for Held<'_> {
    type Target = Writer;

    fn deref(&self) -> &Writer {
        &self.writer
    }
}

impl DerefMut for Held<'_> {
    fn deref_mut(&mut self) -> &mut Writer {
        &mut self.writer
    }
}

/// How a process means to use the data folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writing {
    /// The server: creates and migrates, one process at a time.
    Alone,
    /// A side command: may run beside the server, never creates or migrates.
    Beside,
}

/// Data of an older program is about to be migrated.
#[derive(Debug, Clone, Copy)]
pub struct Migrating<'a> {
    /// The version of its schema.
    pub from: i64,
    /// The version it will have.
    pub to: i64,
    /// Where it is backed up first.
    pub backup: &'a Path,
}

/// Opening, closing, upkeep.
impl Store {
    /// Opens the database in `data_dir`.
    pub fn open(data_dir: &Path, writing: Writing) -> Result<Store> {
        Store::open_telling(data_dir, writing, &mut |_| ())
    }

    /// Opens it, and says when data of an older program is to be migrated first: with much of it
    /// that takes a while.
    pub fn open_telling(
        data_dir: &Path,
        writing: Writing,
        tell: &mut dyn FnMut(Migrating<'_>),
    ) -> Result<Store> {
        let path = database_in(data_dir);
        let lock = match writing {
            Writing::Alone => Some(take_folder(data_dir)?),
            Writing::Beside if !path.exists() => {
                return Err(Error::NoDatabase(data_dir.to_owned()));
            }
            Writing::Beside => None,
        };
        let mut db = sqlite::open_writer(&path, writing == Writing::Alone)?;
        sqlite::migrate(&mut db, writing, |db, found| {
            let backup = backup::place(&path, found);
            tell(Migrating {
                from: found,
                to: sqlite::newest_schema(),
                backup: &backup,
            });
            backup::before_migrating(db, &path, found)
        })?;
        let appender = Appender::new(&db)?;
        Ok(Store {
            turns: Turns::default(),
            stopping: AtomicBool::new(false),
            checkpointer: Mutex::new(sqlite::checkpointer(&path)?),
            writer: Mutex::new(Writer { db, appender }),
            readers: Readers::new(path),
            dictionary: Mutex::default(),
            grants: tokens::Grants::default(),
            _lock: lock,
        })
    }

    /// Copies what the WAL holds into the database, beside readers and the writer. The WAL starts
    /// anew only at a commit that finds it all copied; under steady load there is no such
    /// moment, so once it is large the short rest is copied while the writer waits.
    pub fn checkpoint(&self) -> Result<()> {
        let checkpointer = self
            .checkpointer
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if sqlite::checkpoint(&checkpointer)? > WAL_LARGE_PAGES {
            let _no_commit_meanwhile = self.writer();
            sqlite::checkpoint(&checkpointer)?;
        }
        Ok(())
    }

    /// Re-packs the next full span of the journal; whether there was one.
    pub fn repack(&self) -> Result<bool> {
        match self.readers.read(repack::prepare)? {
            None => Ok(false),
            Some(span) => {
                repack::swap(&mut self.writer().db, &span)?;
                Ok(true)
            }
        }
    }

    /// Forgets the idempotency keys of one slice of 256 that are older than their window.
    pub fn forget_keys(&self, slice: u8, now: Timestamp) -> Result<()> {
        forget_keys(&self.writer().db, slice, now)
    }

    /// Bids long work end at its next step: the process is about to stop.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    /// The writer, for what can wait while reports are committed.
    pub(crate) fn writer(&self) -> Held<'_> {
        self.hold(self.turns.patient())
    }

    fn hold<'a>(&'a self, turn: Turn<'a>) -> Held<'a> {
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        Held {
            writer,
            _turn: turn,
        }
    }

    /// Runs `write` in one transaction.
    pub(crate) fn write<T>(&self, write: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let mut writer = self.writer();
        let step = writer
            .db
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let answer = write(&step)?;
        step.commit()?;
        Ok(answer)
    }
}

/// Reports in.
impl Store {
    /// Appends a batch in one commit; returns when it is on disk. One outcome a report, in order.
    pub fn append(&self, reports: &[NewReport]) -> Result<Vec<Outcome>> {
        let mut writer = self.hold(self.turns.urgent());
        let Writer { db, appender } = &mut *writer;
        let outcomes = appender.append(db, reports)?;
        if outcomes.contains(&Outcome::TokenRevoked) {
            self.grants.clear();
        }
        Ok(outcomes)
    }

    /// Keeps what was refused.
    pub fn quarantine(&self, refused: &[Refused]) -> Result<()> {
        quarantine::add(&mut self.writer().db, refused)
    }

    /// Brings the read model forward by one chunk, in steps that commits of reports come between; how
    /// many reports it looked at, 0 at the end.
    pub fn apply(&self) -> Result<u64> {
        let mut dictionary = self
            .dictionary
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let mut chunk = self.readers.read(model::next_chunk)?;
        while !chunk.is_done() && !self.stopping.load(Ordering::Relaxed) {
            model::apply(&mut self.writer().db, &mut dictionary, &mut chunk)?;
        }
        Ok(chunk.reports())
    }

    /// Makes the read model anew from the journal. `progress` hears how many places of how many
    /// are done. A server that runs beside takes part; if this is interrupted, it goes on.
    pub fn rebuild(&self, mut progress: impl FnMut(u64, u64)) -> Result<()> {
        model::reset(&mut self.writer().db)?;
        while self.apply()? > 0 {
            let (done, all) = self
                .readers
                .read(|db| Ok((mark::read(db, mark::MODEL)?.seq, next_seq(db)?)))?;
            progress(done, all);
        }
        Ok(())
    }
}

/// Reports out, for good.
impl Store {
    /// Asks for an erasure of all that was accepted so far. Its status is found by the code that
    /// this returns: `code`, or where the same is asked for already, the code of that.
    pub fn request_erasure(
        &self,
        request: &ErasureRequest,
        code: &str,
        now: Timestamp,
    ) -> Result<String> {
        self.write(|db| erasure::request(db, request, code, now))
    }

    /// How many servers an erasure would be about, as far as the read model has come.
    pub fn servers_to_erase(&self, request: &ErasureRequest) -> Result<u64> {
        self.readers.read(|db| erasure::count_servers(db, request))
    }

    /// How the erasure with this code is getting on; `None` where there is no such code.
    pub fn erasure_status(&self, code: &str) -> Result<Option<ErasureStatus>> {
        self.readers.read(|db| erasure::status(db, code))
    }

    /// Does the oldest erasure that is waiting; whether one was done. What was erased is gone from
    /// the file, too, when this returns. Commits of reports come between its steps.
    pub fn erase_next(&self, now: Timestamp) -> Result<bool> {
        let mut dictionary = self
            .dictionary
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let Some(work) = self.readers.read(erasure::next)? else {
            return Ok(false);
        };
        for span in work.spans() {
            if !erasure::erase_in_span(&mut self.writer().db, &work, span)? {
                return Ok(false);
            }
            std::thread::yield_now();
        }
        if !erasure::finish(&mut self.writer().db, &mut dictionary, &work, now)? {
            return Ok(false);
        }
        let checkpointer = self
            .checkpointer
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        sqlite::empty_wal(&checkpointer)?;
        Ok(true)
    }
}

/// The database's file.
pub(crate) fn database_in(data_dir: &Path) -> PathBuf {
    data_dir.join(DATABASE)
}

/// Makes the folder if it is new, for its owner only, and claims it for this process.
pub(crate) fn take_folder(data_dir: &Path) -> Result<File> {
    let io = |path: &Path| {
        let path: PathBuf = path.to_owned();
        move |e| Error::Io(path, e)
    };
    let mut folder = std::fs::DirBuilder::new();
    folder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut folder, 0o700);
    folder.create(data_dir).map_err(io(data_dir))?;
    let path = data_dir.join(LOCK);
    let lock = File::options()
        .create(true)
        .append(true)
        .open(&path)
        .map_err(io(&path))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(Error::Locked(data_dir.to_owned())),
        Err(TryLockError::Error(e)) => Err(Error::Io(path, e)),
    }
}
