//! What is written is read back by a small reader of its own, which knows of the format what InfluxDB's
//! documentation says, and nothing of how we write it.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use serde_json::{Map, Value as Json, json};
use usage_store::StoredReport;
use usage_store::report::Kind;

use super::super::rows;
use super::*;

/// A line as somebody else reads it.
#[derive(Debug, PartialEq)]
struct Read {
    measurement: String,
    tags: BTreeMap<String, String>,
    fields: BTreeMap<String, Field>,
    nanoseconds: i64,
}

#[derive(Debug, PartialEq)]
enum Field {
    Float(f64),
    Integer(i64),
    Bool(bool),
    Text(String),
}

/// Reads up to one of `ends` that no backslash stands before.
fn up_to<'a>(text: &mut &'a str, ends: &[char]) -> &'a str {
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        if ends.contains(&c) && before != '\\' {
            let read = &text[..at];
            *text = &text[at..];
            return read;
        }
        assert_ne!(c, '\n', "the line ends too early: {text:?}");
        before = c;
    }
    panic!("no {ends:?} in {text:?}");
}

fn take(text: &mut &str, c: char) {
    *text = text
        .strip_prefix(c)
        .unwrap_or_else(|| panic!("no {c:?} before {text:?}"));
}

fn unescaped(text: &str) -> String {
    let mut text = text.to_owned();
    for special in [",", "=", " "] {
        text = text.replace(&format!("\\{special}"), special);
    }
    text
}

/// A string in quotes: a backslash escapes a quote and itself.
fn quoted(text: &mut &str) -> String {
    take(text, '"');
    let mut read = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => {
                *text = &text[at + 1..];
                return read;
            }
            '\\' => read.push(chars.next().unwrap().1),
            c => read.push(c),
        }
    }
    panic!("a string without end: {text:?}");
}

fn line(text: &mut &str) -> Read {
    assert!(!text.starts_with(['#', ' ', '\t', '\n']), "{text:?}");
    let measurement = up_to(text, &[',', ' '])
        .replace("\\,", ",")
        .replace("\\ ", " ");
    let (mut tags, mut fields) = (BTreeMap::new(), BTreeMap::new());
    while text.starts_with(',') {
        take(text, ',');
        let key = unescaped(up_to(text, &['=', ',', ' ']));
        take(text, '=');
        let tag = unescaped(up_to(text, &[',', ' ', '=']));
        assert!(!key.is_empty() && !tag.is_empty());
        tags.insert(key, tag);
    }
    take(text, ' ');
    loop {
        let key = unescaped(up_to(text, &['=', ',', ' ']));
        take(text, '=');
        assert!(!key.is_empty());
        let field = match text.starts_with('"') {
            true => Field::Text(quoted(text)),
            false => match up_to(text, &[',', ' ']) {
                "true" => Field::Bool(true),
                "false" => Field::Bool(false),
                number => match number.strip_suffix('i') {
                    Some(whole) => Field::Integer(whole.parse().unwrap()),
                    None => Field::Float(number.parse().unwrap()),
                },
            },
        };
        fields.insert(key, field);
        if !text.starts_with(',') {
            break;
        }
        take(text, ',');
    }
    take(text, ' ');
    let nanoseconds = up_to_line_end(text).parse().unwrap();
    Read {
        measurement,
        tags,
        fields,
        nanoseconds,
    }
}

fn up_to_line_end<'a>(text: &mut &'a str) -> &'a str {
    let (read, rest) = text.split_once('\n').unwrap();
    *text = rest;
    read
}

fn report(kind: Kind, product: &str, body: &Json) -> StoredReport {
    StoredReport {
        seq: 7,
        kind,
        product: product.into(),
        organization: None,
        received_at: "2026-01-02T03:04:06Z".parse().unwrap(),
        reported_at: Some("2026-01-02T03:04:05.678Z".parse().unwrap()),
        idempotency_key: None,
        install_key: None,
        unlisted: false,
        body: body.to_string().into_bytes(),
    }
}

fn written_by(report: &StoredReport, organization: Option<&str>) -> String {
    let mut all = Vec::new();
    for row in rows(report, organization) {
        put(&mut all, &row);
    }
    String::from_utf8(all).unwrap()
}

#[test]
fn without_columns_numbers_are_floats_and_nobody_says_whose_a_point_is() {
    let body = json!([
        {"tags": {"organization": "1", "os": "linux", "empty": ""}, "values": {
            "cluster_id": "c 1", "n": 86400, "f": 0.5, "big": u64::MAX, "kind": 3, "time": 1, "on": true,
            "said": "a \"b\" \\", "version": "1.6.7"}},
        {"tags": null, "values": {"os": "linux"}},
    ]);
    assert_eq!(
        written_by(&report(Kind::Usage, "in,flux", &body), Some("42")),
        "in\\,flux,cluster_id=c\\ 1,kind=usage,organization=42,version=1.6.7,tag_organization=1,os=linux \
         big=1.8446744073709552e19,f=0.5,value_kind=3.0,n=86400.0,on=true,said=\"a \\\"b\\\" \\\\\",\
         value_time=1.0,observed=1i 1767323045678007000\n\
         in\\,flux,kind=usage,organization=42 os=\"linux\",observed=1i 1767323045678007001\n"
    );
}

/// A text of the kind that goes wrong: what is special somewhere, and something of every script.
fn text() -> impl Strategy<Value = String> {
    let special = prop::sample::select(vec![
        ",", "=", " ", "\"", "\\", "\\\\", "\n", "\r\n", "\t", "#", "\u{0}", "\u{85}", "é", "語",
        "a", "0i", "time", "kind",
    ]);
    prop_oneof![
        3 => prop::collection::vec(special, 0..8).prop_map(|parts| parts.concat()),
        1 => any::<String>(),
    ]
}

fn value() -> impl Strategy<Value = Json> {
    prop_oneof![
        any::<i64>().prop_map(Json::from),
        any::<u64>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        any::<bool>().prop_map(Json::from),
        text().prop_map(Json::from),
    ]
}

type Maps = (BTreeMap<String, String>, BTreeMap<String, Json>);

fn maps() -> impl Strategy<Value = Maps> {
    (
        prop::collection::btree_map(text(), text(), 0..4),
        prop::collection::btree_map(text(), value(), 0..4),
    )
}

/// A name or a tag with what the format can't say taken as alike. Fields' texts are exact.
fn alike(text: &str) -> String {
    text.replace(char::is_control, " ").replace('\\', "/")
}

fn named(prefix: &str, name: &str) -> String {
    match FIXED.contains(&name) {
        true => format!("{prefix}{name}"),
        false => alike(name),
    }
}

fn is(field: &Field, said: &Json) -> bool {
    match field {
        Field::Float(n) => said.as_f64() == Some(*n),
        Field::Integer(_) => false,
        Field::Bool(is) => said.as_bool() == Some(*is),
        Field::Text(text) => said.as_str() == Some(text),
    }
}

proptest! {
    #[test]
    fn whatever_is_reported_is_read_back(
        product in text().prop_filter("products aren't blank", |name| !name.is_empty()),
        name in text(),
        cluster in text(),
        elements in prop::collection::vec(maps(), 0..4),
        usage in any::<bool>(),
    ) {
        let cluster = format!("c{cluster}");
        let bodies: Vec<Json> = elements.iter().map(|(tags, values)| {
            let mut values: Map<String, Json> = values.clone().into_iter().collect();
            if usage {
                values.insert("cluster_id".to_owned(), cluster.clone().into());
            }
            json!({"name": name, "tags": tags, "values": values})
        }).collect();
        let (kind, body) = match usage {
            true => (Kind::Usage, Json::from(bodies)),
            false => (Kind::Stats, json!({"cluster_id": cluster, "server_id": "s", "stats": bodies})),
        };
        let text = written_by(&report(kind, &product, &body), Some("4"));
        let mut left = text.as_str();
        for (place, (tags, values)) in elements.iter().enumerate() {
            let read = line(&mut left);
            let comment = if product.starts_with('#') { "_" } else { "" };
            prop_assert_eq!(alike(&read.measurement), alike(&format!("{comment}{product}")));
            prop_assert_eq!(read.nanoseconds, 1_767_323_045_678_007_000 + place as i64);
            let mut expected: BTreeMap<String, String> = tags.iter()
                .filter(|(key, tag)| !values.contains_key(*key) && !tag.is_empty())
                .map(|(key, tag)| (named("tag_", key), alike(tag)))
                .collect();
            expected.insert("cluster_id".to_owned(), alike(&cluster));
            expected.insert("kind".to_owned(), kind.name().to_owned());
            expected.insert("organization".to_owned(), "4".to_owned());
            if !usage {
                expected.insert("server_id".to_owned(), "s".to_owned());
                if !name.trim_start().is_empty() {
                    expected.insert("series".to_owned(), alike(&name));
                }
            }
            expected.retain(|key, tag| !key.is_empty() && !tag.is_empty());
            let read_tags: BTreeMap<String, String> =
                read.tags.iter().map(|(key, tag)| (alike(key), alike(tag))).collect();
            // Names that are alike are one point's twice; which of them wins is not the point here.
            let keys = |tags: &BTreeMap<String, String>| tags.keys().cloned().collect::<BTreeSet<_>>();
            prop_assert_eq!(keys(&read_tags), keys(&expected));
            let all_differ = tags.keys().map(|key| alike(key)).collect::<BTreeSet<_>>().len() == tags.len();
            if all_differ {
                prop_assert_eq!(&read_tags, &expected);
            }
            let differ = values.keys().map(|key| alike(key)).collect::<BTreeSet<_>>().len() == values.len();
            let mut names: BTreeSet<String> = BTreeSet::new();
            for (key, said) in values {
                let name = match named("value_", key) {
                    name if name.is_empty() => "_".to_owned(),
                    name => name,
                };
                let found = read.fields.iter().any(|(key, field)| alike(key) == name && is(field, said));
                prop_assert!(found || !differ, "{:?} {:?} in {:?}", name, said, read);
                names.insert(name);
            }
            names.insert("observed".to_owned());
            prop_assert_eq!(read.fields.keys().map(|key| alike(key)).collect::<BTreeSet<_>>(), names);
        }
        prop_assert_eq!(left, "");
    }
}
