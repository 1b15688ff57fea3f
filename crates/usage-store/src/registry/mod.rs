//! Who may report and who may look: organizations, tokens, accounts, sessions, and the
//! audit log of what people did.

pub(crate) mod accounts;
pub(crate) mod audit;
pub(crate) mod organizations;
pub mod register;
pub(crate) mod tokens;
mod verbs;

pub use tokens::{NewToken, Revoked};
pub(crate) use tokens::{token_is_valid, version};

use jiff::Timestamp;

/// An organization's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrganizationId(pub i64);

/// A token's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenId(pub i64);

/// An account's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(pub i64);

/// What a valid token allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The token.
    pub token: TokenId,
    /// The organization its reports count for.
    pub organization: OrganizationId,
    /// The one product it may report for, if it is bound to one.
    pub product: Option<String>,
    /// The one cluster it may report for, if it is bound to one.
    pub cluster: Option<String>,
    /// Whether it may have its organization's reports erased, within its bounds.
    pub may_forget: bool,
    /// The first few characters, by which people recognize it.
    pub prefix: String,
    /// The registry's version when it was looked up.
    pub registry_version: i64,
}

/// A person who may sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The id.
    pub id: AccountId,
    /// The address they sign in with.
    pub email: String,
    /// Whether they see the operators' pages.
    pub operator: bool,
}

/// A signed-in browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Who.
    pub account: Account,
    /// Until when.
    pub expires_at: Timestamp,
}
