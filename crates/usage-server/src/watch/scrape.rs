//! What is read off at the moment somebody asks: queues, the store, the process. Whatever can't
//! be read is left out, so that an old number never passes for a new one.

use jiff::Timestamp;
use prometheus::{Counter, Gauge, Opts, Registry, Result, TextEncoder};
use usage_store::query::Vitals;

use super::{Watch, process};
use crate::app::App;
use crate::limits::{BODIES_IN_FLIGHT_MAX_BYTES, QUEUE_MAX_BYTES, QUEUE_MAX_REPORTS};
use crate::log;

impl Watch {
    /// Everything, as Prometheus reads it. Asks the store, so not on the event loop.
    pub(super) fn text(&self, app: &App) -> Result<String> {
        let moment = Registry::new();
        server(&moment, app)?;
        let vitals = app.store.vitals();
        gauge_once(
            &moment,
            "usage_store_up",
            "1 when the database answered this scrape, else 0; then what it would have told is missing.",
            f64::from(u8::from(vitals.is_ok())),
        )?;
        match vitals {
            Ok(vitals) => {
                store(&moment, &vitals)?;
                gauge_once(
                    &moment,
                    "usage_forward_behind_reports",
                    "Reports on disk that are not forwarded yet, those included that needn't be; 0 without --forward-url.",
                    self.forward.behind(vitals.next_seq) as f64,
                )?;
            }
            Err(cause) => tracing::error!(%cause, "the store does not tell how it is"),
        }
        process::read(&moment)?;
        let mut families = self.registry.gather();
        families.extend(moment.gather());
        families.sort_by(|one, other| one.name().cmp(other.name()));
        TextEncoder::new().encode_to_string(&families)
    }
}

fn server(moment: &Registry, app: &App) -> Result<()> {
    let version = Opts::new("usage_build_info", "Always 1; the label tells the version.")
        .const_label("version", env!("CARGO_PKG_VERSION"));
    let version = Gauge::with_opts(version)?;
    version.set(1.0);
    moment.register(Box::new(version))?;
    let (queued_reports, queued_bytes) = app.ingest.queued();
    for (name, help, number) in [
        (
            "usage_queue_reports",
            "Reports that wait for the next commit.",
            queued_reports,
        ),
        (
            "usage_queue_bytes",
            "Bytes of the bodies of reports that wait for the next commit.",
            queued_bytes,
        ),
        (
            "usage_queue_limit_reports",
            "Reports that may wait; further ones are refused as overload.",
            QUEUE_MAX_REPORTS,
        ),
        (
            "usage_queue_limit_bytes",
            "Bytes that may wait; further ones are refused as overload.",
            QUEUE_MAX_BYTES,
        ),
        (
            "usage_bodies_in_flight_bytes",
            "Bytes of bodies that are being read at this moment.",
            app.ingest.in_flight_bytes(),
        ),
        (
            "usage_bodies_in_flight_limit_bytes",
            "Bytes of bodies that may be read at once; further ones are refused as overload.",
            BODIES_IN_FLIGHT_MAX_BYTES,
        ),
    ] {
        gauge_once(moment, name, help, number as f64)?;
    }
    count_once(
        moment,
        "usage_journal_written_bytes_total",
        "Bytes that commits wrote into the journal, compressed.",
        app.store.appended_bytes() as f64,
    )?;
    count_once(
        moment,
        "usage_allowlist_removed_total",
        "Tags, values and series that allowlists left out or masked, in reports and in the quarantine.",
        app.store.removed_by_allowlists() as f64,
    )?;
    count_once(
        moment,
        "usage_log_lines_lost_total",
        "Lines of the log that were not written, as nobody read them fast enough.",
        log::lines_lost() as f64,
    )
}

fn store(moment: &Registry, vitals: &Vitals) -> Result<()> {
    for (name, help, number) in [
        (
            "usage_journal_places",
            "Reports that the journal ever took; erased ones keep their place.",
            vitals.next_seq as f64,
        ),
        (
            "usage_journal_spans_to_repack",
            "Full spans of the journal that wait to be re-packed.",
            vitals.spans_to_repack as f64,
        ),
        (
            "usage_read_model_behind_reports",
            "Reports on disk that the pages don't count yet.",
            vitals.behind as f64,
        ),
        (
            "usage_read_model_behind_seconds",
            "For how long the first of these has waited; 0 when there is none.",
            seconds_since(vitals.behind_since),
        ),
        (
            "usage_erasures_pending",
            "Requests to be forgotten that are not done.",
            vitals.erasures_pending as f64,
        ),
        (
            "usage_quarantine_reports",
            "Refused reports in the quarantine.",
            vitals.quarantined as f64,
        ),
        (
            "usage_webhook_waiting_messages",
            "Messages that wait for their webhook to take them.",
            vitals.webhooks_waiting as f64,
        ),
        (
            "usage_database_bytes",
            "Size of the database's file.",
            vitals.database_bytes as f64,
        ),
        (
            "usage_database_free_bytes",
            "Bytes of the database's file that are free for what comes next.",
            vitals.database_free_bytes as f64,
        ),
        (
            "usage_disk_free_bytes",
            "Bytes that may still be written to the file system of the data folder.",
            vitals.disk_free_bytes as f64,
        ),
        (
            "usage_wal_bytes",
            "Size of the write-ahead log's file, which is used again from its beginning.",
            vitals.wal_bytes as f64,
        ),
    ] {
        gauge_once(moment, name, help, number)?;
    }
    Ok(())
}

/// Never below 0: a clock may have been set back.
fn seconds_since(then: Option<Timestamp>) -> f64 {
    let waited = then.map(|then| Timestamp::now().duration_since(then).as_secs_f64());
    waited.unwrap_or(0.0).max(0.0)
}

/// A number of one moment, which may go down again.
pub(super) fn gauge_once(moment: &Registry, name: &str, help: &str, number: f64) -> Result<()> {
    let gauge = Gauge::new(name, help)?;
    gauge.set(number);
    moment.register(Box::new(gauge))
}

/// A count of one moment, kept elsewhere.
pub(super) fn count_once(moment: &Registry, name: &str, help: &str, number: f64) -> Result<()> {
    let counter = Counter::new(name, help)?;
    counter.inc_by(number);
    moment.register(Box::new(counter))
}
