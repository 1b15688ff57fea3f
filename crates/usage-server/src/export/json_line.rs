//! A report as a line of JSON, with its body as it came: what `import` reads.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::value::RawValue;
use usage_store::StoredReport;
use usage_store::report::{self, decode};

use crate::ingest::uuid_text;

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

/// Writes a report as a line.
pub(super) fn write(
    out: &mut impl Write,
    report: &StoredReport,
    organization: Option<&str>,
) -> io::Result<()> {
    let body =
        String::from_utf8(report::compact(&report.body).into_owned()).map_err(io::Error::other)?;
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
