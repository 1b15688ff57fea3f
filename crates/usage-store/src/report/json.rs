//! Reading JSON in one pass: what one value is, with depth, key and text limits held
//! everywhere, so that a body's reader says only which fields it wants. Nothing here knows
//! what a report is.
//!
//! A wrong type is not an error of the reading: the reader hears what came instead and goes
//! on, so that all of a body's problems are told at once. Malformed JSON and what is nested
//! too deep end the reading.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::Number;
use super::limits::{JSON_DEPTH_MAX, KEYS_PER_OBJECT_MAX, NAME_BYTES_MAX, TEXT_BYTES_MAX};
use super::problems::is_out_of_range;
use super::quote::quoted;

/// One JSON value, as far as reports care.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Item<'a> {
    Null,
    Bool(bool),
    Number(Number),
    /// A number's text as sent, of a field that may be an id.
    Digits(Cow<'a, str>),
    Text(Cow<'a, str>),
    Array,
    Object,
}

impl Item<'_> {
    /// As messages name it.
    pub(super) fn what(&self) -> &'static str {
        match self {
            Item::Null => "null",
            Item::Bool(_) => "a boolean",
            Item::Number(_) | Item::Digits(_) => "a number",
            Item::Text(_) => "a string",
            Item::Array => "an array",
            Item::Object => "an object",
        }
    }
}

/// What a reader makes of one value. Containers it doesn't want are read to their end, with
/// all limits, and become an [`Item`].
pub(super) trait Reader<'de>: Sized {
    type Out;

    /// The value is not a container, or not one that the reader wants.
    fn item(self, item: Item<'de>) -> Self::Out;

    /// The value is an object; `inside` is the depth of what it holds.
    fn object<A: MapAccess<'de>>(self, mut map: A, inside: Depth) -> Result<Self::Out, A::Error> {
        let mut keys = Keys::default();
        while keys.next(&mut map)?.is_some() {
            let nested = map.next_value_seed(inside.read(Any))?;
            within_text_limit::<A::Error>(&nested)?;
        }
        Ok(self.item(Item::Object))
    }

    /// The value is an array; `inside` is the depth of what it holds.
    fn array<A: SeqAccess<'de>>(self, mut seq: A, inside: Depth) -> Result<Self::Out, A::Error> {
        while let Some(nested) = seq.next_element_seed(inside.read(Any))? {
            within_text_limit::<A::Error>(&nested)?;
        }
        Ok(self.item(Item::Array))
    }
}

fn within_text_limit<E: Error>(item: &Item<'_>) -> Result<(), E> {
    match item {
        Item::Text(text) if text.len() > TEXT_BYTES_MAX => Err(E::custom(format_args!(
            "a string is {} bytes long; at most {TEXT_BYTES_MAX} are allowed",
            text.len()
        ))),
        _ => Ok(()),
    }
}

/// Takes whatever comes.
pub(super) struct Any;

impl<'de> Reader<'de> for Any {
    type Out = Item<'de>;

    fn item(self, item: Item<'de>) -> Item<'de> {
        item
    }
}

/// How many containers are around a value.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Depth(usize);

impl Depth {
    /// Reads the value at this depth.
    pub(super) fn read<R>(self, reader: R) -> At<R> {
        At {
            reader,
            depth: self,
        }
    }

    fn enter<E: Error>(self) -> Result<Depth, E> {
        if self.0 < JSON_DEPTH_MAX {
            Ok(Depth(self.0 + 1))
        } else {
            Err(E::custom(format_args!(
                "is nested deeper than {JSON_DEPTH_MAX} levels"
            )))
        }
    }

    /// Reads an object's value that may be an id: a number keeps the digits that were sent.
    pub(super) fn read_id<'de, A: MapAccess<'de>>(
        self,
        map: &mut A,
    ) -> Result<Item<'de>, A::Error> {
        let raw: &'de RawValue = map.next_value()?;
        let text = raw.get();
        match text.as_bytes() {
            [b'-' | b'0'..=b'9', ..] => Ok(Item::Digits(Cow::Borrowed(text))),
            [b'"', inner @ .., b'"'] if !inner.contains(&b'\\') => {
                Ok(Item::Text(Cow::Borrowed(&text[1..text.len() - 1])))
            }
            _ => self
                .read(Any)
                .deserialize(&mut serde_json::Deserializer::from_str(text))
                .map_err(|e| {
                    let said = without_position(&e);
                    match e.is_data() || is_out_of_range(&e) {
                        true => A::Error::custom(said),
                        false => A::Error::custom(format_args!("is not valid JSON: {said}")),
                    }
                }),
        }
    }
}

/// The outer reader adds the position within the whole body.
fn without_position(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" at line ")
        .map_or(text.clone(), |(message, _)| message.to_owned())
}

/// The keys of one object: counted, and of bounded length.
#[derive(Debug, Default)]
pub(super) struct Keys {
    count: usize,
}

impl Keys {
    pub(super) fn next<'de, A: MapAccess<'de>>(
        &mut self,
        map: &mut A,
    ) -> Result<Option<Cow<'de, str>>, A::Error> {
        let Some(key) = map.next_key_seed(Key)? else {
            return Ok(None);
        };
        self.count += 1;
        if self.count > KEYS_PER_OBJECT_MAX {
            return Err(A::Error::custom(format_args!(
                "an object has more than {KEYS_PER_OBJECT_MAX} keys"
            )));
        }
        if key.len() > NAME_BYTES_MAX {
            return Err(A::Error::custom(format_args!(
                "a key is {} bytes long; at most {NAME_BYTES_MAX} are allowed; it begins with {}",
                key.len(),
                quoted(key.as_bytes())
            )));
        }
        Ok(Some(key))
    }
}

struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Key {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_borrowed_str<E: Error>(self, key: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(key))
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(key.to_owned()))
    }
}

/// A reader at its depth: the bridge from serde's visitor to [`Reader`].
pub(super) struct At<R> {
    reader: R,
    depth: Depth,
}

impl<'de, R: Reader<'de>> DeserializeSeed<'de> for At<R> {
    type Value = R::Out;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<R::Out, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, R: Reader<'de>> Visitor<'de> for At<R> {
    type Value = R::Out;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<R::Out, E> {
        Ok(self.reader.item(Item::Null))
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<R::Out, E> {
        Ok(self.reader.item(Item::Bool(value)))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<R::Out, E> {
        Ok(self.reader.item(Item::Number(Number::Int(value))))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<R::Out, E> {
        let number = i64::try_from(value).map_or(Number::UInt(value), Number::Int);
        Ok(self.reader.item(Item::Number(number)))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<R::Out, E> {
        Ok(self.reader.item(Item::Number(Number::Float(value))))
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<R::Out, E> {
        Ok(self.reader.item(Item::Text(Cow::Borrowed(text))))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<R::Out, E> {
        Ok(self.reader.item(Item::Text(Cow::Owned(text.to_owned()))))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<R::Out, A::Error> {
        let inside = self.depth.enter()?;
        self.reader.object(map, inside)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<R::Out, A::Error> {
        let inside = self.depth.enter()?;
        self.reader.array(seq, inside)
    }
}
