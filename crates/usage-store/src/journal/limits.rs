//! Every limit of the journal, each with its reason.

/// Reports in one span. A span is re-packed into one block: large enough to compress to a
/// fifth, small enough that reading one report out of it takes a millisecond.
pub(crate) const SPAN_REPORTS: u64 = 1024;

/// zstd level of a block as it is committed: the fastest, as the sender waits for it.
pub(crate) const COMMIT_ZSTD_LEVEL: i32 = 1;

/// zstd level of a re-packed block: nobody waits for it, and it stays for years.
pub(crate) const REPACK_ZSTD_LEVEL: i32 = 9;

/// The largest block after decompression, in bytes: a block holds one span at most, so this
/// leaves 256 KiB for the average report. [`Store::append`](crate::Store::append) starts a
/// new block before it is reached; a block that claims more is damaged.
pub(crate) const BLOCK_MAX_BYTES: usize = 256 * 1024 * 1024;

/// How long an idempotency key is remembered.
pub(crate) const KEY_WINDOW_SECONDS: u32 = 30 * 86_400;

/// Keys that stay in memory before they become a run: at some 50 bytes each a few MiB, and a page
/// of a commit's log for each page of the run.
/// (In unit tests few, so that they have many runs.)
pub(crate) const KEY_RUN_KEYS: usize = if cfg!(test) { 32 } else { 64 * 1024 };

/// Keys in memory at which whoever appends helps upkeep: some 25 MiB.
pub(crate) const KEYS_CROWDED: usize = 8 * KEY_RUN_KEYS;

/// Keys remembered in all, at 22 bytes of disk and 1.5 of memory each: a million servers that report twice
/// a day for 30 days. Past it the window of the oldest ends early.
pub(crate) const KEYS_MAX: usize = if cfg!(test) { 2_000 } else { 64 * 1024 * 1024 };

/// Runs of like size that become one: each look-up asks all runs, each merge writes all their keys.
pub(crate) const KEY_RUNS_MERGED: usize = 8;

/// How often a key may be merged: the largest runs have four million keys, and are some dozens.
pub(crate) const KEY_RUN_TIERS: u32 = 2;

/// Runs become one only where all their keys came within these five days: a run goes when
/// the last of its keys is too old, so this is how much longer others stay.
pub(crate) const KEY_RUNS_MERGED_SPAN_SECONDS: u32 = 5 * 86_400;

/// How much longer than the window a key may stay in memory.
pub(crate) const KEYS_OVERDUE_SECONDS: u32 = 86_400;

/// Pages of 4 KiB written or removed at a step: a millisecond.
pub(crate) const KEY_PAGES_A_STEP: usize = if cfg!(test) { 2 } else { 32 };

/// Rows taken out of the keys' log at a step, and bytes of them.
pub(crate) const KEY_LOG_ROWS_A_STEP: i64 = if cfg!(test) { 3 } else { 512 };

/// The same in bytes.
pub(crate) const KEY_LOG_BYTES_A_STEP: i64 = 128 * 1024;

/// Pages of a run read at a time.
pub(crate) const KEY_PAGES_READ_AT_ONCE: usize = if cfg!(test) { 2 } else { 16 };

/// Keys of a page: as many as fit one of SQLite's, which has 4 KiB.
pub(crate) const KEY_PAGE_KEYS: usize = if cfg!(test) { 5 } else { 202 };

/// Bytes of bodies in a re-packed block, and in a stretch of the journal that is walked at once:
/// a span of the largest reports would be 4 GiB. A block as committed may be larger.
pub(crate) const STRETCH_MAX_BYTES: usize = 8 * 1024 * 1024;

/// Bytes of blocks that leave the journal at once, and one block more: freeing a page means writing
/// zeros over it, so this is what a commit waits for.
pub(crate) const CUT_MAX_BYTES: usize = 512 * 1024;

/// Products that nobody has adopted yet: names come from senders, and anybody can send. Reports of
/// further ones are kept in the journal, marked as unlisted, and counted nowhere.
pub(crate) const NEW_PRODUCTS: i64 = 1_000;

/// Blocks read at a time when the journal is walked: bounds memory and how long a snapshot
/// holds the WAL back.
pub(crate) const WALK_BLOCKS: usize = 256;
