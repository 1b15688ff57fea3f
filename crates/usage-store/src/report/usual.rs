//! A usage body in which all is as it should be, read for its ids only: most bodies are, and
//! accepting one takes no more. It keeps nothing else, so it costs a third of a whole reading.
//! Whatever is out of the ordinary is left to the reader that can say what is wrong, or that it isn't.

use std::borrow::Cow;

use serde::de::{DeserializeSeed, Error, MapAccess, SeqAccess};

use super::Observation;
use super::fields;
use super::ids;
use super::json::{Any, Depth, Item, Keys, Reader};
use super::limits::{ITEMS_MAX, KEYS_PER_OBJECT_MAX, NAME_BYTES_MAX, TEXT_BYTES_MAX};

/// The ids of each element; `None` for a body that has to be read whole.
pub(super) fn ids(text: &str) -> Option<Vec<Observation<'_>>> {
    let mut json = serde_json::Deserializer::from_str(text);
    let read = Depth::default().read(Body).deserialize(&mut json).ok()?;
    json.end().ok()?;
    read
}

fn unusual<E: Error>() -> E {
    E::custom("unusual")
}

struct Body;

impl<'de> Reader<'de> for Body {
    type Out = Option<Vec<Observation<'de>>>;

    fn item(self, _: Item<'de>) -> Self::Out {
        None
    }

    fn array<A: SeqAccess<'de>>(self, mut seq: A, inside: Depth) -> Result<Self::Out, A::Error> {
        let mut observations = Vec::with_capacity(1);
        while let Some(element) = seq.next_element_seed(inside.read(Element))? {
            if observations.len() == ITEMS_MAX {
                return Err(unusual());
            }
            observations.push(element.ok_or_else(unusual)?);
        }
        Ok(Some(observations))
    }
}

struct Element;

impl<'de> Reader<'de> for Element {
    type Out = Option<Observation<'de>>;

    fn item(self, _: Item<'de>) -> Self::Out {
        None
    }

    fn object<A: MapAccess<'de>>(self, mut map: A, inside: Depth) -> Result<Self::Out, A::Error> {
        let (mut tags, mut values) = (Found::default(), Found::default());
        let mut keys = Keys::default();
        while let Some(key) = keys.next(&mut map)? {
            let (place, texts_only) = match key.as_ref() {
                fields::TAGS => (&mut tags, true),
                fields::VALUES => (&mut values, false),
                _ => return Err(unusual()),
            };
            let found = map.next_value_seed(inside.read(Fields { texts_only }))?;
            *place = found.ok_or_else(unusual)?;
        }
        if tags.keys + values.keys > KEYS_PER_OBJECT_MAX {
            return Err(unusual());
        }
        Ok(Some(Observation {
            cluster_id: values.cluster_id.or(tags.cluster_id),
            server_id: values.server_id.or(tags.server_id),
            ..Observation::default()
        }))
    }
}

/// `tags` or `values`.
struct Fields {
    /// As tags must be.
    texts_only: bool,
}

/// What was found in one of them.
#[derive(Default)]
struct Found<'de> {
    cluster_id: Option<Cow<'de, str>>,
    server_id: Option<Cow<'de, str>>,
    /// Repeated ones count again: then there may seem to be too many.
    keys: usize,
}

impl<'de> Reader<'de> for Fields {
    type Out = Option<Found<'de>>;

    fn item(self, item: Item<'de>) -> Self::Out {
        (item == Item::Null).then(Found::default)
    }

    fn object<A: MapAccess<'de>>(self, mut map: A, inside: Depth) -> Result<Self::Out, A::Error> {
        let mut found = Found::default();
        let mut keys = Keys::default();
        while let Some(key) = keys.next(&mut map)? {
            found.keys += 1;
            let id = match key.as_ref() {
                fields::CLUSTER_ID => &mut found.cluster_id,
                fields::SERVER_ID => &mut found.server_id,
                _ => {
                    self.check(map.next_value_seed(inside.read(Any))?)?;
                    continue;
                }
            };
            *id = match inside.read_id(&mut map)? {
                Item::Text(text) | Item::Digits(text) if text.len() > NAME_BYTES_MAX => {
                    return Err(unusual());
                }
                Item::Text(text) => Some(text).filter(|text| !ids::is_blank(text)),
                Item::Digits(text) => Some(text),
                _ if self.texts_only => return Err(unusual()),
                _ => None,
            };
        }
        Ok(Some(found))
    }
}

impl Fields {
    fn check<E: Error>(&self, item: Item<'_>) -> Result<(), E> {
        match item {
            Item::Text(text) if text.len() <= TEXT_BYTES_MAX => Ok(()),
            Item::Text(_) => Err(unusual()),
            _ if self.texts_only => Err(unusual()),
            _ => Ok(()),
        }
    }
}
