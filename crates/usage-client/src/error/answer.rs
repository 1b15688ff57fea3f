//! The two shapes in which a Usage API says no. The server writes them, the client reads them.

use std::collections::BTreeMap;
use std::fmt;

use serde::ser::{Serialize, SerializeStruct, Serializer};

/// `{"error": "what is wrong"}`
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SimpleError {
    /// What is wrong, in the server's words. May be blank.
    pub message: String,
}

/// `{"errors": {"field": ["what is wrong", "what else"]}}`
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ValidationErrors {
    /// The messages, by field.
    pub errors: BTreeMap<String, Vec<String>>,
}

impl ValidationErrors {
    /// The messages about one field; none where the field is fine.
    pub fn field(&self, name: &str) -> &[String] {
        self.errors.get(name).map_or(&[], Vec::as_slice)
    }
}

impl fmt::Display for SimpleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.message.as_str() {
            "" => "it does not say why",
            message => message,
        })
    }
}

impl fmt::Display for ValidationErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.errors.is_empty() {
            return f.write_str("it does not say why");
        }
        for (at, (field, messages)) in self.errors.iter().enumerate() {
            let separator = if at == 0 { "" } else { "; " };
            write!(f, "{separator}{field}: {}", messages.join(", "))?;
        }
        Ok(())
    }
}

impl std::error::Error for SimpleError {}
impl std::error::Error for ValidationErrors {}

impl Serialize for SimpleError {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("SimpleError", 1)?;
        object.serialize_field("error", &self.message)?;
        object.end()
    }
}

impl Serialize for ValidationErrors {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("ValidationErrors", 1)?;
        object.serialize_field("errors", &self.errors)?;
        object.end()
    }
}
