//! Limits of webhooks, each with its reason.

/// Webhooks: some chats, some programs, and all of them fit a page.
pub(super) const WEBHOOKS_MAX: u32 = 20;

/// Messages that wait for one webhook, a KiB each: a receiver that is away over a weekend misses nothing but a
/// flood. Further ones are dropped, and counted.
pub(super) const WAITING_MAX: u32 = 1_000;

/// Messages to one webhook that were given up and are still shown: enough to see what was missed.
pub(super) const GIVEN_UP_MAX: u32 = 100;

/// How long those are shown: as long as what was refused.
pub(super) const GIVEN_UP_KEPT_MILLIS: i64 = 30 * 86_400_000;

/// Reasons told of a growing quarantine.
pub(super) const REASONS_TOLD: u32 = 5;

/// Bytes kept of an error: a status, or what the system says.
pub(super) const ERROR_MAX_BYTES: usize = 500;
