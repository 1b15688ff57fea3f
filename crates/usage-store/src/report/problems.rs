//! What is wrong with a body: collected while it is read, so that its sender hears of
//! everything at once, then handed out as [`FieldErrors`]. Knows nothing of the wire's fields.

use std::fmt;

use super::FieldErrors;
use super::limits::MESSAGES_MAX;
use super::quote::{plain, quoted};

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
    pub(super) fn ended_by(self, error: &serde_json::Error, body: &str) -> FieldErrors {
        let place: String = self.place.iter().rev().map(String::as_str).collect();
        let place = place.trim_start_matches('.');
        let number = is_out_of_range(error);
        if error.is_data() || number {
            let field = if place.is_empty() { BODY } else { place };
            let bound = if number {
                "; the largest is 1.7976931348623157e308"
            } else {
                ""
            };
            return FieldErrors::one(field, format!("{error}{bound}"));
        }
        let inside = match place {
            "" => String::new(),
            _ => format!(", in {place}"),
        };
        FieldErrors::one(
            BODY,
            format!("is not valid JSON: {}{inside}", syntax(error, body)),
        )
    }
}

/// A key as a message quotes it: `.os`, cut where it is long.
pub(super) fn step(key: &str) -> String {
    format!(".{}", plain(key))
}

/// A limit, though the parser counts it among the syntax errors.
pub(super) fn is_out_of_range(error: &serde_json::Error) -> bool {
    error.to_string().starts_with("number out of range")
}

/// What the parser says, what came there instead, and what to do where it doesn't say that.
fn syntax(error: &serde_json::Error, body: &str) -> String {
    let said = error.to_string();
    let line = error.line().saturating_sub(1);
    let line_begin = match line {
        0 => 0,
        _ => body
            .match_indices('\n')
            .nth(line - 1)
            .map_or(0, |(at, _)| at + 1),
    };
    // The parser counts what it has read, the byte that it can't make sense of included.
    let read = (line_begin + error.column()).min(body.len());
    if error.is_eof() {
        return format!("{said} (byte {read}): the body ends too early");
    }
    let mut at = read.saturating_sub(1);
    while !body.is_char_boundary(at) {
        at -= 1;
    }
    let expected = [
        ("trailing characters", "expected the end of the body; "),
        (
            "control character",
            "expected it escaped, such as \\u000a; ",
        ),
        ("expected ident", "expected one of true, false and null; "),
        (
            "invalid escape",
            "expected one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX; ",
        ),
        (
            "lone leading surrogate",
            "expected a pair such as \\ud83d\\ude80; ",
        ),
        (
            "unexpected end of hex escape",
            "expected a pair such as \\ud83d\\ude80; ",
        ),
    ];
    let expected = expected
        .iter()
        .find(|(begin, _)| said.starts_with(begin))
        .map_or("", |(_, expected)| expected);
    format!("{said} (byte {at}): {expected}got {}", quoted(&body[at..]))
}
