//! What is asked of the read model: the answers' types. One file a question.

pub(crate) mod active;
pub(crate) mod activity;
pub(crate) mod adoption;
mod asked;
mod behind;
mod beyond;
pub(crate) mod census;
mod cluster_names;
mod clusters;
pub(crate) mod counted;
mod dictionary;
pub(crate) mod fleet;
pub(crate) mod fleet_reports;
mod fleet_servers;
pub(crate) mod fleet_spans;
mod fleet_verbs;
mod glance;
pub(crate) mod ground;
mod histogram;
mod history;
mod ids;
mod last_seen;
pub(crate) mod latest;
mod lifecycle;
pub mod limits;
pub mod lists;
mod memo;
mod numbers;
mod penetration;
pub(crate) mod products;
mod question_verbs;
mod releases;
pub(crate) mod reports;
mod retention;
pub(crate) mod servers;
pub(crate) mod shares;
mod silent;
pub(crate) mod split;
mod standing;
mod starts;
mod upgrades;
mod value_verbs;
mod values;
mod verbs;
mod version;
mod version_range;
pub(crate) mod vitals;

pub use active::{Active, ActiveOf};
pub use activity::ACTIVE_WITHIN;
pub use adoption::Part;
pub use asked::{Asked, Filter, Per, Who, Window};
pub use behind::{Behind, Far};
pub use beyond::Beyond;
pub use census::Heads;
pub use clusters::{ClusterValue, Order};
pub use dictionary::{DictionaryEntry, Sample, Seen, ValueType};
pub use fleet::{Fleet, FleetProduct};
pub use fleet_reports::{Found, Wanted};
pub use fleet_servers::{Cluster, FoundServers, ServerPlace};
pub use glance::{Glance, Recent};
pub use histogram::{Bucket, Spread};
pub use history::{ClusterDay, ClusterStats, ServerDay, StatsDay};
pub use ids::{Steadiness, Suspect};
pub use lifecycle::Lifecycle;
pub use numbers::{Summary, Total};
pub use penetration::{Feature, Penetration};
pub use releases::Release;
pub use retention::Retained;
pub use silent::SilentCluster;
pub use split::{By, Group};
pub use starts::StartsDay;
pub use upgrades::{Change, UpgradePath, Upgrades};
pub use values::ValueOnDay;
pub use version::{compare as compare_versions, is_version};
pub use version_range::VersionRange;
pub use vitals::Vitals;

use jiff::Timestamp;

use crate::report::Number;

/// A product's dense id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProductId(pub i64);

/// A server's dense id. Permanent, never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServerId(pub u32);

/// How far the read model is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Freshness {
    /// When the newest report that the answers include was received.
    pub applied_to: Option<Timestamp>,
    /// Reports accepted but not yet in the answers.
    pub behind: u64,
}

/// A product in the registry: what is known of it without any report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedProduct {
    /// Its id.
    pub id: ProductId,
    /// Its name on the wire.
    pub name: String,
    /// Whether an operator has adopted it; others are kept apart.
    pub adopted: bool,
}

/// A product at a glance.
#[derive(Debug, Clone, PartialEq)]
pub struct ProductSummary {
    /// Its id.
    pub id: ProductId,
    /// Its name on the wire.
    pub name: String,
    /// Whether an operator has adopted it; others are kept apart.
    pub adopted: bool,
    /// Servers that reported in the 36 hours before `now`.
    pub active_servers: u64,
    /// Reports whose day is today (UTC).
    pub reports_today: u64,
    /// When its newest report was received.
    pub last_report: Option<Timestamp>,
}

/// A server in a list.
#[derive(Debug, Clone, PartialEq)]
pub struct ServerSummary {
    /// Its id.
    pub id: ServerId,
    /// The product it runs.
    pub product: ProductId,
    /// The product's name.
    pub product_name: String,
    /// The organization's name, if it reports under a token.
    pub organization: Option<String>,
    /// Its cluster.
    pub cluster_id: String,
    /// Its own id; `None` where it stands for its cluster's one server.
    pub server_id: Option<String>,
    /// The host of its latest check-in.
    pub host: Option<String>,
    /// Its latest version.
    pub version: Option<String>,
    /// Its first report that was on time.
    pub first_seen: Option<Timestamp>,
    /// Its latest report.
    pub last_seen: Timestamp,
}

/// A server on its own page.
#[derive(Debug, Clone, PartialEq)]
pub struct ServerDetail {
    /// The list's columns.
    pub summary: ServerSummary,
    /// Its latest dimensions, sorted by key.
    pub dimensions: Vec<(String, String)>,
    /// Its latest values, sorted by key.
    pub values: Vec<(String, Number)>,
}

/// One value of a dimension and how many servers have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    /// The dimension's value.
    pub value: String,
    /// Servers.
    pub servers: u64,
}
