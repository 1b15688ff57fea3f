//! The request: what goes over the wire, to the byte, ready for any transport to carry.

use std::fmt;

use super::{BaseUrl, Token};
use crate::error::TargetError;
use crate::url::{Url, UserInfo};
use crate::wire::json;
use crate::{Error, Saveable, base64, limits};

const TOKEN_HEADER: &str = "X-Authorization";
pub(super) const INSTALL_KEY_HEADER: &str = "X-Install-Key";

/// One header: a name, and a value that need not be text.
pub type Header = (&'static str, Vec<u8>);

/// A POST, complete but for the headers that belong to the transport (`Host`, `Content-Length`).
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    pub(super) url: Url,
    headers: Vec<Header>,
    body: Vec<u8>,
}

impl Request {
    /// Always `POST`.
    pub fn method(&self) -> &'static str {
        "POST"
    }

    /// `http` or `https`.
    pub fn scheme(&self) -> &str {
        if self.url.scheme == b"https" {
            "https"
        } else {
            "http"
        }
    }

    /// `host[:port]`, plain ASCII; IPv6 in brackets.
    pub fn authority(&self) -> String {
        let text = String::from_utf8_lossy(&self.url.host);
        text.strip_suffix(':').unwrap_or(&text).to_owned()
    }

    /// Whether it goes to this machine, where no proxy has a place.
    pub fn is_loopback(&self) -> bool {
        let authority = self.authority();
        let (host, _) = split_port(&authority);
        let host = host.trim_start_matches('[').trim_end_matches(']');
        match host.parse::<std::net::IpAddr>() {
            Ok(address) => address.is_loopback(),
            Err(_) => host.eq_ignore_ascii_case("localhost"),
        }
    }

    /// What stands in the request line: path and query.
    pub fn target(&self) -> String {
        let mut target = self.url.escaped_path();
        if target.is_empty() {
            target.push(b'/');
        }
        if self.url.force_query || !self.url.raw_query.is_empty() {
            target.push(b'?');
            target.extend_from_slice(&self.url.raw_query);
        }
        String::from_utf8_lossy(&target).into_owned()
    }

    /// The headers of the protocol, `X-Authorization` among them: not for logs.
    pub fn headers(&self) -> &[Header] {
        &self.headers
    }

    /// The JSON.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// Scheme, host and port, in the form in which two of them can be compared.
    pub(super) fn origin(&self) -> (&str, String, u16) {
        let authority = self.authority().to_ascii_lowercase();
        let (host, port) = split_port(&authority);
        let usual = if self.scheme() == "https" { 443 } else { 80 };
        (
            self.scheme(),
            host.to_owned(),
            port.parse().unwrap_or(usual),
        )
    }

    /// The token or the install's secret that it carries, where it is long enough to be told from an
    /// everyday word.
    pub(super) fn secret(&self) -> Option<&[u8]> {
        let secret = [TOKEN_HEADER, INSTALL_KEY_HEADER];
        let header = self.headers.iter().find(|(name, _)| secret.contains(name));
        header
            .map(|(_, token)| token.as_slice())
            .filter(|token| token.len() >= limits::SECRET_BYTES)
    }
}

/// `("[::1]", "80")`; no port is `""`.
fn split_port(authority: &str) -> (&str, &str) {
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, port),
        _ => (authority, ""),
    }
}

/// Headers may hold a token, and a URL a password or a token in its query.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = String::from_utf8_lossy(&self.url.escaped_path()).into_owned();
        let names: Vec<_> = self.headers.iter().map(|(name, _)| name).collect();
        f.debug_struct("Request")
            .field(
                "to",
                &format_args!("{}://{}{path}", self.scheme(), self.authority()),
            )
            .field("headers", &names)
            .field("body_bytes", &self.body.len())
            .finish()
    }
}

/// The request that saves `report` at the server of `base`.
///
/// The URL is `{base}/api/v1{path}`, joined plainly as the protocol's library does: a slash at the end of
/// the base stays, and so does a path.
///
/// # Errors
///
/// [`Error::Url`] where the base is no `http` or `https` URL of a host (a query or a fragment has no
/// place in it), [`Error::Path`] where the report's path or product can't be sent, [`Error::Token`],
/// [`Error::Encode`].
pub fn encode<S: Saveable + ?Sized>(
    base: &BaseUrl,
    token: &Token,
    report: &S,
) -> Result<Request, Error> {
    let target = target_url(base, &report.path())?;
    let body = || json::to_vec(report).map_err(Error::Encode);
    post(target, token, Vec::new(), body)
}

/// The request to the API's `path`, with more headers than usual.
pub(super) fn post_to(
    base: &BaseUrl,
    path: &str,
    token: &Token,
    more: Vec<Header>,
    body: Vec<u8>,
) -> Result<Request, Error> {
    post(target_url(base, path)?, token, more, || Ok(body))
}

fn post(
    url: Url,
    token: &Token,
    more: Vec<Header>,
    body: impl FnOnce() -> Result<Vec<u8>, Error>,
) -> Result<Request, Error> {
    let mut headers = vec![
        (
            "User-Agent",
            concat!("usage-client/", env!("CARGO_PKG_VERSION")).into(),
        ),
        ("Content-Type", b"application/json".to_vec()),
    ];
    if let Some(token) = token.header_value()? {
        headers.push((TOKEN_HEADER, token));
    }
    // As Go does, for servers behind a proxy that asks for a password.
    if let Some(user) = &url.user {
        headers.push(("Authorization", basic(user)));
    }
    headers.extend(more);
    let body = body()?;
    Ok(Request { url, headers, body })
}

fn target_url(base: &BaseUrl, path: &str) -> Result<Url, Error> {
    let base = base.as_bytes();
    check_base(base).map_err(Error::Url)?;
    let product = path
        .strip_prefix("/stats/")
        .or(path.strip_prefix("/usage/"));
    if product.is_some_and(|product| product.trim().is_empty()) {
        return Err(Error::Path(TargetError::BlankProduct));
    }
    if path.contains('#') {
        return Err(Error::Path(TargetError::Fragment));
    }
    let whole = [base, b"/api/v1", path.as_bytes()].concat();
    let url = Url::parse(&whole).map_err(|error| Error::Path(error.into()))?;
    // A path is escaped where it must be; a query is sent as it is written.
    if !is_sendable(&url.raw_query) {
        return Err(Error::Path(TargetError::Query));
    }
    Ok(url)
}

pub(super) fn check_base(base: &[u8]) -> Result<(), TargetError> {
    let url = Url::parse(base)?;
    if url.scheme != b"http" && url.scheme != b"https" {
        return Err(TargetError::Scheme);
    }
    if base.contains(&b'?') || base.contains(&b'#') {
        return Err(TargetError::QueryInBase);
    }
    check_host(&url.host)
}

/// Whether a query can stand in a request as it is written. Go would let spaces and quotes through, and
/// break the request line or meet servers that refuse it.
pub(super) fn is_sendable(query: &[u8]) -> bool {
    query
        .iter()
        .all(|byte| byte.is_ascii_graphic() && !b"\"<>".contains(byte))
}

/// A name of letters, digits, `-`, `.` and `_`, or an address; and a port that exists.
pub(super) fn check_host(host: &[u8]) -> Result<(), TargetError> {
    let text = std::str::from_utf8(host).map_err(|_| TargetError::Host)?;
    let (name, port) = split_port(text);
    if !port.is_empty() && port.parse::<u16>().is_err() {
        return Err(TargetError::Port);
    }
    let valid = match name
        .strip_prefix('[')
        .and_then(|name| name.strip_suffix(']'))
    {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
            !name.is_empty() && name.bytes().all(plain)
        }
    };
    if valid {
        Ok(())
    } else {
        Err(TargetError::Host)
    }
}

/// `Basic`, and the base64 of `name:password`.
fn basic(user: &UserInfo) -> Vec<u8> {
    let password = user.password.as_deref().unwrap_or_default();
    let plain = [&user.name, b":".as_slice(), password].concat();
    format!("Basic {}", base64::standard(&plain)).into_bytes()
}
