//! InfluxDB's line protocol: a point an observation. The measurement is the product; tags are tags, with what
//! the report is about; numbers, booleans and texts among the values are fields. Every point has the field
//! `observed`, as a point without a field is none, and points can be counted by it.
//!
//! A field has one type in a measurement for good, so a name under which whole and other numbers came has
//! floats only: that is what [`Columns`] are for here. Whoever can't look at all reports first has none; then
//! every number is a float, as senders write 86400 for 86400.0.
//!
//! Points of the same tags and time would replace each other. Reports have milliseconds, so what is below
//! tells their places apart: the same report is the same point whenever it is written.

use std::borrow::Cow;
use std::io::{self, Write};

use usage_store::report::Number;

use super::columns::{Columns, FIXED, Type};
use super::limits::LINE_PROTOCOL_KEY_MAX_BYTES;
use super::row::{Row, Said};

/// The field that every point has.
const OBSERVED: &str = "observed";

/// Appends a row whose names nobody looked at before.
pub(crate) fn put(text: &mut Vec<u8>, row: &Row<'_>) {
    // Writing to memory doesn't fail.
    let _ = write(text, None, row);
}

/// Writes a row.
pub(super) fn write(
    out: &mut impl Write,
    columns: Option<&Columns>,
    row: &Row<'_>,
) -> io::Result<()> {
    let report = row.report;
    let mut key = measurement(&report.product);
    let fixed = [
        ("cluster_id", row.point.cluster_id.as_deref()),
        ("host", row.host.as_deref()),
        ("kind", Some(report.kind.name())),
        ("organization", row.organization),
        ("series", row.point.name.as_deref()),
        ("server_id", row.point.server_id.as_deref()),
        ("version", row.version.as_deref()),
    ];
    for (name, tag) in fixed {
        add_tag(&mut key, name, tag.unwrap_or_default());
    }
    let mut fields = String::new();
    for (name, said) in row.said() {
        let column = columns.and_then(|columns| columns.all.get(columns.of(name, said)?));
        let name = match column {
            Some(column) => Cow::Borrowed(column.name.as_str()),
            // Nobody says by a tag of that name whose a point is.
            None if FIXED.contains(&name) => Cow::Owned(match said {
                Said::Tag(_) => format!("tag_{name}"),
                _ => format!("value_{name}"),
            }),
            None => Cow::Borrowed(name),
        };
        let name = name.as_ref();
        let is_tag = column.is_some_and(|column| column.is_tag);
        match said {
            Said::Tag(word) => add_tag(&mut key, name, word),
            Said::Text(word) if is_tag => add_tag(&mut key, name, word),
            Said::Flag(flag) if is_tag => add_tag(&mut key, name, &flag.to_string()),
            Said::Text(word) => add_field(&mut fields, name, &quoted(word)),
            Said::Flag(flag) if column.is_some_and(|column| column.kind == Type::Text) => {
                add_field(&mut fields, name, &quoted(&flag.to_string()));
            }
            Said::Flag(flag) => add_field(&mut fields, name, &flag.to_string()),
            Said::Number(number) => {
                let kind = match columns {
                    Some(_) => column.map(|column| column.kind),
                    None => Some(Type::Float),
                };
                add_field(&mut fields, name, &written(number, kind));
            }
        }
    }
    add_field(&mut fields, OBSERVED, "1i");
    let within = (report.seq % 1_000) * 1_000 + row.index as u64 % 1_000;
    let nanoseconds = i128::from(report.at().as_millisecond()) * 1_000_000 + i128::from(within);
    writeln!(out, "{key} {fields} {nanoseconds}")
}

/// A number as a field. Whole ones above int64 are floats: InfluxDB takes none as whole.
fn written(number: Number, kind: Option<Type>) -> String {
    match (number, kind) {
        (Number::Int(n), None | Some(Type::Int)) => format!("{n}i"),
        (Number::Int(n), _) => format!("{:?}", n as f64),
        (Number::UInt(n), _) => format!("{:?}", n as f64),
        (Number::Float(n), _) => format!("{n:?}"),
    }
}

fn measurement(product: &str) -> String {
    // A line that begins with # is a comment.
    let product = match product.starts_with('#') {
        true => format!("_{product}"),
        false => product.to_owned(),
    };
    escaped(&product, &[',', ' '])
}

/// Blank tags are none.
fn add_tag(key: &mut String, name: &str, tag: &str) {
    if name.is_empty() || tag.is_empty() || tag.len() > LINE_PROTOCOL_KEY_MAX_BYTES {
        return;
    }
    let (name, tag) = (escaped(name, KEYS), escaped(tag, KEYS));
    if key.len() + name.len() + tag.len() + 2 > LINE_PROTOCOL_KEY_MAX_BYTES {
        return;
    }
    key.push(',');
    key.push_str(&name);
    key.push('=');
    key.push_str(&tag);
}

fn add_field(fields: &mut String, name: &str, value: &str) {
    let name = match escaped(name, KEYS) {
        // InfluxDB keeps the name for itself.
        name if name == "time" => "value_time".to_owned(),
        name if name == OBSERVED && value != "1i" => "value_observed".to_owned(),
        name if name.is_empty() => "_".to_owned(),
        name => name,
    };
    if !fields.is_empty() {
        fields.push(',');
    }
    fields.push_str(&name);
    fields.push('=');
    fields.push_str(value);
}

/// What a backslash stands before in names and tags.
const KEYS: &[char] = &[',', '=', ' '];

/// A name or a tag. The protocol knows no line breaks in them: they are blanks. Nor a backslash before what
/// is escaped or at the end, as it has none for the backslash itself: it is a slash then.
fn escaped(text: &str, before: &[char]) -> String {
    let mut written = String::with_capacity(text.len());
    let mut rest = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .peekable();
    while let Some(c) = rest.next() {
        match c {
            '\\' if rest.peek().is_none_or(|next| KEYS.contains(next)) => written.push('/'),
            c if before.contains(&c) => {
                written.push('\\');
                written.push(c);
            }
            c => written.push(c),
        }
    }
    written
}

/// A text as a field.
fn quoted(text: &str) -> String {
    let mut written = String::with_capacity(text.len() + 2);
    written.push('"');
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            written.push('\\');
        }
        written.push(c);
    }
    written.push('"');
    written
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod written;
