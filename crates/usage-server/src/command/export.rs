//! `usage-server export reports`: what was accepted, one JSON object a line, in the order
//! of acceptance. Reads in small steps, so it may run beside a busy server.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufWriter, ErrorKind, Write};
use std::sync::Arc;

use serde::Serialize;
use serde_json::value::RawValue;
use usage_store::registry::OrganizationId;
use usage_store::report::{self, decode};
use usage_store::{Store, StoredReport, Writing};

use super::{Failure, io};
use crate::cli::{ExportReports, Kind};
use crate::ingest::uuid_text;
use crate::progress::Progress;

/// A report as it is written.
#[derive(Serialize)]
struct Line<'a> {
    kind: &'a str,
    product: &'a str,
    organization: Option<&'a str>,
    ids: Vec<Ids<'a>>,
    received_at: String,
    reported_at: Option<String>,
    idempotency_key: Option<String>,
    body: &'a RawValue,
}

#[derive(Serialize)]
struct Ids<'a> {
    cluster_id: Option<&'a str>,
    server_id: Option<&'a str>,
}

/// Writes the reports to the file, or to standard output.
pub(crate) fn reports(options: &ExportReports) -> Result<(), Failure> {
    let store = Store::open(&options.data.data_dir, Writing::Beside)?;
    match &options.output {
        None => match write(&store, options, std::io::stdout().lock(), None) {
            // Whoever read it has had enough.
            Err(Stopped::Io(e)) if e.kind() == ErrorKind::BrokenPipe => Ok(()),
            written => written.map_err(Failure::from),
        },
        Some(path) => {
            let named = |e| Failure::Failed(format!("{}: {e}", path.display()));
            let file = File::create(path).map_err(named)?;
            let progress = Progress::start("Exporting", "reports", store.next_seq()?);
            write(&store, options, &file, Some(&progress))?;
            file.sync_all().map_err(named)?;
            progress.done();
            Ok(())
        }
    }
}

/// Why writing stopped early.
enum Stopped {
    Store(usage_store::Error),
    Io(std::io::Error),
}

impl From<usage_store::Error> for Stopped {
    fn from(e: usage_store::Error) -> Self {
        Stopped::Store(e)
    }
}

impl From<std::io::Error> for Stopped {
    fn from(e: std::io::Error) -> Self {
        Stopped::Io(e)
    }
}

impl From<Stopped> for Failure {
    fn from(stopped: Stopped) -> Self {
        match stopped {
            Stopped::Store(e) => e.into(),
            Stopped::Io(e) => io("writing the export")(e),
        }
    }
}

fn write(
    store: &Store,
    options: &ExportReports,
    out: impl Write,
    progress: Option<&Progress>,
) -> Result<(), Stopped> {
    let mut out = BufWriter::new(out);
    let mut organizations = Organizations {
        store,
        names: HashMap::new(),
    };
    let kind = options.kind.map(wanted);
    // What is accepted while this runs is for the next export: it ends.
    let end = store.next_seq()?;
    let mut next = 0;
    while next < end {
        let reports = store.reports_from(next)?;
        let Some(last) = reports.last() else { break };
        next = last.seq + 1;
        for report in reports.iter().filter(|report| report.seq < end) {
            if kind.is_none_or(|kind| report.kind == kind)
                && options
                    .product
                    .as_deref()
                    .is_none_or(|name| *report.product == *name)
            {
                let organization = organizations.name(report.organization)?;
                write_line(&mut out, report, organization.as_deref())?;
            }
        }
        if let Some(progress) = progress {
            progress.at(next.min(end));
        }
    }
    Ok(out.flush()?)
}

/// A report as a line of the export.
pub(crate) fn write_line(
    out: &mut impl Write,
    report: &StoredReport,
    organization: Option<&str>,
) -> std::io::Result<()> {
    let body = String::from_utf8(report::compact(&report.body).into_owned())
        .map_err(std::io::Error::other)?;
    let decoded = decode(report.kind, &report.body).ok();
    let observations = decoded.iter().flat_map(|decoded| &decoded.observations);
    let line = Line {
        kind: report.kind.name(),
        product: &report.product,
        organization,
        ids: observations
            .filter(|seen| seen.cluster_id.is_some() || seen.server_id.is_some())
            .map(|seen| Ids {
                cluster_id: seen.cluster_id.as_deref(),
                server_id: seen.server_id.as_deref(),
            })
            .collect(),
        received_at: report.received_at.to_string(),
        reported_at: report.reported_at.map(|at| at.to_string()),
        idempotency_key: report.idempotency_key.map(|key| uuid_text(&key)),
        body: &RawValue::from_string(body)?,
    };
    serde_json::to_writer(&mut *out, &line)?;
    out.write_all(b"\n")
}

/// Names, looked up once each.
struct Organizations<'a> {
    store: &'a Store,
    names: HashMap<OrganizationId, Option<Arc<str>>>,
}

impl Organizations<'_> {
    fn name(&mut self, id: Option<OrganizationId>) -> Result<Option<Arc<str>>, usage_store::Error> {
        let Some(id) = id else { return Ok(None) };
        if let Some(name) = self.names.get(&id) {
            return Ok(name.clone());
        }
        let name: Option<Arc<str>> = self.store.organization_name(id)?.map(Arc::from);
        self.names.insert(id, name.clone());
        Ok(name)
    }
}

fn wanted(kind: Kind) -> report::Kind {
    match kind {
        Kind::Servers => report::Kind::Servers,
        Kind::Stats => report::Kind::Stats,
        Kind::Usage => report::Kind::Usage,
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_uuid_reads_as_usual() {
        let key = *b"\x01\x23\x45\x67\x89\xab\xcd\xef\x01\x23\x45\x67\x89\xab\xcd\xef";
        assert_eq!(
            super::uuid_text(&key),
            "01234567-89ab-cdef-0123-456789abcdef"
        );
    }
}
