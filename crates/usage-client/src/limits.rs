//! Every limit of this crate, each with its reason. Nothing that a server sends is read without one.

#[cfg(any(feature = "http", feature = "async"))]
use std::time::Duration;

/// A token's file. Real tokens have some dozen bytes; another file named by mistake isn't read whole.
pub(crate) const TOKEN_BYTES: u64 = 16 * 1024;

/// A reply's body, decompressed. Real ones have some hundred bytes; what is beyond is not read.
#[cfg(any(feature = "http", feature = "async"))]
pub(crate) const REPLY_BYTES: usize = 1024 * 1024;

/// How much of an unreadable body an error keeps: enough to recognize a proxy's page.
pub(crate) const ERROR_TEXT_BYTES: usize = 2048;

/// From this length on, a token that a server repeats in an error is hidden there. A shorter one may be a
/// word of the message.
pub(crate) const SECRET_BYTES: usize = 8;

/// Redirects in a row. A moved server needs one or two, a loop has no end.
pub(crate) const REDIRECTS: u8 = 5;

/// Nesting of JSON in a reply, as in Go's decoder.
pub(crate) const JSON_DEPTH: usize = 10_000;

/// The whole exchange, redirects and name lookup too, as in the protocol's library.
#[cfg(any(feature = "http", feature = "async"))]
pub(crate) const WHOLE_TIMEOUT: Duration = Duration::from_secs(60);

/// Until there is a connection, as in the protocol's library.
#[cfg(any(feature = "http", feature = "async"))]
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);

/// Counters, and as many gauges: labels with a user's name in them would otherwise fill the memory.
#[cfg(feature = "metrics")]
pub(crate) const METRIC_SERIES: usize = 512;

/// Histograms, of 10 KiB each.
#[cfg(feature = "metrics")]
pub(crate) const METRIC_HISTOGRAMS: usize = 128;

/// A browser's request: cookies of other programs on loopback come along.
#[cfg(feature = "register")]
pub(crate) const BROWSER_HEAD_BYTES: usize = 32 * 1024;

/// Connections of a browser at once. It opens some ahead.
#[cfg(feature = "register")]
pub(crate) const BROWSER_CONNECTIONS: usize = 16;

/// For a browser's request on this machine.
#[cfg(feature = "register")]
pub(crate) const BROWSER_TIMEOUT: Duration = Duration::from_secs(10);

/// A text that a server wants shown: a code, an address.
#[cfg(feature = "register")]
pub(crate) const SHOWN_BYTES: usize = 2048;
