//! How reporting goes, for whoever asks: a person, an admin page, a health check.

use std::time::SystemTime;

use crate::core::Permission;

/// How it goes.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Status {
    /// Whether the install belongs to a customer.
    pub registration: RegistrationStatus,
    /// Whether anything may be sent, and who says so.
    pub consent: Permission,
    /// Reports that wait to be sent.
    pub waiting: usize,
    /// When the server last accepted something, in this process or an earlier one.
    pub last_success: Option<SystemTime>,
    /// When something is sent next, as planned now.
    pub next_attempt: Option<SystemTime>,
    /// Why the last attempt failed; nothing after a success.
    pub last_error: Option<String>,
    /// Reports dropped unsent: there was no room, or the server refused them. Since the state folder was
    /// made; the next usage report tells it, as `reports_dropped`.
    pub dropped: u64,
    /// Files of the spool that could not be read and were set aside, in this process.
    pub corrupt: u64,
    /// Why reports and ids are kept in memory only; nothing if they are kept on disk as they should.
    pub memory_only: Option<String>,
    /// Whether the server was asked to forget this install.
    pub forgetting: Forgetting,
    /// The cluster's id; blank until it is read from the state folder.
    pub cluster_id: String,
    /// The server's id; blank until it is read from the state folder.
    pub server_id: String,
}

/// Whether the install belongs to a customer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RegistrationStatus {
    /// The token store hasn't been asked yet.
    Unknown,
    /// There is a token.
    Registered,
    /// There is none, and reports go without one, as the product allows.
    Anonymous,
    /// There is none: reports wait. Show this to a person.
    Needed(RegistrationNeeded),
    /// The token store can't be read, as it says: reports wait.
    Unreadable(String),
    /// The server doesn't know the token, or no more. Show this to a person.
    Refused(RegistrationNeeded),
}

/// A person has to register this install.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistrationNeeded {
    /// The address to open in a browser. It ends with a token, which goes into the token store.
    pub url: String,
}

/// Whether the server was asked to forget this install.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Forgetting {
    /// Nobody wanted it.
    #[default]
    No,
    /// Wanted, not answered yet: it is asked until it answers, in later processes too.
    Pending,
    /// The server will, or did.
    Accepted {
        /// Where it tells when it is done.
        status_url: Option<String>,
    },
    /// The server answered that it can't, as it says.
    Refused(String),
}
