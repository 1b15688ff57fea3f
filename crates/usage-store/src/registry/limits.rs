//! Limits of what people who sign up may make, each with its reason.

/// Organizations of one account: a consultant's customers fit; nobody takes names in bulk.
pub(super) const ORGANIZATIONS_PER_ACCOUNT_MAX: u32 = 50;

/// Members of one organization: its page shows all of them.
pub(super) const MEMBERS_PER_ORGANIZATION_MAX: u32 = 1_000;

/// Valid invitations into one organization, or of operators: for a whole department at once.
pub(super) const INVITATIONS_OPEN_MAX: u32 = 200;

/// Valid tokens of one organization: one a cluster, for large fleets.
pub(super) const TOKENS_PER_ORGANIZATION_MAX: u32 = 10_000;

/// Valid API keys: one a program and team, and their page shows all of them.
pub(super) const API_KEYS_MAX: u32 = 500;

/// Keys that the page shows: all valid ones, and the newest of those that were revoked.
pub(super) const API_KEYS_SHOWN: u32 = API_KEYS_MAX + 100;

/// Sessions of one account: all browsers of a person; further ones end the oldest.
pub(super) const SESSIONS_PER_ACCOUNT_MAX: u32 = 50;

/// Identities of one account: a person has one or two, at as many providers as there may have been.
pub(super) const IDENTITIES_PER_ACCOUNT_MAX: u32 = 20;

/// Characters kept of what a browser calls itself: real ones have some 120.
pub(super) const BROWSER_MAX_CHARS: usize = 256;

/// A text in the data dictionary: a few sentences.
pub(super) const NOTE_MAX_BYTES: usize = 2_000;

/// Uses of tokens or API keys written in one transaction: commits of reports come between two.
pub(super) const USES_PER_STEP: usize = 500;

/// Tokens, or API keys, whose uses are remembered in memory, 16 bytes each. Past this the memory starts anew.
pub(super) const USES_KEPT: usize = 100_000;

/// Sign-ups that wait for the link in their mail to be opened, 5 KiB each at most: two hours of the most that is
/// mailed.
pub(super) const SIGN_UPS_WAITING_MAX: u32 = 10_000;

/// Advisories of one product: those of years. Each process keeps them in memory, at some 800 bytes.
pub(super) const ADVISORIES_PER_PRODUCT_MAX: u32 = 100;

/// An advisory's id: `GHSA-xxxx-xxxx-xxxx` has 19 characters, `CVE-2026-123456` 15.
pub(super) const ADVISORY_ID_MAX_BYTES: usize = 64;

/// An advisory's title: a line on a terminal or two.
pub(super) const ADVISORY_TITLE_MAX_BYTES: usize = 200;

/// What an advisory affects: a range for each of some releases that are kept up.
pub(super) const ADVISORY_AFFECTED_MAX_BYTES: usize = 200;

/// An advisory's address: forges' have some 80 characters.
pub(super) const ADVISORY_LINK_MAX_BYTES: usize = 300;

/// A version, such as `2.3.1-rc.1+20261123.1`.
pub(super) const LATEST_VERSION_MAX_BYTES: usize = 64;

/// What clients follow: they report no more often than each hour, whatever they are told.
pub(super) const REPORT_INTERVAL_MIN_SECONDS: u32 = 3_600;

/// And no more seldom than each week.
pub(super) const REPORT_INTERVAL_MAX_SECONDS: u32 = 7 * 86_400;
