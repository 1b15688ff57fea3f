//! Every limit of the read model, each with its reason. What is over a limit stays in the
//! journal; it is only not told apart in roll-ups.

/// The rules by which the model is derived: raised where they say more than before, so that what was
/// derived by older ones is made anew.
pub(crate) const RULES: i64 = 1;

/// Bytes of a dimension's value; what is longer is prose, not a dimension's value, and
/// counts as [`OTHER`](super::dictionary::OTHER).
pub(crate) const VALUE_BYTES: usize = 256;

/// Names of dimensions, and as many of numbers, that are told apart in a product: twice what one report may have.
/// Products send some dozens; each costs a set or a column a day. Not the version, which has its place anyway.
pub const NAMES_PER_PRODUCT: usize = 2_000;

/// Observations taken in by one transaction, where so many wait: pages of the file that several of
/// them change are written once. A tenth of a second, in which nobody waits but other writers
/// of the model; a few MiB of memory.
pub(crate) const OBSERVATIONS_AT_ONCE: usize = 4_000;

/// Ids remembered in memory: at 150 bytes each, 45 MB. Past this the memory starts anew.
pub(crate) const IDS_KEPT: usize = 300_000;

/// Bytes of a product-stats report, without white space, that are kept for the series; what is larger is in
/// the journal only. Programs send one to ten thousand; a server's page reads some hundred days of them.
pub(crate) const STATS_BYTES: usize = 64 * 1024;

/// Servers whose numbers of a key are packed together; a divisor of the ids that 16 bits tell apart. More would
/// make reading or changing one server slower; fewer, the file larger, as each chunk ends in a page of its own.
pub(crate) const CHUNK_SERVERS: u32 = 8_192;

/// Rows of a day that wait until they are packed, at least: each chunk of servers that has one is written anew.
pub(crate) const PACK_ROWS: u64 = 4_096;

/// Where a day has many servers, this part of them waits: each number is written so many times.
pub(crate) const PACK_SERVERS_A: u64 = 16;

/// Observations in a batch of a rebuild, which has no others to give way to: what several of them change of a day
/// is written once. Some 80 bytes each; two or three such batches are in memory.
pub(crate) const OBSERVATIONS_IN_BULK: usize = 500_000;

/// Batches taken in by one transaction of a rebuild: what several of them say of a server is written once. A minute
/// at most, which is what a rebuild that is killed does again; and a WAL of 1 GB.
pub(crate) const BATCHES_AT_ONCE: usize = 32;

/// Bytes of servers and texts at which such a transaction ends early: a million servers take about as many.
pub(crate) const KEPT_BYTES: usize = 192 * 1024 * 1024;

/// Bytes of bodies and texts at which such a batch ends early.
pub(crate) const BULK_BYTES: usize = 32 * 1024 * 1024;

/// Servers that a rebuild knows by their digests, at 50 bytes each. Past this it meets them anew.
pub(crate) const SERVERS_MET: usize = 2_000_000;

/// Servers whose changes are told one by one to who keeps servers in memory: reading more than these again
/// takes as long as reading all.
pub(crate) const CHANGES_KEPT: u64 = 50_000;

/// Values of a dimension that stand for themselves on a day that is over; the others are "other". More than
/// anybody reads in a list; releases and systems are some dozens. What is unique to each server (a host, say)
/// would cost a cell for each server and day.
pub const TOP_VALUES: usize = 500;
