//! Who may report and who may look: organizations, their members and tokens, accounts, sessions,
//! invitations, and the audit log of what people did. Passwords arrive hashed; of every other secret
//! only the SHA-256 is kept. Verbs that take `by` write it into the audit log: an account's address,
//! or [`COMMAND_LINE`].

pub(crate) mod accounts;
pub(crate) mod allowlists;
mod api_keys;
pub(crate) mod audit;
mod identities;
mod invitations;
mod limits;
mod members;
pub(crate) mod news;
pub(crate) mod notes;
mod operators;
pub(crate) mod organizations;
mod redirect_hosts;
pub mod register;
mod resets;
mod sessions;
mod sign_ups;
pub(crate) mod tokens;
mod uses;
mod verbs;

pub use accounts::{Account, NewAccount};
pub use allowlists::{Allowlist, AllowlistSummary};
pub use api_keys::{ApiGrant, ApiKey, ApiKeyId, NewApiKey, Scope, Scopes};
pub use audit::{COMMAND_LINE, Entry};
pub use identities::Identity;
pub use invitations::{Invitation, InvitationId, InvitedTo};
pub use members::{Member, Membership, Role};
pub use news::{
    Advisory, News, Objection, ProductNews, Severity, latest_version_objection,
    report_interval_objection,
};
pub use notes::{Note, Sensitivity};
pub use organizations::Organization;
pub use resets::Handed;
pub use sessions::{NewSession, OpenSession, Session, SessionId};
pub use sign_ups::PendingSignUp;
pub use tokens::{NewToken, OrganizationToken, Revoked};
pub(crate) use tokens::{token_is_valid, version};
pub(crate) use uses::Uses;

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
