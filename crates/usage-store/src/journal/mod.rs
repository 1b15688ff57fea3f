//! The journal: every accepted report as received, in the order of acceptance. The truth
//! that everything else about reports is derived from.

mod append;
mod block;
mod forwarding;
pub(crate) mod keys;
mod limits;
mod listing;
pub(crate) mod mark;
pub(crate) mod repack;
pub(crate) mod retention;
pub(crate) mod rewrite;
pub(crate) mod walk;

pub(crate) use append::{Appender, first_seq, next_seq};
#[cfg(any(test, fuzzing))]
pub(crate) use block::{Packed, Packer, read as read_block, unpack};
pub(crate) use limits::SPAN_REPORTS;
pub use repack::Repacked;

use std::sync::Arc;

use jiff::Timestamp;

use crate::Day;
use crate::registry::{OrganizationId, TokenId};
use crate::report::Kind;

/// A report's place in the order of acceptance. Permanent, never reused.
pub type Seq = u64;

/// A report that was read and found right, on its way into the journal.
#[derive(Debug, Clone)]
pub struct NewReport {
    /// Which of the three.
    pub kind: Kind,
    /// The product: from the path, or for a check-in from the body.
    pub product: Arc<str>,
    /// Who sent it.
    pub sender: Sender,
    /// When it was received.
    pub received_at: Timestamp,
    /// When it was made, where the sender said so; checked against the bounds already.
    pub reported_at: Option<Timestamp>,
    /// The sender's key against counting it twice.
    pub idempotency: Option<Idempotency>,
    /// First 16 bytes of the SHA-256 of the install's secret, where an anonymous sender gave one.
    pub install_key: Option<[u8; 16]>,
    /// The body, decompressed, byte for byte. Where the product has an allowlist, less of it is kept.
    pub body: Vec<u8>,
}

/// Who sent a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sender {
    /// The organization it counts for, if any.
    pub organization: Option<OrganizationId>,
    /// The token that proved it, checked again at the commit; `None` for trusted history.
    pub token: Option<TokenProof>,
}

/// A token that was valid at a given state of the registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenProof {
    /// Which token.
    pub token: TokenId,
    /// The registry's version when it was looked up.
    pub registry_version: i64,
}

/// An `Idempotency-Key` and its scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Idempotency {
    /// The key as sent: the 16 bytes of the UUID. `None` where the sender gave none, and the
    /// digest is one of the report itself.
    pub key: Option<[u8; 16]>,
    /// A digest of the key and its scope: organization or ids, kind, product.
    pub digest: [u8; 16],
    /// When it came: from then on it is remembered for 30 days.
    pub came_at: Timestamp,
}

/// What became of a report that was appended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// On disk, at this place.
    Accepted(Seq),
    /// The same key and body came before: counted once, answered as before.
    Repeated,
    /// The same key came before with another body.
    KeyReused,
    /// The token was revoked between its check and the commit.
    TokenRevoked,
}

/// A report as it came out of the journal.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredReport {
    /// Its place.
    pub seq: Seq,
    /// Which of the three.
    pub kind: Kind,
    /// The product.
    pub product: Arc<str>,
    /// The organization it counts for, if any.
    pub organization: Option<OrganizationId>,
    /// When it was received.
    pub received_at: Timestamp,
    /// When it was made, where the sender said so.
    pub reported_at: Option<Timestamp>,
    /// The 16 bytes of the sender's UUID.
    pub idempotency_key: Option<[u8; 16]>,
    /// First 16 bytes of the SHA-256 of the install's secret.
    pub install_key: Option<[u8; 16]>,
    /// Whether there were too many new products when it came: then it is kept, and counts nowhere.
    pub unlisted: bool,
    /// The body as received, or what an allowlist left of it.
    pub body: Vec<u8>,
}

impl StoredReport {
    /// When it was made, as far as we know: the time that everything is counted by.
    pub fn at(&self) -> Timestamp {
        self.reported_at.unwrap_or(self.received_at)
    }

    /// The day it counts on.
    pub fn day(&self) -> Day {
        Day::of(self.at())
    }
}

impl Kind {
    /// The kind as the journal and the tables keep it.
    pub(crate) fn code(self) -> u8 {
        match self {
            Kind::Servers => 1,
            Kind::Stats => 2,
            Kind::Usage => 3,
        }
    }

    pub(crate) fn from_code(code: u8) -> Option<Kind> {
        match code {
            1 => Some(Kind::Servers),
            2 => Some(Kind::Stats),
            3 => Some(Kind::Usage),
            _ => None,
        }
    }
}
