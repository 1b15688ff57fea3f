//! What becomes of reports: taken, refused, committed, followed by the read model, kept in the
//! quarantine.

use std::time::Duration;

use prometheus::{Histogram, IntCounter, IntCounterVec, Opts, Registry, Result};
use usage_store::report::Kind;
use usage_store::{NewReport, Outcome};

use super::{counter, histogram, registered};

/// Seconds of a commit: an fsync is 0.1 ms on a good disk, 10 ms on a spinning one.
const COMMIT_SECONDS_UP_TO: [f64; 13] = [
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0,
];

/// Reports of a commit: one on a quiet server, a full queue at the most.
const COMMIT_REPORTS_UP_TO: [f64; 10] = [
    1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 256.0, 1_024.0, 16_384.0,
];

/// Seconds of a chunk of the read model, the turns of commits in between included.
const CHUNK_SECONDS_UP_TO: [f64; 9] = [0.001, 0.0025, 0.01, 0.025, 0.1, 0.25, 1.0, 2.5, 10.0];

/// The three kinds, as labels say them.
const KINDS: [(Kind, &str); 3] = [
    (Kind::Servers, "servers"),
    (Kind::Stats, "stats"),
    (Kind::Usage, "usage"),
];

/// From the socket to the disk, and beyond.
pub(crate) struct Reports {
    accepted: [IntCounter; KINDS.len()],
    repeated: [IntCounter; KINDS.len()],
    refused: IntCounterVec,
    received_bytes: IntCounter,
    decompressed_bytes: IntCounter,
    commit_seconds: Histogram,
    commit_reports: Histogram,
    commit_failures: IntCounter,
    chunk_seconds: Histogram,
    applied: IntCounter,
    apply_failures: IntCounter,
    pub(crate) repacked_spans: IntCounter,
    pub(crate) erasures_done: IntCounter,
    pub(crate) upkeep_failures: IntCounter,
    quarantine_kept: IntCounter,
    pub(crate) quarantine_dropped: IntCounter,
}

impl Reports {
    pub(super) fn new(registry: &Registry) -> Result<Reports> {
        let count = |name: &str, help: &str| counter(registry, name, help);
        let refused = Opts::new(
            "usage_refusals_total",
            "Requests to the API that were refused, by reason.",
        );
        Ok(Reports {
            accepted: by_kind(
                registry,
                "usage_reports_accepted_total",
                "Reports committed: on disk and counted once.",
            )?,
            repeated: by_kind(
                registry,
                "usage_reports_repeated_total",
                "Reports whose Idempotency-Key came before: answered as then, counted no second time.",
            )?,
            refused: registered(registry, IntCounterVec::new(refused, &["reason"])?)?,
            received_bytes: count(
                "usage_received_bytes_total",
                "Bytes of reports' bodies as sent.",
            )?,
            decompressed_bytes: count(
                "usage_decompressed_bytes_total",
                "Bytes of the same bodies without their Content-Encoding.",
            )?,
            commit_seconds: histogram(
                registry,
                "usage_commit_duration_seconds",
                "A commit of reports: its turn to write, its work and its fsync.",
                &COMMIT_SECONDS_UP_TO,
            )?,
            commit_reports: histogram(
                registry,
                "usage_commit_reports",
                "Reports in a commit.",
                &COMMIT_REPORTS_UP_TO,
            )?,
            commit_failures: count(
                "usage_commit_failures_total",
                "Commits of reports that failed: their senders were told to try again.",
            )?,
            chunk_seconds: histogram(
                registry,
                "usage_read_model_chunk_duration_seconds",
                "A chunk of reports taken into the read model, commits in between included.",
                &CHUNK_SECONDS_UP_TO,
            )?,
            applied: count(
                "usage_read_model_applied_reports_total",
                "Reports that the read model looked at.",
            )?,
            apply_failures: count(
                "usage_read_model_failures_total",
                "Times that the read model could not follow the journal and will try again.",
            )?,
            repacked_spans: count(
                "usage_journal_repacked_spans_total",
                "Full spans of the journal (1,024 reports each) that were re-packed.",
            )?,
            erasures_done: count(
                "usage_erasures_done_total",
                "Requests to be forgotten that were done.",
            )?,
            upkeep_failures: count(
                "usage_upkeep_failures_total",
                "Times that upkeep (checkpoints, re-packing, erasures) failed and will be tried again.",
            )?,
            quarantine_kept: count(
                "usage_quarantine_kept_total",
                "Refused reports that went into the quarantine.",
            )?,
            quarantine_dropped: count(
                "usage_quarantine_dropped_total",
                "Refused reports that the quarantine had no room or no disk for.",
            )?,
        })
    }

    /// A body was read, of this many bytes as sent.
    pub(crate) fn received(&self, bytes: usize) {
        self.received_bytes.inc_by(bytes as u64);
    }

    /// A body is ready to be decoded.
    pub(crate) fn decompressed(&self, bytes: usize) {
        self.decompressed_bytes.inc_by(bytes as u64);
    }

    /// A commit of these reports ended like this.
    pub(super) fn committed(
        &self,
        reports: &[NewReport],
        outcomes: &usage_store::Result<Vec<Outcome>>,
        took: Duration,
    ) {
        self.commit_seconds.observe(took.as_secs_f64());
        self.commit_reports.observe(reports.len() as f64);
        let Ok(outcomes) = outcomes else {
            self.commit_failures.inc();
            return;
        };
        for (report, outcome) in reports.iter().zip(outcomes) {
            let place = KINDS.iter().position(|(kind, _)| *kind == report.kind);
            match (outcome, place) {
                (Outcome::Accepted(_), Some(place)) => self.accepted[place].inc(),
                (Outcome::Repeated, Some(place)) => self.repeated[place].inc(),
                // Told to the sender as a refusal, and counted as one.
                _ => {}
            }
        }
    }

    /// A request to the API was refused.
    pub(crate) fn refused(&self, reason: &'static str) {
        self.refused.with_label_values(&[reason]).inc();
    }

    /// Refused reports went into the quarantine, or could not.
    pub(crate) fn quarantined(&self, reports: usize, kept: bool) {
        match kept {
            true => self.quarantine_kept.inc_by(reports as u64),
            false => self.quarantine_dropped.inc_by(reports as u64),
        }
    }

    /// The read model looked at a chunk of reports, or could not.
    pub(super) fn applied(&self, reports: &usage_store::Result<u64>, took: Duration) {
        match *reports {
            Ok(0) => {}
            Ok(reports) => {
                self.applied.inc_by(reports);
                self.chunk_seconds.observe(took.as_secs_f64());
            }
            Err(_) => self.apply_failures.inc(),
        }
    }
}

/// A counter for each kind, there from the start: none must not look like unknown.
fn by_kind(registry: &Registry, name: &str, help: &str) -> Result<[IntCounter; KINDS.len()]> {
    let all = registered(
        registry,
        IntCounterVec::new(Opts::new(name, help), &["kind"])?,
    )?;
    Ok(KINDS.map(|(_, kind)| all.with_label_values(&[kind])))
}
