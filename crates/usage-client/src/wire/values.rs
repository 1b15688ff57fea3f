//! Values by key: what was measured or seen.

use std::collections::BTreeMap;
use std::ops::{Deref, DerefMut};

use serde::ser::{Serialize, Serializer};

use super::Value;

/// [`Value`]s by key, sorted. A [`BTreeMap`] in all but the name.
///
/// ```
/// use usage_client::{Values, values};
///
/// let mut values = values! { "uptime" => 0.75, "cluster_id" => "23423" };
/// values.insert("num_series".into(), 87232.into());
/// assert_eq!(values.len(), 3);
/// assert_eq!(Values::from([("a", 1)]), values! { "a" => 1 });
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Values(BTreeMap<String, Value>);

impl Values {
    /// No values: sent as `{}`.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a value, or replaces it.
    #[must_use]
    pub fn with(mut self, key: impl Into<String>, value: impl Into<Value>) -> Self {
        self.0.insert(key.into(), value.into());
        self
    }
}

impl Deref for Values {
    type Target = BTreeMap<String, Value>;
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl DerefMut for Values {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

impl<K: Into<String>, V: Into<Value>> FromIterator<(K, V)> for Values {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        let mut values = Self::new();
        values.extend(pairs);
        values
    }
}

impl<K: Into<String>, V: Into<Value>> Extend<(K, V)> for Values {
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, pairs: I) {
        let owned = |(key, value): (K, V)| (key.into(), value.into());
        self.0.extend(pairs.into_iter().map(owned));
    }
}

impl<K: Into<String>, V: Into<Value>, const N: usize> From<[(K, V); N]> for Values {
    fn from(pairs: [(K, V); N]) -> Self {
        pairs.into_iter().collect()
    }
}

impl IntoIterator for Values {
    type Item = (String, Value);
    type IntoIter = std::collections::btree_map::IntoIter<String, Value>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl From<BTreeMap<String, Value>> for Values {
    fn from(map: BTreeMap<String, Value>) -> Self {
        Self(map)
    }
}

impl Serialize for Values {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}
