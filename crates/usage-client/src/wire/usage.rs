//! A product's usage report: how much it is used, by which installation.

use std::borrow::Cow;

use serde::ser::{Serialize, SerializeStruct, Serializer};

use super::{Saveable, Tags, Values};

/// How much a product is used, reported at start and then every 12 hours or so.
///
/// The ids of the installation stand among the values, `cluster_id` and `server_id`; version, OS and
/// architecture among tags or values.
///
/// ```
/// use usage_client::{Usage, UsageData, tags, values};
///
/// let usage = Usage::new("influxdb").with(
///     UsageData::new()
///         .tags(tags! { "version" => "0.9.5", "arch" => "amd64", "os" => "linux" })
///         .values(values! { "cluster_id" => "23423", "server_id" => "1", "num_databases" => 3 }),
/// );
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Usage {
    /// The product, a segment of the path ([how it is written there](Saveable::path)). Blank is an error
    /// when saving.
    pub product: String,
    /// The observations: the report is this array, bare. `None` is sent as `null`, as Go sends a nil
    /// slice.
    pub data: Option<Vec<UsageData>>,
}

/// One observation of one installation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UsageData {
    /// What it is about. `None` is sent as `null`.
    pub tags: Option<Tags>,
    /// What was seen. `None` is sent as `null`.
    pub values: Option<Values>,
}

impl Usage {
    /// Usage of `product`, still without observations.
    pub fn new(product: impl Into<String>) -> Self {
        Self {
            product: product.into(),
            data: None,
        }
    }

    /// Adds an observation.
    #[must_use]
    pub fn with(mut self, observation: UsageData) -> Self {
        self.data.get_or_insert_default().push(observation);
        self
    }
}

impl Extend<UsageData> for Usage {
    fn extend<I: IntoIterator<Item = UsageData>>(&mut self, observations: I) {
        self.data.get_or_insert_default().extend(observations);
    }
}

impl UsageData {
    /// An observation that says nothing yet.
    pub fn new() -> Self {
        Self::default()
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

impl From<Values> for UsageData {
    fn from(values: Values) -> Self {
        Self::new().values(values)
    }
}

impl Saveable for Usage {
    fn path(&self) -> Cow<'_, str> {
        format!("/usage/{}", self.product).into()
    }
}

impl Serialize for Usage {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.data.serialize(serializer)
    }
}

impl Serialize for UsageData {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("UsageData", 2)?;
        object.serialize_field("tags", &self.tags)?;
        object.serialize_field("values", &self.values)?;
        object.end()
    }
}
