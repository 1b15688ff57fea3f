//! One value, and what becomes one.

use std::borrow::Cow;

use serde::ser::{Error as _, Serialize, Serializer};

use super::{Tags, Values};

/// Anything a report may say: exact integers, floats, text, and what JSON nests.
///
/// Integers keep every digit from `i64::MIN` to `u64::MAX`. Whole floats are sent without a point, as
/// the protocol's library sends them: the look of a number is not its type. NaN and the infinities can't
/// be sent: saving such a value is an error.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// Nothing known.
    #[default]
    Null,
    /// Yes or no.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A whole number beyond `i64::MAX`. `From` uses `Int` for the others, so that equal numbers are equal.
    UInt(u64),
    /// A number with a fraction, or too large for the integers.
    Float(f64),
    /// Text.
    String(String),
    /// Several values in order.
    Array(Vec<Value>),
    /// Several values by key.
    Object(Values),
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Int(value) => serializer.serialize_i64(*value),
            Self::UInt(value) => serializer.serialize_u64(*value),
            Self::Float(value) if value.is_finite() => serializer.serialize_f64(*value),
            Self::Float(value) => Err(S::Error::custom(format_args!("{value} is no JSON number"))),
            Self::String(value) => serializer.serialize_str(value),
            Self::Array(values) => values.serialize(serializer),
            Self::Object(values) => values.serialize(serializer),
        }
    }
}

macro_rules! from {
    ($($type:ty => $variant:ident),* $(,)?) => {$(
        impl From<$type> for Value {
            fn from(value: $type) -> Self {
                Self::$variant(value.into())
            }
        }
    )*};
}

from! {
    bool => Bool,
    i8 => Int, i16 => Int, i32 => Int, i64 => Int,
    u8 => Int, u16 => Int, u32 => Int,
    f64 => Float,
    &str => String, String => String, Cow<'_, str> => String, char => String,
    Values => Object,
}

impl From<u64> for Value {
    fn from(value: u64) -> Self {
        i64::try_from(value).map_or(Self::UInt(value), Self::Int)
    }
}

impl From<usize> for Value {
    fn from(value: usize) -> Self {
        Self::from(value as u64)
    }
}

impl From<isize> for Value {
    fn from(value: isize) -> Self {
        Self::Int(value as i64)
    }
}

/// By its decimal text: `0.1_f32` is sent as `0.1`, not as the 17 digits of the double next to it.
impl From<f32> for Value {
    fn from(value: f32) -> Self {
        Self::Float(value.to_string().parse().unwrap_or_else(|_| value.into()))
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Self {
        Self::String(text.clone())
    }
}

impl From<Tags> for Value {
    fn from(tags: Tags) -> Self {
        Self::Object(tags.into_iter().collect())
    }
}

impl From<()> for Value {
    fn from((): ()) -> Self {
        Self::Null
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl<T: Into<Value>> From<Vec<T>> for Value {
    fn from(values: Vec<T>) -> Self {
        values.into_iter().collect()
    }
}

impl<T: Into<Value>, const N: usize> From<[T; N]> for Value {
    fn from(values: [T; N]) -> Self {
        values.into_iter().collect()
    }
}

impl<T: Into<Value>> FromIterator<T> for Value {
    fn from_iter<I: IntoIterator<Item = T>>(values: I) -> Self {
        Self::Array(values.into_iter().map(Into::into).collect())
    }
}

/// Exact, unless the number was already a float there.
impl From<serde_json::Value> for Value {
    fn from(value: serde_json::Value) -> Self {
        match value {
            serde_json::Value::Null => Self::Null,
            serde_json::Value::Bool(value) => value.into(),
            serde_json::Value::Number(number) => match (number.as_i64(), number.as_u64()) {
                (Some(value), _) => value.into(),
                (None, Some(value)) => value.into(),
                (None, None) => number.as_f64().into(),
            },
            serde_json::Value::String(value) => value.into(),
            serde_json::Value::Array(values) => values.into(),
            serde_json::Value::Object(pairs) => Self::Object(pairs.into_iter().collect()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{tags, values};

    #[test]
    fn values_are_made_from_what_a_program_has_at_hand() {
        let name = String::from("jambox");
        let made = values! { "name" => &name, "labels" => tags! { "zone" => "a" } };
        let zone = Values::from([("zone", "a")]);
        assert_eq!(made["name"], Value::from("jambox"));
        assert_eq!(made["labels"], Value::Object(zone));
        let pairs: Vec<(String, Value)> = made.into_iter().collect();
        assert_eq!(pairs[0].0, "labels");
    }
}
