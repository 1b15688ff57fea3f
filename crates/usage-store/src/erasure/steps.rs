//! The work of an erasure, in order: the reports leave the journal and the day's counts, span
//! by span; the servers are made anew from what is left; the quarantine is cleared.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use super::{ErasureRequest, whole};
use crate::journal::rewrite::{self, Fate};
use crate::journal::{SPAN_REPORTS, Seq, StoredReport, mark, walk};
use crate::model::replay::{self, Subject};
use crate::model::{self, Model, applied, unused};
use crate::query::{ProductId, ServerId};
use crate::registry::{OrganizationId, allowlists, audit};
use crate::report::{self, Observation, decode};
use crate::sqlite::{millis, sql};
use crate::{Result, webhook};

/// An erasure that can be done now.
pub(crate) struct Work {
    erasure: Erasure,
    subjects: Vec<Subject>,
    /// Whether there are reports of products that are not listed: no server's spans tell of those.
    unlisted: bool,
    /// The spans, where everything of an organization is to go.
    of_all: Vec<u64>,
}

impl Work {
    /// The spans of the journal that its servers' reports are in.
    pub(crate) fn spans(&self) -> BTreeSet<u64> {
        if self.erasure.everything_of().is_some() {
            return self.of_all.iter().copied().collect();
        }
        if self.unlisted {
            return (0..=self.erasure.until / SPAN_REPORTS).collect();
        }
        let spans = self.subjects.iter().flat_map(|subject| &subject.spans);
        spans.copied().collect()
    }
}

pub(super) struct Erasure {
    pub(super) id: i64,
    pub(super) until: Seq,
    product: String,
    cluster_id: String,
    server_id: Option<String>,
    /// 0 is none; `None` is all and none.
    organization: Option<i64>,
    install_key: Option<[u8; 16]>,
}

/// The oldest erasure that is waiting, unless the read model has not taken in yet what is to be
/// erased.
pub(crate) fn next(db: &Connection) -> Result<Option<Work>> {
    let Some(erasure) = pending(db)? else {
        return Ok(None);
    };
    if !is_counted(db, &erasure)? {
        return Ok(None);
    }
    let (subjects, of_all) = match erasure.everything_of() {
        None => (subjects(db, &erasure)?, Vec::new()),
        Some(id) => (Vec::new(), whole::spans(db, id, erasure.until)?),
    };
    let unlisted = mark::read(db, mark::UNLISTED)? > 0;
    Ok(Some(Work {
        erasure,
        subjects,
        unlisted,
        of_all,
    }))
}

/// What in the quarantine is of an organization of which everything is to go, and did.
pub(crate) fn refused_of_all(db: &Connection, work: &Work) -> Result<Vec<i64>> {
    match work.erasure.everything_of() {
        Some(id) if reports(db, &work.erasure)? > 0 => whole::refused(db, id),
        _ => Ok(Vec::new()),
    }
}

/// Takes that out.
pub(crate) fn clear_quarantine_of_all(db: &mut Connection, refused: &[i64]) -> Result<()> {
    match refused.is_empty() {
        true => Ok(()),
        false => whole::forget_refused(db, refused),
    }
}

fn reports(db: &Connection, erasure: &Erasure) -> Result<i64> {
    Ok(db
        .prepare_cached(sql!("erasure/reports"))?
        .query_row([erasure.id], |row| row.get(0))?)
}

/// How many servers a request is about.
pub(crate) fn count_servers(db: &Connection, request: &ErasureRequest) -> Result<u64> {
    let erasure = Erasure::of_request(request, 0);
    Ok(subjects(db, &erasure)?.len() as u64)
}

/// Takes the reports in question of one span out of the counts, which remember it. Until they are
/// gone from the journal, too, nobody may begin to count anew: so it returns a hold on the model, and
/// none where the model was reset meanwhile. Then it is to be tried again later.
pub(crate) fn uncount_in_span<'m>(
    model: &'m mut Connection,
    work: &Work,
    span: u64,
) -> Result<Option<Transaction<'m>>> {
    let erasure = &work.erasure;
    let step = model::begin(model)?;
    if !is_counted(&step, erasure)? {
        return Ok(None);
    }
    uncount_span(&step, erasure, span)?;
    step.commit()?;
    let hold = model::begin(model)?;
    let holds = uncounted_until(&hold, erasure, span)? == erasure.until;
    Ok(holds.then_some(hold))
}

/// Takes them out of the journal.
pub(crate) fn erase_in_span(db: &mut Connection, work: &Work, span: u64) -> Result<()> {
    let erasure = &work.erasure;
    let step = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let erased = rewrite::span(&step, span, |report| erasure.judge(report))?;
    step.prepare_cached(sql!("erasure/count"))?
        .execute(params![erasure.id, erased.len() as i64])?;
    step.commit()?;
    Ok(())
}

/// Takes the reports of a span that are to be erased out of their days' counts, once.
fn uncount_span(step: &Connection, erasure: &Erasure, span: u64) -> Result<()> {
    let done = uncounted_until(step, erasure, span)?;
    let mut going = Vec::new();
    walk::each_block(step, span, |_, reports| {
        going.extend(reports.into_iter().filter(|report| {
            report.seq >= done && !report.unlisted && erasure.judge(report) == Fate::Erase
        }));
        Ok(())
    })?;
    // The last first: the one before it takes its place as the day's last, and goes in its turn.
    for report in going.iter().rev() {
        uncount(step, report)?;
    }
    step.prepare_cached(sql!("erasure/set_uncounted"))?
        .execute(params![erasure.id, span as i64, erasure.until as i64])?;
    Ok(())
}

fn uncounted_until(db: &Connection, erasure: &Erasure, span: u64) -> Result<Seq> {
    let until: Option<i64> = db
        .prepare_cached(sql!("erasure/uncounted"))?
        .query_row(params![erasure.id, span as i64], |row| row.get(0))
        .optional()?;
    Ok(until.unwrap_or(0) as Seq)
}

/// Once all spans are done: makes the servers anew from what is left. `false` where the read model was
/// reset: then it is to be tried again.
pub(crate) fn make_anew(model: &mut Model, work: &Work) -> Result<bool> {
    let erasure = &work.erasure;
    if let Some(id) = erasure.everything_of() {
        return whole::leave(model, erasure, id);
    }
    let step = model::begin(&mut model.db)?;
    if !is_counted(&step, erasure)? {
        return Ok(false);
    }
    for subject in &work.subjects {
        replay::server(&step, &mut model.dictionary, subject)?;
    }
    unused::forget_unused(&step)?;
    model.dictionary.clear();
    step.prepare_cached(sql!("erasure/forget_uncounted"))?
        .execute([erasure.id])?;
    step.commit()?;
    Ok(true)
}

/// The end: clears the quarantine. `false` where it was asked for again meanwhile: then there is more
/// to do.
pub(crate) fn finish(db: &mut Connection, work: &Work, now: Timestamp) -> Result<bool> {
    let erasure = &work.erasure;
    let step = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if erasure.everything_of().is_none() {
        clear_quarantine(&step, erasure)?;
        let id = serde_json::Value::from(erasure.cluster_id.as_str());
        webhook::forget(&step, &id.to_string())?;
    }
    if reports(&step, erasure)? > 0 {
        let one = erasure.everything_of().is_none();
        allowlists::forget_removed(&step, one.then_some(&*erasure.product))?;
    }
    let done = step.prepare_cached(sql!("erasure/done"))?.execute(params![
        erasure.id,
        millis(now),
        erasure.until as i64
    ])?;
    if done == 1 {
        let id = erasure.id.to_string();
        let whose = erasure.organization.filter(|id| *id != 0);
        let whose = whose.map(OrganizationId);
        audit::write_about(&step, now, "background", "erasure done", &id, whose)?;
    }
    step.commit()?;
    Ok(done == 1)
}

/// Refused reports have no organization and no install key. So they go where an operator asks, and
/// where the one who asks has shown, by reports that were erased, to be the cluster's.
fn clear_quarantine(step: &Transaction<'_>, erasure: &Erasure) -> Result<()> {
    let by_operator = erasure.organization.is_none();
    if !by_operator && reports(step, erasure)? == 0 {
        return Ok(());
    }
    let id = &erasure.cluster_id;
    let mut spellings = vec![serde_json::Value::from(id.as_str()).to_string()];
    if id.bytes().all(|byte| byte.is_ascii_digit()) {
        spellings.push(format!(":{id}"));
    }
    for spelling in spellings {
        step.prepare_cached(sql!("erasure/quarantine"))?
            .execute(params![spelling, erasure.product])?;
    }
    Ok(())
}

pub(super) fn is_counted(db: &Connection, erasure: &Erasure) -> Result<bool> {
    Ok(applied::read(db)?.seq >= erasure.until)
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
pub(super) fn subjects(db: &Connection, erasure: &Erasure) -> Result<Vec<Subject>> {
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
    fn of_request(request: &ErasureRequest, until: Seq) -> Erasure {
        let (organization, install_key) = request.whose.columns();
        Erasure {
            id: 0,
            until,
            product: request.product.clone(),
            cluster_id: request.cluster_id.clone(),
            server_id: request.server_id.clone(),
            organization,
            install_key,
        }
    }

    /// One that nobody has asked for yet: of an organization a request, or everything.
    pub(super) fn unfiled(
        organization: OrganizationId,
        request: Option<&ErasureRequest>,
        until: Seq,
    ) -> Erasure {
        match request {
            Some(request) => Erasure {
                organization: Some(organization.0),
                ..Erasure::of_request(request, until)
            },
            None => Erasure {
                id: 0,
                until,
                product: String::new(),
                cluster_id: String::new(),
                server_id: None,
                organization: Some(organization.0),
                install_key: None,
            },
        }
    }

    /// The organization of which everything is to go.
    fn everything_of(&self) -> Option<OrganizationId> {
        let everything = self.product.is_empty() && self.cluster_id.is_empty();
        let named = self.organization.filter(|id| everything && *id != 0);
        named.map(OrganizationId)
    }

    fn may_touch(&self, report: &StoredReport) -> bool {
        report.seq < self.until
            && (*report.product == *self.product || self.everything_of().is_some())
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
    pub(super) fn judge(&self, report: &StoredReport) -> Fate {
        if !self.may_touch(report) {
            return Fate::Keep;
        }
        if self.everything_of().is_some() {
            return Fate::Erase;
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
        !other.unlisted
            && other.product == report.product
            && other.kind == report.kind
            && other.day() == report.day()
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
