//! Follows the journal from its place, and moves the place once the target has what stands before it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};
use usage_store::report::Kind;
use usage_store::{Seq, Store, StoredReport};

use super::Failure;
use super::batch::Batch;
use super::delivery::{Delivered, deliver};
use super::target::Target;
use crate::config::{ForwardConfig, ForwardFrom};
use crate::watch::Watch;

/// How a step went.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    /// Whether there may be more at once.
    pub(super) more: bool,
    /// How long it took but for posting.
    pub(super) worked: Duration,
}

pub(super) struct Follower {
    store: Arc<Store>,
    watch: Arc<Watch>,
    target: Target,
    /// What its place is kept under: a digest, as an address may be long.
    name: String,
    products: Option<Vec<String>>,
    from: ForwardFrom,
    place: Option<Seq>,
    stopping: Arc<AtomicBool>,
}

impl Follower {
    pub(super) fn new(
        store: Arc<Store>,
        watch: Arc<Watch>,
        target: Target,
        config: &ForwardConfig,
    ) -> Follower {
        let digest = Sha256::digest(config.url.as_bytes());
        Follower {
            store,
            watch,
            target,
            name: data_encoding::HEXLOWER.encode(&digest[..16]),
            products: config.products.clone(),
            from: config.from,
            place: None,
            stopping: Arc::new(AtomicBool::new(false)),
        }
    }

    /// What bids it stop at its next post.
    pub(super) fn stopping(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.stopping)
    }

    /// Hands the next reports over; `None` where it was bidden to stop.
    pub(super) fn step(&mut self) -> Result<Option<Step>, Failure> {
        let stepped = self.try_step();
        if stepped.is_err() {
            self.watch.forward.failures.inc();
        }
        stepped
    }

    fn try_step(&mut self) -> Result<Option<Step>, Failure> {
        let began = Instant::now();
        let mut posting = Duration::ZERO;
        let place = self.place()?;
        let place = self.after_what_is_gone(place)?;
        if self.store.next_seq()? <= place {
            return Ok(Some(Step {
                more: false,
                worked: Duration::ZERO,
            }));
        }
        let mut batch = Batch::default();
        let reports = self.store.reports_from(place)?;
        let more = !reports.is_empty();
        let mut reports = reports.into_iter().peekable();
        while let Some(report) = reports.next() {
            if self.wants(&report) {
                batch.add(&report);
            }
            if batch.is_full() || reports.peek().is_none() {
                let before = Instant::now();
                let delivered = self.deliver(&batch)?;
                posting += before.elapsed();
                if !delivered {
                    return Ok(None);
                }
                self.move_to(report.seq + 1)?;
                batch = Batch::default();
            }
        }
        Ok(Some(Step {
            more,
            worked: began.elapsed().saturating_sub(posting),
        }))
    }

    /// Whether a report is forwarded. Unlisted ones count nowhere: anybody can make names up.
    fn wants(&self, report: &StoredReport) -> bool {
        report.kind != Kind::Servers
            && !report.unlisted
            && self
                .products
                .as_ref()
                .is_none_or(|wanted| wanted.iter().any(|name| **name == *report.product))
    }

    /// Posts a batch; `false` where it was stopped.
    fn deliver(&self, batch: &Batch) -> Result<bool, Failure> {
        if batch.is_empty() {
            return Ok(!self.stopping.load(Ordering::Relaxed));
        }
        let Some(Delivered { refused, first }) = deliver(&self.target, batch, &self.stopping)?
        else {
            return Ok(false);
        };
        self.watch.forward.reports.inc_by(batch.reports);
        self.watch.forward.refused_lines.inc_by(refused);
        if let Some((report, cause)) = first {
            tracing::warn!(
                lines = refused,
                report,
                cause,
                "the target of --forward-url refuses lines: they are left out; report and cause are the first one's"
            );
        }
        Ok(true)
    }

    /// Where it goes on.
    fn place(&mut self) -> Result<Seq, Failure> {
        if let Some(place) = self.place {
            return Ok(place);
        }
        let place = match self.store.forward_position(&self.name)? {
            Some(place) => place,
            None => {
                let place = match self.from {
                    ForwardFrom::Beginning => self.store.journal_first()?,
                    ForwardFrom::Now => self.store.next_seq()?,
                    ForwardFrom::Received(at) => self.store.place_received(at)?,
                };
                self.store.set_forward_position(&self.name, place)?;
                tracing::info!(place, "forwarding begins");
                place
            }
        };
        self.place = Some(place);
        self.watch.forward.is_at(place);
        Ok(place)
    }

    /// The same, or what retention left of it.
    fn after_what_is_gone(&mut self, place: Seq) -> Result<Seq, Failure> {
        let first = self.store.journal_first()?;
        if first <= place {
            return Ok(place);
        }
        let missed = first - place;
        self.watch.forward.missed.inc_by(missed);
        tracing::warn!(
            missed,
            "reports left the journal by retention-days before they could be forwarded"
        );
        self.move_to(first)?;
        Ok(first)
    }

    fn move_to(&mut self, place: Seq) -> Result<(), Failure> {
        self.store.set_forward_position(&self.name, place)?;
        self.place = Some(place);
        self.watch.forward.is_at(place);
        Ok(())
    }
}
