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
