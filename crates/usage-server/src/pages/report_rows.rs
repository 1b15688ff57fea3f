//! Reports in a list: what stands in a row, and the raw JSON to unfold. Used by the page of
//! all reports and by a server's page.

use jiff::Timestamp;
use usage_store::StoredReport;
use usage_store::registry::OrganizationId;
use usage_store::report::{Kind, Observation, decode};

use super::figures::{Bytes, Moment};
use super::json_text;
use super::server_rows::moment;
use crate::api::{Answered, Row};

/// Reports on one page.
pub(super) const REPORTS_SHOWN: usize = 25;

/// A report as shown.
pub(super) struct ReportRow {
    pub(super) seq: u64,
    pub(super) kind: &'static str,
    pub(super) product: String,
    pub(super) organization: Option<String>,
    /// The ids that it names, shortened to the first ones.
    pub(super) sender: Option<String>,
    pub(super) received_at: Moment,
    /// When it was made, where it came late.
    pub(super) reported_at: Option<Moment>,
    pub(super) size: Bytes,
    pub(super) json: String,
    pub(super) cut: bool,
    /// Where its body is, below the base.
    pub(super) path: String,
    /// It is shown to whom it belongs, who may download it.
    pub(super) own: bool,
}

impl ReportRow {
    pub(super) fn new(
        report: &StoredReport,
        organization: Option<String>,
        now: Timestamp,
    ) -> ReportRow {
        let (json, cut) = json_text::pretty(&report.body);
        ReportRow {
            seq: report.seq,
            kind: report.kind.name(),
            product: report.product.to_string(),
            organization,
            sender: sender(report.kind, &report.body),
            received_at: Moment::new(report.received_at, now),
            reported_at: report.reported_at.map(|at| Moment::new(at, now)),
            size: Bytes(report.body.len() as u64),
            json,
            cut,
            path: format!("/reports/{}", report.seq),
            own: false,
        }
    }

    /// Each of an answer's: of the questions `reports` and `server-reports`.
    pub(super) fn all(answer: &Answered, now: Timestamp) -> Vec<ReportRow> {
        let rows = answer.rows.iter();
        rows.filter_map(|row| ReportRow::told(answer, row, now))
            .collect()
    }

    fn told(answer: &Answered, row: &Row, now: Timestamp) -> Option<ReportRow> {
        let at = |column| moment(answer.cell(row, column), now);
        let text = |column| answer.text(row, column);
        let (seq, body) = (answer.count(row, "report")?, text("body")?);
        let kinds = [Kind::Servers, Kind::Stats, Kind::Usage];
        let kind = kinds
            .into_iter()
            .find(|kind| text("kind") == Some(kind.name()))?;
        let (json, cut) = json_text::pretty(body.as_bytes());
        Some(ReportRow {
            seq,
            kind: kind.name(),
            product: text("product").unwrap_or_default().to_owned(),
            organization: text("organization").map(str::to_owned),
            sender: sender(kind, body.as_bytes()),
            received_at: at("received_at")?,
            reported_at: at("reported_at"),
            size: Bytes(body.len() as u64),
            json,
            cut,
            path: format!("/reports/{seq}"),
            own: false,
        })
    }

    /// One of an organization's own, as its members are shown it.
    pub(super) fn own(report: &StoredReport, of: OrganizationId, now: Timestamp) -> ReportRow {
        ReportRow {
            path: format!("/organizations/{}/reports/{}", of.0, report.seq),
            own: true,
            ..ReportRow::new(report, None, now)
        }
    }
}

/// `cluster / server`, and how many others the report speaks of.
fn sender(kind: Kind, body: &[u8]) -> Option<String> {
    let decoded = decode(kind, body).ok()?;
    let mut named = decoded.observations.iter().filter_map(ids);
    let first = named.next()?;
    Some(match named.count() {
        0 => first,
        others => format!("{first} and {others} more"),
    })
}

fn ids(observation: &Observation<'_>) -> Option<String> {
    let cluster = observation.cluster_id.as_deref()?;
    Some(match observation.server_id.as_deref() {
        Some(server) => format!("{cluster} / {server}"),
        None => cluster.to_owned(),
    })
}
