//! What the export says of itself in the API's document.

use serde_json::json;

use super::door::{FORMATS, asked};
use super::limits::DOWNLOADS_MAX;
use crate::ingest::{Refusal, failed, refused, wrong};
use crate::openapi::{Access, Answer, Content, Operation, in_query};

/// The one door.
pub(crate) fn operations() -> Vec<Operation> {
    let text = json!({"type": "string"});
    let formats = json!({"type": "string", "enum": FORMATS.map(|(name, _)| name)});
    let kinds = json!({"type": "string", "enum": ["servers", "stats", "usage"]});
    let day = "A day, in UTC, or a time (RFC 3339).";
    let line = concat!(
        r#"{"kind":"usage","product":"influxdb","organization":null,"ids":[{"cluster_id":"c1","server_id":"s1"}],"#,
        r#""received_at":"2026-11-23T10:30:00.001Z","reported_at":null,"idempotency_key":null,"#,
        r#""body":[{"tags":{"os":"linux"},"values":{"cluster_id":"c1","server_id":"s1","databases":3}}]}"#,
        "\n"
    );
    vec![Operation {
        path: "/api/v1/export/reports",
        method: "get",
        id: "exportReports",
        summary: "The reports themselves",
        description: format!(
            "In order of acceptance, streamed; an answer that breaks off has no end. JSON lines are reports, as `usage-server import` reads them; of CSV and line protocol a line is an observation, of Parquet, which is one file, a row. For example `/api/v1/export/reports?format=csv&product=influxdb&from=2026-11-01&to=2026-11-30`. To go on later, ask from the last `time` that you have (`reported_at`, or where that is null `received_at`): some come twice, and late ones of days before are not among them. At most {DOWNLOADS_MAX} at once."
        ),
        parameters: vec![
            in_query(
                "format",
                "How they are written; jsonl without it. In CSV, texts that a spreadsheet would take for a formula begin with '.",
                formats,
            ),
            in_query("product", "Only this product's, by its name.", text.clone()),
            in_query("kind", "Only this kind.", kinds),
            in_query(
                "organization",
                "Only what counts for this organization, by its id.",
                json!({"type": "integer"}),
            ),
            in_query(
                "from",
                &format!("Only what counts from here on. {day}"),
                text.clone(),
            ),
            in_query(
                "to",
                &format!("Only what counts up to the end of this day, or before this time. {day}"),
                text,
            ),
        ],
        body: None,
        access: Access::ApiKey,
        answers: vec![
            Answer {
                status: 200,
                description: "The reports.".to_owned(),
                content: Content::Lines(line),
                headers: vec![(
                    "Usage-Complete-From",
                    "The first day of which all reports are kept; empty where none has gone yet.",
                )],
            },
            refused(
                Refusal::ApiKey(
                    "send an API key as Authorization: Bearer uak_...; an operator makes them at /api-keys",
                ),
                "No API key, or none that is valid.",
            ),
            refused(
                Refusal::Scope(usage_store::registry::Scope::Export),
                "The API key lacks the scope.",
            ),
            wrong(asked("format=xml").err().unwrap_or(Refusal::Failed)),
            failed(),
            refused(
                Refusal::TooManyExports,
                "There are so many at once already.",
            ),
        ],
    }]
}
