//! What is wrong with a body: collected while it is read, so that its sender hears of
//! everything at once, then handed out as [`FieldErrors`]. Knows nothing of the wire's fields.

use std::fmt;

use super::FieldErrors;
use super::limits::{MESSAGES_MAX, QUOTED_KEY_CHARS_MAX};

/// The field that stands for the whole body.
pub(super) const BODY: &str = "body";

impl FieldErrors {
    /// One message about one field.
    pub fn one(field: impl Into<String>, message: impl Into<String>) -> FieldErrors {
        let mut errors = FieldErrors::default();
        errors.add(field, message);
        errors
    }

    /// One more message about a field.
    pub fn add(&mut self, field: impl Into<String>, message: impl Into<String>) {
        self.0.entry(field.into()).or_default().push(message.into());
    }
}

impl fmt::Display for FieldErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for (field, messages) in &self.0 {
            for message in messages {
                write!(f, "{separator}{field}: {message}")?;
                separator = "; ";
            }
        }
        Ok(())
    }
}

impl std::error::Error for FieldErrors {}

/// Collects while a body is read.
#[derive(Debug, Default)]
pub(super) struct Problems {
    found: FieldErrors,
    count: usize,
    /// Where an error that ended the reading happened, innermost step first.
    place: Vec<String>,
}

impl Problems {
    /// Something is wrong with a field; reading goes on.
    pub(super) fn add(&mut self, field: impl Into<String>, message: impl Into<String>) {
        self.count += 1;
        if self.count <= MESSAGES_MAX {
            self.found.add(field, message);
        }
    }

    /// An error that ends the reading came out of this step (`[3]`, `.tags`).
    pub(super) fn passed(&mut self, step: String) {
        self.place.push(step);
    }

    /// Takes over what was found in a part of the body.
    pub(super) fn append(&mut self, part: Problems) {
        let listed = part.found.0.values().map(Vec::len).sum::<usize>();
        for (field, messages) in part.found.0 {
            for message in messages {
                self.add(field.clone(), message);
            }
        }
        self.count += part.count - listed;
    }

    /// The body was read to its end: nothing wrong, or everything that is.
    pub(super) fn finish(mut self) -> Result<(), FieldErrors> {
        if self.count == 0 {
            return Ok(());
        }
        if self.count > MESSAGES_MAX {
            let more = self.count - MESSAGES_MAX;
            self.found.add(
                BODY,
                format!("{more} more problems of this kind are not listed"),
            );
        }
        Err(self.found)
    }

    /// The reading ended early. What was found before is dropped: half a body's problems
    /// would mislead about the other half.
    pub(super) fn ended_by(self, error: &serde_json::Error) -> FieldErrors {
        let place: String = self.place.iter().rev().map(String::as_str).collect();
        let place = place.trim_start_matches('.');
        // serde_json counts this one among the syntax errors.
        let is_limit = error.is_data() || error.to_string().starts_with("number out of range");
        match (is_limit, place.is_empty()) {
            (true, true) => FieldErrors::one(BODY, error.to_string()),
            (true, false) => FieldErrors::one(place, error.to_string()),
            (false, true) => FieldErrors::one(BODY, format!("is not valid JSON: {error}")),
            (false, false) => {
                FieldErrors::one(BODY, format!("is not valid JSON: {error}, in {place}"))
            }
        }
    }
}

/// A key as a message quotes it: `.os`, cut where it is long.
pub(super) fn step(key: &str) -> String {
    match key.char_indices().nth(QUOTED_KEY_CHARS_MAX) {
        Some((cut, _)) => format!(".{}…", &key[..cut]),
        None => format!(".{key}"),
    }
}
