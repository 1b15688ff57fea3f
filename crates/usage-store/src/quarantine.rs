//! What was refused, with the reason, so that an operator sees a broken sender instead of
//! silence. Bounded in size and age. Never a sender's address, never a token.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use jiff::Timestamp;
use rusqlite::{Connection, Row, TransactionBehavior, params};
use serde_json::Value;

use crate::Result;
use crate::allow::Lists;
use crate::report::Kind;
use crate::report::fields::CLUSTER_ID;
use crate::report::limits::NAME_BYTES_MAX;
use crate::sqlite::{millis, sql, timestamp};
use crate::store::{Store, Writer};

/// Refused reports kept in all: a screenful for each of hundreds of broken senders.
const KEPT: i64 = 10_000;

/// Of those alike (same product, kind and reasons but for numbers) only the newest: one broken program in a
/// loop must not push the others out.
const ALIKE_KEPT: i64 = 100;

/// How long a refused report is kept: long enough to notice, short enough to forget.
const KEPT_MILLIS: i64 = 30 * 86_400_000;

/// Bytes kept of a refused body: enough to see what it is.
const BODY_KEPT_BYTES: usize = 16 * 1024;

/// Bodies up to this are read for who sent them: a larger one isn't from somebody who is to be helped.
const READ_MAX_BYTES: usize = 64 * 1024;

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
    /// The cluster that the body names, where it can be read.
    pub cluster: Option<String>,
}

/// Reports refused for the same reasons, of one sender as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alike {
    /// The product: of the path, or as a check-in names it.
    pub product: Option<String>,
    /// Which of the three they wanted to be.
    pub kind: Kind,
    /// What was wrong with the last one, as the sender was told: the JSON object `{field: [message]}`.
    pub errors: String,
    /// The same of all of them, with `#` for each number.
    pub alike: String,
    /// The cluster that they name, where that can be read.
    pub cluster: Option<String>,
    /// How many are kept.
    pub refused: u64,
    /// When the first of those was refused.
    pub first: Timestamp,
    /// And the last.
    pub last: Timestamp,
    /// The last one's number.
    pub newest: i64,
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
        let named = Named::by(one);
        let product = one.product.as_ref().or(named.product.as_ref());
        let body = &one.body[..one.body.len().min(BODY_KEPT_BYTES)];
        let mut kept = one.errors.len().min(ERRORS_KEPT_BYTES);
        while !one.errors.is_char_boundary(kept) {
            kept -= 1;
        }
        let errors = &one.errors[..kept];
        let (kind, alike) = (one.kind.code(), without_numbers(errors));
        step.prepare_cached(sql!("quarantine/add"))?
            .execute(params![
                millis(one.at),
                kind,
                product,
                errors,
                body,
                one.body_bytes as i64,
                named.cluster,
                alike,
            ])?;
        step.prepare_cached(sql!("quarantine/trim_alike"))?
            .execute(params![product, kind, alike, ALIKE_KEPT])?;
    }
    lists.write(&step)?;
    if let Some(last) = refused.last() {
        step.prepare_cached(sql!("quarantine/trim_all"))?
            .execute(params![KEPT, millis(last.at) - KEPT_MILLIS])?;
    }
    step.commit()?;
    Ok(())
}

/// A text with `#` for each number: reasons that differ in nothing else are the same.
fn without_numbers(text: &str) -> String {
    let mut alike = String::with_capacity(text.len());
    for c in text.chars() {
        match c.is_ascii_digit() {
            true if alike.ends_with('#') => {}
            true => alike.push('#'),
            false => alike.push(c),
        }
    }
    alike
}

/// Who a refused body says it is from, as far as it can be read. It proves nothing.
#[derive(Default)]
struct Named {
    product: Option<String>,
    cluster: Option<String>,
}

impl Named {
    fn by(refused: &Refused) -> Named {
        if refused.body.len() > READ_MAX_BYTES {
            return Named::default();
        }
        let Ok(body) = serde_json::from_slice::<Value>(&refused.body) else {
            return Named::default();
        };
        match refused.kind {
            Kind::Servers => Named {
                product: name(body.get("product")),
                cluster: name(body.get(CLUSTER_ID)),
            },
            Kind::Stats => Named {
                product: None,
                cluster: name(body.get(CLUSTER_ID)),
            },
            Kind::Usage => {
                let elements = body.as_array().into_iter().flatten();
                let cluster = elements.take(1).find_map(|element| {
                    let within = |part| name(element.get(part)?.get(CLUSTER_ID));
                    within("values").or_else(|| within("tags"))
                });
                Named {
                    product: None,
                    cluster,
                }
            }
        }
    }
}

/// A name that can be shown: neither blank nor long.
fn name(value: Option<&Value>) -> Option<String> {
    let name = match value? {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    (!name.trim().is_empty() && name.len() <= NAME_BYTES_MAX).then_some(name)
}

fn quarantined(row: &Row<'_>) -> rusqlite::Result<Quarantined> {
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
        cluster: row.get(7)?,
    })
}

/// What was refused, newest first.
pub(crate) fn newest(
    db: &Connection,
    before: Option<i64>,
    limit: usize,
) -> Result<Vec<Quarantined>> {
    let mut query = db.prepare_cached(sql!("quarantine/newest"))?;
    let rows = query.query_map(
        params![before.unwrap_or(i64::MAX), limit as i64],
        quarantined,
    )?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Questions about what was refused.
impl Store {
    /// Reports refused alike, of one sender, the group refused last first: of all products or of one, from
    /// below the group whose last is `before`.
    pub fn quarantine_groups(
        &self,
        product: Option<&str>,
        before: Option<i64>,
        limit: usize,
    ) -> Result<Vec<Alike>> {
        self.readers.read(|db| {
            let mut query = db.prepare_cached(sql!("quarantine/groups"))?;
            let rows = query.query_map(
                params![product, before.unwrap_or(i64::MAX), limit as i64],
                |row| {
                    Ok(Alike {
                        product: row.get(0)?,
                        kind: Kind::from_code(row.get(1)?).unwrap_or(Kind::Usage),
                        errors: row.get(2)?,
                        alike: row.get(3)?,
                        cluster: row.get(4)?,
                        refused: row.get::<_, i64>(5)? as u64,
                        first: timestamp(row.get(6)?),
                        last: timestamp(row.get(7)?),
                        newest: row.get(8)?,
                    })
                },
            )?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// A group's refused reports, newest first, from below the id `before`.
    pub fn quarantined_alike(
        &self,
        group: &Alike,
        before: Option<i64>,
        limit: usize,
    ) -> Result<Vec<Quarantined>> {
        self.readers.read(|db| {
            let mut query = db.prepare_cached(sql!("quarantine/of_group"))?;
            let rows = query.query_map(
                params![
                    group.product,
                    group.kind.code(),
                    group.alike,
                    group.cluster,
                    before.unwrap_or(i64::MAX),
                    limit as i64
                ],
                quarantined,
            )?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// How many reports of each product were refused since an instant and are still kept.
    pub fn refused_since(&self, since: Timestamp) -> Result<BTreeMap<Option<String>, u64>> {
        self.readers.read(|db| {
            let mut query = db.prepare_cached(sql!("quarantine/refused_since"))?;
            let rows = query.query_map([millis(since)], |row| {
                Ok((row.get(0)?, row.get::<_, i64>(1)? as u64))
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }
}
