//! Every limit of the server, each with its reason. The limits of a report's content are
//! the store's (`usage_store::report::limits`). Those that an operator may set are gathered in
//! [`PerSender`]; the constants are their defaults.

use std::time::Duration;

/// What an operator may allow each sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PerSender {
    /// Bytes of a body as sent.
    pub(crate) body_max_bytes: usize,
    /// Bytes of a body after decompression.
    pub(crate) decompressed_max_bytes: usize,
    /// Requests at once.
    pub(crate) burst_requests: u32,
    /// Requests a second, once the burst is used up.
    pub(crate) requests_per_second: u32,
    /// Different servers that an address may name in a day without a token.
    pub(crate) servers_per_day: u32,
}

impl Default for PerSender {
    fn default() -> Self {
        PerSender {
            body_max_bytes: BODY_SENT_MAX_BYTES,
            decompressed_max_bytes: BODY_DECOMPRESSED_MAX_BYTES,
            burst_requests: SENDER_BURST_REQUESTS,
            requests_per_second: SENDER_REQUESTS_PER_SECOND,
            servers_per_day: SENDER_SERVERS_PER_DAY,
        }
    }
}

/// No setting makes a body larger than this: a few of them must fit the committer's queue.
pub(crate) const BODY_SETTING_MAX_BYTES: usize = QUEUE_MAX_BYTES / 4;

/// A report's body as sent. Real ones are below 10 KiB; a large cluster's stats fit.
pub(crate) const BODY_SENT_MAX_BYTES: usize = 1024 * 1024;

/// A report's body after decompression: four times as much, since reports repeat themselves.
pub(crate) const BODY_DECOMPRESSED_MAX_BYTES: usize = 4 * 1024 * 1024;

/// What is still read and thrown away of a body that is too large or not wanted, so that its
/// sender gets to read the answer instead of a reset connection.
pub(crate) const BODY_DISCARDED_MAX_BYTES: usize = 16 * 1024 * 1024;

/// Set aside for a body before its first byte came, whatever its Content-Length claims.
pub(crate) const BODY_RESERVED_BYTES: usize = 16 * 1024;

/// Bodies up to this, decompressed, are read right on the event loop, in some 100 us; larger ones on
/// a thread of their own, so that nobody else waits for them. Real ones are below 10 KiB.
pub(crate) const BODY_DECODED_INLINE_MAX_BYTES: usize = 16 * 1024;

/// A body counts as one request of its sender for each of these, decompressed: so a full burst of
/// the largest bodies is 64 MiB, which fits what may be in flight.
pub(crate) const BODY_BYTES_PER_REQUEST: usize = 64 * 1024;

/// Large bodies that are being read or wait for it: a second's work where they are as large as large
/// clusters' reports, some seconds' where they are bombs. Further ones get 503.
pub(crate) const LARGE_BODIES_WAITING_MAX: usize = 512;

/// zstd's window: 2 to the 23rd is 8 MiB, what RFC 9659 allows over HTTP. A frame may ask
/// for gigabytes.
pub(crate) const ZSTD_WINDOW_LOG_MAX: u32 = 23;

/// All bodies being read at this moment: a thousand senders at once of real reports fit a
/// hundred times over, a flood of large ones gets 503 and not our memory.
pub(crate) const BODIES_IN_FLIGHT_MAX_BYTES: usize = 128 * 1024 * 1024;

/// Up to here bodies above [`BODY_RESERVED_BYTES`] are read, so that they never keep out the small ones.
pub(crate) const LARGE_BODIES_IN_FLIGHT_MAX_BYTES: usize = 96 * 1024 * 1024;

/// A request's head: a token, ids, a proxy's additions. Over it is 431.
pub(crate) const HEADERS_MAX_BYTES: usize = 32 * 1024;

/// An `X-Install-Key`.
pub(crate) const INSTALL_KEY_MAX_BYTES: usize = 1024;

/// A request id that a proxy chose and we take over.
pub(crate) const REQUEST_ID_MAX_BYTES: usize = 64;

/// A connection on which no request is under way, slow heads included: the Go client leaves
/// each of its connections open until its program ends, and posts once or twice a day. Longer
/// than the 60 s of common proxies, so that they close first and never post into a closing one.
pub(crate) const IDLE_TIMEOUT: Duration = Duration::from_secs(65);

/// From a request's head to its answer, and between two parts of a long answer. The Go client
/// gives up after 60 s; a slow line needs less for 1 MiB.
pub(crate) const REQUEST_TIMEOUT: Duration = Duration::from_secs(45);

/// Connections at once, unless the operator or the process's limit of open files says otherwise.
/// Each is some 10 KiB here and as much in the kernel; programs keep theirs open between two reports.
pub(crate) const CONNECTIONS_DEFAULT_MAX: usize = 100_000;

/// No setting allows more connections than this: ports and descriptors end sooner.
pub(crate) const CONNECTIONS_SETTING_MAX: usize = 1_000_000;

/// Connections that wait in the kernel to be accepted; Linux allows 4,096 as it comes. One too many is a
/// second's delay for its sender.
pub(crate) const CONNECTIONS_WAITING_MAX: u32 = 4_096;

/// Descriptors left for everything but connections: SQLite's files of some readers, and the kernel's
/// delay in giving back those of connections that were closed.
pub(crate) const DESCRIPTORS_RESERVED: usize = 512;

/// Where all slots are taken, one of this many connections is closed at once: looking for those that
/// were still the longest means looking at all.
pub(crate) const CONNECTIONS_CLOSED_AT_ONCE: usize = 256;

/// How much longer than an idle one a connection with a request under way is kept then.
pub(crate) const REQUEST_HEAD_START: Duration = Duration::from_secs(1);

/// HTTP/2 streams of one connection: a proxy's share.
pub(crate) const HTTP2_STREAMS_MAX: u32 = 256;

/// Of an answer, kept for each HTTP/2 stream whose receiver doesn't read.
pub(crate) const HTTP2_SEND_BUFFER_MAX_BYTES: usize = 64 * 1024;

/// After the process ran out of file descriptors or the like, until the next try.
pub(crate) const ACCEPT_PAUSE: Duration = Duration::from_millis(500);

/// What a stop waits for requests under way; supervisors kill after 10 s or more.
pub(crate) const DRAIN_TIMEOUT: Duration = Duration::from_secs(8);

/// Of that, for the rest of a head that has begun to come.
pub(crate) const STOP_HEAD_TIMEOUT: Duration = Duration::from_millis(250);

/// Requests of one sender at once: a cluster restarted as a whole behind one address.
pub(crate) const SENDER_BURST_REQUESTS: u32 = 1_000;

/// How fast a sender's burst refills.
pub(crate) const SENDER_REQUESTS_PER_SECOND: u32 = 10;

/// Different servers that one address may name in a day without a token: several times those of a large
/// data centre behind one address.
pub(crate) const SENDER_SERVERS_PER_DAY: u32 = 20_000;

/// Servers remembered for that, of all addresses: some 20 MiB. Past it the count begins anew.
pub(crate) const SERVERS_REMEMBERED_MAX: usize = 1_000_000;

/// The body of a request to forget: a product and two ids of 1 KiB each, escaped.
pub(crate) const FORGET_BODY_MAX_BYTES: usize = 64 * 1024;

/// Requests to forget, of one sender in an hour: each makes the server read all that the cluster
/// ever sent, and an install asks once in its life, or a few times until it is answered.
pub(crate) const FORGET_BURST_REQUESTS: u32 = 10;

/// How fast they refill: 10 an hour.
pub(crate) const FORGET_REFILL_INTERVAL: Duration = Duration::from_secs(360);

/// Where a browser is sent after a registration: what browsers and servers in between take at least.
pub(crate) const REDIRECT_URL_MAX_BYTES: usize = 2_048;

/// The query of `/start`, escaped: it travels through the sign-in page and back, escaped once more, in
/// a request's head and in a form.
pub(crate) const START_QUERY_MAX_BYTES: usize = 4 * 1024;

/// Where somebody goes after signing in: a page with a query, `/start` the longest of all.
pub(crate) const NEXT_MAX_BYTES: usize = START_QUERY_MAX_BYTES + 16;

/// The `state` of a program that registers; ours has 43.
pub(crate) const STATE_MAX_BYTES: usize = 512;

/// The body of a request of a program that registers: a product and an id of 1 KiB each, escaped.
pub(crate) const REGISTER_BODY_MAX_BYTES: usize = 16 * 1024;

/// Registrations by device code that an address may begin at once: a rack that is set up.
pub(crate) const DEVICE_BURST_REQUESTS: u32 = 30;

/// How fast they refill: as fast as codes end.
pub(crate) const DEVICE_REFILL_INTERVAL: Duration = Duration::from_secs(20);

/// Questions for a token that an address may ask at once.
pub(crate) const EXCHANGE_BURST_REQUESTS: u32 = 120;

/// How fast they refill: each of a rack's 30 programs asks every five seconds.
pub(crate) const EXCHANGE_REFILL_INTERVAL: Duration = Duration::from_millis(150);

/// How long `usage-server forget` waits for a running server, which begins within a second and
/// needs seconds for a cluster of 100,000 reports.
pub(crate) const FORGET_WAIT_MAX: Duration = Duration::from_secs(600);

/// Between two of its looks.
pub(crate) const FORGET_LOOK_INTERVAL: Duration = Duration::from_millis(100);

/// Senders remembered for the limit above, in two generations: at 40 bytes each some MiB. A
/// sender who is forgotten starts with a fresh burst.
pub(crate) const SENDERS_REMEMBERED_MAX: usize = 200_000;

/// Reports waiting for the committer: more than it commits in a second, so that a sender who
/// must be turned away hears it at once.
pub(crate) const QUEUE_MAX_REPORTS: usize = 16_384;

/// The same in bytes of their bodies; also the most that one commit holds.
pub(crate) const QUEUE_MAX_BYTES: usize = 64 * 1024 * 1024;

/// What senders are told when the queue is full or a commit failed: a disk that is full
/// stays so for a while, and programs that obey this spread out by their own jitter.
pub(crate) const OVERLOADED_RETRY_AFTER_SECONDS: u64 = 60;

/// Refused reports waiting to be kept for operators; further ones are counted and dropped.
pub(crate) const QUARANTINE_WAITING_MAX: usize = 256;

/// Refused reports written in one commit.
pub(crate) const QUARANTINE_BATCH_MAX: usize = 64;

/// Bytes of a refused body handed to the store, which keeps this much of it.
pub(crate) const QUARANTINE_BODY_MAX_BYTES: usize = 16 * 1024;

/// How late a report may be delivered by a sender with a token: a quarter without a network.
pub(crate) const LATE_WITH_TOKEN_MAX: Duration = Duration::from_secs(90 * 86_400);

/// How late by an anonymous sender: nobody vouches for what it rewrites.
pub(crate) const LATE_ANONYMOUS_MAX: Duration = Duration::from_secs(7 * 86_400);

/// How far in the future a report may seem to have been made: `Date` has whole seconds, and
/// the way takes a moment. Taken as "now".
pub(crate) const FUTURE_SKEW_MAX: Duration = Duration::from_secs(5);

/// A body in an imported file: the largest that any server may have been set to take.
pub(crate) const IMPORT_BODY_MAX_BYTES: usize = BODY_SETTING_MAX_BYTES;

/// A line of an imported file: a body, and what stands around it.
pub(crate) const IMPORT_LINE_MAX_BYTES: usize = IMPORT_BODY_MAX_BYTES + 64 * 1024;

/// How old an imported report may be: an archive, but not a clock that was never set.
pub(crate) const IMPORTED_AGE_MAX: Duration = Duration::from_secs(10 * 365 * 86_400);

/// Reports imported in one commit: a block of the journal holds 1,024.
pub(crate) const IMPORT_BATCH_MAX_REPORTS: usize = 1_000;

/// The same in bytes of their bodies; a running server's senders wait for such a commit.
pub(crate) const IMPORT_BATCH_MAX_BYTES: usize = 4 * 1024 * 1024;

/// Read of a file at a time.
pub(crate) const IMPORT_PIECE_BYTES: usize = 256 * 1024;

/// A file on the import page: some 100,000 reports, taken in within the time of a request. Larger
/// ones go by the command line.
pub(crate) const IMPORT_UPLOAD_MAX_BYTES: usize = 64 * 1024 * 1024;

/// Refused lines that the import page shows; all are counted, and in the quarantine.
pub(crate) const IMPORT_LINES_SHOWN_MAX: usize = 100;

/// How long the API's description may be kept: it changes with a new version or other settings.
pub(crate) const OPENAPI_CACHED_SECONDS: u32 = 3_600;

/// Replies from this size on are compressed; below, the headers outweigh the gain.
pub(crate) const COMPRESSED_FROM_BYTES: u64 = 1_024;

/// A token has at most this many bytes: headers in all have 32 KiB, and no issuer needs more.
pub(crate) const TOKEN_MAX_BYTES: usize = 4 * 1024;

/// What takes longer is in the log whatever its level: a request, a commit, a chunk of the read
/// model. A sender who waits for a second wonders; all of them take milliseconds.
pub(crate) const LOG_SLOWER_THAN_MILLIS: u32 = 1_000;

/// Log lines that wait to be written: some thousand, while a terminal is held for a moment.
pub(crate) const LOG_WAITING_MAX_BYTES: usize = 1024 * 1024;

/// What a stop waits for the last lines: whoever reads them may be gone, or stuck.
pub(crate) const LOG_FINISH_TIMEOUT: Duration = Duration::from_secs(1);

/// Connections at once to the listener for metrics: a few scrapers and people.
pub(crate) const METRICS_CONNECTIONS_MAX: usize = 64;

/// What a stop waits for a scrape under way, after all senders have their answers.
pub(crate) const METRICS_DRAIN_TIMEOUT: Duration = Duration::from_secs(1);

/// While reports can't be stored, between two tries whether they can: soon enough for a load
/// balancer, rare enough for a disk in trouble.
pub(crate) const OUTAGE_TRY_EVERY: Duration = Duration::from_secs(1);
/// How long `usage-server ready` waits for a server on the same machine.
pub(crate) const READY_WAIT_MAX: Duration = Duration::from_secs(5);

/// What it reads of the answer, which has a line.
pub(crate) const READY_ANSWER_MAX_BYTES: u64 = 16 * 1024;

/// Free disk space below which no reports are taken: a WAL of a minute at full load, a few days of
/// sessions and audit, an erasure. An operator may set another.
pub(crate) const DISK_RESERVE_BYTES: u64 = 256 * 1024 * 1024;

/// Between two looks at the free space: at full load some 10 MiB are written meanwhile.
pub(crate) const RESERVE_LOOK_INTERVAL: Duration = Duration::from_secs(1);

/// Reports are taken again once there is an eighth more than the reserve.
pub(crate) const RESERVE_OVER_BY: u64 = 8;

/// The shortest time that reports may be kept for: less is a mistake.
pub(crate) const RETENTION_MIN_DAYS: u32 = 1;

/// How long a link to choose a new password works: until it was handed on, and no longer.
pub(crate) const RESET_VALID_MINUTES: i64 = 60;

/// How long an invitation works: over a weekend, and somebody's day off.
pub(crate) const INVITATION_VALID_DAYS: i64 = 7;

/// Entries on one page of the audit log.
pub(crate) const AUDIT_ENTRIES_SHOWN: u32 = 100;

/// Sign-ins and sign-outs of one account, and exports by one key, that go into the audit log in an hour: a person with many
/// browsers stays below; a program that signs in all day doesn't fill the disk.
pub(crate) const NOTED_PER_HOUR: u32 = 20;

/// Letters that wait for the mail server: some minutes of a busy one.
pub(crate) const MAIL_WAITING_MAX: usize = 1_000;

/// Letters to one address in an hour: who asks again and again gets some, and a stranger's mailbox is not filled.
pub(crate) const MAIL_PER_ADDRESS_AND_HOUR_MAX: u32 = 5;

/// Addresses mailed to in an hour: many more than a server gains customers, and a bound to what
/// a crowd can have us send.
pub(crate) const MAIL_ADDRESSES_PER_HOUR_MAX: usize = 5_000;

/// How long a link to sign up works that was mailed: mail is slow, and people read it the next day.
pub(crate) const SIGN_UP_VALID_HOURS: i64 = 24;

/// Questions of operators that are worked on at once: two processors need no more, and each may hold some
/// ten MiB while it counts.
pub(crate) const QUESTIONS_AT_ONCE: usize = 4;

/// Conversations with the OpenID provider at once: each holds a thread, for as long as the provider takes.
pub(crate) const OPENID_AT_ONCE_MAX: usize = 8;

/// How long somebody may be at the provider, or think about their organization's name: a password, a second
/// factor, a new account there.
pub(crate) const OPENID_JOURNEY_SECONDS: u64 = 20 * 60;

/// Where somebody goes after signing in with OpenID: browsers keep 4 KiB of a cookie, which has it in base64.
/// With a longer one they open the product's link again.
pub(crate) const OPENID_NEXT_MAX_BYTES: usize = 2_048;

/// An address that comes back from the provider: its code and our state, far below.
#[cfg(feature = "openid")]
pub(crate) const OPENID_CODE_MAX_BYTES: usize = 4 * 1024;

/// One question to the provider, from the name's look-up to the last byte: somebody waits for it.
#[cfg(feature = "openid")]
pub(crate) const OPENID_ANSWER_MAX: Duration = Duration::from_secs(10);

/// An answer of the provider: large ones describe themselves in 10 KiB, and have as much of keys.
#[cfg(feature = "openid")]
pub(crate) const OPENID_ANSWER_MAX_BYTES: u64 = 256 * 1024;

/// Keys of a provider that are looked at: it has a few.
#[cfg(feature = "openid")]
pub(crate) const OPENID_KEYS_MAX: usize = 100;

/// How long what the provider says of itself, and its keys, are believed without asking again.
#[cfg(feature = "openid")]
pub(crate) const OPENID_KEPT_FOR: Duration = Duration::from_secs(3600);

/// Between two times that keys are asked for because a token names an unknown one: whoever sends tokens
/// must not make us ask without end.
#[cfg(feature = "openid")]
pub(crate) const OPENID_KEYS_AGAIN_AFTER: Duration = Duration::from_secs(30);

/// A provider that didn't answer is left alone for this long.
#[cfg(feature = "openid")]
pub(crate) const OPENID_TRY_AGAIN_AFTER: Duration = Duration::from_secs(5);

/// How far a provider's clock may be off.
#[cfg(feature = "openid")]
pub(crate) const OPENID_SKEW_SECONDS: i64 = 60;

/// How old a token may be: it was made for a browser that came back just now.
#[cfg(feature = "openid")]
pub(crate) const OPENID_TOKEN_AGE_MAX_SECONDS: i64 = 10 * 60;

/// Advisories in one reply: whoever has that many should update anyway.
pub(crate) const REPLY_ADVISORIES_MAX: usize = 20;

/// All advisories of one reply: old programs read replies whole, some each minute.
pub(crate) const REPLY_ADVISORIES_MAX_BYTES: usize = 16 * 1024;

/// Different versions in one report that its reply is made for; of more nobody is told apart.
pub(crate) const REPLY_VERSIONS_MAX: usize = 16;

/// A version that its reply is made for: real ones have some ten bytes.
pub(crate) const REPLY_VERSION_MAX_BYTES: usize = 128;

/// Ready replies of a product, by version: those of a large fleet. Past this the memory starts anew.
pub(crate) const REPLY_VERSIONS_KEPT: usize = 256;
/// How long public pages are kept in memory: what another process hides is seen no longer than that.
pub(crate) const PUBLIC_KEPT_FOR: Duration = Duration::from_secs(60);

/// How long browsers and proxies keep a public page: it changes once a week.
pub(crate) const PUBLIC_FILES_MAX_AGE_SECONDS: u32 = 600;

/// Between two looks whether a day is over, or one that is has changed, so that pages are asked ahead.
pub(crate) const AHEAD_LOOK_EVERY: Duration = Duration::from_secs(60);

/// After asking ahead, so many times as long of rest: days that are over change all the time while late reports
/// come, or a rebuild is under way.
pub(crate) const AHEAD_REST_FOR_WORK: u32 = 19;

/// Products whose pages are asked ahead, those with most servers first: answers about more would push each other
/// out of memory.
pub(crate) const AHEAD_PRODUCTS_MAX: usize = 10;
