//! One request and its answer: an id for both, one line in the log, and the connection kept
//! while a long answer is on its way. Never a query string, an address, a token or a body.

use std::convert::Infallible;
use std::hash::{BuildHasher, RandomState};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
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
use crate::request::RequestId;

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
    let uri = request.uri().clone();
    request.extensions_mut().insert(ConnectInfo(peer));
    request.extensions_mut().insert(RequestId(Arc::clone(&id)));
    let mut response = router.call(request).await?;
    log(&method, uri.path(), response.status(), &id, began);
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    Ok(keep_while_read(response, exchange))
}

/// A proxy's id where it is short and plain, else one of our own: unguessable and unique, from
/// a keyed hash of a counter.
fn request_id(headers: &HeaderMap) -> Arc<str> {
    static KEY: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    if let Some(given) = headers.get(REQUEST_ID).and_then(|id| id.to_str().ok())
        && (1..=REQUEST_ID_MAX_BYTES).contains(&given.len())
        && given
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    {
        return Arc::from(given);
    }
    let id = KEY.hash_one(COUNTER.fetch_add(1, Ordering::Relaxed));
    data_encoding::HEXLOWER.encode(&id.to_be_bytes()).into()
}

/// One event a request: quiet where all is well and there are many.
fn log(method: &Method, path: &str, status: StatusCode, id: &str, began: Instant) {
    macro_rules! event {
        ($level:ident) => {
            tracing::$level!(
                %method,
                path,
                status = status.as_u16(),
                micros = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX),
                request_id = id,
                "request"
            )
        };
    }
    let by_machines = path.starts_with("/api/") || matches!(path, "/healthz" | "/readyz");
    if status.is_server_error() {
        event!(warn);
    } else if by_machines && status.is_success() {
        event!(debug);
    } else {
        event!(info);
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
