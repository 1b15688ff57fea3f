//! What is kept of an idempotency key, and pages of it. Knows no database.
//!
//! 80 bits of the digest of key and scope: two of a billion keys are alike with a chance of one in a
//! million, and nobody can aim at another's. 48 bits of the report's digest: they tell a key that is used
//! for two reports from a report that comes again.

use std::cmp::Ordering;

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use crate::journal::{Idempotency, NewReport};

/// Of the digest of key and scope.
pub(super) type Digest = [u8; 10];

/// Bytes of an entry in the log and in pages.
pub(super) const ENTRY_BYTES: usize = 20;

/// What came under a key, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) report: [u8; 6],
    /// Seconds since 1970.
    pub(super) at: u32,
}

/// A key and what came under it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) digest: Digest,
    pub(super) seen: Seen,
}

impl Entry {
    pub(super) fn of(report: &NewReport, key: &Idempotency) -> Entry {
        // The same body for another product is not the same report.
        let mut hash = Sha256::new();
        hash.update((report.product.len() as u64).to_le_bytes());
        hash.update(report.product.as_bytes());
        hash.update(&report.body);
        Entry {
            digest: first(&key.digest),
            seen: Seen {
                report: first(&hash.finalize()),
                at: seconds(key.came_at),
            },
        }
    }

    pub(super) fn put(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.digest);
        out.extend_from_slice(&self.seen.report);
        out.extend_from_slice(&self.seen.at.to_be_bytes());
    }

    fn read(bytes: &[u8]) -> Entry {
        Entry {
            digest: first(bytes),
            seen: Seen {
                report: first(&bytes[10..]),
                at: u32::from_be_bytes(first(&bytes[16..])),
            },
        }
    }
}

/// The entries of a page or of a row of the log.
pub(super) fn entries(bytes: &[u8]) -> impl Iterator<Item = Entry> {
    bytes.chunks_exact(ENTRY_BYTES).map(Entry::read)
}

/// What a page holds under a key.
pub(super) fn search(page: &[u8], digest: &Digest) -> Option<Seen> {
    let (mut from, mut to) = (0, page.len() / ENTRY_BYTES);
    while from < to {
        let middle = from.midpoint(to);
        let entry = &page[middle * ENTRY_BYTES..][..ENTRY_BYTES];
        match entry[..digest.len()].cmp(digest) {
            Ordering::Equal => return Some(Entry::read(entry).seen),
            Ordering::Less => from = middle + 1,
            Ordering::Greater => to = middle,
        }
    }
    None
}

/// The id of the page that begins with a key, within its run: the same for all keys with these first 40
/// bits, which therefore never part.
pub(super) fn place(digest: &Digest) -> i64 {
    digest[..5]
        .iter()
        .fold(0, |place, byte| place << 8 | i64::from(*byte))
}

/// Seconds since 1970, as far as they can be kept: until 2106.
pub(super) fn seconds(at: Timestamp) -> u32 {
    u32::try_from(at.as_second().max(0)).unwrap_or(u32::MAX)
}

/// The first bytes; zeros where there are too few.
fn first<const N: usize>(bytes: &[u8]) -> [u8; N] {
    bytes.first_chunk().copied().unwrap_or([0; N])
}
