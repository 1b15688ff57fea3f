//! One request and its answer: an id for both, one line in the log, and the connection kept
//! while a long answer is on its way. Never a query string, an address, a token or a body.

use std::convert::Infallible;
use std::hash::{BuildHasher, RandomState};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Instant;

use axum::Router;
use axum::body::{Body, HttpBody};
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use bytes::Bytes;
use hyper::body::{Frame, Incoming, SizeHint};
use tower::Service;

use super::connection::Exchange;
use crate::limits::REQUEST_ID_MAX_BYTES;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// An answer of known length up to this fits the socket's buffer: writing it takes no time.
const WRITTEN_AT_ONCE_BYTES: u64 = 64 * 1024;

pub(super) async fn answer(
    mut router: Router,
    request: Request<Incoming>,
    peer: SocketAddr,
    exchange: Exchange,
) -> Result<Response<Body>, Infallible> {
    let began = Instant::now();
    let mut request = request.map(Body::new);
    let id = request_id(request.headers());
    let method = request.method().clone();
    let path = request.uri().clone();
    request.extensions_mut().insert(ConnectInfo(peer));
    let mut response = router.call(request).await?;
    log(&method, path.path(), response.status(), &id, began);
    response.headers_mut().insert(REQUEST_ID, id);
    Ok(keep_while_read(response, exchange))
}

/// A proxy's id where it is short and plain, else one of our own: unguessable and unique, from
/// a keyed hash of a counter.
fn request_id(headers: &HeaderMap) -> HeaderValue {
    static KEY: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
    if let Some(given) = headers.get(REQUEST_ID)
        && (1..=REQUEST_ID_MAX_BYTES).contains(&given.len())
        && given.as_bytes().iter().all(plain)
    {
        return given.clone();
    }
    let count = COUNTER.fetch_add(1, Ordering::Relaxed);
    let id = data_encoding::HEXLOWER.encode(&KEY.hash_one(count).to_be_bytes());
    HeaderValue::from_maybe_shared(Bytes::from(id))
        .unwrap_or_else(|_| HeaderValue::from_static("none"))
}

fn log(method: &Method, path: &str, status: StatusCode, id: &HeaderValue, began: Instant) {
    let id = id.to_str().unwrap_or_default();
    let micros = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
    let status_code = status.as_u16();
    if status.is_server_error() {
        tracing::warn!(%method, path, status = status_code, micros, request_id = id, "request");
    } else if path.starts_with("/api/") && status.is_success() {
        tracing::debug!(%method, path, status = status_code, micros, request_id = id, "request");
    } else {
        tracing::info!(%method, path, status = status_code, micros, request_id = id, "request");
    }
}

fn keep_while_read(response: Response<Body>, exchange: Exchange) -> Response<Body> {
    match response.body().size_hint().exact() {
        Some(0..=WRITTEN_AT_ONCE_BYTES) => response,
        _ => response.map(|body| Body::new(Kept { body, exchange })),
    }
}

/// A body whose exchange is under way until its last frame was taken.
struct Kept {
    body: Body,
    exchange: Exchange,
}

impl HttpBody for Kept {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        self.exchange.touch();
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
