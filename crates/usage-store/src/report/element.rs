//! One `{name, tags, values}` of a usage or stats report: read, checked, and turned into
//! an observation, or into a point.

use std::borrow::Cow;

use serde::de::MapAccess;

use super::Observation;
use super::fields::{self, CLUSTER_ID, SERVER_ID};
use super::ids;
use super::json::{Any, Depth, Item, Keys, Reader};
use super::limits::{KEYS_PER_OBJECT_MAX, NAME_BYTES_MAX, TEXT_BYTES_MAX};
use super::points::{Point, Value};
use super::problems::{Problems, step};

type Entries<'de> = Vec<(Cow<'de, str>, Item<'de>)>;

/// `tags` or `values` as they came.
#[derive(Debug, Default)]
enum Map<'de> {
    #[default]
    Blank,
    Entries(Entries<'de>),
    Wrong(&'static str),
}

/// Reads `tags` or `values`.
struct MapReader<'s> {
    problems: &'s mut Problems,
}

impl<'de> Reader<'de> for MapReader<'_> {
    type Out = Map<'de>;

    fn item(self, item: Item<'de>) -> Map<'de> {
        match item {
            Item::Null => Map::Blank,
            other => Map::Wrong(other.what()),
        }
    }

    fn object<A: MapAccess<'de>>(self, mut map: A, inside: Depth) -> Result<Map<'de>, A::Error> {
        let mut entries = Vec::with_capacity(24);
        let mut keys = Keys::default();
        while let Some(key) = keys.next(&mut map)? {
            let item = if key == CLUSTER_ID || key == SERVER_ID {
                inside.read_id(&mut map)
            } else {
                map.next_value_seed(inside.read(Any))
            };
            let item = item.inspect_err(|_| self.problems.passed(step(&key)))?;
            entries.push((key, item));
        }
        Ok(Map::Entries(entries))
    }
}

/// One element, read but not yet checked.
#[derive(Debug, Default)]
pub(super) struct Element<'de> {
    name: Option<Item<'de>>,
    tags: Map<'de>,
    values: Map<'de>,
}

/// Reads one element; a type error is an element of its own kind.
pub(super) struct ElementReader<'s> {
    pub(super) problems: &'s mut Problems,
    /// Whether a name belongs to it, as in stats.
    pub(super) named: bool,
}

impl<'de> Reader<'de> for ElementReader<'_> {
    type Out = Result<Element<'de>, &'static str>;

    fn item(self, item: Item<'de>) -> Self::Out {
        Err(item.what())
    }

    fn object<A: MapAccess<'de>>(self, mut map: A, inside: Depth) -> Result<Self::Out, A::Error> {
        let mut element = Element::default();
        let mut keys = Keys::default();
        while let Some(key) = keys.next(&mut map)? {
            let read = match key.as_ref() {
                fields::TAGS => map
                    .next_value_seed(inside.read(MapReader {
                        problems: &mut *self.problems,
                    }))
                    .map(|tags| element.tags = tags),
                fields::VALUES => map
                    .next_value_seed(inside.read(MapReader {
                        problems: &mut *self.problems,
                    }))
                    .map(|values| element.values = values),
                fields::NAME if self.named => map
                    .next_value_seed(inside.read(Any))
                    .map(|name| element.name = Some(name)),
                _ => ids::skip(&mut map, inside),
            };
            read.inspect_err(|_| self.problems.passed(step(&key)))?;
        }
        Ok(Ok(element))
    }
}

impl<'de> Element<'de> {
    /// Checks types and lengths; `place` is `[3]` or `stats[3]`.
    pub(super) fn check(self, place: &str, problems: &mut Problems) -> Checked<'de> {
        match &self.name {
            None | Some(Item::Null) => {}
            Some(Item::Text(name)) if name.len() <= NAME_BYTES_MAX => {}
            Some(Item::Text(name)) => problems.add(
                format!("{place}.name"),
                too_long(name.len(), NAME_BYTES_MAX),
            ),
            Some(other) => problems.add(
                format!("{place}.name"),
                format!("must be a string; got {}", other.what()),
            ),
        }
        let tags = entries(self.tags, place, ".tags", problems);
        let values = entries(self.values, place, ".values", problems);
        let keys = tags.len() + values.len();
        if keys > KEYS_PER_OBJECT_MAX {
            problems.add(
                place.to_owned(),
                format!(
                    "has {keys} keys in tags and values; at most {KEYS_PER_OBJECT_MAX} are allowed"
                ),
            );
        }
        for (key, item) in &tags {
            let numeric_id = ids::is_id(key) && matches!(item, Item::Digits(_));
            if !matches!(item, Item::Text(_)) && !numeric_id {
                problems.add(
                    format!("{place}.tags{}", step(key)),
                    format!("must be a string, as all tags; got {}", item.what()),
                );
            }
        }
        for (map, entries) in [(".tags", &tags), (".values", &values)] {
            for (key, item) in entries {
                let limit = if ids::is_id(key) {
                    NAME_BYTES_MAX
                } else {
                    TEXT_BYTES_MAX
                };
                if let Item::Text(text) | Item::Digits(text) = item
                    && text.len() > limit
                {
                    problems.add(
                        format!("{place}{map}{}", step(key)),
                        too_long(text.len(), limit),
                    );
                }
            }
        }
        let name = match self.name {
            Some(Item::Text(name)) => Some(name),
            _ => None,
        };
        Checked { name, tags, values }
    }
}

pub(super) fn too_long(bytes: usize, limit: usize) -> String {
    format!("is {bytes} bytes long; at most {limit} are allowed")
}

/// A map's entries sorted by key; of repeated keys the last.
fn entries<'de>(map: Map<'de>, place: &str, name: &str, problems: &mut Problems) -> Entries<'de> {
    match map {
        Map::Blank => Vec::new(),
        Map::Wrong(what) => {
            problems.add(
                format!("{place}{name}"),
                format!("must be an object or null; got {what}"),
            );
            Vec::new()
        }
        Map::Entries(mut entries) => {
            // Go sends maps sorted: then this is one comparison a key. The sort is stable.
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            entries.dedup_by(|later, kept| {
                let same = later.0 == kept.0;
                if same {
                    std::mem::swap(later, kept);
                }
                same
            });
            entries
        }
    }
}

/// An element that was found right, or whose problems are known.
pub(super) struct Checked<'de> {
    name: Option<Cow<'de, str>>,
    tags: Entries<'de>,
    values: Entries<'de>,
}

impl<'de> Checked<'de> {
    /// What the element says. Where a key is in both, a value that is a string, a boolean or
    /// a number wins over the tag.
    pub(super) fn observe(mut self) -> Observation<'de> {
        let mut observation = Observation {
            cluster_id: self.take_id(CLUSTER_ID),
            server_id: self.take_id(SERVER_ID),
            dimensions: Vec::with_capacity(self.tags.len() + 2),
            values: Vec::with_capacity(self.values.len()),
            ..Observation::default()
        };
        self.leave_out_tags_that_values_say();
        for (key, item) in self.tags.into_iter().chain(self.values) {
            match item {
                Item::Text(text) if !ids::is_id(&key) => observation.dimensions.push((key, text)),
                Item::Bool(value) if !ids::is_id(&key) => {
                    let text = if value { "true" } else { "false" };
                    observation.dimensions.push((key, Cow::Borrowed(text)));
                }
                Item::Number(number) => observation.values.push((key, number)),
                _ => {}
            }
        }
        observation
            .dimensions
            .sort_unstable_by(|a, b| a.0.cmp(&b.0));
        observation.version = version(&observation.dimensions);
        observation
    }

    /// The same with its types: which are tags, which values.
    pub(super) fn point(mut self) -> Point<'de> {
        let (cluster_id, server_id) = (self.take_id(CLUSTER_ID), self.take_id(SERVER_ID));
        self.leave_out_tags_that_values_say();
        let tags = self.tags.into_iter().filter_map(|(key, item)| match item {
            Item::Text(text) => Some((key, text)),
            _ => None,
        });
        let values = self.values.into_iter().filter(|(key, _)| !ids::is_id(key));
        let values = values.filter_map(|(key, item)| match item {
            Item::Text(text) => Some((key, Value::Text(text))),
            Item::Bool(is) => Some((key, Value::Bool(is))),
            Item::Number(number) => Some((key, Value::Number(number))),
            _ => None,
        });
        Point {
            name: self.name.filter(|name| !ids::is_blank(name)),
            cluster_id,
            server_id,
            tags: tags.collect(),
            values: values.collect(),
        }
    }

    fn take_id(&mut self, key: &str) -> Option<Cow<'de, str>> {
        take_id(&mut self.values, key).or_else(|| take_id(&mut self.tags, key))
    }

    fn leave_out_tags_that_values_say(&mut self) {
        let values = &self.values;
        self.tags.retain(|(key, _)| {
            !ids::is_id(key)
                && !values
                    .binary_search_by(|(other, _)| other.cmp(key))
                    .is_ok_and(|at| is_scalar(&values[at].1))
        });
    }
}

fn take_id<'de>(entries: &mut Entries<'de>, key: &str) -> Option<Cow<'de, str>> {
    let at = entries
        .binary_search_by(|(other, _)| other.as_ref().cmp(key))
        .ok()?;
    match &mut entries[at].1 {
        Item::Text(text) if ids::is_blank(text) => None,
        Item::Text(text) | Item::Digits(text) => Some(std::mem::take(text)),
        _ => None,
    }
}

fn is_scalar(item: &Item<'_>) -> bool {
    matches!(item, Item::Text(_) | Item::Bool(_) | Item::Number(_))
}

pub(super) fn version<'de>(dimensions: &[(Cow<'de, str>, Cow<'de, str>)]) -> Option<Cow<'de, str>> {
    let at = dimensions
        .binary_search_by(|(key, _)| key.as_ref().cmp(fields::VERSION))
        .ok()?;
    Some(dimensions[at].1.clone())
}
