//! A report in a line: when, what, whose; and a few lines as one event of the stream.

use bytes::Bytes;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;
use usage_store::report::decode;
use usage_store::{Day, Seq, Store, StoredReport};

use super::limits::LINES_A_LOOK;

/// A report in a line.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Line {
    /// The place of the next report: the page of all reports begins below it with this one.
    pub(crate) below: Seq,
    /// When it was received: a time of day, UTC; the day where that isn’t today.
    pub(crate) clock: String,
    /// The same for machines.
    pub(crate) at: String,
    pub(crate) kind: &'static str,
    pub(crate) product: String,
    pub(crate) organization: Option<String>,
    /// `cluster / server`, of what it says first.
    pub(crate) sender: Option<String>,
}

impl Line {
    fn new(store: &Store, report: &StoredReport) -> usage_store::Result<Line> {
        let organization = match report.organization {
            Some(id) => store.organization_name(id)?,
            None => None,
        };
        let is_today = Day::of(report.received_at) == Day::of(Timestamp::now());
        let clock = |at: Timestamp, format: &str| at.strftime(format).to_string();
        Ok(Line {
            below: report.seq + 1,
            clock: clock(
                report.received_at,
                match is_today {
                    true => "%H:%M:%S",
                    false => "%Y-%m-%d",
                },
            ),
            at: clock(report.received_at, "%Y-%m-%dT%H:%M:%SZ"),
            kind: report.kind.name(),
            product: report.product.to_string(),
            organization,
            sender: sender(report),
        })
    }
}

fn sender(report: &StoredReport) -> Option<String> {
    let decoded = decode(report.kind, &report.body).ok()?;
    let first = decoded.observations.first()?;
    let cluster = first.cluster_id.as_deref()?;
    Some(match first.server_id.as_deref() {
        Some(server) => format!("{cluster} / {server}"),
        None => cluster.to_owned(),
    })
}

/// The newest reports, the newest first.
pub(crate) fn newest(store: &Store, limit: usize) -> usage_store::Result<Vec<Line>> {
    let reports = store.newest_reports(None, None, limit)?;
    reports
        .iter()
        .map(|report| Line::new(store, report))
        .collect()
}

/// What came from a place on, as one event where there is something; and the place to go on from. Without a
/// place it begins now.
pub(super) fn since(store: &Store, from: Option<Seq>) -> usage_store::Result<(Seq, Option<Bytes>)> {
    let next = store.next_seq()?;
    let Some(from) = from.filter(|from| *from < next) else {
        return Ok((next, None));
    };
    let mut reports = store.newest_reports(None, Some(next), LINES_A_LOOK)?;
    reports.retain(|report| report.seq >= from);
    let more = (next - from).saturating_sub(reports.len() as u64);
    let lines = reports.iter().map(|report| Line::new(store, report));
    let lines = lines.collect::<usage_store::Result<Vec<_>>>()?;
    let told = json!({"lines": lines, "more": more});
    Ok((next, Some(Bytes::from(format!("data: {told}\n\n")))))
}
