//! The query API: what operators ask, answered as JSON or CSV. One file a question in `questions/`; here
//! is the way that all of them go: who asks, what exactly, the store's answer, a table.
//!
//! ```text
//! GET /api/v1/query/active?product=... -> question (which, what it takes) -> given (what was said)
//!                                      -> Store::active -> table -> JSON or CSV
//! ```

mod answer;
mod answered;
mod described;
mod given;
mod kept;
mod listed;
mod parameter;
mod question;
mod questions;
mod table;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use jiff::Timestamp;
use tokio::sync::Semaphore;

use self::answer::Format;
use self::question::Question;
use crate::account::{Asker, Read};
use crate::app::App;
use crate::ingest::Refusal;

pub(crate) use self::answer::COMPLETE_FROM;
pub(crate) use self::answered::{Answered, ask, path, takes};
pub(crate) use self::described::operations;
#[cfg(test)]
pub(crate) use self::questions::QUESTIONS;
pub(crate) use self::table::{Cell, Row};

/// Where all of them are listed.
pub(crate) const LIST: &str = "/api/v1/query";

/// How many questions are worked on at once; others wait.
pub(crate) fn turnstile() -> Semaphore {
    Semaphore::new(crate::limits::QUESTIONS_AT_ONCE)
}

/// A door for each question, and one that lists them.
pub(crate) fn routes() -> Router<Arc<App>> {
    let list = Router::new().route(LIST, get(list));
    questions::QUESTIONS.iter().fold(list, |doors, question| {
        doors.route(
            question.path,
            get(move |app, asker, query, headers| answer(question, app, asker, query, headers)),
        )
    })
}

/// `GET /api/v1/query`: what can be asked.
async fn list(_: Asker<Read>) -> Response {
    answer::list(questions::QUESTIONS)
}

async fn answer(
    question: &'static Question,
    State(app): State<Arc<App>>,
    _: Asker<Read>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let turn = app
        .questions
        .acquire()
        .await
        .map_err(|_| Refusal::NotReady)?;
    let asked = Arc::clone(&app);
    let answered = tokio::task::spawn_blocking(move || {
        work(question, &asked, &query.unwrap_or_default(), &headers)
    });
    let answered = answered.await;
    drop(turn);
    answered.unwrap_or_else(|e| Err(broken(question, &e)))
}

/// All of it, where it may take its time.
fn work(
    question: &'static Question,
    app: &App,
    query: &str,
    headers: &HeaderMap,
) -> Result<Response, Refusal> {
    let format = Format::wanted(query, headers)?;
    let answered = answered::answered(&app.store, question, query, Timestamp::now())?;
    Ok(answer::say(&answered, format).into_response())
}

/// The log hears why.
fn broken(question: &Question, cause: &dyn std::error::Error) -> Refusal {
    tracing::error!(question = question.name(), %cause, "a question could not be answered");
    Refusal::Failed
}

/// Under which name it was said what was not found, such as `the cluster "c1"`.
fn said_of(what: &str) -> &'static str {
    let what = what.split('"').next().unwrap_or_default();
    let names = ["product", "cluster", "server", "value"].into_iter();
    let mut named = names.filter(|name| what.contains(name));
    named.next().unwrap_or("query")
}

/// What the store said instead of an answer.
impl From<usage_store::Error> for Refusal {
    fn from(e: usage_store::Error) -> Refusal {
        match e {
            usage_store::Error::NotFound(what) => {
                Refusal::field(said_of(&what), format!("{what} was not found"))
            }
            cause => {
                tracing::error!(%cause, "a question could not be answered");
                Refusal::Failed
            }
        }
    }
}
