//! The token of a customer: sent, never shown.

use std::fmt;

use crate::Error;

/// Says which organization a report belongs to. Optional: blank means none.
///
/// Shows itself as `***`, so it can't end up in a log. Bytes, because servers give out what they like.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Token(Vec<u8>);

impl Token {
    /// Whether there is none.
    pub fn is_blank(&self) -> bool {
        self.trimmed().is_empty()
    }

    /// The secret itself, for stores of tokens. Not for logs.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// What a header carries: without the space around it, which headers don't keep.
    fn trimmed(&self) -> &[u8] {
        self.0.trim_ascii()
    }

    /// As a header's value, or nothing where the token is blank.
    pub(super) fn header_value(&self) -> Result<Option<Vec<u8>>, Error> {
        let unsendable = |byte: &u8| byte.is_ascii_control() && *byte != b'\t';
        if self.0.iter().any(unsendable) {
            return Err(Error::Token);
        }
        Ok((!self.is_blank()).then(|| self.trimmed().to_vec()))
    }
}

impl<T: AsRef<[u8]> + ?Sized> From<&T> for Token {
    fn from(token: &T) -> Self {
        Self(token.as_ref().to_vec())
    }
}

impl From<String> for Token {
    fn from(token: String) -> Self {
        Self(token.into())
    }
}

impl From<Vec<u8>> for Token {
    fn from(token: Vec<u8>) -> Self {
        Self(token)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}
