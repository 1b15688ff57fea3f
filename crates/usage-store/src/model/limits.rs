//! Every limit of the read model, each with its reason. What is over a limit stays in the
//! journal; it is only not told apart in roll-ups.

/// The rules by which the model is derived: raised where they say more than before, so that what was
/// derived by older ones is made anew.
pub(crate) const RULES: i64 = 1;

/// Bytes of a dimension's value; what is longer is prose, not a dimension's value, and
/// counts as [`OTHER`](super::dictionary::OTHER).
pub(crate) const VALUE_BYTES: usize = 256;

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
