//! What was refused, with the reason, so that an operator sees a broken sender instead of
//! silence. Bounded in size and age. Never a sender's address, never a token.

use std::sync::atomic::Ordering;

use jiff::Timestamp;
use rusqlite::{Connection, TransactionBehavior, params};

use crate::Result;
use crate::allow::Lists;
use crate::report::Kind;
use crate::sqlite::{millis, sql, timestamp};
use crate::store::{Store, Writer};

/// Refused reports kept in all: a screenful for each of hundreds of broken senders.
const KEPT: i64 = 10_000;

/// Of those alike (same product, kind and reason) only the newest: one broken program in a
/// loop must not push the others out.
const ALIKE_KEPT: i64 = 100;

/// How long a refused report is kept: long enough to notice, short enough to forget.
const KEPT_MILLIS: i64 = 30 * 86_400_000;

/// Bytes kept of a refused body: enough to see what it is.
const BODY_KEPT_BYTES: usize = 16 * 1024;

/// Bytes kept of the reasons.
const ERRORS_KEPT_BYTES: usize = 4 * 1024;

/// A report that was refused with 422.
#[derive(Debug, Clone, PartialEq)]
pub struct Refused {
    /// When.
    pub at: Timestamp,
    /// Which of the three it wanted to be.
    pub kind: Kind,
    /// The product in the path, where there was one.
    pub product: Option<String>,
    /// What was wrong, as the sender was told: the JSON object `{field: [message]}`.
    pub errors: String,
    /// The body; cut to the limit when it is kept.
    pub body: Vec<u8>,
    /// How long the body was.
    pub body_bytes: u64,
}

/// A refused report as kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Quarantined {
    /// Its number; newer ones are higher.
    pub id: i64,
    /// What was refused and why.
    pub refused: Refused,
}

/// Refused reports.
impl Store {
    /// Keeps what was refused, as far as allowlists let it be kept.
    pub fn quarantine(&self, refused: &[Refused]) -> Result<()> {
        let mut writer = self.writer();
        let Writer { db, appender } = &mut *writer;
        let lists = &mut appender.lists;
        let kept = add(db, lists, refused);
        if kept.is_err() {
            lists.clear();
        }
        self.removed.store(lists.removed(), Ordering::Relaxed);
        kept
    }

    /// Things that allowlists left out or masked since the start, in reports and in the quarantine.
    pub fn removed_by_allowlists(&self) -> u64 {
        self.removed.load(Ordering::Relaxed)
    }
}

/// Keeps what may be kept of what was refused, and lets go of the oldest.
fn add(db: &mut Connection, lists: &mut Lists, refused: &[Refused]) -> Result<()> {
    let step = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    lists.refresh(&step)?;
    for came in refused {
        let treated = lists.treat_refused(came);
        let one = treated.as_ref().unwrap_or(came);
        let body = &one.body[..one.body.len().min(BODY_KEPT_BYTES)];
        let mut kept = one.errors.len().min(ERRORS_KEPT_BYTES);
        while !one.errors.is_char_boundary(kept) {
            kept -= 1;
        }
        let errors = &one.errors[..kept];
        let kind = one.kind.code();
        step.prepare_cached(sql!("quarantine/add"))?
            .execute(params![
                millis(one.at),
                kind,
                one.product,
                errors,
                body,
                one.body_bytes as i64
            ])?;
        step.prepare_cached(sql!("quarantine/trim_alike"))?
            .execute(params![one.product, kind, errors, ALIKE_KEPT])?;
    }
    lists.write(&step)?;
    if let Some(last) = refused.last() {
        step.prepare_cached(sql!("quarantine/trim_all"))?
            .execute(params![KEPT, millis(last.at) - KEPT_MILLIS])?;
    }
    step.commit()?;
    Ok(())
}

/// What was refused, newest first.
pub(crate) fn newest(
    db: &Connection,
    before: Option<i64>,
    limit: usize,
) -> Result<Vec<Quarantined>> {
    let mut query = db.prepare_cached(sql!("quarantine/newest"))?;
    let rows = query.query_map(params![before.unwrap_or(i64::MAX), limit as i64], |row| {
        let kind = Kind::from_code(row.get(2)?);
        Ok(Quarantined {
            id: row.get(0)?,
            refused: Refused {
                at: timestamp(row.get(1)?),
                kind: kind.unwrap_or(Kind::Usage),
                product: row.get(3)?,
                errors: row.get(4)?,
                body: row.get(5)?,
                body_bytes: row.get::<_, i64>(6)? as u64,
            },
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
