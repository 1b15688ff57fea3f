//! For supervisors and load balancers: is the process alive, is it ready for requests.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::ingest::Refusal;

/// `GET /healthz`: the process answers.
pub(crate) async fn alive() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: reports are taken, and the store answers.
pub(crate) async fn ready(State(app): State<Arc<App>>) -> Response {
    if !app.ingest.is_open() {
        return Refusal::NotReady.into_response();
    }
    if app.settings.reserve.is_in_use() {
        return Refusal::NoRoom.into_response();
    }
    let store = Arc::clone(&app.store);
    match tokio::task::spawn_blocking(move || store.freshness()).await {
        Ok(Ok(_)) => "ready\n".into_response(),
        Ok(Err(cause)) => {
            tracing::error!(%cause, "the store does not answer");
            Refusal::NotReady.into_response()
        }
        Err(_) => Refusal::Failed.into_response(),
    }
}
