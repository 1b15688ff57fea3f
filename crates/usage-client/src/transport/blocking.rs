//! The default transport, on ureq: a request out, a reply back, within a time.

use std::io::Read;
use std::time::Duration;

use ureq::http;
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};

use super::Transport;
use crate::core::{RawReply, Request};
use crate::error::TransportError;
use crate::limits;

/// The default transport: HTTP/1.1 on ureq, TLS by rustls with the machine's certificate authorities.
///
/// The proxy comes from `ALL_PROXY`, `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`, unless set here; none is
/// used for loopback.
#[derive(Clone, Debug)]
pub struct Blocking {
    connect_timeout: Duration,
    proxy: Option<ureq::Proxy>,
    authorities: Option<RootCerts>,
}

impl Default for Blocking {
    fn default() -> Self {
        Self {
            connect_timeout: limits::CONNECT_TIMEOUT,
            proxy: None,
            authorities: None,
        }
    }
}

impl Blocking {
    /// The usual settings.
    pub fn new() -> Self {
        Self::default()
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
        self.proxy = Some(ureq::Proxy::new(url).map_err(unusable)?);
        Ok(self)
    }

    /// Trusts the certificate authorities of this PEM text, and no others.
    ///
    /// # Errors
    ///
    /// Where there is no certificate in it.
    pub fn with_authorities(mut self, pem: &[u8]) -> Result<Self, TransportError> {
        let found = authorities(pem)
            .ok_or_else(|| TransportError::new("there is no certificate in this PEM text"))?;
        self.authorities = Some(found);
        Ok(self)
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
        } else if let Some(proxy) = &self.proxy {
            config = config.proxy(Some(proxy.clone()));
        }
        if request.scheme() == "https" {
            let authorities = self.authorities.clone().unwrap_or_else(trusted);
            let tls = TlsConfig::builder().root_certs(authorities).build();
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

impl Transport for Blocking {
    fn exchange(&self, request: &Request, timeout: Duration) -> Result<RawReply, TransportError> {
        self.send(request, timeout).map_err(|error| match error {
            ureq::Error::Timeout(_) => TransportError::timed_out(error),
            _ => TransportError::new(error),
        })
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

#[cfg(any(windows, target_vendor = "apple"))]
fn trusted() -> RootCerts {
    RootCerts::PlatformVerifier
}

/// The machine's, read once.
#[cfg(not(any(windows, target_vendor = "apple")))]
fn trusted() -> RootCerts {
    static TRUSTED: std::sync::OnceLock<RootCerts> = std::sync::OnceLock::new();
    TRUSTED
        .get_or_init(|| super::roots::of_machine(authorities).unwrap_or(RootCerts::WebPki))
        .clone()
}

/// A PEM text's certificates, if there are any.
fn authorities(pem: &[u8]) -> Option<RootCerts> {
    let certificates: Vec<_> = parse_pem(pem)
        .filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate),
            _ => None,
        })
        .collect();
    (!certificates.is_empty()).then(|| RootCerts::from(certificates))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_without_certificates_is_no_authority() {
        assert!(Blocking::new().with_authorities(b"").is_err());
        assert!(Blocking::new().with_authorities(b"[package]").is_err());
    }
}
