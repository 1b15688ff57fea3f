//! Points from standard input: JSON in the protocol's shape, or line protocol, told apart by how they begin.

use std::io::Read;

use serde_json::Value as Json;
use usage_client::{StatsData, Tags, Value, Values};

use crate::arguments::Data;
use crate::said::Failure;

/// What a server takes at most.
const MOST_BYTES: u64 = 4 * 1024 * 1024;

/// The flags' tags and values.
pub(crate) fn flags(name: &str, data: &Data) -> StatsData {
    let values = data.values.iter();
    let values: Values = values.map(|(key, text)| (key, typed(text))).collect();
    let tags: Tags = data.tags.iter().cloned().collect();
    StatsData::new(name).tags(tags).values(values)
}

/// A number, a boolean or null as JSON has them, or else text.
pub(crate) fn typed(text: &str) -> Value {
    match serde_json::from_str::<Json>(text) {
        Ok(json) if !json.is_array() && !json.is_object() && !json.is_string() => json.into(),
        _ => text.into(),
    }
}

pub(crate) fn standard_input() -> Result<Vec<StatsData>, Failure> {
    let mut text = String::new();
    std::io::stdin()
        .take(MOST_BYTES)
        .read_to_string(&mut text)?;
    points(&text).map_err(Failure::new)
}

pub(crate) fn points(text: &str) -> Result<Vec<StatsData>, String> {
    if !text.trim_start().starts_with(['[', '{']) {
        let lines = text.lines().enumerate();
        let lines = lines.filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'));
        let read = |(at, line): (usize, &str)| {
            point(line).ok_or_else(|| format!("line {}: this is no line protocol", at + 1))
        };
        return lines.map(read).collect();
    }
    let json = serde_json::from_str(text).map_err(|error| format!("this is no JSON: {error}"))?;
    match json {
        Json::Array(items) => items.into_iter().map(of_json).collect(),
        item => Ok(vec![of_json(item)?]),
    }
}

/// `{"name", "tags", "values"}`, of which any may be missing.
fn of_json(item: Json) -> Result<StatsData, String> {
    let Json::Object(mut fields) = item else {
        return Err("a point must be an object with name, tags and values".into());
    };
    let name = fields.get("name").and_then(Json::as_str);
    let mut point = StatsData::new(name.unwrap_or_default());
    if let Some(Json::Object(tags)) = fields.remove("tags") {
        let text = |(key, value): (String, Json)| match value {
            Json::String(value) => Ok((key, value)),
            _ => Err(format!("the tag {key} must be text")),
        };
        let tags: Result<Vec<_>, String> = tags.into_iter().map(text).collect();
        point = point.tags(tags?.into_iter().collect::<Tags>());
    }
    if let Some(Json::Object(values)) = fields.remove("values") {
        point = point.values(values.into_iter().collect::<Values>());
    }
    Ok(point)
}

/// `name,tag=text field=1i,other="text" 1700000000`: the time is left out, since the protocol has none.
pub(crate) fn point(line: &str) -> Option<StatsData> {
    let parts = split(line, ' ');
    let (series, fields) = match parts.as_slice() {
        [series, fields] => (series, fields),
        [series, fields, time] if time.parse::<i64>().is_ok() => (series, fields),
        _ => return None,
    };
    let mut series = split(series, ',').into_iter();
    let name = series.next().filter(|name| !name.is_empty())?;
    let mut point = StatsData::new(unescaped(name)).tags(Tags::new());
    for tag in series {
        let (key, value) = key_value(tag)?;
        let tags = point.tags.take().unwrap_or_default();
        point.tags = Some(tags.with(key, unescaped(value)));
    }
    let mut values = Values::new();
    for field in split(fields, ',') {
        let (key, value) = key_value(field)?;
        values.insert(key, field_value(value)?);
    }
    Some(point.values(values))
}

/// At every `by` that is neither escaped nor in quotes.
fn split(text: &str, by: char) -> Vec<&str> {
    let (mut parts, mut start, mut escaped, mut quoted) = (Vec::new(), 0, false, false);
    for (at, character) in text.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => quoted = !quoted,
            _ if character == by && !quoted => {
                parts.push(&text[start..at]);
                start = at + by.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

fn key_value(pair: &str) -> Option<(String, &str)> {
    let key = *split(pair, '=').first()?;
    let value = pair.get(key.len() + 1..)?;
    (!key.is_empty() && !value.is_empty()).then(|| (unescaped(key), value))
}

fn field_value(text: &str) -> Option<Value> {
    if let Some(inner) = text.strip_prefix('"') {
        return Some(unescaped(inner.strip_suffix('"')?).into());
    }
    if let Some(number) = text.strip_suffix('i') {
        return number.parse::<i64>().ok().map(Value::from);
    }
    if let Some(number) = text.strip_suffix('u') {
        return number.parse::<u64>().ok().map(Value::from);
    }
    match text {
        "t" | "T" | "true" | "True" | "TRUE" => Some(true.into()),
        "f" | "F" | "false" | "False" | "FALSE" => Some(false.into()),
        number => number.parse::<f64>().ok().map(Value::from),
    }
}

/// A backslash before a character that needs one goes; any other stays.
fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let special = |next: &char| matches!(next, ',' | '=' | ' ' | '"' | '\\');
        match characters.next_if(|next| character == '\\' && special(next)) {
            Some(escaped) => out.push(escaped),
            None => out.push(character),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use usage_client::{tags, values};

    #[test]
    fn line_protocol_is_read() {
        let text = "# a comment\n\
            engine,path=/var/my\\ data,kind=a\\,b writes=39i,bytes=18446744073709551615u 1700000000000000000\n\
            \n\
            plain up=t,ratio=0.5,text=\"a, \\\"b\\\" = c\"\n";
        let expected = [
            StatsData::new("engine")
                .tags(tags! { "path" => "/var/my data", "kind" => "a,b" })
                .values(values! { "writes" => 39, "bytes" => u64::MAX }),
            StatsData::new("plain")
                .tags(tags! {})
                .values(values! { "up" => true, "ratio" => 0.5, "text" => "a, \"b\" = c" }),
        ];
        assert_eq!(points(text).unwrap(), expected);
        for wrong in [
            "engine",
            "engine x",
            ",a=b c=1",
            "engine c=",
            "engine c=1i x",
            "engine c=\"a",
        ] {
            assert!(points(wrong).unwrap_err().contains("line 1"), "{wrong}");
        }
    }

    #[test]
    fn json_is_read() {
        let text =
            r#"[{"name":"engine","tags":{"a":"b"},"values":{"n":18446744073709551615}}, {}]"#;
        let expected = [
            StatsData::new("engine")
                .tags(tags! { "a" => "b" })
                .values(values! { "n" => u64::MAX }),
            StatsData::new(""),
        ];
        assert_eq!(points(text).unwrap(), expected);
        assert_eq!(points(r#"{"values":{}}"#).unwrap().len(), 1);
        for wrong in ["[1]", "[", r#"[{"tags":{"a":1}}]"#] {
            assert!(points(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn flags_have_the_types_of_json() {
        for (text, value) in [
            ("3", Value::from(3)),
            ("0.5", 0.5.into()),
            ("true", true.into()),
            ("null", Value::Null),
            ("1.6.7", "1.6.7".into()),
            ("\"3\"", "\"3\"".into()),
            ("[1]", "[1]".into()),
        ] {
            assert_eq!(typed(text), value, "{text}");
        }
    }
}
