//! What is left of bodies under a list: of those of real programs, and of whatever can be thought up. What
//! may be left is said a second time here, in other words.

mod kept;

use proptest::prelude::*;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use super::treat::treat;
use super::*;
use crate::report::{Kind, decode};

const KINDS: [Kind; 3] = [Kind::Servers, Kind::Stats, Kind::Usage];

fn list(masks: bool, names: &[(Thing, &str)]) -> List {
    let mut list = List {
        masks,
        ..List::default()
    };
    for (thing, name) in names {
        list.add(*thing, (*name).to_owned());
    }
    list
}

fn left(list: &List, kind: Kind, body: &str) -> String {
    let treated = treat(list, kind, body.as_bytes(), &mut |_, _| ()).unwrap();
    String::from_utf8(treated.body).unwrap()
}

fn some_names() -> [(Thing, &'static str); 4] {
    [
        (Thing::Dimension, "os"),
        (Thing::Dimension, "path"),
        (Thing::Value, "n"),
        (Thing::Stat, "http"),
    ]
}

#[test]
fn what_is_not_on_the_list_is_left_out_and_the_rest_stays_to_the_byte() {
    let list = list(false, &some_names());
    for (kind, body, expected) in [
        (
            Kind::Usage,
            r#" [ {"tags": {"os" : "a\u0062", "owner":"ann" , "version":"1"}, "values":{"mail":"x@y", "n": 1.50e0,"m":7} } ]"#,
            r#" [ {"tags": {"os" : "a\u0062", "version":"1"}, "values":{ "n": 1.50e0} } ]"#,
        ),
        (
            Kind::Usage,
            r#"[{"tags":null,"values":{"cluster_id":8674665223082153551,"server_id":"s","flag":true,"\u006e":2}}]"#,
            r#"[{"tags":null,"values":{"cluster_id":8674665223082153551,"server_id":"s","\u006e":2}}]"#,
        ),
        // A text under the name of a number is another thing, and so the other way round.
        (
            Kind::Usage,
            r#"[{"values":{"n":"ann","os":5,"m":7}}]"#,
            r#"[{"values":{"n":null,"os":null}}]"#,
        ),
        // The last counts of a key that comes twice, so what came before it doesn't come back.
        (
            Kind::Usage,
            r#"[{"values":{"os":"a","os":5,"n":1,"n":"ann"}}]"#,
            r#"[{"values":{"os":"a","os":null,"n":1,"n":null}}]"#,
        ),
        (
            Kind::Usage,
            r#"[{"values":{"os":{"a":"ann"},"n":["ann"],"more":{}},"who":"ann"},{},null]"#,
            r#"[{"values":{"os":null,"n":null}},{},null]"#,
        ),
        (
            Kind::Stats,
            r#"{"cluster_id":"c","server_id":"s","host":"h","stats":[{"name":"http","tags":{"path":"/a","user":"ann"},"values":{"n":1,"m":2}},{"tags":{"path":"/b"},"name":"private"},{"values":{"n":3}}]}"#,
            r#"{"cluster_id":"c","server_id":"s","stats":[{"name":"http","tags":{"path":"/a"},"values":{"n":1}},{"values":{"n":3}}]}"#,
        ),
        (
            Kind::Servers,
            r#"{"cluster_id":"c","server_id":"s","host":"ann.example.com","product":"p","version":"1","mail":"x@y"}"#,
            r#"{"cluster_id":"c","server_id":"s","host":"(masked)","product":"p","version":"1"}"#,
        ),
        // Shapes that no report has.
        (Kind::Usage, r#""ann""#, "null"),
        (
            Kind::Usage,
            r#"["ann",["ann"],{"tags":"ann"}]"#,
            r#"[null,null,{"tags":null}]"#,
        ),
        (
            Kind::Usage,
            r#"{"values":{"n":1,"who":"ann"}}"#,
            r#"{"values":{"n":1}}"#,
        ),
        (Kind::Stats, r#"[{"name":"ann"}]"#, "null"),
        (
            Kind::Stats,
            r#"{"stats":{"name":"ann"},"cluster_id":{"ann":1}}"#,
            r#"{"stats":null,"cluster_id":null}"#,
        ),
        (
            Kind::Stats,
            r#"{"stats":[{"name":{"ann":1}}]}"#,
            r#"{"stats":[{"name":null}]}"#,
        ),
        (Kind::Servers, "[]", "null"),
        (
            Kind::Servers,
            r#"{"host":["ann"],"version":{"ann":2}}"#,
            r#"{"host":null,"version":null}"#,
        ),
    ] {
        assert_eq!(left(&list, kind, body), expected, "{body}");
    }
}

#[test]
fn what_is_masked_is_seen_to_have_been_there() {
    let list = list(true, &some_names());
    for (kind, body, expected) in [
        (
            Kind::Usage,
            r#"[{"tags":{"os":"a","owner":"ann"},"values":{"flag":true,"m":7,"n":8,"x":null,"y":{"ann":1}}}]"#,
            r#"[{"tags":{"os":"a","owner":"(masked)"},"values":{"flag":"(masked)","n":8}}]"#,
        ),
        (
            Kind::Stats,
            r#"{"cluster_id":"c","server_id":"s","stats":[{"name":"private","tags":{"path":"/a","user":"ann"},"values":{"n":1,"m":2}}]}"#,
            r#"{"cluster_id":"c","server_id":"s","stats":[{"name":"(masked)","tags":{"path":"/a","user":"(masked)"},"values":{"n":1}}]}"#,
        ),
        (
            Kind::Servers,
            r#"{"cluster_id":"c","server_id":"s","host":"h","product":"p","version":"1"}"#,
            r#"{"cluster_id":"c","server_id":"s","host":"(masked)","product":"p","version":"1"}"#,
        ),
    ] {
        assert_eq!(left(&list, kind, body), expected, "{body}");
    }
}

#[test]
fn each_name_that_was_removed_is_told() {
    let body = br#"{"cluster_id":"c","server_id":"s","stats":[{"name":"private"},{"name":"http","tags":{"user":"ann"},"values":{"m":2,"*":3}}]}"#;
    let mut told = Vec::new();
    let list = list(false, &some_names());
    let treated = treat(&list, Kind::Stats, body, &mut |thing, name| {
        told.push((thing, name.to_owned()));
    });
    let expected = [
        (Thing::Stat, "private"),
        (Thing::Dimension, "user"),
        (Thing::Value, "m"),
        (Thing::Value, "*"),
    ];
    assert_eq!(told, expected.map(|(thing, name)| (thing, name.to_owned())));
    assert_eq!(treated.unwrap().removed, 4);
}

#[test]
fn what_is_no_json_is_nothing() {
    let list = list(false, &[]);
    let usage = |body: &[u8]| treat(&list, Kind::Usage, body, &mut |_, _| ());
    for body in [
        "",
        "[",
        r#"[{"values":{"n"}}]"#,
        "[1 2]",
        "{}x",
        r#"{"a":"\"#,
        r#"["a]"#,
        "[,]",
    ] {
        assert_eq!(usage(body.as_bytes()), None, "{body}");
    }
    assert_eq!(usage(b"[\"\xff\"]"), None);
}

#[test]
fn a_list_with_all_on_it_changes_nothing_that_real_programs_send() {
    let every = Thing::ALL.map(|thing| (thing, EVERY_NAME));
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../usage-client/tests/golden/requests.jsonl");
    let recorded = std::fs::read_to_string(path).unwrap();
    let mut seen = 0;
    for line in recorded.split('\n').filter(|line| !line.is_empty()) {
        let case: serde_json::Value = serde_json::from_str(line).unwrap();
        let Some(body) = case["body"].as_str().filter(|body| !body.is_empty()) else {
            continue;
        };
        let kind = match case["target"].as_str().unwrap() {
            target if target.starts_with("/api/v1/servers") => Kind::Servers,
            target if target.starts_with("/api/v1/stats") => Kind::Stats,
            _ => Kind::Usage,
        };
        seen += 1;
        // Two records have what no list has: an object as a value, and a member beside.
        let odd = ["nested", "extra"]
            .iter()
            .any(|odd| case["case"].as_str().unwrap().contains(odd));
        let treated = left(&list(false, &every), kind, body);
        if !odd {
            assert_eq!(treated, body, "{}", case["case"]);
        }
        let with_nothing = left(&list(false, &[]), kind, body);
        assert!(
            with_nothing.len() <= body.len() + MASKED.len(),
            "{with_nothing}"
        );
        if let Ok(decoded) = decode(kind, body.as_bytes()) {
            let bare = decode(kind, with_nothing.as_bytes()).unwrap();
            for (bare, one) in bare.observations.iter().zip(&decoded.observations) {
                assert_eq!(bare.cluster_id, one.cluster_id);
                assert!(bare.values.iter().all(|(name, _)| name == "version"));
                assert!(bare.dimensions.iter().all(|(name, _)| name == "version"));
            }
        }
    }
    assert!(seen > 60, "only {seen} recorded bodies");
}

/// JSON with its members in order, those that come twice, too.
#[derive(Debug, Clone, PartialEq)]
enum Json {
    Null,
    Flag,
    Number,
    Text(String),
    Array(Vec<Json>),
    Object(Vec<(String, Json)>),
}

struct AnyJson;

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Json, D::Error> {
        deserializer.deserialize_any(AnyJson)
    }
}

impl<'de> Visitor<'de> for AnyJson {
    type Value = Json;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Json, E> {
        Ok(Json::Flag)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Json, E> {
        Ok(Json::Number)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Json, E> {
        Ok(Json::Number)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Json, E> {
        Ok(Json::Number)
    }

    fn visit_str<E>(self, text: &str) -> Result<Json, E> {
        Ok(Json::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Json, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Json::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Json::Object(members))
    }
}

/// Whether all of a body may be kept under [`some_names`].
fn may_be_kept(kind: Kind, body: &Json, masks: bool) -> bool {
    let scalar = |json: &Json| !matches!(json, Json::Array(_) | Json::Object(_));
    let masked = |json: &Json| *json == Json::Text(MASKED.to_owned());
    let map = |json: &Json, tags: bool| match json {
        Json::Null => true,
        Json::Object(members) => members.iter().all(|(name, json)| match name.as_str() {
            "cluster_id" | "server_id" | "version" => scalar(json),
            "os" | "path" => match json {
                Json::Number => tags,
                _ => scalar(json),
            },
            "n" => *json == Json::Null || !tags && *json == Json::Number || masks && masked(json),
            _ => masks && masked(json),
        }),
        _ => false,
    };
    let element = |json: &Json, named: bool| match json {
        Json::Null => true,
        Json::Object(members) => members.iter().all(|(name, json)| match name.as_str() {
            "tags" => map(json, true),
            "values" => map(json, false),
            "name" if named => {
                matches!(json, Json::Null)
                    || *json == Json::Text("http".to_owned())
                    || masks && masked(json)
            }
            _ => false,
        }),
        _ => false,
    };
    let all = |json: &Json, named| match json {
        Json::Null => true,
        Json::Array(items) => items.iter().all(|item| element(item, named)),
        _ => false,
    };
    match (kind, body) {
        (_, Json::Null) => true,
        (Kind::Usage, Json::Object(_)) => element(body, false),
        (Kind::Usage, _) => all(body, false),
        (Kind::Stats, Json::Object(members)) => {
            members.iter().all(|(name, json)| match name.as_str() {
                "cluster_id" | "server_id" => scalar(json),
                "stats" => all(json, true),
                _ => false,
            })
        }
        (Kind::Servers, Json::Object(members)) => {
            members.iter().all(|(name, json)| match name.as_str() {
                "cluster_id" | "server_id" | "product" | "version" => scalar(json),
                "host" => {
                    *json == Json::Null
                        || masked(json)
                        || matches!(json, Json::Text(text) if text.trim().is_empty())
                }
                _ => false,
            })
        }
        _ => false,
    }
}

/// JSON as texts: with all that matters as keys, again and again, written in more ways than one.
fn any_json() -> impl Strategy<Value = String> {
    let key = prop::sample::select(vec![
        "cluster_id",
        "server_id",
        "version",
        "host",
        "product",
        "stats",
        "name",
        "tags",
        "values",
        "os",
        "\\u006fs",
        "path",
        "n",
        "who",
        "na\\\"me",
        "*",
        "(masked)",
        "",
    ]);
    let text = prop::sample::select(vec![
        "c",
        "http",
        "private",
        "ann",
        "(masked)",
        "",
        "\\\\",
        "a\\\"}],b",
        "\\ud83d\\ude80",
        "é",
    ]);
    let leaf = prop_oneof![
        4 => text.prop_map(|text| format!("\"{text}\"")),
        3 => prop::sample::select(vec!["0", "-1.5e3", "18446744073709551615", "true", "false", "null"])
            .prop_map(str::to_owned),
    ];
    let space = prop::sample::select(vec!["", "", "", " ", "\n\t"]);
    leaf.prop_recursive(5, 40, 5, move |inner| {
        let items = prop::collection::vec((space.clone(), inner.clone(), space.clone()), 0..4);
        let members =
            prop::collection::vec((space.clone(), key.clone(), space.clone(), inner), 0..6);
        prop_oneof![
            2 => (items, space.clone()).prop_map(|(items, space)| {
                let items: Vec<String> =
                    items.iter().map(|(a, item, b)| format!("{a}{item}{b}")).collect();
                format!("[{space}{}]", items.join(","))
            }),
            5 => (members, space.clone()).prop_map(|(members, space)| {
                let members: Vec<String> = members
                    .iter()
                    .map(|(a, key, b, item)| format!("{a}\"{key}\"{b}:{b}{item}{a}"))
                    .collect();
                format!("{{{space}{}}}", members.join(","))
            }),
        ]
    })
}

/// The same, more often in the shape of a report.
fn any_body() -> impl Strategy<Value = (Kind, String)> {
    let map = || prop_oneof![9 => any_json(), 1 => Just("null".to_owned())];
    let element = || {
        (map(), map(), any_json()).prop_map(|(tags, values, name)| {
            format!("{{\"tags\":{tags},\"name\":{name},\"values\":{values}}}")
        })
    };
    let usage = prop::collection::vec(element(), 0..3)
        .prop_map(|all| (Kind::Usage, format!("[{}]", all.join(", "))));
    let stats = (prop::collection::vec(element(), 0..3), any_json()).prop_map(|(all, id)| {
        let all = all.join(",");
        let stats = format!("{{\"cluster_id\":{id},\"stats\":[{all}],\"server_id\":\"s\"}}");
        (Kind::Stats, stats)
    });
    let check_in = (any_json(), any_json()).prop_map(|(host, more)| {
        let check_in = format!(
            "{{\"cluster_id\":\"c\",\"server_id\":1,\"host\":{host},\"product\":\"p\",\"version\":\"1\",\"more\":{more}}}"
        );
        (Kind::Servers, check_in)
    });
    let any = (prop::sample::select(KINDS.to_vec()), any_json());
    prop_oneof![usage, stats, check_in, any]
}

proptest! {
    #[test]
    fn whatever_comes_only_what_may_be_kept_is_left((kind, body) in any_body(), masks: bool) {
        let body = body.as_bytes();
        let list = list(masks, &some_names());
        let treated = treat(&list, kind, body, &mut |_, _| ());
        let treated = treated.ok_or_else(|| TestCaseError::fail("is JSON"))?;
        let json: Json = serde_json::from_slice(&treated.body)
            .map_err(|e| TestCaseError::fail(e.to_string()))?;
        prop_assert!(may_be_kept(kind, &json, masks), "{}", String::from_utf8_lossy(&treated.body));
        // What could be kept as it is, is; and nothing changes by being treated again.
        let came: Json = serde_json::from_slice(body).map_err(|e| TestCaseError::fail(e.to_string()))?;
        prop_assert_eq!(treated.removed == 0, &treated.body[..] == body);
        if may_be_kept(kind, &came, false) {
            prop_assert_eq!(treated.removed, u64::from(kind == Kind::Servers && treated.body != body));
        }
    }

    #[test]
    fn what_is_left_of_a_report_is_a_report_of_the_same_servers((kind, body) in any_body(), masks: bool) {
        crate::fuzzing::kept(kind, body.as_bytes(), masks);
    }
}
