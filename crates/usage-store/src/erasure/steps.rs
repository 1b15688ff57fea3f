//! The work of an erasure, in order: the reports leave the journal and the day's counts, span
//! by span; the servers are made anew from what is left; the quarantine is cleared.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use crate::Result;
use crate::journal::rewrite::{self, Fate};
use crate::journal::{Seq, StoredReport, mark, walk};
use crate::model::Dictionary;
use crate::model::replay::{self, Subject};
use crate::query::{ProductId, ServerId};
use crate::registry::{OrganizationId, audit};
use crate::report::{self, Observation, decode};
use crate::sqlite::{millis, sql};

/// What a look at the erasures came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// There is none to do.
    Nothing,
    /// The read model has not taken in yet what is to be erased.
    NotYet,
    /// One was done to its end.
    Done,
}

struct Erasure {
    id: i64,
    until: Seq,
    product: String,
    cluster_id: String,
    server_id: Option<String>,
    /// 0 is none; `None` is all and none.
    organization: Option<i64>,
    install_key: Option<[u8; 16]>,
}

/// Does the oldest erasure that is waiting. Each transaction is short, so commits of reports
/// come between.
pub(crate) fn next_step(
    db: &mut Connection,
    dictionary: &mut Dictionary,
    now: Timestamp,
) -> Result<Step> {
    let Some(erasure) = pending(db)? else {
        return Ok(Step::Nothing);
    };
    if mark::read(db, mark::MODEL)?.0 < erasure.until {
        return Ok(Step::NotYet);
    }
    let subjects = subjects(db, &erasure)?;
    let mut spans: Vec<u64> = subjects
        .iter()
        .flat_map(|subject| &subject.spans)
        .copied()
        .collect();
    spans.sort_unstable();
    spans.dedup();
    for span in spans {
        let step = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        if mark::read(&step, mark::MODEL)?.0 < erasure.until {
            return Ok(Step::NotYet);
        }
        erase_in_span(&step, &erasure, span)?;
        step.commit()?;
    }
    let step = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for subject in &subjects {
        replay::server(&step, dictionary, subject)?;
    }
    step.prepare_cached(sql!("erasure/quarantine"))?
        .execute([&erasure.cluster_id])?;
    step.prepare_cached(sql!("erasure/done"))?
        .execute(params![erasure.id, millis(now)])?;
    audit::write(
        &step,
        now,
        "background",
        "erasure done",
        &erasure.id.to_string(),
    )?;
    step.commit()?;
    Ok(Step::Done)
}

fn pending(db: &Connection) -> Result<Option<Erasure>> {
    Ok(db
        .prepare_cached(sql!("erasure/pending"))?
        .query_row([], |row| {
            Ok(Erasure {
                id: row.get(0)?,
                until: row.get::<_, i64>(1)? as Seq,
                product: row.get(2)?,
                cluster_id: row.get(3)?,
                server_id: row.get(4)?,
                organization: row.get(5)?,
                install_key: row.get(6)?,
            })
        })
        .optional()?)
}

/// The servers it is about.
fn subjects(db: &Connection, erasure: &Erasure) -> Result<Vec<Subject>> {
    let product: Option<i64> = db
        .prepare_cached(sql!("model/product_by_name"))?
        .query_row([&erasure.product], |row| row.get(0))
        .optional()?;
    let Some(product) = product else {
        return Ok(Vec::new());
    };
    let mut query = db.prepare_cached(sql!("erasure/servers"))?;
    let ids = params![
        product,
        erasure.cluster_id,
        erasure.server_id,
        erasure.organization
    ];
    let mut rows = query.query(ids)?;
    let mut subjects = Vec::new();
    while let Some(row) = rows.next()? {
        let organization: i64 = row.get(1)?;
        let spans = match row.get_ref(3)? {
            rusqlite::types::ValueRef::Null => Vec::new(),
            column => crate::model::cells::bitmap(column)?
                .iter()
                .map(u64::from)
                .collect(),
        };
        subjects.push(Subject {
            product: ProductId(product),
            product_name: erasure.product.clone(),
            cluster_id: erasure.cluster_id.clone(),
            server_id: row.get(2)?,
            organization: (organization != 0).then_some(OrganizationId(organization)),
            server: ServerId(row.get(0)?),
            spans,
        });
    }
    Ok(subjects)
}

impl Erasure {
    fn may_touch(&self, report: &StoredReport) -> bool {
        report.seq < self.until
            && *report.product == *self.product
            && self
                .organization
                .is_none_or(|id| report.organization.map_or(0, |id| id.0) == id)
            && self
                .install_key
                .is_none_or(|key| report.install_key == Some(key))
    }

    fn is_about(&self, observation: &Observation<'_>) -> bool {
        observation.cluster_id.as_deref() == Some(&self.cluster_id)
            && self
                .server_id
                .as_deref()
                .is_none_or(|id| observation.server_id.as_deref().unwrap_or("") == id)
    }

    /// A report that names only what is to be erased goes; one that names others too loses the
    /// elements in question.
    fn judge(&self, report: &StoredReport) -> Fate {
        if !self.may_touch(report) {
            return Fate::Keep;
        }
        let Ok(decoded) = decode(report.kind, &report.body) else {
            return Fate::Keep;
        };
        let about = |observation: &Observation<'_>| self.is_about(observation);
        if !decoded.observations.iter().any(about) {
            return Fate::Keep;
        }
        if decoded.observations.iter().all(about) {
            return Fate::Erase;
        }
        let keep: Vec<bool> = decoded
            .observations
            .iter()
            .map(|seen| !about(seen))
            .collect();
        match report::only_elements(&report.body, &keep) {
            Some(body) => Fate::Change(body),
            None => Fate::Erase,
        }
    }
}

fn erase_in_span(step: &Transaction<'_>, erasure: &Erasure, span: u64) -> Result<()> {
    let erased = rewrite::span(step, span, |report| erasure.judge(report))?;
    for report in &erased {
        uncount(step, report)?;
    }
    step.prepare_cached(sql!("erasure/count"))?
        .execute(params![erasure.id, erased.len() as i64])?;
    Ok(())
}

/// Takes a report out of its day's count.
fn uncount(db: &Connection, report: &StoredReport) -> Result<()> {
    let product: Option<i64> = db
        .prepare_cached(sql!("model/product_by_name"))?
        .query_row([&*report.product], |row| row.get(0))
        .optional()?;
    let Some(product) = product else {
        return Ok(());
    };
    let (day, kind) = (report.day(), report.kind.code());
    let key = params![product, day.0, kind];
    db.prepare_cached(sql!("erasure/uncount_reports"))?
        .execute(params![product, day.0, kind, 1])?;
    db.prepare_cached(sql!("erasure/uncount_nothing"))?
        .execute(key)?;
    let last: Option<i64> = db
        .prepare_cached(sql!("erasure/last_counted"))?
        .query_row(key, |row| row.get(0))
        .optional()?;
    if last == Some(report.seq as i64)
        && let Some(before) = counted_before(db, report)?
    {
        db.prepare_cached(sql!("erasure/set_last_counted"))?
            .execute(params![
                product,
                day.0,
                kind,
                before.seq as i64,
                millis(before.received_at)
            ])?;
    }
    Ok(())
}

/// The report before this one that counts on the same day.
fn counted_before(db: &Connection, report: &StoredReport) -> Result<Option<StoredReport>> {
    let alike = |other: &StoredReport| {
        other.product == report.product && other.kind == report.kind && other.day() == report.day()
    };
    let mut before = report.seq;
    loop {
        let block = walk::backwards(db, before)?;
        let Some(oldest) = block.last() else {
            return Ok(None);
        };
        before = oldest.seq;
        if let Some(found) = block.into_iter().find(alike) {
            return Ok(Some(found));
        }
    }
}
