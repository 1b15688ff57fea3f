//! `tags!` and `values!`: reports that read like what they say.

/// [`Tags`](crate::Tags) from `key => text` pairs.
///
/// ```
/// let version = String::from("1.0");
/// let tags = usage_client::tags! { "os" => "linux", "version" => version };
/// assert_eq!(tags["version"], "1.0");
/// ```
#[macro_export]
macro_rules! tags {
    ($($key:expr => $value:expr),* $(,)?) => {
        $crate::Tags::new()$(.with($key, $value))*
    };
}

/// [`Values`](crate::Values) from `key => value` pairs of any types that become a
/// [`Value`](crate::Value).
///
/// ```
/// use usage_client::values;
///
/// let values = values! {
///     "num_databases" => 3,
///     "uptime" => 86400.25,
///     "cluster_id" => "23423",
///     "licence" => None::<&str>,
///     "disks" => ["sda", "sdb"],
///     "memory" => values! { "heap" => 7_000_021_u64 },
/// };
/// assert_eq!(values.len(), 6);
/// ```
#[macro_export]
macro_rules! values {
    ($($key:expr => $value:expr),* $(,)?) => {
        $crate::Values::new()$(.with($key, $value))*
    };
}
