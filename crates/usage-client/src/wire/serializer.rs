//! Values from anything `Serialize`. The rules of JSON hold: keys are text, numbers are finite and exact.

use serde::ser::{
    Error as _, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant,
    SerializeTuple, SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

use super::{EncodeError, Value, Values};

impl Values {
    /// The fields of a struct, or the pairs of a map, as serde sees them: renamed, flattened and skipped as
    /// its attributes say.
    ///
    /// ```
    /// use usage_client::{Values, values};
    ///
    /// #[derive(serde::Serialize)]
    /// struct Measured {
    ///     num_series: u64,
    ///     uptime: f64,
    ///     #[serde(skip_serializing_if = "Option::is_none")]
    ///     licence: Option<String>,
    /// }
    ///
    /// let measured = Measured { num_series: u64::MAX, uptime: 0.5, licence: None };
    /// assert_eq!(
    ///     Values::from_serialize(&measured)?,
    ///     values! { "num_series" => u64::MAX, "uptime" => 0.5 },
    /// );
    /// # Ok::<(), usage_client::EncodeError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Where `source` is neither, holds a NaN, an infinity, an integer beyond 64 bits or a key that is no
    /// text, or says no itself.
    pub fn from_serialize<T: Serialize + ?Sized>(source: &T) -> Result<Self, EncodeError> {
        match source.serialize(ToValue)? {
            Value::Object(values) => Ok(values),
            _ => Err(EncodeError::custom(
                "values come from a struct or a map, this is neither",
            )),
        }
    }
}

struct ToValue;

impl Serializer for ToValue {
    type Ok = Value;
    type Error = EncodeError;
    type SerializeSeq = Items;
    type SerializeTuple = Items;
    type SerializeTupleStruct = Items;
    type SerializeTupleVariant = Items;
    type SerializeMap = Pairs;
    type SerializeStruct = Pairs;
    type SerializeStructVariant = Pairs;

    fn serialize_bool(self, value: bool) -> Result<Value, EncodeError> {
        Ok(value.into())
    }

    fn serialize_i8(self, value: i8) -> Result<Value, EncodeError> {
        Ok(value.into())
    }

    fn serialize_i16(self, value: i16) -> Result<Value, EncodeError> {
        Ok(value.into())
    }

    fn serialize_i32(self, value: i32) -> Result<Value, EncodeError> {
        Ok(value.into())
    }

    fn serialize_i64(self, value: i64) -> Result<Value, EncodeError> {
        Ok(value.into())
    }

    fn serialize_i128(self, value: i128) -> Result<Value, EncodeError> {
        if let Ok(value) = i64::try_from(value) {
            return Ok(value.into());
        }
        let unsigned = u64::try_from(value);
        unsigned.map(Value::from).map_err(|_| too_large(value))
    }

    fn serialize_u8(self, value: u8) -> Result<Value, EncodeError> {
        Ok(value.into())
    }

    fn serialize_u16(self, value: u16) -> Result<Value, EncodeError> {
        Ok(value.into())
    }

    fn serialize_u32(self, value: u32) -> Result<Value, EncodeError> {
        Ok(value.into())
    }

    fn serialize_u64(self, value: u64) -> Result<Value, EncodeError> {
        Ok(value.into())
    }

    fn serialize_u128(self, value: u128) -> Result<Value, EncodeError> {
        let exact = u64::try_from(value);
        exact.map(Value::from).map_err(|_| too_large(value))
    }

    fn serialize_f32(self, value: f32) -> Result<Value, EncodeError> {
        finite(f64::from(value))?;
        Ok(value.into())
    }

    fn serialize_f64(self, value: f64) -> Result<Value, EncodeError> {
        finite(value)?;
        Ok(value.into())
    }

    fn serialize_char(self, value: char) -> Result<Value, EncodeError> {
        Ok(value.into())
    }

    fn serialize_str(self, value: &str) -> Result<Value, EncodeError> {
        Ok(value.into())
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<Value, EncodeError> {
        Ok(value.iter().copied().collect())
    }

    fn serialize_none(self) -> Result<Value, EncodeError> {
        Ok(Value::Null)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Value, EncodeError> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<Value, EncodeError> {
        Ok(Value::Null)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<Value, EncodeError> {
        Ok(Value::Null)
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<Value, EncodeError> {
        Ok(variant.into())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<Value, EncodeError> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Value, EncodeError> {
        Ok(in_variant(Some(variant), value.serialize(self)?))
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Items, EncodeError> {
        Ok(Items::default())
    }

    fn serialize_tuple(self, _: usize) -> Result<Items, EncodeError> {
        Ok(Items::default())
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Items, EncodeError> {
        Ok(Items::default())
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Items, EncodeError> {
        Ok(Items {
            variant: Some(variant),
            ..Items::default()
        })
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Pairs, EncodeError> {
        Ok(Pairs::default())
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Pairs, EncodeError> {
        Ok(Pairs::default())
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Pairs, EncodeError> {
        Ok(Pairs {
            variant: Some(variant),
            ..Pairs::default()
        })
    }
}

fn too_large(value: impl std::fmt::Display) -> EncodeError {
    EncodeError::custom(format_args!("{value} is beyond 64 bits"))
}

fn finite(value: f64) -> Result<(), EncodeError> {
    if value.is_finite() {
        return Ok(());
    }
    Err(EncodeError::custom(format_args!(
        "{value} is no JSON number"
    )))
}

/// `{"variant": value}`, for the variants of an enum.
fn in_variant(variant: Option<&'static str>, value: Value) -> Value {
    match variant {
        Some(variant) => Values::new().with(variant, value).into(),
        None => value,
    }
}

/// A list on its way.
#[derive(Default)]
struct Items {
    variant: Option<&'static str>,
    items: Vec<Value>,
}

impl Items {
    fn push<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        self.items.push(value.serialize(ToValue)?);
        Ok(())
    }

    fn done(self) -> Value {
        in_variant(self.variant, self.items.into())
    }
}

/// An object on its way.
#[derive(Default)]
struct Pairs {
    variant: Option<&'static str>,
    key: Option<String>,
    pairs: Values,
}

impl Pairs {
    fn push<T: Serialize + ?Sized>(&mut self, key: String, value: &T) -> Result<(), EncodeError> {
        self.pairs.insert(key, value.serialize(ToValue)?);
        Ok(())
    }

    fn done(self) -> Value {
        in_variant(self.variant, self.pairs.into())
    }
}

impl SerializeMap for Pairs {
    type Ok = Value;
    type Error = EncodeError;

    /// As `serde_json` has it: integers and booleans become text, anything else is no key.
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), EncodeError> {
        self.key = Some(match key.serialize(ToValue)? {
            Value::String(key) => key,
            Value::Int(key) => key.to_string(),
            Value::UInt(key) => key.to_string(),
            Value::Bool(key) => key.to_string(),
            _ => return Err(EncodeError::custom("a key must be text")),
        });
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        let key = self.key.take();
        let key = key.ok_or_else(|| EncodeError::custom("a value came without a key"))?;
        self.push(key, value)
    }

    fn end(self) -> Result<Value, EncodeError> {
        Ok(self.done())
    }
}

macro_rules! items {
    ($($kind:ident::$add:ident),*) => {$(
        impl $kind for Items {
            type Ok = Value;
            type Error = EncodeError;

            fn $add<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
                self.push(value)
            }

            fn end(self) -> Result<Value, EncodeError> {
                Ok(self.done())
            }
        }
    )*};
}

items! {
    SerializeSeq::serialize_element, SerializeTuple::serialize_element,
    SerializeTupleStruct::serialize_field, SerializeTupleVariant::serialize_field
}

macro_rules! pairs {
    ($($kind:ident),*) => {$(
        impl $kind for Pairs {
            type Ok = Value;
            type Error = EncodeError;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                key: &'static str,
                value: &T,
            ) -> Result<(), EncodeError> {
                self.push(key.to_owned(), value)
            }

            fn end(self) -> Result<Value, EncodeError> {
                Ok(self.done())
            }
        }
    )*};
}

pairs!(SerializeStruct, SerializeStructVariant);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values;
    use std::collections::{BTreeMap, HashMap};

    #[derive(serde::Serialize)]
    enum Kind {
        Plain,
        New(u8),
        Pair(u8, u8),
        Named { a: i64 },
    }

    #[derive(serde::Serialize)]
    struct Everything {
        kinds: Vec<Kind>,
        most: u64,
        least: i64,
        small: f32,
        whole: f64,
        wide: u128,
        some: Option<&'static str>,
        none: Option<u8>,
        unit: (),
        pair: (char, bool),
        keys: BTreeMap<i32, Vec<u8>>,
        #[serde(flatten)]
        more: HashMap<String, u8>,
    }

    #[test]
    fn what_serde_sees_is_what_comes_out() {
        let everything = Everything {
            kinds: vec![
                Kind::Plain,
                Kind::New(1),
                Kind::Pair(2, 3),
                Kind::Named { a: -4 },
            ],
            most: u64::MAX,
            least: i64::MIN,
            small: 0.1,
            whole: 3.0,
            wide: u128::from(u64::MAX),
            some: Some("text"),
            none: None,
            unit: (),
            pair: ('x', true),
            keys: BTreeMap::from([(-1, vec![1, 2])]),
            more: HashMap::from([("flat".to_owned(), 9)]),
        };
        let expected = values! {
            "kinds" => Value::Array(vec![
                "Plain".into(),
                values! { "New" => 1 }.into(),
                values! { "Pair" => [2, 3] }.into(),
                values! { "Named" => values! { "a" => -4 } }.into(),
            ]),
            "most" => u64::MAX,
            "least" => i64::MIN,
            "small" => 0.1,
            "whole" => 3.0,
            "wide" => u64::MAX,
            "some" => "text",
            "none" => (),
            "unit" => (),
            "pair" => Value::Array(vec!["x".into(), true.into()]),
            "keys" => values! { "-1" => [1, 2] },
            "flat" => 9,
        };
        assert_eq!(Values::from_serialize(&everything).unwrap(), expected);
        // Values come out as they went in.
        assert_eq!(Values::from_serialize(&expected).unwrap(), expected);
    }

    #[test]
    fn what_json_can_t_say_is_an_error() {
        let text = |error: EncodeError| error.to_string();
        let of = |value: f64| {
            text(
                Values::from_serialize(&[("a", value)].into_iter().collect::<BTreeMap<_, _>>())
                    .unwrap_err(),
            )
        };
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert!(of(value).contains("no JSON number"), "{value}");
        }
        let single = Values::from_serialize(&BTreeMap::from([("a", f32::NAN)]));
        assert!(text(single.unwrap_err()).contains("no JSON number"));
        let wide = BTreeMap::from([("a", i128::MAX)]);
        assert!(text(Values::from_serialize(&wide).unwrap_err()).contains("64 bits"));
        let keys = BTreeMap::from([(vec![1], 1)]);
        assert!(text(Values::from_serialize(&keys).unwrap_err()).contains("key"));
        assert!(text(Values::from_serialize(&[1]).unwrap_err()).contains("neither"));
        assert!(Values::from_serialize("text").is_err());
    }
}
