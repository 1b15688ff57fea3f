//! The `key=value` pairs of a query, as Go reads and writes them: keys sorted, a key's values in their
//! order, pairs that can't be read dropped.

use std::collections::BTreeMap;

use super::cut;
use super::escape::{Part, escape, unescape};

#[derive(Debug, Default)]
pub(crate) struct Query(BTreeMap<Vec<u8>, Vec<Vec<u8>>>);

impl Query {
    /// Never fails: a pair with a `;` or a broken escape is left out, as the protocol's library does.
    pub(crate) fn parse(text: &[u8]) -> Self {
        let mut query = Self::default();
        for pair in text.split(|&byte| byte == b'&') {
            if pair.is_empty() || pair.contains(&b';') {
                continue;
            }
            let (key, value) = cut(pair, b'=');
            if let (Ok(key), Ok(value)) = (unescape(key, Part::Query), unescape(value, Part::Query))
            {
                query.0.entry(key).or_default().push(value);
            }
        }
        query
    }

    /// Replaces every earlier value of `key`.
    pub(crate) fn set(&mut self, key: &str, value: &[u8]) {
        self.0.insert(key.into(), vec![value.to_vec()]);
    }

    /// The last value of `key`.
    #[cfg(any(feature = "register", feature = "testing"))]
    pub(crate) fn get(&self, key: &str) -> Option<&[u8]> {
        self.0.get(key.as_bytes())?.last().map(Vec::as_slice)
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for (key, values) in &self.0 {
            for value in values {
                if !out.is_empty() {
                    out.push(b'&');
                }
                out.extend(escape(key, Part::Query));
                out.push(b'=');
                out.extend(escape(value, Part::Query));
            }
        }
        out
    }
}
