//! The questions, as the store's users ask them.

use jiff::Timestamp;

use super::{
    Freshness, ListedProduct, ProductId, ProductSummary, ServerDetail, ServerId, ServerSummary,
    Vitals, products, reports, servers, shares, vitals,
};
use crate::journal::{SPAN_REPORTS, Seq, StoredReport, next_seq, walk};
use crate::model::applied;
use crate::model::cells::ALL_DAYS;
use crate::quarantine::{self, Quarantined};
use crate::sqlite::sql;
use crate::{Day, Result, Store};

/// Questions about reports.
impl Store {
    /// How far the read model is.
    pub fn freshness(&self) -> Result<Freshness> {
        self.readers.read(|db| {
            let (mark, applied_to) = applied::read_with_time(db)?;
            Ok(Freshness {
                applied_to,
                behind: next_seq(db)?.saturating_sub(mark.seq),
            })
        })
    }

    /// The last step of the read model that changed a day before this one of an adopted product: as long as it
    /// stays, so do the answers about those days.
    pub fn days_changed_before(&self, day: Day) -> Result<i64> {
        self.readers.read(|db| {
            let step: Option<i64> = db
                .prepare_cached(sql!("query/days_changed_before"))?
                .query_row([ALL_DAYS.0, day.0], |row| row.get(0))?;
            Ok(step.unwrap_or(0))
        })
    }

    /// How many parts of answers were worked out since the store was opened, as they weren't in memory.
    pub fn answers_worked_out(&self) -> u64 {
        self.answering.worked_out()
    }

    /// How the store itself is doing.
    pub fn vitals(&self) -> Result<Vitals> {
        self.readers
            .read(|db| vitals::vitals(db, self.readers.path()))
    }

    /// Every product, adopted ones first, then by active servers.
    pub fn products(&self, now: Timestamp) -> Result<Vec<ProductSummary>> {
        self.question(|ground| products::products(ground, None, now))
    }

    /// Every product by name, adopted ones first, without any count.
    pub fn listed_products(&self) -> Result<Vec<ListedProduct>> {
        self.readers.read(|db| products::listed(db, None))
    }

    /// One of them.
    pub fn listed_product(&self, id: ProductId) -> Result<Option<ListedProduct>> {
        Ok(self
            .readers
            .read(|db| products::listed(db, Some(id)))?
            .pop())
    }

    /// The product with this name.
    pub fn product_named(&self, name: &str) -> Result<Option<ProductId>> {
        self.readers.read(|db| products::named(db, name))
    }

    /// The names of all products, adopted ones first, then by name.
    pub fn product_names(&self) -> Result<Vec<String>> {
        self.readers.read(products::names)
    }

    /// The dimensions seen of a product, sorted.
    pub fn dimensions(&self, product: ProductId) -> Result<Vec<String>> {
        self.readers.read(|db| shares::dimensions(db, product))
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
        Ok(self
            .readers
            .read(|db| walk::forwards(db, from, SPAN_REPORTS as usize))?
            .reports)
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
