//! What a report says: the three JSON bodies of the wire, their limits, the ids they name
//! and the observations they carry. Reading a body lives here and not in the server, since
//! the read model is rebuilt from the bodies in the journal.

mod check_in;
mod compact;
mod element;
mod elements;
pub mod fields;
mod ids;
mod json;
pub mod limits;
mod points;
mod problems;
mod quote;
mod stats;
#[cfg(test)]
mod tests;
mod usage;
mod usual;

use std::borrow::Cow;
use std::collections::BTreeMap;

pub use compact::compact;
pub(crate) use elements::only_elements;
pub use points::{Point, Value, points};
use problems::{BODY, Problems};
pub use quote::quoted;

/// Which of the three reports it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// A server checks in at its start.
    Servers,
    /// Product stats.
    Stats,
    /// Usage, every 12 hours.
    Usage,
}

impl Kind {
    /// The kind's name on the wire, on the command line and in exports.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Servers => "servers",
            Kind::Stats => "stats",
            Kind::Usage => "usage",
        }
    }
}

/// A number, exact over int64 and uint64.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Number {
    /// A whole number within int64.
    Int(i64),
    /// A whole number above int64, within uint64.
    UInt(u64),
    /// Any other number.
    Float(f64),
}

/// What one element of a report says about one server.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Observation<'a> {
    /// The cluster it names; blank ones are `None`.
    pub cluster_id: Option<Cow<'a, str>>,
    /// The server it names; without one it stands for its cluster's one server.
    pub server_id: Option<Cow<'a, str>>,
    /// The host, from check-ins only.
    pub host: Option<Cow<'a, str>>,
    /// The version: of a check-in, or the dimension of that name.
    pub version: Option<Cow<'a, str>>,
    /// Tags, and values that are strings or booleans; sorted by key, keys unique, ids left out.
    pub dimensions: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    /// Values that are numbers; sorted by key, keys unique, ids left out.
    pub values: Vec<(Cow<'a, str>, Number)>,
}

/// A body that was read and found right.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Decoded<'a> {
    /// The product a check-in names in its body; `None` for stats and usage.
    pub product: Option<Cow<'a, str>>,
    /// One for a check-in and for stats; for usage one for each element.
    pub observations: Vec<Observation<'a>>,
}

/// What is wrong with a body: messages by field, or by `body`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FieldErrors(pub BTreeMap<String, Vec<String>>);

/// Reads a body, with every limit of [`limits`], in one pass. What it returns borrows from
/// the body.
///
/// # Errors
///
/// Everything that is wrong with the body, by field (`host`, `stats[3].tags.path`,
/// `[0].values`) or by `body`. Malformed JSON is told alone, with its line and column.
pub fn decode(kind: Kind, body: &[u8]) -> Result<Decoded<'_>, FieldErrors> {
    or_read(kind, text(body)?, usual::observations)
}

/// The same by the general reader alone.
#[cfg(any(test, fuzzing))]
pub(crate) fn decode_slowly(kind: Kind, body: &[u8]) -> Result<Decoded<'_>, FieldErrors> {
    read(kind, text(body)?)
}

/// Checks a body as [`decode`] does, with the same errors. Of the observations only the ids and the
/// version are to be relied on, which takes a third of the time where nothing is wrong.
///
/// # Errors
///
/// As [`decode`].
pub fn check(kind: Kind, body: &[u8]) -> Result<Decoded<'_>, FieldErrors> {
    or_read(kind, text(body)?, usual::ids)
}

/// Reads a usual body as `usual` does, any other as a whole.
fn or_read<'a>(
    kind: Kind,
    text: &'a str,
    usual: impl Fn(&'a str) -> Option<Vec<Observation<'a>>>,
) -> Result<Decoded<'a>, FieldErrors> {
    let usual = match kind {
        Kind::Usage => usual(text),
        Kind::Servers | Kind::Stats => None,
    };
    match usual {
        Some(observations) => Ok(Decoded {
            product: None,
            observations,
        }),
        None => read(kind, text),
    }
}

fn text(body: &[u8]) -> Result<&str, FieldErrors> {
    let text = std::str::from_utf8(body).map_err(|e| {
        let offset = e.valid_up_to();
        FieldErrors::one(
            BODY,
            format!(
                "is not UTF-8: the byte at offset {offset} is 0x{:02x}; expected JSON, which is UTF-8",
                body.get(offset).copied().unwrap_or_default()
            ),
        )
    })?;
    if text.trim_ascii().is_empty() {
        return Err(FieldErrors::one(BODY, "is empty; JSON is expected"));
    }
    Ok(text)
}

fn read(kind: Kind, text: &str) -> Result<Decoded<'_>, FieldErrors> {
    let mut json = serde_json::Deserializer::from_str(text);
    let mut problems = Problems::default();
    let read = match kind {
        Kind::Servers => check_in::read(&mut json, &mut problems),
        Kind::Stats => stats::read(&mut json, &mut problems),
        Kind::Usage => usage::read(&mut json, &mut problems),
    };
    match read.and_then(|decoded| json.end().map(|()| decoded)) {
        Ok(decoded) => problems.finish().map(|()| decoded),
        Err(error) => Err(problems.ended_by(&error, text)),
    }
}
