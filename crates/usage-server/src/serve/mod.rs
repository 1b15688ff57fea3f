//! The listener: accepts connections within a bound, serves HTTP/1.1 and HTTP/2 (prior
//! knowledge) on them, and stops gracefully. Knows nothing of what is served.
//!
//! What hyper answers by itself passes none of our handlers: 431 to a head that is too large or has more
//! than 100 headers, 400 to bytes that are no HTTP. `worded.rs` gives it a text.

mod connection;
mod descriptors;
mod exchange;
mod signal;
mod slots;
mod worded;

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Request, Response};
use hyper::body::Incoming;
use hyper_util::rt::TokioExecutor;
use hyper_util::server::conn::auto::Builder;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tower::Service;

pub(crate) use descriptors::connections_max;
pub(crate) use signal::told_to_stop;

use crate::limits::{
    ACCEPT_PAUSE, CONNECTIONS_WAITING_MAX, DRAIN_TIMEOUT, HEADERS_MAX_BYTES,
    HTTP2_SEND_BUFFER_MAX_BYTES, HTTP2_STREAMS_MAX,
};
use crate::request::RequestId;
use crate::watch::Watch;
use connection::Activity;
use slots::Slots;

/// What is served.
pub(crate) trait Answer: Clone + Send + Sync + 'static {
    /// The answer to a request of this peer.
    fn answer(
        &self,
        request: Request<Incoming>,
        peer: SocketAddr,
        id: &RequestId,
    ) -> impl Future<Output = Response<Body>> + Send;
}

impl Answer for Router {
    async fn answer(
        &self,
        request: Request<Incoming>,
        peer: SocketAddr,
        id: &RequestId,
    ) -> Response<Body> {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        request.extensions_mut().insert(id.clone());
        let answer: Result<_, Infallible> = self.clone().call(request).await;
        match answer {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }
}

/// Serves until `shutdown` is ready; then accepts no more, lets requests under way finish
/// (within a bound), and returns. No more than `connections_max` at once.
pub(crate) async fn serve(
    listener: TcpListener,
    doors: impl Answer,
    connections_max: usize,
    watch: Arc<Watch>,
    shutdown: impl Future<Output = ()>,
) {
    let protocol = Arc::new(protocol());
    let slots = Slots::new(connections_max);
    watch.requests.connections_may_be(connections_max);
    let (stop, stopping) = watch::channel(false);
    let mut shutdown = pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            biased;
            () = &mut shutdown => break,
            accepted = accept(&listener, &watch) => accepted,
        };
        if accepted.is_none() || slots.are_taken() {
            let closed = slots.close_some();
            tracing::debug!(closed, "closed connections that others need the room of");
            // Their tasks have their turn, and their sockets are gone.
            tokio::task::yield_now().await;
        }
        let Some((stream, peer)) = accepted else {
            tokio::time::sleep(ACCEPT_PAUSE).await;
            continue;
        };
        let protocol = Arc::clone(&protocol);
        let doors = doors.clone();
        let stopping = stopping.clone();
        let activity = Arc::new(Activity::new(Arc::clone(&watch)));
        let slot = slots.take(&activity);
        let id = slot.id();
        let served = tokio::spawn(async move {
            connection::serve(&protocol, stream, peer, doors, activity, stopping).await;
            drop(slot);
        });
        slots.served_by(id, served.abort_handle());
    }
    drop(listener);
    // Ignored where every connection is gone already.
    let _ = stop.send(true);
    if tokio::time::timeout(DRAIN_TIMEOUT, slots.all_left())
        .await
        .is_err()
    {
        tracing::warn!("stopped with requests still under way");
    }
}

/// Listens on an address, with room for a fleet that comes back all at once.
pub(crate) fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // A restart needs the address whose old connections are still being closed. On Windows it
    // would mean something else.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(CONNECTIONS_WAITING_MAX)
}

/// The next connection; `None` when accepting failed and should be tried again a little later.
async fn accept(listener: &TcpListener, watch: &Watch) -> Option<(TcpStream, SocketAddr)> {
    match listener.accept().await {
        Ok((stream, peer)) => {
            // Answers are small and written whole; waiting for more of them only adds latency.
            if let Err(cause) = stream.set_nodelay(true) {
                tracing::debug!(%cause, "a connection was gone before it was served");
            }
            Some((stream, peer))
        }
        Err(cause) => {
            watch.requests.connection_refused();
            tracing::warn!(%cause, "a connection could not be accepted");
            None
        }
    }
}

/// No timer of hyper's: `connection` watches over every connection with one of its own. Against
/// streams that are reset at once, and heads in endless pieces, h2 has bounds of its own, which stay as
/// they are.
fn protocol() -> Builder<TokioExecutor> {
    let mut protocol = Builder::new(TokioExecutor::new());
    protocol
        .http1()
        .max_buf_size(HEADERS_MAX_BYTES)
        // Most answers are a few bytes: copied behind their head, they cost less than a second buffer in
        // a vectored write.
        .writev(false)
        // Who has sent all and shut that half still wants the answer. Looking out for that would also take
        // a new buffer for each request, as the old one still holds its head.
        .half_close(true);
    protocol
        .http2()
        .max_header_list_size(HEADERS_MAX_BYTES as u32)
        .max_concurrent_streams(HTTP2_STREAMS_MAX)
        .max_send_buf_size(HTTP2_SEND_BUFFER_MAX_BYTES);
    protocol
}
