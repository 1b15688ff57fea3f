//! How an answer is written: JSON with what it is about and how fresh it is, or CSV.

use std::collections::BTreeSet;

use axum::http::{HeaderMap, HeaderName, header};
use axum::response::{AppendHeaders, IntoResponse, Response};
use jiff::Timestamp;
use serde_json::{Value, json};
use usage_store::query::Freshness;

use super::answered::Answered;
use super::question::Question;
use super::table;
use crate::ingest::Refusal;

/// When the newest report was received that the answer includes; with CSV.
const FRESH_TO: HeaderName = HeaderName::from_static("usage-fresh-to");

/// Reports accepted that it doesn't include yet.
const BEHIND: HeaderName = HeaderName::from_static("usage-behind");

/// The first day of which all is kept; with CSV.
pub(crate) const COMPLETE_FROM: HeaderName = HeaderName::from_static("usage-complete-from");

/// What an answer is written in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Json,
    Csv,
}

impl Format {
    /// What was asked for: by `format`, else by `Accept`, else JSON.
    pub(super) fn wanted(query: &str, headers: &HeaderMap) -> Result<Format, Refusal> {
        let said = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "format");
        match said.as_ref().map(|(_, format)| &**format) {
            Some("csv") => return Ok(Format::Csv),
            Some("json") => return Ok(Format::Json),
            Some(_) => return Err(Refusal::field("format", "is json or csv")),
            None => {}
        }
        let accept = headers.get(header::ACCEPT);
        let accept = accept.and_then(|value| value.to_str().ok()).unwrap_or("");
        let first = accept.split(',').map(str::trim).find_map(|kind| {
            match kind.split(';').next().unwrap_or("") {
                "text/csv" => Some(Format::Csv),
                "application/json" => Some(Format::Json),
                _ => None,
            }
        });
        Ok(first.unwrap_or(Format::Json))
    }
}

/// How fresh an answer is.
pub(crate) struct Fresh {
    to: Option<Timestamp>,
    behind: u64,
}

impl Fresh {
    pub(super) fn of(fresh: Freshness) -> Fresh {
        Fresh {
            to: fresh.applied_to,
            behind: fresh.behind,
        }
    }
}

/// The answer.
pub(super) fn say(answered: &Answered, format: Format) -> Response {
    let private = (header::CACHE_CONTROL, "no-store".to_owned());
    match format {
        Format::Json => {
            let kind = (header::CONTENT_TYPE, "application/json".to_owned());
            ([kind, private], json(answered).to_string()).into_response()
        }
        Format::Csv => {
            let name = answered.question.name();
            let name = format!("attachment; filename=\"{name}.csv\"");
            let fresh = &answered.fresh;
            let headers = [
                (
                    header::CONTENT_TYPE,
                    "text/csv; charset=utf-8; header=present".to_owned(),
                ),
                private,
                (header::CONTENT_DISPOSITION, name),
                (BEHIND, fresh.behind.to_string()),
            ];
            let known = [
                (FRESH_TO, fresh.to.map(|at| at.to_string())),
                (
                    COMPLETE_FROM,
                    answered.complete_from.map(|day| day.to_string()),
                ),
            ];
            let known = known
                .into_iter()
                .filter_map(|(name, said)| Some((name, said?)));
            (headers, AppendHeaders(known), answered.csv()).into_response()
        }
    }
}

fn json(answered: &Answered) -> Value {
    let Answered { given, fresh, .. } = answered;
    let rows = answered.rows.iter();
    let rows: Vec<Value> = rows
        .map(|row| table::object(answered.columns(), row))
        .collect();
    json!({
        "question": answered.question.name(),
        "product": (!given.product.is_empty()).then_some(&given.product),
        "window": {"from": given.window.from.to_string(), "to": given.window.to.to_string()},
        "fresh_to": fresh.to.map(|at| at.to_string()),
        "behind": fresh.behind,
        "complete_from": answered.complete_from.map(|day| day.to_string()),
        "rows": rows,
    })
}

/// What can be asked.
pub(super) fn list(questions: &[Question]) -> Response {
    let questions: Vec<Value> = questions
        .iter()
        .map(|question| {
            let takes = question.takes.iter().flat_map(|one| one.names());
            let mut takes: Vec<_> = takes.collect();
            let mut told = BTreeSet::new();
            takes.retain(|name| told.insert(*name));
            json!({
                "question": question.name(),
                "path": question.path,
                "summary": question.summary,
                "parameters": takes,
            })
        })
        .collect();
    let kind = (header::CONTENT_TYPE, "application/json");
    ([kind], json!({"questions": questions}).to_string()).into_response()
}
