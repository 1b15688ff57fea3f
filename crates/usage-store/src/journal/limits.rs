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
pub(crate) const KEY_WINDOW_MILLIS: i64 = 30 * 86_400_000;

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
pub(crate) const WALK_BLOCKS: usize = 64;
