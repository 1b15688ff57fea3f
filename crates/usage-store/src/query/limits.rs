//! Every limit of the questions, each with its reason.

/// Memory for kept answers, in bytes. A day's counts by a dimension take some hundred: that is a
/// year of a hundred questions.
pub(crate) const MEMO_BYTES: usize = 32 * 1024 * 1024;

/// Bytes of one answer that is kept: a larger one would push out many that cost as much. A value of each of
/// 170,000 servers.
pub(crate) const ANSWER_MAX_BYTES: usize = MEMO_BYTES / 8;

/// Values of a dimension that are told apart in an answer.
pub const TOP_MAX: usize = 1_000;

/// Characters of a text that stands for a dimension as an example.
pub(crate) const SAMPLE_MAX_CHARS: usize = 200;

/// Servers whose latest report is read to count the names that are not told apart, and how many bytes of those
/// reports at most: one report may have a thousand such names.
pub(crate) const LATEST_READ: usize = 100;
pub(crate) const LATEST_READ_BYTES: usize = 4 * 1024 * 1024;

/// Days that one question may span: ten years.
pub const WINDOW_MAX_DAYS: i32 = 3_660;

/// Days within which a server's latest usage report says how it is now: who is switched off over a weekend
/// is still there.
pub const NOW_DAYS: i32 = 7;

/// Days before a period in which a server's last usage report says what it ran before: a quarter. Who was
/// silent for longer didn't upgrade, but came back.
pub const BEFORE_DAYS: i32 = 90;

/// Texts that the servers in memory may hold although they are nobody's any more: some MiB at most. Past this
/// they are read anew.
pub(crate) const STALE_TEXTS: usize = 10_000;

/// Orders that are kept of servers, and as many of clusters: the first page, and three columns that somebody
/// clicked. Each takes 4 bytes a server.
pub(crate) const ORDERS_KEPT: usize = 4;

/// A page of fewer than one of so many servers is found by looking at them, of more by their order.
pub(crate) const FEW_OF: u64 = 8;

/// Servers of which it is kept when they were last heard of: those of the clusters that went silent, at some 30
/// bytes.
pub(crate) const LAST_SEEN_KEPT: usize = 200_000;

/// Clusters whose ids are kept, at some 100 bytes: those of twenty of the largest answers.
pub(crate) const CLUSTER_NAMES_KEPT: usize = 20_000;

/// Servers of a page that are looked up in a set, before its bits are laid out so that each look takes less.
pub(crate) const LOOKS_IN_A_SET: usize = 20_000;

/// Periods of a matrix of cohorts: with as many cohorts these are some thousand rows.
pub const COHORT_PERIODS_MAX: usize = 120;

/// Spans of the journal that are looked through for one server's starts: some 20,000 reports of all servers, which
/// take as long to read as the reports that its page shows.
pub(crate) const STARTS_SPANS: usize = 20;
