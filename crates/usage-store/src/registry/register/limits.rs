//! The limits of registrations under way, each with its reason.

/// How long a one-time code or a device code is good for: long enough to make an account, and as long
/// as clients wait.
pub const CODE_LIFETIME_SECONDS: i64 = 600;

/// Seconds between two questions of a program, unless it was told to slow down: RFC 8628's own.
pub const DEVICE_INTERVAL_SECONDS: i64 = 5;

/// By how much it is told to slow down, each time that it doesn't wait.
pub(super) const SLOW_DOWN_SECONDS: i64 = 5;

/// It is never told to wait longer: the code would be over before the next question.
pub(super) const DEVICE_INTERVAL_MAX_SECONDS: i64 = 60;

/// How much too early a question may come: one that was slow on its way is followed by one that wasn't.
pub(super) const EARLY_MAX_MILLIS: i64 = 1_000;

/// How often a user code may be entered: by one person, who went back and forth a little.
pub const USER_CODE_TRIES_MAX: i64 = 5;

/// Device codes at once: more than people who type them in ten minutes, and some MiB. Further ones are
/// refused. Of 20 letters in ten places that is one in a billion.
pub const DEVICES_WAITING_MAX: i64 = 10_000;

/// One-time codes at once; browsers bring them within a second. Of further ones the oldest go.
pub const CODES_WAITING_MAX: i64 = 10_000;
