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

use axum::body::{Body, HttpBody};
use axum::http::{
    HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Version,
};
use bytes::Bytes;
use hyper::body::{Frame, Incoming, SizeHint};
use tracing::Level;

use super::Answer;
use super::connection::Exchange;
use crate::limits::{REQUEST_ID_MAX_BYTES, REQUEST_TIMEOUT};
use crate::log::SLOW;
use crate::request::{Reason, RequestId};
use crate::route::{self, Route};
use crate::watch::{Watch, micros};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The target of requests that took no longer than they may.
const REQUEST: &str = "request";

/// An answer of known length up to this fits the socket's buffer: writing it takes no time.
const WRITTEN_AT_ONCE_BYTES: u64 = 64 * 1024;

pub(super) async fn answer(
    doors: impl Answer,
    request: Request<Incoming>,
    peer: SocketAddr,
    exchange: Exchange,
) -> Result<Response<Body>, Infallible> {
    let began = Instant::now();
    let id = request_id(request.headers());
    let method = request.method().clone();
    let uri = request.uri().clone();
    let mut response = match request.version() {
        // Of HTTP/1.1 the connection watches over its one exchange; here each needs a limit of its own.
        Version::HTTP_2 => Box::pin(within_limit(doors.answer(request, peer, &id))).await,
        _ => doors.answer(request, peer, &id).await,
    };
    log(&method, uri.path(), &response, &id, began, exchange.watch());
    response.headers_mut().insert(REQUEST_ID, id.into_header());
    Ok(keep_while_read(response, exchange))
}

async fn within_limit(answer: impl Future<Output = Response<Body>>) -> Response<Body> {
    let answered = tokio::time::timeout(REQUEST_TIMEOUT, answer).await;
    answered.unwrap_or_else(|_| {
        let mut too_slow = Response::new(Body::empty());
        *too_slow.status_mut() = StatusCode::REQUEST_TIMEOUT;
        too_slow
    })
}

/// A proxy's id where it is short and plain, else one of our own: unguessable and unique, from
/// a keyed hash of a counter.
fn request_id(headers: &HeaderMap) -> RequestId {
    static KEY: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
    let given = headers.get(REQUEST_ID).filter(|given| {
        (1..=REQUEST_ID_MAX_BYTES).contains(&given.len()) && given.as_bytes().iter().all(plain)
    });
    if let Some(given) = given.and_then(|given| RequestId::new(given.clone())) {
        return given;
    }
    let id = KEY.hash_one(COUNTER.fetch_add(1, Ordering::Relaxed));
    let mut digits = [0; 2 * size_of::<u64>()];
    data_encoding::HEXLOWER.encode_mut(&id.to_be_bytes(), &mut digits);
    let id = HeaderValue::from_bytes(&digits).ok();
    id.and_then(RequestId::new).unwrap_or_default()
}

/// One event a request: quiet where all is well and there are many, never quiet where one was slow.
fn log(
    method: &Method,
    path: &str,
    response: &Response<Body>,
    id: &RequestId,
    began: Instant,
    watch: &Watch,
) {
    let (took, route, status) = (began.elapsed(), Route::of(path), response.status());
    watch.requests.answered(route, status.as_u16(), took);
    let refused = response.extensions().get::<Reason>();
    if let Some(Reason(reason)) = refused {
        watch.reports.refused(reason);
    }
    // What stands in here is worked out for events that somebody wants, only.
    macro_rules! event {
        ($level:ident, $target:expr, $message:literal) => {
            tracing::event!(
                target: $target,
                Level::$level,
                %method,
                path = %route::loggable(path),
                route = route.name(),
                status = status.as_u16(),
                refused = refused.map(|Reason(reason)| *reason),
                micros = micros(took),
                request_id = id.text(),
                $message
            )
        };
    }
    if watch.is_slow(took) {
        event!(WARN, SLOW, "slow request");
    } else if status.is_server_error() {
        event!(WARN, REQUEST, "request");
    } else if route.is_for_programs() && status.is_success() {
        event!(DEBUG, REQUEST, "request");
    } else {
        event!(INFO, REQUEST, "request");
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
