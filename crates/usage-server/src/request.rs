//! What the edge of the server learned of a request, handed on in its extensions. The pages
//! only read it; where it is missing they work without.

use std::net::IpAddr;

use axum::http::HeaderValue;

/// The id that this request has in the log, shown on error pages.
#[derive(Debug, Clone)]
pub(crate) struct RequestId(HeaderValue);

impl Default for RequestId {
    fn default() -> RequestId {
        RequestId(HeaderValue::from_static("none"))
    }
}

impl RequestId {
    /// Of plain text; `None` for anything else.
    pub(crate) fn new(id: HeaderValue) -> Option<RequestId> {
        id.to_str().is_ok().then_some(RequestId(id))
    }

    /// As it stands in the log.
    pub(crate) fn text(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }

    /// As it stands in the answer's headers.
    pub(crate) fn into_header(self) -> HeaderValue {
        self.0
    }
}

/// Why the API refused a request, in a word, handed back in the answer's extensions: it is counted
/// and logged at the edge.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reason(pub(crate) &'static str);

/// Where the request came from, trusted proxies taken into account. Never stored, never logged.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ClientAddress(pub(crate) IpAddr);
