//! One connection, and the watch over it: a connection on which nothing happens for too long
//! is closed, whatever it was in the middle of. One timer a connection, armed anew only when
//! it rings: a request costs two clock readings and no timer.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::Instant;

use super::worded::Worded;
use super::{Answer, exchange};
use crate::limits::{IDLE_TIMEOUT, REQUEST_HEAD_START, REQUEST_TIMEOUT, STOP_HEAD_TIMEOUT};
use crate::watch::Watch;

/// Serves a connection to its end.
pub(super) async fn serve(
    protocol: &Builder<TokioExecutor>,
    stream: TcpStream,
    peer: SocketAddr,
    doors: impl Answer,
    activity: Arc<Activity>,
    mut stopping: watch::Receiver<bool>,
) {
    let service = {
        let activity = Arc::clone(&activity);
        service_fn(move |request| {
            exchange::answer(doors.clone(), request, peer, Activity::begin(&activity))
        })
    };
    let socket = TokioIo::new(Worded::new(stream, Arc::clone(&activity)));
    let mut connection = pin!(protocol.serve_connection(socket, service));
    let mut alarm = pin!(tokio::time::sleep(REQUEST_TIMEOUT));
    let mut stop = pin!(stopping.wait_for(|stop| *stop));
    let mut told = false;
    loop {
        tokio::select! {
            biased;
            ended = &mut connection => {
                if let Err(cause) = ended {
                    tracing::trace!(%cause, "a connection ended early");
                }
                return;
            }
            _ = &mut stop, if !told => {
                told = true;
                connection.as_mut().graceful_shutdown();
                alarm.as_mut().reset(Instant::now() + STOP_HEAD_TIMEOUT);
            }
            () = &mut alarm => {
                let patience = activity.patience();
                if patience.is_zero() || (told && !activity.is_busy()) {
                    return;
                }
                // A request that begins just now must not outstay its time either.
                alarm.as_mut().reset(Instant::now() + patience.min(REQUEST_TIMEOUT));
            }
        }
    }
}

/// What happens on a connection.
pub(super) struct Activity {
    watch: Arc<Watch>,
    opened: Instant,
    under_way: AtomicUsize,
    /// When a request last began, moved on or ended: milliseconds since `opened`.
    last_millis: AtomicU64,
}

/// A request under way.
pub(super) struct Exchange(Arc<Activity>);

impl Activity {
    pub(super) fn new(watch: Arc<Watch>) -> Activity {
        watch.requests.connection_began();
        Activity {
            watch,
            opened: Instant::now(),
            under_way: AtomicUsize::new(0),
            last_millis: AtomicU64::new(0),
        }
    }

    fn begin(activity: &Arc<Activity>) -> Exchange {
        activity.under_way.fetch_add(1, Ordering::Relaxed);
        activity.watch.requests.began();
        activity.touch();
        Exchange(Arc::clone(activity))
    }

    fn touch(&self) {
        self.last_millis.store(self.millis(), Ordering::Relaxed);
    }

    fn millis(&self) -> u64 {
        u64::try_from(self.opened.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Whether a request is under way.
    pub(super) fn is_busy(&self) -> bool {
        self.under_way.load(Ordering::Relaxed) > 0
    }

    /// For how long nothing has happened. A request under way has some time for itself: what has just
    /// been accepted must outlive a body that doesn't come, but not a commit.
    pub(super) fn idleness(&self) -> Duration {
        match self.is_busy() {
            true => self.still().saturating_sub(REQUEST_HEAD_START),
            false => self.still(),
        }
    }

    fn still(&self) -> Duration {
        let last_millis = self.last_millis.load(Ordering::Relaxed);
        Duration::from_millis(self.millis().saturating_sub(last_millis))
    }

    /// How much longer the connection may stay as it is; zero when it must go.
    fn patience(&self) -> Duration {
        let allowed = if self.is_busy() {
            REQUEST_TIMEOUT
        } else {
            IDLE_TIMEOUT
        };
        allowed.saturating_sub(self.still())
    }
}

impl Drop for Activity {
    fn drop(&mut self) {
        self.watch.requests.connection_ended();
    }
}

impl Exchange {
    /// Where requests are counted.
    pub(super) fn watch(&self) -> &Watch {
        &self.0.watch
    }

    /// The request moved on: a long answer is being read.
    pub(super) fn touch(&self) {
        self.0.touch();
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, Ordering::Relaxed);
        self.0.watch.requests.ended();
        self.0.touch();
    }
}
