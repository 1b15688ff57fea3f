//! The store itself: the one writer, the readers, upkeep, and the verbs by which reports come in
//! and go. The verbs that ask are in `query/verbs.rs`, those of the registry in
//! `registry/verbs.rs`; each verb's work is in its own room.

use std::fs::{File, TryLockError};
use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use rusqlite::{Connection, TransactionBehavior};

use crate::erasure::{self, ErasureRequest, ErasureStatus};
use crate::journal::keys::KeyUpkeep;
use crate::journal::{Appender, NewReport, Outcome, Repacked, repack};
use crate::model::{self, Dictionary, Model, Packing};
use crate::query::ground::Answering;
use crate::registry::{ApiKeyId, News, TokenId, Uses, tokens};
use crate::sqlite::{self, Readers};
use crate::turns::{Turn, Turns};
use crate::{Error, Result, backup};

/// The database in the data folder: the journal, the registry, the quarantine.
pub(crate) const DATABASE: &str = "usage.db";

/// The read model beside it.
pub(crate) const MODEL: &str = "model.db";

/// Held by the server for as long as it runs.
const LOCK: &str = "usage.lock";

/// A WAL of more pages than this is made to start anew: 16 MiB, about two seconds of full load.
const WAL_LARGE_PAGES: i64 = 4_096;

/// More pages than this that can't be copied, 32 MiB, and some reader has stayed for long: our own
/// leave within a step.
const WAL_HELD_PAGES: i64 = 2 * WAL_LARGE_PAGES;

/// The data folder's database, opened. Shared by all threads.
pub struct Store {
    turns: Turns,
    writer: Mutex<Writer>,
    pub(crate) readers: Readers,
    checkpointer: Mutex<Connection>,
    model: Mutex<Model>,
    key_upkeep: Mutex<KeyUpkeep>,
    pub(crate) answering: Answering,
    packing: Mutex<Packing>,
    pub(crate) grants: tokens::Grants,
    pub(crate) token_uses: Uses<TokenId>,
    pub(crate) api_key_uses: Uses<ApiKeyId>,
    /// Bytes of all blocks that commits wrote into the journal since the start.
    appended_bytes: AtomicU64,
    /// Things that allowlists left out or masked since the start.
    pub(crate) removed: AtomicU64,
    /// What replies tell, as of the last commit of reports.
    pub(crate) news: Mutex<Arc<News>>,
    /// Long work is to end at its next step.
    pub(crate) stopping: AtomicBool,
    /// What was erased may still stand in the WAL; not known of what an earlier process left.
    wal_to_empty: AtomicBool,
    pub(crate) model_wal_to_empty: AtomicBool,
    /// Released by the operating system when the process ends, however it ends.
    _lock: Option<File>,
}

pub(crate) struct Writer {
    pub(crate) db: Connection,
    pub(crate) appender: Appender,
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
    /// A side command: may run beside the server, never creates or migrates `usage.db`; a `model.db`
    /// that is gone is begun anew.
    Beside,
}

/// What opening did or is about to do beside, for operators to hear.
#[derive(Debug, Clone, Copy)]
pub enum Opening<'a> {
    /// The data is of an older program: it is copied to this folder, then migrated.
    Migrating {
        /// Where the copy goes.
        backup: &'a Path,
    },
    /// `model.db` had taken in more than `usage.db` holds, which is an older one than it was made
    /// from: it is made anew.
    ModelAhead,
    /// `model.db` is of an older program, which asked less of it: it is made anew.
    ModelOutdated,
}

/// Opening, closing, upkeep.
impl Store {
    /// Opens the database in `data_dir`.
    pub fn open(data_dir: &Path, writing: Writing) -> Result<Store> {
        Store::open_telling(data_dir, writing, &mut |_| ())
    }

    /// Opens it, and says what else that takes: with much data a migration lasts a while.
    pub fn open_telling(
        data_dir: &Path,
        writing: Writing,
        tell: &mut dyn FnMut(Opening<'_>),
    ) -> Result<Store> {
        let path = data_dir.join(DATABASE);
        let lock = match writing {
            Writing::Alone => {
                let lock = take_folder(data_dir)?;
                backup::complete(data_dir, Timestamp::now())?;
                Some(lock)
            }
            Writing::Beside if !path.exists() => {
                return Err(Error::NoDatabase(data_dir.to_owned()));
            }
            Writing::Beside => None,
        };
        let (alone, model_path) = (writing == Writing::Alone, data_dir.join(MODEL));
        let mut db = sqlite::open_writer(&path, alone)?;
        // It can be made anew; whoever finds it gone begins.
        let model_is_there = model_path.exists();
        let mut model = sqlite::open_model(&model_path, &path, !model_is_there)?;
        if alone {
            sqlite::settle(&mut db, &path)?;
            sqlite::settle(&mut model, &model_path)?;
        }
        let from = sqlite::found(&db, sqlite::JOURNAL, writing)?;
        let making = if model_is_there {
            writing
        } else {
            Writing::Alone
        };
        let mut model_from = sqlite::found(&model, sqlite::MODEL, making)?;
        if model_from == 0 {
            sqlite::migrate(&mut model, sqlite::MODEL)?;
            model_from = sqlite::newest(sqlite::MODEL);
        }
        let known = [
            sqlite::newest(sqlite::JOURNAL),
            sqlite::newest(sqlite::MODEL),
        ];
        if from > 0 && [from, model_from] != known {
            backup::before_migrating(data_dir, [from, model_from], |backup| {
                tell(Opening::Migrating { backup });
            })?;
        }
        sqlite::migrate(&mut db, sqlite::JOURNAL)?;
        sqlite::migrate(&mut model, sqlite::MODEL)?;
        if alone && model::reset_if_ahead(&mut model)? {
            tell(Opening::ModelAhead);
        }
        if model::reset_if_outdated(&mut model)? {
            tell(Opening::ModelOutdated);
        }
        let appender = Appender::new(&db)?;
        Ok(Store {
            turns: Turns::default(),
            stopping: AtomicBool::new(false),
            wal_to_empty: AtomicBool::new(alone),
            model_wal_to_empty: AtomicBool::new(alone),
            checkpointer: Mutex::new(sqlite::checkpointer(&path)?),
            writer: Mutex::new(Writer { db, appender }),
            readers: Readers::new(path, model_path),
            model: Mutex::new(Model {
                db: model,
                dictionary: Dictionary::default(),
            }),
            key_upkeep: Mutex::default(),
            answering: Answering::default(),
            packing: Mutex::default(),
            grants: tokens::Grants::default(),
            token_uses: Uses::default(),
            api_key_uses: Uses::default(),
            appended_bytes: AtomicU64::new(0),
            removed: AtomicU64::new(0),
            news: Mutex::default(),
            _lock: lock,
        })
    }

    /// Copies what the WAL holds into the database, beside readers and the writer. The WAL starts
    /// anew only at a commit that finds it all copied; under steady load there is no such
    /// moment, so once it is large the short rest is copied while the writer waits. An error where
    /// a reader that doesn't leave holds back so much that somebody should know.
    pub fn checkpoint(&self) -> Result<()> {
        let checkpointer = self
            .checkpointer
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if sqlite::checkpoint(&checkpointer)?.pages > WAL_LARGE_PAGES {
            let _no_commit_meanwhile = self.writer();
            let wal = sqlite::checkpoint(&checkpointer)?;
            if wal.held_pages > WAL_HELD_PAGES {
                return Err(Error::WalHeld);
            }
        }
        if self.wal_to_empty.load(Ordering::Relaxed) {
            self.empty_wal(&checkpointer)?;
        }
        Ok(())
    }

    /// Tries to cut the WAL to nothing; where a reader is in the way, the next checkpoint does.
    fn empty_wal(&self, checkpointer: &Connection) -> Result<()> {
        // Most of it while commits go on.
        sqlite::checkpoint(checkpointer)?;
        let _no_commit_meanwhile = self.writer();
        let emptied = sqlite::empty_wal(checkpointer)?;
        self.wal_to_empty.store(!emptied, Ordering::Relaxed);
        Ok(())
    }

    /// The same for the read model's; where a reader is in the way, the next step does.
    pub(crate) fn empty_model_wal(&self, model: &Model) -> Result<()> {
        let emptied = sqlite::empty_wal(&model.db)?;
        self.model_wal_to_empty.store(!emptied, Ordering::Relaxed);
        Ok(())
    }

    /// Finds out whether the disk takes a commit again: makes one that changes nothing.
    pub fn try_commit(&self) -> Result<()> {
        self.write(sqlite::touch)
    }

    /// The next full span of the journal, packed anew; `None` where there is none. Takes a while, and
    /// holds nobody up.
    pub fn pack_next(&self) -> Result<Option<Repacked>> {
        self.readers.read(repack::prepare)
    }

    /// Puts a span that was packed anew in its place.
    pub fn put_packed(&self, span: &Repacked) -> Result<()> {
        repack::swap(&mut self.writer().db, span)
    }

    /// Re-packs the next full span of the journal; whether there was one.
    pub fn repack(&self) -> Result<bool> {
        let Some(span) = self.pack_next()? else {
            return Ok(false);
        };
        self.put_packed(&span)?;
        Ok(true)
    }

    /// Does a step of the upkeep of idempotency keys: those older than their window are forgotten, the others
    /// kept small and quick to find. Whether there was anything to do.
    pub fn tidy_keys(&self, now: Timestamp) -> Result<bool> {
        if self.stopping.load(Ordering::Relaxed) {
            return Ok(false);
        }
        let mut upkeep = self
            .key_upkeep
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let begin = |writer: &mut Writer, upkeep: &mut KeyUpkeep| {
            upkeep.begin(&mut writer.db, &mut writer.appender.keys, now)
        };
        if !begin(&mut self.writer(), &mut upkeep)? {
            return Ok(false);
        }
        self.readers.read(|db| upkeep.read(db))?;
        let mut writer = self.writer();
        let Writer { db, appender } = &mut *writer;
        upkeep.write(db, &mut appender.keys)?;
        Ok(true)
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

    /// The folder that all is in.
    pub(crate) fn data_dir(&self) -> &Path {
        self.readers.path().parent().unwrap_or(Path::new("."))
    }

    /// The writer of the read model. Taken before the journal's, where both are needed.
    pub(crate) fn model(&self) -> MutexGuard<'_, Model> {
        self.model.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is known of numbers that wait to be packed.
    pub(crate) fn packing(&self) -> MutexGuard<'_, Packing> {
        self.packing.lock().unwrap_or_else(PoisonError::into_inner)
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
        if writer.appender.keys.crowded() {
            drop(writer);
            self.make_room_for_keys();
            writer = self.hold(self.turns.urgent());
        }
        let Writer { db, appender } = &mut *writer;
        let outcomes = appender.append(db, reports)?;
        self.removed
            .store(appender.lists.removed(), Ordering::Relaxed);
        self.appended_bytes
            .store(appender.packed_bytes(), Ordering::Relaxed);
        if let Some(news) = appender.news.take() {
            *self.news.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(news);
        }
        if outcomes.contains(&Outcome::TokenRevoked) {
            self.grants.clear();
        }
        Ok(outcomes)
    }

    /// Bytes that commits wrote into the journal since the start, compressed.
    pub fn appended_bytes(&self) -> u64 {
        self.appended_bytes.load(Ordering::Relaxed)
    }

    /// Does upkeep's work where it is far behind. If that fails, the commit says why.
    fn make_room_for_keys(&self) {
        while self.writer().appender.keys.crowded()
            && matches!(self.tidy_keys(Timestamp::now()), Ok(true))
        {}
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
        if self.is_being_rebuilt()? {
            return Ok(false);
        }
        let Some(work) = self.readers.read(erasure::next)? else {
            return Ok(false);
        };
        let mut model = self.model();
        for span in work.spans() {
            let Some(_hold) = erasure::uncount_in_span(&mut model.db, &work, span)? else {
                return Ok(false);
            };
            erasure::erase_in_span(&mut self.writer().db, &work, span)?;
        }
        let refused = self.readers.read(|db| erasure::refused_of_all(db, &work))?;
        erasure::clear_quarantine_of_all(&mut self.writer().db, &refused)?;
        if !erasure::make_anew(&mut model, &work)?
            || !erasure::finish(&mut self.writer().db, &work, now)?
        {
            return Ok(false);
        }
        let checkpointer = self
            .checkpointer
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        self.wal_to_empty.store(true, Ordering::Relaxed);
        self.empty_wal(&checkpointer)?;
        self.model_wal_to_empty.store(true, Ordering::Relaxed);
        self.empty_model_wal(&model)?;
        Ok(true)
    }
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
    let known = data_dir.ancestors().find(|above| above.is_dir());
    folder.create(data_dir).map_err(io(data_dir))?;
    keep_names(data_dir, known)?;
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

/// Syncs the names of new folders, up to the one that was there: a file that is on disk in a folder
/// that isn't would be lost.
fn keep_names(data_dir: &Path, known: Option<&Path>) -> Result<()> {
    if cfg!(not(unix)) {
        return Ok(());
    }
    for folder in data_dir.ancestors().take_while(|at| Some(*at) != known) {
        let above = match folder.parent() {
            Some(above) if above.as_os_str().is_empty() => Path::new("."),
            Some(above) => above,
            None => break,
        };
        // Who may make a folder there need not be allowed to open the one above.
        if let Ok(opened) = File::open(above) {
            opened
                .sync_all()
                .map_err(|e| Error::Io(above.to_owned(), e))?;
        }
    }
    Ok(())
}
