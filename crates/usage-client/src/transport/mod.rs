//! Transports carry the core's requests and bring back replies. What either means is the core's business.

#[cfg(feature = "async")]
mod asynchronous;
#[cfg(feature = "http")]
mod blocking;
#[cfg(all(
    any(feature = "http", feature = "async"),
    not(any(windows, target_vendor = "apple"))
))]
mod roots;
#[cfg(feature = "async")]
mod tls;

use std::time::Duration;

#[cfg(feature = "async")]
pub use asynchronous::AsyncClient;
#[cfg(feature = "http")]
pub use blocking::Blocking;

use crate::TransportError;
use crate::core::{RawReply, Request};

/// Carries one request to its server and brings back the reply: blocking, and from any thread.
///
/// The default is `Blocking` (feature `http`); plug in your own with
/// `Client::with_transport`
/// or `ReporterBuilder::transport`.
///
/// ```
/// use std::time::Duration;
/// use usage_client::core::{RawReply, Request};
/// use usage_client::{Transport, TransportError};
///
/// /// Answers everything with 201: for tests.
/// struct Yes;
///
/// impl Transport for Yes {
///     fn exchange(&self, _: &Request, _: Duration) -> Result<RawReply, TransportError> {
///         Ok(RawReply::new(201))
///     }
/// }
/// ```
pub trait Transport: Send + Sync {
    /// Sends `request` as it is, once, and returns what came back: no retries, no redirects followed, every
    /// status a reply. A body that breaks off is given as far as it came.
    ///
    /// `timeout` is for all of it, name lookup too. Who takes longer is not waited for by a `Reporter`, but
    /// makes a [`Client`](crate::Client) wait.
    ///
    /// # Errors
    ///
    /// Where there was no reply.
    fn exchange(&self, request: &Request, timeout: Duration) -> Result<RawReply, TransportError>;
}

impl<T: Transport + ?Sized> Transport for std::sync::Arc<T> {
    fn exchange(&self, request: &Request, timeout: Duration) -> Result<RawReply, TransportError> {
        (**self).exchange(request, timeout)
    }
}

/// Sends until there is an answer: the loop around the core that all blocking transports share. `timeout`
/// is one for all of it.
#[cfg(feature = "http")]
pub(crate) fn carry(
    transport: &dyn Transport,
    request: Request,
    timeout: Duration,
) -> Result<crate::Reply, crate::Error> {
    use std::time::{Instant, SystemTime};

    use crate::Error;
    use crate::core::{Exchange, Step, UnixMillis};

    let mut exchange = Exchange::new(request);
    let start = Instant::now();
    loop {
        let left = timeout.saturating_sub(start.elapsed());
        if left.is_zero() {
            return Err(Error::Transport(TransportError::timed_out("no time left")));
        }
        let reply = transport
            .exchange(exchange.request(), left)
            .map_err(Error::Transport)?;
        let received = UnixMillis::from(SystemTime::now());
        if let Step::Done(reply) = exchange.on_reply(reply.with_received_at(received))? {
            return Ok(reply);
        }
    }
}
