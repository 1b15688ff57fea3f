//! What senders write, and what becomes of it: the recorded requests of real programs, and
//! the rules of the protocol one by one.

mod any_bytes;
mod limits;

use std::path::Path;

use super::*;

fn accepted(kind: Kind, body: &str) -> Decoded<'_> {
    decode(kind, body.as_bytes())
        .unwrap_or_else(|e| panic!("{} refused: {e}", &body[..body.len().min(200)]))
}

fn refused(kind: Kind, body: &[u8]) -> Vec<(String, String)> {
    let errors = decode(kind, body).expect_err("must be refused");
    errors
        .0
        .into_iter()
        .flat_map(|(field, messages)| messages.into_iter().map(move |m| (field.clone(), m)))
        .collect()
}

#[track_caller]
fn refused_with(kind: Kind, body: impl AsRef<[u8]>, field: &str, message: &str) {
    let errors = refused(kind, body.as_ref());
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert_eq!(errors[0].0, field, "{errors:?}");
    assert!(errors[0].1.contains(message), "{errors:?}");
}

fn dimensions<'a>(observation: &'a Observation<'_>) -> Vec<(&'a str, &'a str)> {
    observation
        .dimensions
        .iter()
        .map(|(k, v)| (&**k, &**v))
        .collect()
}

fn value(observation: &Observation<'_>, key: &str) -> Option<Number> {
    observation
        .values
        .iter()
        .find(|(k, _)| k == key)
        .map(|(_, v)| *v)
}

#[test]
fn what_real_programs_sent_is_accepted() {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../usage-client/tests/golden/requests.jsonl");
    let recorded = std::fs::read_to_string(path).unwrap();
    let mut seen = 0;
    for line in recorded.split('\n').filter(|line| !line.is_empty()) {
        let case: serde_json::Value = serde_json::from_str(line).unwrap();
        let name = case["case"].as_str().unwrap();
        let Some(body) = case["body"].as_str().filter(|body| !body.is_empty()) else {
            continue;
        };
        let target = case["target"].as_str().unwrap();
        let kind = match target {
            _ if target.starts_with("/api/v1/servers") => Kind::Servers,
            _ if target.starts_with("/api/v1/stats") => Kind::Stats,
            _ => Kind::Usage,
        };
        seen += 1;
        let blank = name.contains("blank-all")
            || name.contains("server-blank")
            || name == "server/blank-server_id"
            || name == "server/whitespace-only"
            || name == "stats/blank-ids";
        match decode(kind, body.as_bytes()) {
            Ok(_) => assert!(!blank, "{name} must be refused"),
            Err(errors) => {
                assert!(blank, "{name} must be accepted: {errors}");
                let all = errors.0.values().flatten();
                assert!(
                    all.into_iter().all(|m| m.ends_with("can not be blank.")),
                    "{errors}"
                );
            }
        }
    }
    assert!(seen > 60, "only {seen} recorded bodies");
}

#[test]
fn a_check_in_names_its_server() {
    let decoded = accepted(
        Kind::Servers,
        r#"{"cluster_id":"clus1","server_id":"serv1","host":"a:1","product":"influxdb","version":"1.0"}"#,
    );
    assert_eq!(decoded.product.as_deref(), Some("influxdb"));
    let [server] = &decoded.observations[..] else {
        panic!()
    };
    assert_eq!(server.cluster_id.as_deref(), Some("clus1"));
    assert_eq!(server.server_id.as_deref(), Some("serv1"));
    assert_eq!(server.host.as_deref(), Some("a:1"));
    assert_eq!(server.version.as_deref(), Some("1.0"));
    assert!(matches!(server.cluster_id, Some(Cow::Borrowed(_))));
}

#[test]
fn all_blank_fields_are_told_at_once() {
    let all = [
        ("cluster_id", "ClusterID can not be blank."),
        ("host", "Host can not be blank."),
        ("product", "Product can not be blank."),
        ("server_id", "ServerID can not be blank."),
        ("version", "Version can not be blank."),
    ]
    .map(|(field, message)| (field.to_owned(), message.to_owned()));
    for body in [
        r#"{"cluster_id":"","server_id":"","host":"","product":"","version":""}"#,
        r#"{"cluster_id":" ","server_id":"\t","host":"\n","product":"\u00a0","version":"\u3000 "}"#,
        r#"{"cluster_id":null,"server_id":null,"host":null,"product":null,"version":null}"#,
        "{}",
    ] {
        assert_eq!(refused(Kind::Servers, body.as_bytes()), all, "{body}");
    }
    assert_eq!(
        refused(Kind::Stats, b"{}"),
        [all[0].clone(), all[3].clone()]
    );
}

#[test]
fn wrong_types_are_told_together_with_blank_fields() {
    let body = br#"{"cluster_id":["a"],"server_id":true,"host":1,"product":{},"version":""}"#;
    let errors = refused(Kind::Servers, body);
    let fields: Vec<_> = errors.iter().map(|(f, m)| format!("{f}: {m}")).collect();
    assert_eq!(
        fields,
        [
            "cluster_id: must be a string or a number; got an array",
            "host: must be a string; got a number",
            "product: must be a string; got an object",
            "server_id: must be a string or a number; got a boolean",
            "version: Version can not be blank.",
        ]
    );
}

#[test]
fn numeric_ids_are_their_digits() {
    for digits in [
        "1",
        "-7",
        "8674665223082153551",
        "18446744073709551615",
        "123456789012345678901234567890",
    ] {
        let body = format!(
            r#"{{"cluster_id":{digits},"server_id": {digits} ,"host":"h","product":"p","version":"v"}}"#
        );
        let decoded = accepted(Kind::Servers, &body);
        assert_eq!(decoded.observations[0].cluster_id.as_deref(), Some(digits));
        assert_eq!(decoded.observations[0].server_id.as_deref(), Some(digits));
        let body = format!(r#"[{{"tags":null,"values":{{"cluster_id":{digits}}}}}]"#);
        let decoded = accepted(Kind::Usage, &body);
        assert_eq!(decoded.observations[0].cluster_id.as_deref(), Some(digits));
        assert!(decoded.observations[0].values.is_empty());
    }
}

#[test]
fn influxdb_and_kapacitor_say_the_same_in_their_own_ways() {
    let influxdb = accepted(
        Kind::Usage,
        r#"[{"tags":null,"values":{"arch":"amd64","cluster_id":"c","num_series":3,"os":"linux","server_id":"s","uptime":0.25,"version":"1.8"}}]"#,
    );
    let kapacitor = accepted(
        Kind::Usage,
        r#"[{"tags":{"arch":"amd64","os":"linux","version":"1.8"},"values":{"cluster_id":"c","num_series":3,"server_id":"s","uptime":0.25}}]"#,
    );
    assert_eq!(influxdb, kapacitor);
    let [observation] = &influxdb.observations[..] else {
        panic!()
    };
    assert_eq!(
        dimensions(observation),
        [("arch", "amd64"), ("os", "linux"), ("version", "1.8")]
    );
    assert_eq!(observation.version.as_deref(), Some("1.8"));
    assert_eq!(value(observation, "num_series"), Some(Number::Int(3)));
    assert_eq!(value(observation, "uptime"), Some(Number::Float(0.25)));
}

#[test]
fn values_win_over_tags_where_they_say_something() {
    let decoded = accepted(
        Kind::Usage,
        r#"[{"tags":{"os":"linux","n":"x","b":"x","gone":"tag","list":"tag","cluster_id":"t","server_id":"t"},"values":{"os":"plan9","n":1,"b":false,"gone":null,"list":[1],"cluster_id":"v","server_id":" "}}]"#,
    );
    let [observation] = &decoded.observations[..] else {
        panic!()
    };
    assert_eq!(
        dimensions(observation),
        [
            ("b", "false"),
            ("gone", "tag"),
            ("list", "tag"),
            ("os", "plan9")
        ]
    );
    assert_eq!(observation.values, [("n".into(), Number::Int(1))]);
    assert_eq!(observation.cluster_id.as_deref(), Some("v"));
    assert_eq!(
        observation.server_id.as_deref(),
        Some("t"),
        "a blank id is absent"
    );
}

#[test]
fn ids_of_other_types_are_absent_in_usage() {
    for id in ["null", "\"\"", "\"  \"", "true", "{\"a\":1}", "[1]"] {
        let body = format!(r#"[{{"tags":{{}},"values":{{"cluster_id":{id},"x":1}}}}]"#);
        let decoded = accepted(Kind::Usage, &body);
        assert_eq!(decoded.observations[0].cluster_id, None, "{id}");
        assert!(decoded.observations[0].dimensions.is_empty(), "{id}");
    }
}

#[test]
fn numbers_are_exact() {
    let decoded = accepted(
        Kind::Usage,
        r#"[{"values":{"a":9223372036854775807,"b":18446744073709551615,"c":-9223372036854775808,"d":9007199254740993,"e":86400,"f":86400.25,"g":1.7976931348623157e+308,"h":5e-324,"i":100000000000000000000,"j":0.30000000000000004}}]"#,
    );
    let numbers: Vec<_> = decoded.observations[0]
        .values
        .iter()
        .map(|(_, n)| *n)
        .collect();
    assert_eq!(
        numbers,
        [
            Number::Int(i64::MAX),
            Number::UInt(u64::MAX),
            Number::Int(i64::MIN),
            Number::Int(9_007_199_254_740_993),
            Number::Int(86_400),
            Number::Float(86_400.25),
            Number::Float(f64::MAX),
            Number::Float(5e-324),
            Number::Float(1e20),
            Number::Float(0.1 + 0.2),
        ]
    );
}

#[test]
fn of_repeated_keys_the_last_wins() {
    let decoded = accepted(
        Kind::Usage,
        r#"[{"tags":7,"values":{"a":"x","os":"b","os":"c","n":1,"n":2,"cluster_id":"1","cluster_id":2},"tags":{"t":1,"t":"ok"}}]"#,
    );
    let [observation] = &decoded.observations[..] else {
        panic!()
    };
    assert_eq!(
        dimensions(observation),
        [("a", "x"), ("os", "c"), ("t", "ok")]
    );
    assert_eq!(value(observation, "n"), Some(Number::Int(2)));
    assert_eq!(observation.cluster_id.as_deref(), Some("2"));
    let decoded = accepted(
        Kind::Servers,
        r#"{"host":1,"cluster_id":"a","cluster_id":"b","server_id":"s","host":"h","product":"p","version":"v"}"#,
    );
    assert_eq!(decoded.observations[0].cluster_id.as_deref(), Some("b"));
    accepted(
        Kind::Stats,
        r#"{"cluster_id":"a","server_id":"s","stats":7,"stats":[]}"#,
    );
}

#[test]
fn empty_reports_are_reports() {
    for body in ["null", "[]", " [ ] \n", "null\n"] {
        assert_eq!(accepted(Kind::Usage, body), Decoded::default());
    }
    for stats in [r#","stats":null"#, r#","stats":[]"#, ""] {
        let body = format!(r#"{{"cluster_id":"c","server_id":"s"{stats}}}"#);
        assert_eq!(accepted(Kind::Stats, &body).observations.len(), 1);
    }
    assert_eq!(
        accepted(Kind::Usage, "[{}]").observations,
        [Observation::default()]
    );
}

#[test]
fn each_element_names_its_own_server() {
    let decoded = accepted(
        Kind::Usage,
        r#"[{"values":{"cluster_id":"a"}},{"values":{"cluster_id":"b"}},{"tags":{"x":"y"}}]"#,
    );
    let clusters: Vec<_> = decoded
        .observations
        .iter()
        .map(|o| o.cluster_id.as_deref())
        .collect();
    assert_eq!(clusters, [Some("a"), Some("b"), None]);
}

#[test]
fn messages_say_what_is_wrong_and_where() {
    use Kind::*;
    refused_with(Usage, r#"{"tags":null}"#, "body", "wrap it in [ ]");
    refused_with(Usage, "7", "body", "must be a JSON array");
    refused_with(Usage, "[[]]", "[0]", "must be an object; got an array");
    refused_with(Usage, "[null]", "[0]", "must be an object; got null");
    refused_with(
        Usage,
        r#"[{},{"tags":"x"}]"#,
        "[1].tags",
        "must be an object or null; got a string",
    );
    refused_with(
        Usage,
        r#"[{"tags":{"os":1}}]"#,
        "[0].tags.os",
        "must be a string, as all tags; got a number",
    );
    refused_with(
        Usage,
        r#"[{"tags":{"os":null}}]"#,
        "[0].tags.os",
        "got null",
    );
    refused_with(
        Usage,
        r#"[{"tags":{"cluster_id":true}}]"#,
        "[0].tags.cluster_id",
        "got a boolean",
    );
    refused_with(Usage, r#"[{"values":[]}]"#, "[0].values", "got an array");
    refused_with(
        Usage,
        r#"[{"values":{"x":1e999}}]"#,
        "[0].values.x",
        "number out of range at line 1 column",
    );
    refused_with(Stats, "[]", "body", "must be a JSON object; got an array");
    refused_with(
        Stats,
        r#"{"cluster_id":"c","server_id":"s","stats":{}}"#,
        "stats",
        "must be an array or null; got an object",
    );
    refused_with(
        Stats,
        r#"{"cluster_id":"c","server_id":"s","stats":[{"name":1}]}"#,
        "stats[0].name",
        "must be a string; got a number",
    );
    refused_with(
        Stats,
        r#"{"cluster_id":"c","server_id":"s","stats":[{},{"tags":{"p":[]}}]}"#,
        "stats[1].tags.p",
        "got an array",
    );
    refused_with(
        Stats,
        r#"{"cluster_id":"c","server_id":"s","stats":[3]}"#,
        "stats[0]",
        "got a number",
    );
    refused_with(Servers, "null", "body", "got null");
    refused_with(Servers, "", "body", "is empty");
    refused_with(Servers, " \n ", "body", "is empty");
    refused_with(
        Usage,
        "[{\"tags\":\n{\"os\":\"li",
        "body",
        "is not valid JSON: EOF while parsing a string at line 2 column 9",
    );
    refused_with(
        Usage,
        "[] x",
        "body",
        "trailing characters at line 1 column 4",
    );
    refused_with(Usage, "[][]", "body", "trailing characters");
    refused_with(
        Usage,
        b"[{\"tags\":{\"os\":\"\xff\"}}]",
        "body",
        "is not UTF-8: the byte at offset 16",
    );
    refused_with(Usage, "<html>", "body", "expected value at line 1 column 1");
    refused_with(
        Usage,
        "[{\"values\":{\"a\":\"line\nbreak\"}}]",
        "body",
        "control character",
    );
    refused_with(
        Usage,
        "[{\"values\":{\"cluster_id\":\"line\nbreak\"}}]",
        "body",
        "control character",
    );
    refused_with(
        Usage,
        r#"[{"values":{"a":"\ud800"}}]"#,
        "body",
        "is not valid JSON",
    );
    refused(Usage, br#"[{"values":{"cluster_id":"\ud800"}}]"#);
    refused_with(
        Usage,
        "[{\"values\":{\"a\":NaN}}]",
        "body",
        "is not valid JSON",
    );
}

#[test]
fn control_characters_and_every_script_are_text() {
    let decoded = accepted(
        Kind::Usage,
        r#"[{"tags":{"a":"nul\u0000 \u2028 北京 🚀 \ud83d\ude80","":"blank key"},"values":{}}]"#,
    );
    assert_eq!(
        dimensions(&decoded.observations[0]),
        [("", "blank key"), ("a", "nul\0 \u{2028} 北京 🚀 🚀")]
    );
}

#[test]
fn a_check_reads_the_version_that_a_whole_reading_does() {
    for (body, version) in [
        (r#"[{"tags":{"version":"1"}}]"#, Some("1")),
        (r#"[{"values":{"version":"1"}}]"#, Some("1")),
        (
            r#"[{"tags":{"version":"1"},"values":{"version":"2"}}]"#,
            Some("2"),
        ),
        (
            r#"[{"values":{"version":"2"},"tags":{"version":"1"}}]"#,
            Some("2"),
        ),
        (r#"[{"tags":{"version":"1"},"values":{"version":2}}]"#, None),
        (
            r#"[{"tags":{"version":"1"},"values":{"version":null}}]"#,
            Some("1"),
        ),
        (r#"[{"tags":{"version":"1","version":"3"}}]"#, Some("3")),
        (r#"[{"values":{"version":true}}]"#, Some("true")),
        (r#"[{"values":{"version":"\u0031.2"}}]"#, Some("1.2")),
        (r#"[{"values":{"version":["1"]}}]"#, None),
        (r#"[{"values":{"Version":"1"}}]"#, None),
        (r#"[{"values":{"version":""}}]"#, Some("")),
        (r#"[{"values":{"n":1}}]"#, None),
    ] {
        for read in [check, decode] {
            let read = read(Kind::Usage, body.as_bytes()).unwrap();
            assert_eq!(read.observations[0].version.as_deref(), version, "{body}");
        }
    }
}
