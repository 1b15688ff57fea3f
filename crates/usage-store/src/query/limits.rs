//! Every limit of the questions, each with its reason.

/// Memory for kept answers, in bytes. A day's counts by a dimension take some hundred: that is a
/// year of a hundred questions.
pub(crate) const MEMO_BYTES: usize = 32 * 1024 * 1024;

/// Values of a dimension that are told apart in an answer.
pub const TOP_MAX: usize = 1_000;

/// Days that one question may span: ten years.
pub const WINDOW_MAX_DAYS: i32 = 3_660;
