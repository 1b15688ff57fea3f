//! What the edge of the server learned of a request, handed on in its extensions. The pages
//! only read it; where it is missing they work without.

use std::net::IpAddr;
use std::sync::Arc;

/// The id that this request has in the log, shown on error pages.
#[derive(Debug, Clone)]
pub(crate) struct RequestId(pub(crate) Arc<str>);

/// Why the API refused a request, in a word, handed back in the answer's extensions: it is counted
/// and logged at the edge.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reason(pub(crate) &'static str);

/// Where the request came from, trusted proxies taken into account. Never stored, never logged.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ClientAddress(pub(crate) IpAddr);
