//! The store itself: the one writer, the readers, and the verbs. Each verb's work is in
//! its own room; this file is their table of contents.

use std::path::Path;

use jiff::Timestamp;

use crate::journal::{NewReport, Outcome, Seq, StoredReport};
use crate::quarantine::{Quarantined, Refused};
use crate::query::{
    Freshness, ProductId, ProductSummary, ServerDetail, ServerId, ServerSummary, Share,
};
use crate::registry::{Account, AccountId, Grant, OrganizationId, Session};
use crate::time::Day;
use crate::Result;

/// The data folder's database, opened.
pub struct Store {}

/// How a process means to use the data folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writing {
    /// The server: creates and migrates, one process at a time.
    Alone,
    /// A side command: may run beside the server, never creates or migrates.
    Beside,
}

#[allow(unused_variables, clippy::unimplemented)]
impl Store {
    /// Opens the database in `data_dir`.
    pub fn open(data_dir: &Path, writing: Writing) -> Result<Store> { unimplemented!() }
    /// Appends a batch in one commit; returns when it is on disk. One outcome a report, in order.
    pub fn append(&self, reports: &[NewReport]) -> Result<Vec<Outcome>> { unimplemented!() }
    /// Brings the read model forward by one small chunk; how many reports it took in, 0 at the end.
    pub fn apply(&self) -> Result<u64> { unimplemented!() }
    /// Keeps what was refused.
    pub fn quarantine(&self, refused: &[Refused]) -> Result<()> { unimplemented!() }
    /// What was refused, newest first, from below the id `before`.
    pub fn quarantined(&self, before: Option<i64>, limit: usize) -> Result<Vec<Quarantined>> { unimplemented!() }

    /// How far the read model is.
    pub fn freshness(&self) -> Result<Freshness> { unimplemented!() }
    /// Every product, adopted ones first, then by active servers.
    pub fn products(&self, now: Timestamp) -> Result<Vec<ProductSummary>> { unimplemented!() }
    /// One product.
    pub fn product(&self, id: ProductId, now: Timestamp) -> Result<Option<ProductSummary>> { unimplemented!() }
    /// An operator adopts a product.
    pub fn adopt_product(&self, id: ProductId, by: AccountId, now: Timestamp) -> Result<()> { unimplemented!() }
    /// Active servers for each day from `from` up to and with `to`.
    pub fn active_by_day(&self, product: ProductId, from: Day, to: Day) -> Result<Vec<(Day, u64)>> { unimplemented!() }
    /// The dimensions seen of a product, sorted.
    pub fn dimensions(&self, product: ProductId) -> Result<Vec<String>> { unimplemented!() }
    /// How a dimension's values are spread over the servers that posted usage on a day, largest first.
    pub fn distribution(&self, product: ProductId, dimension: &str, day: Day) -> Result<Vec<Share>> { unimplemented!() }
    /// A product's servers, newest first, from below the id `before`.
    pub fn servers(&self, product: ProductId, before: Option<ServerId>, limit: usize) -> Result<Vec<ServerSummary>> { unimplemented!() }
    /// One server.
    pub fn server(&self, id: ServerId) -> Result<Option<ServerDetail>> { unimplemented!() }
    /// The newest reports, of all products or of one, from below `before`.
    pub fn newest_reports(&self, product: Option<&str>, before: Option<Seq>, limit: usize) -> Result<Vec<StoredReport>> { unimplemented!() }
    /// One server's reports, newest first, from below `before`.
    pub fn server_reports(&self, id: ServerId, before: Option<Seq>, limit: usize) -> Result<Vec<StoredReport>> { unimplemented!() }

    /// What a token allows; `None` where it is unknown or revoked.
    pub fn authenticate(&self, token: &[u8]) -> Result<Option<Grant>> { unimplemented!() }
    /// An organization's name.
    pub fn organization_name(&self, id: OrganizationId) -> Result<Option<String>> { unimplemented!() }
    /// Whether there is an operator yet.
    pub fn has_operator(&self) -> Result<bool> { unimplemented!() }
    /// Makes an operator account; `Error::Taken` where the address has one.
    pub fn add_operator(&self, email: &str, password_hash: &str, now: Timestamp) -> Result<AccountId> { unimplemented!() }
    /// The same, only where there is no operator yet, in one transaction; `None` where there is.
    pub fn add_first_operator(&self, email: &str, password_hash: &str, now: Timestamp) -> Result<Option<AccountId>> { unimplemented!() }
    /// An account and its password's hash, by address without regard to case.
    pub fn account_by_email(&self, email: &str) -> Result<Option<(Account, String)>> { unimplemented!() }
    /// Signs a browser in: keeps the SHA-256 of its secret.
    pub fn start_session(&self, secret: &[u8], account: AccountId, now: Timestamp, expires_at: Timestamp) -> Result<()> { unimplemented!() }
    /// The session of a secret, where it is still valid.
    pub fn session(&self, secret: &[u8], now: Timestamp) -> Result<Option<Session>> { unimplemented!() }
    /// Signs a browser out.
    pub fn end_session(&self, secret: &[u8]) -> Result<()> { unimplemented!() }
}
