//! For supervisors and load balancers: is the process alive, is it ready for requests.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::ingest::{self, Refusal};
use crate::openapi::{Access, Answer, Content, Operation};

/// What these doors say of themselves in the API's document.
pub(crate) fn operations() -> Vec<Operation> {
    let operation = |path, id, summary, answers| Operation {
        path,
        method: "get",
        id,
        summary,
        description: "For supervisors and load balancers.".to_owned(),
        parameters: Vec::new(),
        body: None,
        access: Access::Anybody,
        answers,
    };
    let well = |description: &str, text| Answer {
        status: 200,
        description: description.to_owned(),
        content: Content::Text(text),
        headers: Vec::new(),
    };
    let ready = vec![
        well("Reports are taken.", READY),
        ingest::failed(),
        ingest::unavailable(),
    ];
    vec![
        operation(
            "/healthz",
            "isAlive",
            "The process answers",
            vec![well("It does.", ALIVE)],
        ),
        operation("/readyz", "isReady", "Reports are taken", ready),
    ]
}

const ALIVE: &str = "ok\n";
const READY: &str = "ready\n";

/// `GET /healthz`: the process answers.
pub(crate) async fn alive() -> &'static str {
    ALIVE
}

/// `GET /readyz`: reports are taken and can be stored, and the store answers.
pub(crate) async fn ready(State(app): State<Arc<App>>) -> Response {
    if !app.ingest.is_open() || !app.ingest.can_store() {
        return Refusal::NotReady.into_response();
    }
    if app.settings.reserve.is_in_use() {
        return Refusal::NoRoom.into_response();
    }
    let store = Arc::clone(&app.store);
    match tokio::task::spawn_blocking(move || store.freshness()).await {
        Ok(Ok(_)) => READY.into_response(),
        Ok(Err(cause)) => {
            tracing::error!(%cause, "the store does not answer");
            Refusal::NotReady.into_response()
        }
        Err(_) => Refusal::Failed.into_response(),
    }
}
