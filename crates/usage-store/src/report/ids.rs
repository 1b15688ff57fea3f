//! The ids and names that a report gives for itself: which texts are blank, and the checks
//! that check-ins and stats share.

use std::borrow::Cow;

use serde::de::MapAccess;

use super::element::too_long;
use super::fields::{CLUSTER_ID, SERVER_ID};
use super::json::{Any, Depth, Item};
use super::limits::NAME_BYTES_MAX;
use super::problems::Problems;

/// Whether a key of `tags` or `values` names an id.
pub(super) fn is_id(key: &str) -> bool {
    key == CLUSTER_ID || key == SERVER_ID
}

/// Nothing but white space.
pub(super) fn is_blank(text: &str) -> bool {
    text.trim_start().is_empty()
}

/// Reads over an extra key's value, with all limits.
pub(super) fn skip<'de, A: MapAccess<'de>>(map: &mut A, inside: Depth) -> Result<(), A::Error> {
    map.next_value_seed(inside.read(Any)).map(drop)
}

/// A required field: its key on the wire, and its name in the message that the API has
/// always had for a blank one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Required {
    pub(super) key: &'static str,
    pub(super) name: &'static str,
}

impl Required {
    /// The field's text, or a problem. Ids may be numbers: InfluxDB 0.9.5 sends them so.
    pub(super) fn check<'de>(
        self,
        item: Option<Item<'de>>,
        problems: &mut Problems,
    ) -> Option<Cow<'de, str>> {
        match item {
            None | Some(Item::Null) => problems.add(self.key, self.blank()),
            Some(Item::Text(text)) if is_blank(&text) => problems.add(self.key, self.blank()),
            Some(Item::Text(text) | Item::Digits(text)) if text.len() > NAME_BYTES_MAX => {
                problems.add(self.key, too_long(text.len(), NAME_BYTES_MAX));
            }
            Some(Item::Text(text) | Item::Digits(text)) => return Some(text),
            Some(other) if is_id(self.key) => problems.add(
                self.key,
                format!("must be a string or a number; got {}", other.what()),
            ),
            Some(other) => {
                problems.add(self.key, format!("must be a string; got {}", other.what()));
            }
        }
        None
    }

    fn blank(self) -> String {
        format!("{} can not be blank.", self.name)
    }
}

pub(super) const CLUSTER: Required = Required {
    key: CLUSTER_ID,
    name: "ClusterID",
};
pub(super) const SERVER: Required = Required {
    key: SERVER_ID,
    name: "ServerID",
};
