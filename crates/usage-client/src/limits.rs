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

/// Advisories read out of a reply: more than anybody shows.
pub(crate) const ADVISORIES: usize = 100;

/// A text of an advisory: some lines of a terminal. The rest is cut off.
pub(crate) const ADVISORY_TEXT_CHARS: usize = 500;

/// An advisory's address. A longer one is left out, as half of it leads nowhere.
pub(crate) const ADVISORY_LINK_BYTES: usize = 2048;

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
/// Reports that `Reporter::save` has queued and its thread has not yet taken: the
/// thread takes them at once, unless a hook of the product's holds it up.
#[cfg(feature = "http")]
pub(crate) const QUEUED_REPORTS: usize = 256;

/// From then on a report that a process was sending may be sent by another: it must have died. Longer than
/// any exchange.
#[cfg(feature = "http")]
pub(crate) const CLAIM: Duration = Duration::from_secs(10 * 60);

/// Broken spool files kept for a person to look at.
#[cfg(feature = "http")]
pub(crate) const CORRUPT_FILES: usize = 10;

/// The longest sleep of a reporter's thread: consent, tokens, and a clock that jumped are seen at the
/// latest then.
#[cfg(feature = "http")]
pub(crate) const NAP: Duration = Duration::from_secs(10 * 60);

/// How much longer than its timeout an exchange may take before nobody waits for it.
#[cfg(feature = "http")]
pub(crate) const EXCHANGE_GRACE: Duration = Duration::from_secs(5);

/// The longest timeout of a reporter's exchange: well within [`CLAIM`].
#[cfg(feature = "http")]
pub(crate) const LONGEST_TIMEOUT: Duration = Duration::from_secs(5 * 60);

/// What a shutdown keeps of its time for the disk, at most.
#[cfg(feature = "http")]
pub(crate) const LAST_WRITES: Duration = Duration::from_millis(250);

/// The thread keeps to the time it is given; its answer may take a little longer on a busy machine.
#[cfg(feature = "http")]
pub(crate) const ANSWER_GRACE: Duration = Duration::from_secs(1);

/// For the thread's answer to a question that needs no network. A hook may be at work.
#[cfg(feature = "http")]
pub(crate) const ASK: Duration = Duration::from_secs(10);

/// For callers who would wait forever.
#[cfg(feature = "http")]
pub(crate) const FOREVER: Duration = Duration::from_secs(365 * 86_400);

/// The shortest interval of stats: the server takes ten reports a second from an address at most.
#[cfg(feature = "http")]
pub(crate) const STATS_INTERVAL: Duration = Duration::from_secs(1);

/// Small files of ours: a larger one isn't ours.
#[cfg(feature = "http")]
pub(crate) const STATE_BYTES: u64 = 1024 * 1024;
