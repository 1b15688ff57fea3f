//! The blocking transport, on ureq: a request out, a reply back, within a time.

use std::io::Read;
use std::time::{Duration, Instant};

use ureq::http;
use ureq::tls::TlsConfig;

use super::roots;
use crate::core::{Exchange, RawReply, Request, Step};
use crate::error::TransportError;
use crate::{Error, Reply, limits};

#[derive(Clone, Debug)]
pub(crate) struct Blocking {
    whole_timeout: Duration,
    connect_timeout: Duration,
}

impl Default for Blocking {
    fn default() -> Self {
        Self {
            whole_timeout: limits::WHOLE_TIMEOUT,
            connect_timeout: limits::CONNECT_TIMEOUT,
        }
    }
}

impl Blocking {
    pub(crate) fn with_whole_timeout(mut self, timeout: Duration) -> Self {
        self.whole_timeout = timeout;
        self
    }

    pub(crate) fn with_connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// Sends until there is an answer. The time is one for all of it.
    pub(crate) fn run(&self, exchange: &mut Exchange) -> Result<Reply, Error> {
        let start = Instant::now();
        loop {
            let left = self.whole_timeout.saturating_sub(start.elapsed());
            if left.is_zero() {
                return Err(Error::Transport(TransportError::timed_out("no time left")));
            }
            let reply = self
                .send(exchange.request(), left)
                .map_err(transport_error)?;
            if let Step::Done(reply) = exchange.on_reply(reply)? {
                return Ok(reply);
            }
        }
    }

    /// An agent of its own for each request, so that no connection stays open: the next report is hours
    /// away, and one sent into a connection that the server has closed by then would be lost.
    fn send(&self, request: &Request, timeout: Duration) -> Result<RawReply, ureq::Error> {
        let mut config = ureq::Agent::config_builder()
            .timeout_global(Some(timeout))
            .timeout_connect(Some(self.connect_timeout))
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .max_idle_connections(0)
            .user_agent(ureq::config::AutoHeaderValue::None)
            .accept(ureq::config::AutoHeaderValue::None);
        if request.is_loopback() {
            config = config.proxy(None);
        }
        if request.scheme() == "https" {
            let tls = TlsConfig::builder().root_certs(roots::trusted()).build();
            config = config.tls_config(tls);
        }
        let response = config.build().new_agent().run(to_http(request)?)?;

        let (head, body) = response.into_parts();
        let mut reply = RawReply::new(head.status.as_u16());
        for (name, value) in &head.headers {
            reply = reply.with_header(name.as_str(), value.as_bytes());
        }
        // A body that breaks off, or takes too long, doesn't undo the status: what came is kept, and the
        // core says whether it suffices.
        let mut bytes = Vec::new();
        let _ = body
            .into_reader()
            .take(limits::REPLY_BYTES as u64)
            .read_to_end(&mut bytes);
        Ok(reply.with_body(bytes))
    }
}

fn to_http(request: &Request) -> Result<http::Request<&[u8]>, ureq::Error> {
    let uri = http::Uri::builder()
        .scheme(request.scheme())
        .authority(request.authority())
        .path_and_query(request.target())
        .build()?;
    let mut builder = http::Request::builder().method(request.method()).uri(uri);
    for (name, value) in request.headers() {
        builder = builder.header(*name, value.as_slice());
    }
    Ok(builder.body(request.body())?)
}

fn transport_error(error: ureq::Error) -> Error {
    Error::Transport(match error {
        ureq::Error::Timeout(_) => TransportError::timed_out(error),
        _ => TransportError::new(error),
    })
}
