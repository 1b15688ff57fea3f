//! The names of a report's fields on the wire: the readers read by them, and what documents the
//! API takes them from here.

/// The cluster; in a check-in and stats, or among tags or values.
pub const CLUSTER_ID: &str = "cluster_id";
/// The server, where the cluster's id stands.
pub const SERVER_ID: &str = "server_id";
/// A check-in's host, which may carry a port.
pub const HOST: &str = "host";
/// A check-in's product; of the other reports it is in the path.
pub const PRODUCT: &str = "product";
/// A check-in's version, and the dimension of that name.
pub const VERSION: &str = "version";
/// The list of series of product stats.
pub const STATS: &str = "stats";
/// The name of one of them.
pub const NAME: &str = "name";
/// What an element says in texts.
pub const TAGS: &str = "tags";
/// What it says in values of any type.
pub const VALUES: &str = "values";
