//! Every limit of backups, each with its reason.

/// Pages copied between two looks at the progress: 4 MiB, a few milliseconds.
pub(super) const PAGES_AT_ONCE: i32 = 1_024;

/// Bytes written between two syncs of the copy. Without them the kernel would collect gigabytes and
/// write them at once, and a server's commits would wait in that queue.
pub(super) const SYNCED_EVERY_BYTES: u64 = 16 * 1024 * 1024;

/// Blocks of the journal that are unpacked to see whether a copy is sound, where not all are to be.
pub(super) const BLOCKS_SAMPLED: u64 = 64;

/// Copies kept that were made before a migration: of the last two upgrades.
pub(super) const MIGRATION_BACKUPS_KEPT: usize = 2;
