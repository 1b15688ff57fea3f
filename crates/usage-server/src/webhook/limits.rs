//! Limits of webhooks, each with its reason. Those of what waits are the store's.

use std::time::Duration;

/// For connecting, the name's look-up included.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// For a whole post: a receiver is to take a message and work on it later.
pub(super) const POST_TIMEOUT: Duration = Duration::from_secs(15);

/// Of an answer's head. Its body is not read.
pub(super) const ANSWER_HEAD_MAX_BYTES: usize = 16 * 1024;

/// After each failed attempt of a message, until the next: some 32 hours, so that a night and a day are bridged.
pub(super) const WAITS: [Duration; 8] = [
    Duration::from_secs(10),
    Duration::from_secs(60),
    Duration::from_secs(5 * 60),
    Duration::from_secs(30 * 60),
    Duration::from_secs(2 * 3_600),
    Duration::from_secs(5 * 3_600),
    Duration::from_secs(10 * 3_600),
    Duration::from_secs(14 * 3_600),
];

/// A message is given up after this, however often it was tried: what is older is no news.
pub(super) const GIVE_UP_AFTER_HOURS: i64 = 72;

/// A webhook that failed rests, whatever waits for it: doubled with each failure in a row.
pub(super) const REST_BASE: Duration = Duration::from_secs(5);

/// The longest rest.
pub(super) const REST_MAX: Duration = Duration::from_secs(5 * 60);

/// What is looked at in one go, of clusters and of organizations.
pub(super) const LOOK_AT: usize = 200;

/// Bytes told of a reason why something was refused.
pub(super) const REASON_MAX_BYTES: usize = 500;

/// A new cluster whose first report was made longer ago than this comes out of a file, and is no news.
pub(super) const NEWS_MAX_AGE_HOURS: i64 = 48;

/// So many refused reports within an hour are worth a message: one broken program retries some times.
pub(super) const REFUSED_MANY: u64 = 10;

/// The hour in which they are counted, and for which it is quiet afterwards.
pub(super) const REFUSED_WITHIN_HOURS: i64 = 1;

/// When nobody looked for this long, the server was away, and so nobody could report.
pub(super) const AWAY_AFTER_MINUTES: i64 = 60;

/// How far back it is asked who has gone silent.
pub(super) const SILENT_BACK_DAYS: i32 = 31;

/// Counts that lag this far behind don't tell who has gone silent.
pub(super) const BEHIND_MAX_MINUTES: i64 = 10;

/// Clusters that a product has when it is adopted and that are told one by one: as many as may wait for a webhook.
pub(super) const ADOPTED_AT_ONCE: usize = 1_000;

/// Clusters that go silent at once and are told one by one: as many as may wait for a webhook.
pub(super) const SILENT_AT_ONCE: usize = 1_000;

/// What a stop waits for a post under way; as with forwarding, below the 10 s after which supervisors kill.
pub(super) const STOP_TIMEOUT: Duration = Duration::from_secs(1);
