//! Every door of the server, as a list. What is behind them lives in the rooms they name.

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use tower::ServiceExt;
use tower_http::catch_panic::CatchPanicLayer;

use crate::app::App;
use crate::{health, ingest};
use crate::ingest::Refusal;

/// All doors. `pages` are those for people, without a fallback of their own.
pub(crate) fn router(app: Arc<App>, pages: Router<Arc<App>>) -> Router {
    let doors = Router::new()
        .route("/api/v1/servers", post(ingest::servers))
        .route("/api/v1/stats/{product}", post(ingest::stats))
        .route("/api/v1/usage/{product}", post(ingest::usage))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .merge(pages)
        .method_not_allowed_fallback(async || Refusal::WrongMethod)
        .with_state(app);
    let at_the_tidied_path = doors.clone().fallback(unknown_path);
    doors
        .fallback(|request| look_again(at_the_tidied_path, request))
        .layer(CatchPanicLayer::custom(|_| Refusal::Failed.into_response()))
}

/// Only paths that no door has come here, so that tidying costs nobody else anything. Never a
/// redirect: clients turn a redirected POST into a GET, or take their token elsewhere.
async fn look_again(doors: Router, mut request: Request) -> Response {
    if let Some(tidied) = ingest::tidied(request.uri()) {
        *request.uri_mut() = tidied;
    }
    match doors.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

async fn unknown_path(headers: HeaderMap) -> Response {
    let wants_html = headers
        .get_all(header::ACCEPT)
        .iter()
        .any(|accept| accept.as_bytes().windows(9).any(|part| part == b"text/html"));
    if wants_html {
        return (StatusCode::NOT_FOUND, Html(NOT_FOUND_PAGE)).into_response();
    }
    Refusal::UnknownPath("nothing answers at this path").into_response()
}

const NOT_FOUND_PAGE: &str = "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\">\
    <title>Not found</title><h1>Not found</h1><p>There is nothing at this address. \
    <a href=\"/\">To the start</a></p></html>\n";
