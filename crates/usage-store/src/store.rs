//! The store itself: the one writer, the readers, and the verbs. Each verb's work is in
//! its own room; this file is their table of contents.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use rusqlite::{Connection, TransactionBehavior};

use crate::erasure::{self, ErasureRequest, ErasureStatus, Step};
use crate::journal::{
    Appender, NewReport, Outcome, Seq, StoredReport, forget_keys, mark, next_seq, repack, walk,
};
use crate::model::{self, Dictionary};
use crate::quarantine::{self, Quarantined, Refused};
use crate::query::{
    Freshness, ProductId, ProductSummary, ServerDetail, ServerId, ServerSummary, Share, activity,
    products, reports, servers, shares,
};
use crate::registry::{
    Account, AccountId, Grant, NewToken, OrganizationId, Revoked, Session, TokenId, accounts,
    audit, organizations, tokens,
};
use crate::sqlite::{self, Readers};
use crate::time::Day;
use crate::{Error, Result};

/// The database's file in the data folder.
const DATABASE: &str = "usage.db";

/// Held by the server for as long as it runs.
const LOCK: &str = "usage.lock";

/// A WAL of more pages than this is made to start anew: 16 MiB, about two seconds of full load.
const WAL_LARGE_PAGES: i64 = 4_096;

/// The data folder's database, opened. Shared by all threads.
pub struct Store {
    writer: Mutex<Writer>,
    readers: Readers,
    checkpointer: Mutex<Connection>,
    dictionary: Mutex<Dictionary>,
    grants: tokens::Grants,
    /// Released by the operating system when the process ends, however it ends.
    _lock: Option<File>,
}

struct Writer {
    db: Connection,
    appender: Appender,
}

/// How a process means to use the data folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writing {
    /// The server: creates and migrates, one process at a time.
    Alone,
    /// A side command: may run beside the server, never creates or migrates.
    Beside,
}

/// Opening, closing, upkeep.
impl Store {
    /// Opens the database in `data_dir`.
    pub fn open(data_dir: &Path, writing: Writing) -> Result<Store> {
        let path = data_dir.join(DATABASE);
        let lock = match writing {
            Writing::Alone => Some(take_folder(data_dir)?),
            Writing::Beside if !path.exists() => {
                return Err(Error::NoDatabase(data_dir.to_owned()));
            }
            Writing::Beside => None,
        };
        let mut db = sqlite::open_writer(&path, writing == Writing::Alone)?;
        sqlite::migrate(&mut db, writing)?;
        let appender = Appender::new(&db)?;
        Ok(Store {
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

    fn writer(&self) -> MutexGuard<'_, Writer> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs `write` in one transaction.
    fn write<T>(&self, write: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
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
        let mut writer = self.writer();
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

    /// Brings the read model forward by one chunk; how many reports it took in, 0 at the end.
    pub fn apply(&self) -> Result<u64> {
        let mut dictionary = self
            .dictionary
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let chunk = self.readers.read(model::next_chunk)?;
        if !chunk.is_empty() {
            model::apply(&mut self.writer().db, &mut dictionary, &chunk)?;
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
                .read(|db| Ok((mark::read(db, mark::MODEL)?.0, next_seq(db)?)))?;
            progress(done, all);
        }
        Ok(())
    }
}

/// Reports out, for good.
impl Store {
    /// Asks for an erasure of all that was accepted so far; `code` is where its status is found.
    pub fn request_erasure(
        &self,
        request: &ErasureRequest,
        code: &str,
        now: Timestamp,
    ) -> Result<()> {
        self.write(|db| erasure::request(db, request, code, now))
    }

    /// How the erasure with this code is getting on; `None` where there is no such code.
    pub fn erasure_status(&self, code: &str) -> Result<Option<ErasureStatus>> {
        self.readers.read(|db| erasure::status(db, code))
    }

    /// Does the oldest erasure that is waiting; whether there was one. What was erased is gone from
    /// the file, too, when this returns.
    pub fn erase_next(&self, now: Timestamp) -> Result<bool> {
        let mut dictionary = self
            .dictionary
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let step = erasure::next_step(&mut self.writer().db, &mut dictionary, now)?;
        if step == Step::Done {
            let checkpointer = self
                .checkpointer
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            sqlite::empty_wal(&checkpointer)?;
        }
        Ok(step == Step::Done)
    }
}

/// Questions about reports.
impl Store {
    /// How far the read model is.
    pub fn freshness(&self) -> Result<Freshness> {
        self.readers.read(|db| {
            let (seq, applied_to) = mark::read(db, mark::MODEL)?;
            Ok(Freshness {
                applied_to,
                behind: next_seq(db)?.saturating_sub(seq),
            })
        })
    }

    /// Every product, adopted ones first, then by active servers.
    pub fn products(&self, now: Timestamp) -> Result<Vec<ProductSummary>> {
        self.readers.read(|db| products::products(db, None, now))
    }

    /// One product.
    pub fn product(&self, id: ProductId, now: Timestamp) -> Result<Option<ProductSummary>> {
        Ok(self
            .readers
            .read(|db| products::products(db, Some(id), now))?
            .pop())
    }

    /// Active servers for each day from `from` up to and with `to`.
    pub fn active_by_day(&self, product: ProductId, from: Day, to: Day) -> Result<Vec<(Day, u64)>> {
        self.readers
            .read(|db| activity::by_day(db, product, from, to))
    }

    /// The dimensions seen of a product, sorted.
    pub fn dimensions(&self, product: ProductId) -> Result<Vec<String>> {
        self.readers.read(|db| shares::dimensions(db, product))
    }

    /// How a dimension's values are spread over the servers that posted usage on a day, largest first.
    pub fn distribution(
        &self,
        product: ProductId,
        dimension: &str,
        day: Day,
    ) -> Result<Vec<Share>> {
        self.readers
            .read(|db| shares::distribution(db, product, dimension, day))
    }

    /// A product's servers, newest first, from below the id `before`.
    pub fn servers(
        &self,
        product: ProductId,
        before: Option<ServerId>,
        limit: usize,
    ) -> Result<Vec<ServerSummary>> {
        self.readers
            .read(|db| servers::list(db, product, before, limit))
    }

    /// One server.
    pub fn server(&self, id: ServerId) -> Result<Option<ServerDetail>> {
        Ok(self
            .readers
            .read(|db| servers::one(db, id))?
            .map(|(detail, _)| detail))
    }

    /// The newest reports, of all products or of one, from below `before`.
    pub fn newest_reports(
        &self,
        product: Option<&str>,
        before: Option<Seq>,
        limit: usize,
    ) -> Result<Vec<StoredReport>> {
        self.readers
            .read(|db| reports::newest(db, product, before, limit))
    }

    /// One server's reports, newest first, from below `before`.
    pub fn server_reports(
        &self,
        id: ServerId,
        before: Option<Seq>,
        limit: usize,
    ) -> Result<Vec<StoredReport>> {
        self.readers
            .read(|db| reports::of_server(db, id, before, limit))
    }

    /// The next reports in order of acceptance, from place `from` on; empty at the end.
    pub fn reports_from(&self, from: Seq) -> Result<Vec<StoredReport>> {
        Ok(self.readers.read(|db| walk::forwards(db, from))?.reports)
    }

    /// The place that the next accepted report gets.
    pub fn next_seq(&self) -> Result<Seq> {
        self.readers.read(next_seq)
    }

    /// What was refused, newest first, from below the id `before`.
    pub fn quarantined(&self, before: Option<i64>, limit: usize) -> Result<Vec<Quarantined>> {
        self.readers
            .read(|db| quarantine::newest(db, before, limit))
    }
}

/// The registry.
impl Store {
    /// What a token allows; `None` where it is unknown or revoked. A revocation by another process
    /// may be noticed only at the commit: [`Store::append`] has the last word.
    pub fn authenticate(&self, token: &[u8]) -> Result<Option<Grant>> {
        self.grants.find(token, |hash| {
            self.readers.read(|db| tokens::grant(db, hash))
        })
    }

    /// Adds a token; `Error::Taken` where it is known already.
    pub fn add_token(&self, new: &NewToken<'_>, now: Timestamp) -> Result<TokenId> {
        self.write(|db| tokens::add(db, new, now))
    }

    /// Revokes the token given whole or by its beginning; at once, on running servers too.
    pub fn revoke_token(&self, token: &str, now: Timestamp) -> Result<Revoked> {
        let revoked = self.write(|db| tokens::revoke(db, token, now))?;
        self.grants.clear();
        Ok(revoked)
    }

    /// The organization of this name, made if new.
    pub fn organization(&self, name: &str, now: Timestamp) -> Result<OrganizationId> {
        self.write(|db| organizations::find_or_add(db, name, now))
    }

    /// An organization's name.
    pub fn organization_name(&self, id: OrganizationId) -> Result<Option<String>> {
        self.readers.read(|db| organizations::name(db, id))
    }

    /// An operator adopts a product.
    pub fn adopt_product(&self, id: ProductId, by: AccountId, now: Timestamp) -> Result<()> {
        self.write(|db| {
            products::adopt(db, id, now).and_then(|name| match name {
                None => Ok(()),
                Some(name) => audit::write(
                    db,
                    now,
                    &format!("account {}", by.0),
                    "adopt product",
                    &name,
                ),
            })
        })
    }

    /// Adopts products by name, in nobody's name: for a demo's fleet.
    pub fn adopt_products(&self, names: &[&str], now: Timestamp) -> Result<()> {
        self.write(|db| {
            names
                .iter()
                .try_for_each(|name| products::adopt_by_name(db, name, now))
        })
    }

    /// Whether there is an operator yet.
    pub fn has_operator(&self) -> Result<bool> {
        self.readers.read(accounts::has_operator)
    }

    /// Makes an operator account; `Error::Taken` where the address has one.
    pub fn add_operator(
        &self,
        email: &str,
        password_hash: &str,
        now: Timestamp,
    ) -> Result<AccountId> {
        self.write(|db| accounts::add_operator(db, email, password_hash, now))
    }

    /// The same, only where there is no operator yet, in one transaction; `None` where there is.
    pub fn add_first_operator(
        &self,
        email: &str,
        password_hash: &str,
        now: Timestamp,
    ) -> Result<Option<AccountId>> {
        self.write(|db| {
            if accounts::has_operator(db)? {
                return Ok(None);
            }
            accounts::add_operator(db, email, password_hash, now).map(Some)
        })
    }

    /// An account and its password's hash, by address without regard to case.
    pub fn account_by_email(&self, email: &str) -> Result<Option<(Account, String)>> {
        self.readers.read(|db| accounts::by_email(db, email))
    }

    /// Signs a browser in: keeps the SHA-256 of its secret.
    pub fn start_session(
        &self,
        secret: &[u8],
        account: AccountId,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<()> {
        self.write(|db| accounts::start_session(db, secret, account, now, expires_at))
    }

    /// The session of a secret, where it is still valid.
    pub fn session(&self, secret: &[u8], now: Timestamp) -> Result<Option<Session>> {
        self.readers.read(|db| accounts::session(db, secret, now))
    }

    /// Signs a browser out.
    pub fn end_session(&self, secret: &[u8]) -> Result<()> {
        self.write(|db| accounts::end_session(db, secret))
    }
}

/// Makes the folder if it is new, for its owner only, and claims it for this process.
fn take_folder(data_dir: &Path) -> Result<File> {
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
