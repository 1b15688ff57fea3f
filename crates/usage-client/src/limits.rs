//! Every limit of this crate, each with its reason. Nothing that a server sends is read without one.

use std::time::Duration;

/// A reply's body, decompressed. Real ones have some hundred bytes; what is beyond is not read.
#[cfg(feature = "http")]
pub(crate) const REPLY_BYTES: usize = 1024 * 1024;

/// How much of an unreadable body an error keeps: enough to recognize a proxy's page.
pub(crate) const ERROR_TEXT_BYTES: usize = 2048;

/// Redirects in a row. A moved server needs one or two, a loop has no end.
pub(crate) const REDIRECTS: u8 = 5;

/// Nesting of JSON in a reply, as in Go's decoder.
pub(crate) const JSON_DEPTH: usize = 10_000;

/// The longest that a server may keep us from reporting: beyond it, it would be switching us off.
pub(crate) const NEXT_REPORT_IN: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// The whole exchange, redirects and name lookup too, as in the protocol's library.
#[cfg(feature = "http")]
pub(crate) const WHOLE_TIMEOUT: Duration = Duration::from_secs(60);

/// Until there is a connection, as in the protocol's library.
#[cfg(feature = "http")]
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);
