//! A product's statistics: named points with tags and values, of one server.

use std::borrow::Cow;

use serde::ser::{Serialize, SerializeStruct, Serializer};

use super::{Saveable, Tags, Values};

/// What one server of a product measured, reported as often as the product likes.
///
/// ```
/// use usage_client::{Stats, StatsData, tags, values};
///
/// let stats = Stats::new("influxdb")
///     .cluster_id("clus1")
///     .server_id("serv1")
///     .with(
///         StatsData::new("engine")
///             .tags(tags! { "version" => "bz1" })
///             .values(values! { "blks_write" => 39, "blks_write_bytes" => 2421 }),
///     );
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stats {
    /// The product, a segment of the path ([how it is written there](Saveable::path)). Blank is an error
    /// when saving.
    pub product: String,
    /// The cluster the server belongs to.
    pub cluster_id: String,
    /// The server, within its cluster.
    pub server_id: String,
    /// The points. `None` is sent as `null`, as Go sends a nil slice.
    pub data: Option<Vec<StatsData>>,
}

/// One point: a name, what it is about, and its numbers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StatsData {
    /// What was measured, such as `engine`.
    pub name: String,
    /// What it is about. `None` is sent as `null`.
    pub tags: Option<Tags>,
    /// What was measured. `None` is sent as `null`.
    pub values: Option<Values>,
}

impl Stats {
    /// Statistics of `product`, still without ids and points.
    pub fn new(product: impl Into<String>) -> Self {
        Self {
            product: product.into(),
            ..Self::default()
        }
    }

    /// Sets the cluster.
    #[must_use]
    pub fn cluster_id(mut self, id: impl Into<String>) -> Self {
        self.cluster_id = id.into();
        self
    }

    /// Sets the server's id within the cluster.
    #[must_use]
    pub fn server_id(mut self, id: impl Into<String>) -> Self {
        self.server_id = id.into();
        self
    }

    /// Adds a point.
    #[must_use]
    pub fn with(mut self, point: StatsData) -> Self {
        self.data.get_or_insert_default().push(point);
        self
    }
}

impl Extend<StatsData> for Stats {
    fn extend<I: IntoIterator<Item = StatsData>>(&mut self, points: I) {
        self.data.get_or_insert_default().extend(points);
    }
}

impl StatsData {
    /// A point called `name`, still without tags and values.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            ..Self::default()
        }
    }

    /// Sets the tags.
    #[must_use]
    pub fn tags(mut self, tags: impl Into<Tags>) -> Self {
        self.tags = Some(tags.into());
        self
    }

    /// Sets the values.
    #[must_use]
    pub fn values(mut self, values: impl Into<Values>) -> Self {
        self.values = Some(values.into());
        self
    }
}

impl Saveable for Stats {
    fn path(&self) -> Cow<'_, str> {
        format!("/stats/{}", self.product).into()
    }
}

impl Serialize for Stats {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Stats", 3)?;
        object.serialize_field("cluster_id", &self.cluster_id)?;
        object.serialize_field("server_id", &self.server_id)?;
        object.serialize_field("stats", &self.data)?;
        object.end()
    }
}

impl Serialize for StatsData {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("StatsData", 3)?;
        object.serialize_field("name", &self.name)?;
        object.serialize_field("tags", &self.tags)?;
        object.serialize_field("values", &self.values)?;
        object.end()
    }
}
