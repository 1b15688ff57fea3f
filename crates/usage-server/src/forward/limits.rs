//! Limits of forwarding, each with its reason.

use std::time::Duration;

/// Bytes of lines at which a post is full: some thousand points, far below what targets take (InfluxDB 25 MB).
pub(super) const POST_BYTES: usize = 1024 * 1024;

/// Lines of a post: InfluxDB's advice is 5,000 to 10,000; one that is refused is looked for by halves.
pub(super) const POST_LINES: usize = 5_000;

/// For connecting.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// For a whole post. InfluxDB gives up after 10 s by itself; a slow line needs some more for 1 MiB.
pub(super) const POST_TIMEOUT: Duration = Duration::from_secs(30);

/// Of an answer: its error's text.
pub(super) const ANSWER_MAX_BYTES: u64 = 4 * 1024;

/// Of that text, in the log.
pub(super) const SAID_MAX_CHARS: usize = 200;

/// How long a connection is kept for the next post: shorter than the idle timeout of any server or proxy.
pub(super) const IDLE_CONNECTION: Duration = Duration::from_secs(3);

/// The wait after the first failure is drawn from up to this; it doubles with each.
pub(super) const WAIT_BASE: Duration = Duration::from_secs(1);

/// The longest wait to draw from.
pub(super) const WAIT_LONGEST: Duration = Duration::from_secs(5 * 60);

/// No wait is shorter, whatever is drawn: never a tight loop.
pub(super) const WAIT_SHORTEST: Duration = Duration::from_millis(200);

/// The longest `Retry-After` that is believed: a mistake there must not end forwarding.
pub(super) const RETRY_AFTER_MAX: Duration = Duration::from_secs(60 * 60);

/// What a stop waits for a post under way: with the drain of ingest it stays below the 10 s after which
/// supervisors kill.
pub(super) const STOP_TIMEOUT: Duration = Duration::from_secs(1);
