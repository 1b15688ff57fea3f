//! `GET /api/v1/export/reports`: the reports themselves, for an operator's program; streamed, as much as is
//! wanted at once.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{RawQuery, State};
use axum::http::HeaderValue;
use axum::response::Response;
use jiff::Timestamp;
use tokio::sync::Semaphore;
use usage_store::registry::OrganizationId;
use usage_store::report::{FieldErrors, Kind, quoted};

use super::limits::DOWNLOADS_MAX;
use super::{Format, TextFormat, Walk, Which, download, window};
use crate::account::{Asker, Export};
use crate::api::COMPLETE_FROM;
use crate::app::App;
use crate::ingest::Refusal;

/// What can be said.
const PARAMETERS: [&str; 6] = ["format", "product", "kind", "organization", "from", "to"];

const KINDS: [Kind; 3] = [Kind::Servers, Kind::Stats, Kind::Usage];

/// Formats, as they are asked for.
pub(super) const FORMATS: [(&str, Format); 4] = [
    ("jsonl", Format::Text(TextFormat::Jsonl)),
    ("csv", Format::Text(TextFormat::Csv)),
    ("line-protocol", Format::Text(TextFormat::LineProtocol)),
    ("parquet", Format::Parquet),
];

/// How many exports are sent at once; a further one is refused.
pub(crate) fn turnstile() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(DOWNLOADS_MAX))
}

/// `GET /api/v1/export/reports`
pub(crate) async fn reports(
    State(app): State<Arc<App>>,
    asker: Asker<Export>,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    let (which, format) = asked(query.as_deref().unwrap_or_default())?;
    let place = Arc::clone(&app.exports).try_acquire_owned();
    let place = place.map_err(|_| Refusal::TooManyExports)?;
    let held = Arc::clone(&app);
    let begun = tokio::task::spawn_blocking(move || {
        // Who takes everything away is written down.
        let subject = format!("{}{}", format.file_name(), told(&which));
        let now = Timestamp::now();
        let noted = &held.account.exports_noted;
        if noted.allows(asker.name.clone(), Instant::now()) {
            held.store
                .note(&asker.name, "export reports", &subject, now)?;
        }
        let begins = held.store.journal_begins()?;
        Walk::new(&held.store, which).map(|walk| (walk, begins))
    });
    let (walk, begins) = match begun.await {
        Ok(Ok(begun)) => begun,
        Ok(Err(cause)) => return Err(failed(&cause)),
        Err(cause) => return Err(failed(&cause)),
    };
    let mut sent = download(&app, walk, format, Some(place));
    let begins = begins.map_or(String::new(), |day| day.to_string());
    let begins = HeaderValue::try_from(begins).ok();
    sent.headers_mut()
        .extend(begins.map(|day| (COMPLETE_FROM, day)));
    Ok(sent)
}

fn failed(cause: &dyn std::error::Error) -> Refusal {
    tracing::error!(%cause, "an export could not begin");
    Refusal::Failed
}

/// For the audit log.
fn told(which: &Which) -> String {
    let time = |at: Option<Timestamp>| at.map(|at| at.to_string());
    let organization = which.organization.map(|id| id.0.to_string());
    let kind = which.kind.map(|kind| kind.name().to_owned());
    let said = [
        (" of ", which.product.clone()),
        (", organization ", organization),
        (", ", kind),
        (", from ", time(which.from)),
        (", before ", time(which.until)),
    ];
    said.into_iter()
        .filter_map(|(word, text)| Some(format!("{word}{}", text?)))
        .collect()
}

/// What a query asks for; or all that is wrong with it.
pub(super) fn asked(query: &str) -> Result<(Which, Format), Refusal> {
    let mut errors = FieldErrors::default();
    let mut which = Which::default();
    let mut format = Format::Text(TextFormat::Jsonl);
    let (mut from, mut to) = (None, None);
    let mut known: Vec<String> = Vec::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        // What is left empty in a form isn't said.
        if value.is_empty() {
            continue;
        }
        if known.iter().any(|before| *before == name) {
            errors.add(&*name, "is said twice");
            continue;
        }
        known.push(name.clone().into_owned());
        let got = quoted(value.as_bytes());
        match &*name {
            "format" => match FORMATS.iter().find(|(name, _)| *name == value) {
                Some((_, found)) => format = *found,
                None => errors.add(
                    "format",
                    format!("must be jsonl, csv, line-protocol or parquet; got {got}"),
                ),
            },
            "product" => which.product = Some(value.into_owned()),
            "kind" => match KINDS.into_iter().find(|kind| kind.name() == value) {
                Some(kind) => which.kind = Some(kind),
                None => errors.add(
                    "kind",
                    format!("must be servers, stats or usage; got {got}"),
                ),
            },
            "organization" => match value.parse() {
                Ok(id) => which.organization = Some(OrganizationId(id)),
                Err(_) => errors.add(
                    "organization",
                    format!("must be an organization's id, as in its page's address; got {got}"),
                ),
            },
            "from" => from = Some(value.into_owned()),
            "to" => to = Some(value.into_owned()),
            _ => errors.add(
                &*name,
                format!("is unknown; there is {}", PARAMETERS.join(", ")),
            ),
        }
    }
    match window(from.as_deref(), to.as_deref()) {
        Ok((from, until)) => (which.from, which.until) = (from, until),
        Err((name, wrong)) => errors.add(name, wrong),
    }
    match errors.0.is_empty() {
        true => Ok((which, format)),
        false => Err(errors.into()),
    }
}
