//! A usage body of the usual shape, as most bodies are: read for its ids and versions only, as accepting one
//! takes no more, or for all that it says, for the read model. One walk over the bytes; a general reader of JSON took
//! six times as long, a quarter of what a request costs. Whatever is out of the ordinary (an escape, an
//! exponent, a nested value, an unknown key, anything wrong) is left to that reader, which can say what it is.

use super::element;
use super::fields;
use super::ids;
use super::limits::{ITEMS_MAX, KEYS_PER_OBJECT_MAX, NAME_BYTES_MAX, TEXT_BYTES_MAX};
use super::{Number, Observation};

/// Longer ones may not fit a number any more.
const DIGITS_MAX: usize = 64;

/// The ids and the version of each element; `None` for a body that has to be read whole.
pub(super) fn ids(text: &str) -> Option<Vec<Observation<'_>>> {
    read(text, false)
}

/// All that each element says; `None` for a body that has to be read whole, also where keys are not in
/// order, or in tags and values.
pub(super) fn observations(text: &str) -> Option<Vec<Observation<'_>>> {
    read(text, true)
}

fn read(text: &str, all: bool) -> Option<Vec<Observation<'_>>> {
    let mut walk = Walk { text, at: 0, all };
    let mut observations = Vec::with_capacity(1);
    walk.list(b'[', b']', |walk| {
        observations.push(walk.element()?);
        (observations.len() <= ITEMS_MAX).then_some(())
    })?;
    walk.space();
    (walk.at == text.len()).then_some(observations)
}

/// `tags` or `values`, as far as read.
#[derive(Default)]
struct Found<'a> {
    cluster_id: Option<&'a str>,
    server_id: Option<&'a str>,
    /// What it says; `None` within for a number, which is no version, and wins over a tag even so.
    version: Option<Option<&'a str>>,
    /// Repeated ones count again: then there may seem to be too many.
    keys: usize,
    /// Where all is read, in order of keys.
    texts: Vec<(&'a str, &'a str)>,
    numbers: Vec<(&'a str, Number)>,
}

/// A value that is no container.
enum Plain<'a> {
    Text(&'a str),
    Digits(&'a str),
    Bool(&'a str),
    Null,
}

/// Where the reading is. Everything returns `None` where it meets what it doesn't expect.
struct Walk<'a> {
    text: &'a str,
    at: usize,
    /// Whether all is wanted, and not the ids alone.
    all: bool,
}

impl<'a> Walk<'a> {
    fn element(&mut self) -> Option<Observation<'a>> {
        let (mut tags, mut values) = (Found::default(), Found::default());
        self.list(b'{', b'}', |walk| {
            match walk.key()? {
                fields::TAGS => tags = walk.map(true)?,
                fields::VALUES => values = walk.map(false)?,
                _ => return None,
            }
            Some(())
        })?;
        let id = |value: Option<&'a str>, tag: Option<&'a str>| value.or(tag).map(Into::into);
        if tags.keys + values.keys > KEYS_PER_OBJECT_MAX {
            return None;
        }
        let mut observation = Observation {
            cluster_id: id(values.cluster_id, tags.cluster_id),
            server_id: id(values.server_id, tags.server_id),
            version: values.version.or(tags.version).flatten().map(Into::into),
            ..Observation::default()
        };
        if self.all {
            let is_tag = |(key, _): &(&str, Number)| tags.texts.iter().any(|(tag, _)| tag == key);
            if values.numbers.iter().any(is_tag) {
                return None;
            }
            let texts = tags.texts.into_iter().chain(values.texts);
            let texts = texts.map(|(key, text)| (key.into(), text.into()));
            observation.dimensions = texts.collect();
            observation
                .dimensions
                .sort_unstable_by(|one, other| one.0.cmp(&other.0));
            if !observation
                .dimensions
                .is_sorted_by(|one, other| one.0 < other.0)
            {
                return None;
            }
            let numbers = values.numbers.into_iter();
            observation.values = numbers.map(|(key, number)| (key.into(), number)).collect();
            observation.version = element::version(&observation.dimensions);
        }
        Some(observation)
    }

    /// `tags`, which are all texts, or `values`.
    fn map(&mut self, texts_only: bool) -> Option<Found<'a>> {
        let mut found = Found::default();
        if self.takes("null") {
            return Some(found);
        }
        let (all, mut last) = (self.all, None);
        self.list(b'{', b'}', |walk| {
            found.keys += 1;
            let key = walk.key()?;
            if all && last.replace(key).is_some_and(|last| last >= key) {
                return None;
            }
            let id = match key {
                fields::CLUSTER_ID => &mut found.cluster_id,
                fields::SERVER_ID => &mut found.server_id,
                fields::VERSION if !all => {
                    found.version = Some(match walk.plain()? {
                        Plain::Text(text) if text.len() <= TEXT_BYTES_MAX => Some(text),
                        Plain::Digits(_) if !texts_only => None,
                        _ => return None,
                    });
                    return Some(());
                }
                _ => {
                    match walk.plain()? {
                        Plain::Text(text) if text.len() > TEXT_BYTES_MAX => return None,
                        Plain::Text(text) if all => found.texts.push((key, text)),
                        Plain::Text(_) => {}
                        _ if texts_only => return None,
                        Plain::Bool(text) if all => found.texts.push((key, text)),
                        Plain::Digits(digits) if all => found.numbers.push((key, number(digits)?)),
                        _ => {}
                    }
                    return Some(());
                }
            };
            *id = match walk.plain()? {
                Plain::Text(text) if text.len() <= NAME_BYTES_MAX => {
                    Some(text).filter(|text| !ids::is_blank(text))
                }
                Plain::Digits(digits) => Some(digits),
                Plain::Bool(_) | Plain::Null if !texts_only => None,
                _ => return None,
            };
            Some(())
        })?;
        Some(found)
    }

    /// What is between two brackets: items with commas between them.
    fn list(
        &mut self,
        open: u8,
        close: u8,
        mut item: impl FnMut(&mut Self) -> Option<()>,
    ) -> Option<()> {
        self.byte(open)?;
        if self.byte(close).is_some() {
            return Some(());
        }
        loop {
            item(self)?;
            if self.byte(b',').is_none() {
                return self.byte(close);
            }
        }
    }

    /// A key and its colon.
    fn key(&mut self) -> Option<&'a str> {
        let key = self.string()?;
        self.byte(b':')?;
        (key.len() <= NAME_BYTES_MAX).then_some(key)
    }

    fn plain(&mut self) -> Option<Plain<'a>> {
        self.space();
        match *self.rest().first()? {
            b'"' => self.string().map(Plain::Text),
            b'-' | b'0'..=b'9' => self.number().map(Plain::Digits),
            _ => {
                let mut takes = |word| self.takes(word).then_some(word);
                if let Some(is) = takes("true").or_else(|| takes("false")) {
                    return Some(Plain::Bool(is));
                }
                takes("null").map(|_| Plain::Null)
            }
        }
    }

    /// A text without escapes.
    fn string(&mut self) -> Option<&'a str> {
        self.byte(b'"')?;
        let special = |byte: &u8| *byte == b'"' || *byte == b'\\' || *byte < b' ';
        let rest = self.rest();
        let end = rest.iter().position(special)?;
        let text = self.text.get(self.at..self.at + end)?;
        self.at += end + 1;
        (rest.get(end) == Some(&b'"')).then_some(text)
    }

    /// A number without an exponent.
    fn number(&mut self) -> Option<&'a str> {
        let begin = self.at;
        let _sign = self.byte(b'-');
        let leading_zero = self.rest().first() == Some(&b'0');
        let digits = self.digits()?;
        if leading_zero && digits > 1 {
            return None;
        }
        if self.rest().first() == Some(&b'.') {
            self.at += 1;
            self.digits()?;
        }
        let number = self.text.get(begin..self.at)?;
        let goes_on = matches!(self.rest().first(), Some(b'e' | b'E'));
        (number.len() <= DIGITS_MAX && !goes_on).then_some(number)
    }

    /// How many come next; there must be one.
    fn digits(&mut self) -> Option<usize> {
        let count = self
            .rest()
            .iter()
            .take_while(|b| b.is_ascii_digit())
            .count();
        self.at += count;
        (count > 0).then_some(count)
    }

    /// Takes this byte, after white space.
    fn byte(&mut self, expected: u8) -> Option<()> {
        self.space();
        (self.rest().first() == Some(&expected)).then(|| self.at += 1)
    }

    fn takes(&mut self, word: &str) -> bool {
        self.space();
        let found = self.rest().starts_with(word.as_bytes());
        self.at += if found { word.len() } else { 0 };
        found
    }

    fn space(&mut self) {
        while let Some(b' ' | b'\n' | b'\t' | b'\r') = self.rest().first() {
            self.at += 1;
        }
    }

    fn rest(&self) -> &'a [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }
}

/// The number; `None` where the general reader should say which one it is.
fn number(digits: &str) -> Option<Number> {
    if digits.contains('.') {
        // Rounded as the general reader does, to the nearest.
        return digits.parse().ok().map(Number::Float);
    }
    if digits == "-0" {
        return None;
    }
    let int = digits.parse().map(Number::Int);
    int.or_else(|_| digits.parse().map(Number::UInt)).ok()
}
