//! The listener: accepts connections within a bound, serves HTTP/1.1 and HTTP/2 (prior
//! knowledge) on them, and stops gracefully. Knows nothing of what is served.

mod connection;
mod exchange;
mod signal;

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;

use axum::Router;
use hyper_util::rt::TokioExecutor;
use hyper_util::server::conn::auto::Builder;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};

pub(crate) use signal::told_to_stop;

use crate::limits::{
    ACCEPT_PAUSE, CONNECTIONS_MAX, DRAIN_TIMEOUT, HEADERS_MAX_BYTES, HTTP2_STREAMS_MAX,
};
use crate::watch::Watch;

/// Serves until `shutdown` is ready; then accepts no more, lets requests under way finish
/// (within a bound), and returns.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    watch: Arc<Watch>,
    shutdown: impl Future<Output = ()>,
) {
    let protocol = Arc::new(protocol());
    let slots = Arc::new(Semaphore::new(CONNECTIONS_MAX as usize));
    watch.requests.connections_may_be(CONNECTIONS_MAX as usize);
    let (stop, stopping) = watch::channel(false);
    let mut shutdown = pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            biased;
            () = &mut shutdown => break,
            accepted = accept(&listener, &slots, &watch) => accepted,
        };
        let Some((stream, peer, slot)) = accepted else {
            tokio::time::sleep(ACCEPT_PAUSE).await;
            continue;
        };
        let protocol = Arc::clone(&protocol);
        let router = router.clone();
        let stopping = stopping.clone();
        let watch = Arc::clone(&watch);
        tokio::spawn(async move {
            connection::serve(&protocol, stream, peer, router, watch, stopping).await;
            drop(slot);
        });
    }
    drop(listener);
    // Ignored where every connection is gone already.
    let _ = stop.send(true);
    let all_ended = slots.acquire_many(CONNECTIONS_MAX);
    if tokio::time::timeout(DRAIN_TIMEOUT, all_ended)
        .await
        .is_err()
    {
        tracing::warn!("stopped with requests still under way");
    }
}

type Accepted = (
    tokio::net::TcpStream,
    std::net::SocketAddr,
    tokio::sync::OwnedSemaphorePermit,
);

/// The next connection, once there is a slot for it; `None` when accepting failed and should
/// be tried again a little later.
async fn accept(listener: &TcpListener, slots: &Arc<Semaphore>, watch: &Watch) -> Option<Accepted> {
    let slot = Arc::clone(slots).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, peer)) => {
            // Answers are small and written whole; waiting for more of them only adds latency.
            if let Err(cause) = stream.set_nodelay(true) {
                tracing::debug!(%cause, "a connection was gone before it was served");
            }
            Some((stream, peer, slot))
        }
        Err(cause) => {
            watch.requests.connection_refused();
            tracing::warn!(%cause, "a connection could not be accepted");
            None
        }
    }
}

/// No timer of hyper's: `connection` watches over every connection with one of its own.
fn protocol() -> Builder<TokioExecutor> {
    let mut protocol = Builder::new(TokioExecutor::new());
    protocol.http1().max_buf_size(HEADERS_MAX_BYTES);
    protocol
        .http2()
        .max_header_list_size(HEADERS_MAX_BYTES as u32)
        .max_concurrent_streams(HTTP2_STREAMS_MAX);
    protocol
}
