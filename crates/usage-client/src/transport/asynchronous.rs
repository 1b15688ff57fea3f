//! The asynchronous client, on reqwest: the core's requests out, replies back, within a time.

use std::fmt;
use std::time::{Duration, Instant, SystemTime};

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Proxy, Url};
use rustls::RootCertStore;

use super::tls;
use crate::core::{Exchange, RawReply, Request, Step, UnixMillis};
use crate::error::TransportError;
use crate::{Client, Error, Reply, Saveable, limits};

/// A [`Client`] that doesn't block: the same requests, replies, consent and limits, awaited on any tokio
/// runtime with I/O and time enabled.
///
/// ```no_run
/// use usage_client::{AsyncClient, Client, Server};
///
/// # async fn report() -> Result<(), usage_client::Error> {
/// let client = AsyncClient::new(
///     Client::new("token-goes-here").with_url("https://usage.example.com"),
/// );
/// client.save(&Server::new("jambox", "1.0").cluster_id("clus1")).await?;
/// # Ok(())
/// # }
/// ```
///
/// The proxy comes from the environment, or on Windows and Apple's systems from its settings, unless set
/// here; none is used for loopback.
#[derive(Clone)]
pub struct AsyncClient {
    client: Client,
    connect_timeout: Duration,
    proxy: Option<Proxy>,
    authorities: Option<RootCertStore>,
}

impl AsyncClient {
    /// With the settings of `client`. A blocking transport's own, such as its proxy, are not taken over.
    pub fn new(client: Client) -> Self {
        Self {
            client,
            connect_timeout: limits::CONNECT_TIMEOUT,
            proxy: None,
            authorities: None,
        }
    }

    /// The settings, for previews and registration URLs.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Sets how long connecting may take: 30 s if not set.
    #[must_use]
    pub fn with_connect_timeout(mut self, connect: Duration) -> Self {
        self.connect_timeout = connect;
        self
    }

    /// Sets the proxy, such as `http://user:password@proxy.example.com:3128`, instead of the
    /// environment's.
    ///
    /// # Errors
    ///
    /// Where this is no proxy's address. The text doesn't repeat it: it may hold a password.
    pub fn with_proxy(mut self, url: &str) -> Result<Self, TransportError> {
        let unusable = |_| TransportError::new("the proxy's address can't be used");
        self.proxy = Some(Proxy::all(url).map_err(unusable)?);
        Ok(self)
    }

    /// Trusts the certificate authorities of this PEM text, and no others.
    ///
    /// # Errors
    ///
    /// Where there is no certificate in it.
    pub fn with_authorities(mut self, pem: &[u8]) -> Result<Self, TransportError> {
        let found = tls::authorities(pem)
            .ok_or_else(|| TransportError::new("there is no certificate in this PEM text"))?;
        self.authorities = Some(found);
        Ok(self)
    }

    /// Sends `report` and waits for the answer, as the blocking `Client::save` does.
    ///
    /// Dropping the future gives up: the report may have arrived all the same.
    ///
    /// # Errors
    ///
    /// Every variant of [`Error`] but `Registration`.
    pub async fn save<S: Saveable + ?Sized>(&self, report: &S) -> Result<Reply, Error> {
        let mut exchange = Exchange::new(self.client.prepare(report)?);
        let start = Instant::now();
        loop {
            let left = self.client.timeout().saturating_sub(start.elapsed());
            if left.is_zero() {
                return Err(Error::Transport(TransportError::timed_out("no time left")));
            }
            let reply = self.send(exchange.request(), left).await;
            let received = UnixMillis::from(SystemTime::now());
            let reply = reply.map_err(Error::Transport)?.with_received_at(received);
            if let Step::Done(reply) = exchange.on_reply(reply)? {
                return Ok(reply);
            }
        }
    }

    async fn send(&self, request: &Request, timeout: Duration) -> Result<RawReply, TransportError> {
        let response = self
            .http(request)?
            .post(url_of(request)?)
            .headers(headers_of(request)?)
            .body(request.body().to_vec())
            .timeout(timeout)
            .send()
            .await;
        let mut response = response.map_err(failed)?;
        let mut reply = RawReply::new(response.status().as_u16());
        for (name, value) in response.headers() {
            reply = reply.with_header(name.as_str(), value.as_bytes());
        }
        // A body that breaks off, or takes too long, doesn't undo the status: what came is kept, and the
        // core says whether it suffices.
        let mut bytes = Vec::new();
        while let Ok(Some(chunk)) = response.chunk().await {
            bytes.extend_from_slice(&chunk);
            if bytes.len() >= limits::REPLY_BYTES {
                bytes.truncate(limits::REPLY_BYTES);
                break;
            }
        }
        Ok(reply.with_body(bytes))
    }

    /// A connection of its own for each request, that doesn't stay open: the next report is hours away.
    fn http(&self, request: &Request) -> Result<reqwest::Client, TransportError> {
        let tls = match &self.authorities {
            Some(authorities) => tls::trusting(authorities.clone()),
            None => tls::trusting_machine(),
        };
        let mut builder = reqwest::Client::builder()
            .tls_backend_preconfigured(tls.map_err(TransportError::new)?)
            .connect_timeout(self.connect_timeout)
            .redirect(Policy::none())
            .referer(false)
            .pool_max_idle_per_host(0)
            .http1_only();
        if request.is_loopback() {
            builder = builder.no_proxy();
        } else if let Some(proxy) = &self.proxy {
            builder = builder.no_proxy().proxy(proxy.clone());
        }
        builder.build().map_err(failed)
    }
}

/// reqwest's URL type rewrites some paths, such as those with `..`. What was previewed is sent, or nothing.
fn url_of(request: &Request) -> Result<Url, TransportError> {
    let target = request.target();
    let whole = format!("{}://{}{target}", request.scheme(), request.authority());
    let url = Url::parse(&whole).map_err(TransportError::new)?;
    let mut rewritten = url.path().to_owned();
    if let Some(query) = url.query() {
        rewritten = rewritten + "?" + query;
    }
    if rewritten != target {
        return Err(TransportError::new(
            "the asynchronous transport can't send this path unchanged: use a product without .. and '",
        ));
    }
    Ok(url)
}

fn headers_of(request: &Request) -> Result<HeaderMap, TransportError> {
    let mut headers = HeaderMap::new();
    for (name, value) in request.headers() {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(TransportError::new)?;
        let value = HeaderValue::from_bytes(value).map_err(TransportError::new)?;
        headers.append(name, value);
    }
    Ok(headers)
}

/// With the causes, as reqwest's own text names none; without the URL, which may hold a secret.
fn failed(error: reqwest::Error) -> TransportError {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    if error.is_timeout() {
        TransportError::timed_out(text)
    } else {
        TransportError::new(text)
    }
}

/// Without the token.
impl fmt::Debug for AsyncClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsyncClient")
            .field("client", &self.client)
            .field("connect_timeout", &self.connect_timeout)
            .field("has_proxy", &self.proxy.is_some())
            .finish_non_exhaustive()
    }
}
