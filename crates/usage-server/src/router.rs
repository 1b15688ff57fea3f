//! Every door of the server, as a list. What is behind them lives in the rooms they name.

use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{Method, header};
use axum::middleware::map_request_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use hyper::body::Incoming;
use tower::ServiceExt;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate, SizeAbove};

use crate::app::App;
use crate::ingest::Refusal;
use crate::limits::COMPRESSED_FROM_BYTES;
use crate::request::{ClientAddress, RequestId};
use crate::serve::Answer;
use crate::{api, export, health, ingest, openapi, pages, register};

/// All doors, and a short way to those that reports come through: of a request's time in the event loop
/// the router took a sixth.
#[derive(Clone)]
pub(crate) struct Doors(Arc<(Arc<App>, Router)>);

impl Doors {
    pub(crate) fn new(app: Arc<App>) -> Doors {
        Doors(Arc::new((Arc::clone(&app), router(app))))
    }
}

impl Answer for Doors {
    async fn answer(
        &self,
        request: axum::http::Request<Incoming>,
        peer: SocketAddr,
        id: &RequestId,
    ) -> Response {
        let (app, router) = &*self.0;
        match ingest::reported_at(request.uri().path()) {
            Some(kind) if request.method() == Method::POST => {
                let (parts, body) = request.into_parts();
                or_failed(ingest::receive(app, kind, parts, body, peer.ip())).await
            }
            _ => Box::pin(router.answer(request, peer, id)).await,
        }
    }
}

/// What is answered in spite of a panic.
async fn or_failed(answer: impl Future<Output = Response>) -> Response {
    let mut answer = pin!(answer);
    std::future::poll_fn(|context| {
        let polled = catch_unwind(AssertUnwindSafe(|| answer.as_mut().poll(context)));
        polled.unwrap_or_else(|_| Poll::Ready(Refusal::Failed.into_response()))
    })
    .await
}

/// All doors.
pub(crate) fn router(app: Arc<App>) -> Router {
    let pages = pages::routes(&app)
        .layer(map_request_with_state(Arc::clone(&app), learn_address))
        .layer(CompressionLayer::new().compress_when(
            // A stream of events would wait for more to compress.
            SizeAbove::new(COMPRESSED_FROM_BYTES).and(NotForContentType::SSE),
        ));
    let doors = Router::new()
        .route("/api/v1/servers", post(ingest::servers))
        .route("/api/v1/stats/{product}", post(ingest::stats))
        .route("/api/v1/usage/{product}", post(ingest::usage))
        .route("/api/v1/forget", post(ingest::forget))
        .route("/api/v1/forget/{code}", get(ingest::forget_status))
        .route("/api/v1/register/device", post(register::device))
        .route("/api/v1/register/token", post(register::token))
        .route("/api/v1/openapi.json", openapi::door(&app.settings))
        .route("/api/v1/export/reports", get(export::reports))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .method_not_allowed_fallback(async |method| Refusal::WrongMethod(method))
        .merge(api::routes())
        .merge(pages);
    let at_the_tidied_path = doors
        .clone()
        .fallback(unknown_path)
        .with_state(Arc::clone(&app));
    doors
        .fallback(|request| look_again(at_the_tidied_path, request))
        .layer(CatchPanicLayer::custom(|_| Refusal::Failed.into_response()))
        .with_state(app)
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

/// A page for people, JSON for programs.
async fn unknown_path(app: State<Arc<App>>, request: Request) -> Response {
    let html = b"text/html";
    let mut accepted = request.headers().get_all(header::ACCEPT).iter();
    if accepted.any(|kinds| {
        kinds
            .as_bytes()
            .windows(html.len())
            .any(|kind| kind == html)
    }) {
        return pages::not_found(app, request).await;
    }
    ingest::unknown_path(request.uri()).into_response()
}

/// Pages limit sign-ins by address, too.
async fn learn_address(State(app): State<Arc<App>>, request: Request) -> Request {
    let (mut parts, body) = request.into_parts();
    let peer = ingest::peer(&parts.extensions);
    let address = ingest::address(&parts.headers, peer, &app.settings);
    parts.extensions.insert(ClientAddress(address));
    Request::from_parts(parts, body)
}
