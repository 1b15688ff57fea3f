//! Every refusal once: what was sent, the status, and each word of the answer. The list is a
//! snapshot, so that a change of any text is seen by whoever reviews it.

use std::fmt::Write as _;
use std::io::Write as _;

use axum::body::to_bytes;
use axum::http::Method;
use axum::response::IntoResponse;

use usage_store::registry::Scope;

use super::*;
use crate::ingest::{Refusal, Ungranted};
use crate::limits::*;

const DATE: (&str, &str) = ("Date", "Sun, 22 Nov 2026 12:00:00 GMT");

/// A request that is refused: path, headers, body.
type Case<'a> = (&'a str, Vec<(&'a str, String)>, Vec<u8>);

fn case<'a>(path: &'a str, headers: &[(&'a str, &str)], body: impl AsRef<[u8]>) -> Case<'a> {
    let headers = headers
        .iter()
        .map(|(name, value)| (*name, (*value).to_owned()));
    (path, headers.collect(), body.as_ref().to_vec())
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn bodies() -> Vec<Case<'static>> {
    let usage = |body: &str| case("/api/v1/usage/a", &[], body);
    let stats = |body: &str| case("/api/v1/stats/a", &[], body);
    let servers = |body: &str| case("/api/v1/servers", &[], body);
    let long = |bytes: usize| "x".repeat(bytes);
    let keys = |keys: usize| {
        let keys: Vec<String> = (0..keys).map(|n| format!(r#""k{n}":1"#)).collect();
        format!(r#"[{{"values":{{{}}}}}]"#, keys.join(","))
    };
    vec![
        usage(""),
        usage("<html>\n"),
        usage("\u{feff}[]"),
        usage("[] []"),
        usage("[{\"tags\":\n{\"os\":\"li"),
        usage("[{\"values\":{\"a\":\"line\nbreak\"}}]"),
        usage(r#"[{"values":{"a":"\q"}}]"#),
        usage(r#"[{"values":{"a":"\ud800"}}]"#),
        usage(r#"[{"values":{"cluster_id":"\ud800"}}]"#),
        usage("[1 2]"),
        usage(r#"[{"values":{"a":tru}}]"#),
        usage(r#"[{"values":{1:2}}]"#),
        usage(r#"[{"values":{"x":1e999}}]"#),
        case("/api/v1/usage/a", &[], b"[{\"tags\":{\"os\":\"\xff\"}}]"),
        usage("{}"),
        usage("7"),
        usage(r#"[1,null,"a",[],true]"#),
        usage(r#"[{"tags":[],"values":7}]"#),
        usage(r#"[{"tags":{"os":5,"a\u0007b":null}}]"#),
        usage(&format!(r#"[{{"tags":{{"{}":1}}}}]"#, "é".repeat(100))),
        usage(&format!("[{}1]", "1,".repeat(99))),
        usage(&format!(r#"[{{"values":{{"x":{}}}}}]"#, "[".repeat(50))),
        usage(&format!("[{}{{}}]", "{},".repeat(10_000))),
        usage(&keys(1_001)),
        usage(
            &keys(600)
                .replace(
                    "\"values\"",
                    "\"values\":null,\"tags\":{\"x\":\"y\"},\"values\"",
                )
                .replace(
                    "\"tags\":{\"x\":\"y\"}",
                    &format!(
                        "\"tags\":{{{}}}",
                        (0..401)
                            .map(|n| format!(r#""t{n}":"v""#))
                            .collect::<Vec<_>>()
                            .join(",")
                    ),
                ),
        ),
        usage(&format!(r#"[{{"tags":{{"{}":"v"}}}}]"#, long(1_025))),
        usage(&format!(r#"[{{"values":{{"text":"{}"}}}}]"#, long(65_537))),
        usage(&format!(
            r#"[{{"values":{{"cluster_id":"{}"}}}}]"#,
            long(1_025)
        )),
        usage(&format!(r#"[{{"extra":["{}"]}}]"#, long(65_537))),
        stats("[]"),
        stats("{}"),
        stats(r#"{"cluster_id":"c","server_id":"s","stats":{}}"#),
        stats(r#"{"cluster_id":"c","server_id":"s","stats":[{"name":1,"tags":{"p":[]}},3]}"#),
        servers("null"),
        servers(r#"{"cluster_id":"","server_id":" ","host":null,"product":"\t"}"#),
        servers(r#"{"cluster_id":["a"],"server_id":true,"host":1,"product":{},"version":false}"#),
        servers(&CHECK_IN.replace("\"h\"", &format!("\"{}\"", long(1_025)))),
        usage(&format!("[{}]", " ".repeat(BODY_SENT_MAX_BYTES))),
    ]
}

fn requests() -> Vec<Case<'static>> {
    let usage = |headers: &[(&'static str, &str)]| case("/api/v1/usage/a", headers, USAGE);
    let encoded =
        |name: &str, body: Vec<u8>| case("/api/v1/usage/a", &[("Content-Encoding", name)], body);
    let bomb = " ".repeat(BODY_DECOMPRESSED_MAX_BYTES + 1);
    vec![
        encoded("br", USAGE.into()),
        encoded("gzip", USAGE.into()),
        encoded("gzip", gzip(&[7; 999])[..20].to_vec()),
        encoded("gzip", gzip(bomb.as_bytes())),
        encoded("zstd", USAGE.into()),
        encoded("zstd", zstd::encode_all(bomb.as_bytes(), 1).unwrap()),
        usage(&[("Content-Encoding", "gzip"), ("Content-Encoding", "gzip")]),
        usage(&[("Idempotency-Key", "7")]),
        usage(&[("Idempotency-Key", "a"), ("Idempotency-Key", "b")]),
        usage(&[("Idempotency-Key", "sch\u{f6}n")]),
        usage(&[DATE, ("X-Reported-At", "yesterday")]),
        usage(&[DATE, ("X-Reported-At", "2026-11-22T12:00:06Z")]),
        usage(&[("X-Reported-At", "9999-01-01T00:00:00Z")]),
        usage(&[DATE, ("X-Reported-At", "2026-11-14T12:00:00+02:00")]),
        usage(&[("Date", "noon"), ("X-Reported-At", "2026-11-22T11:00:00Z")]),
        usage(&[("X-Install-Key", &"k".repeat(INSTALL_KEY_MAX_BYTES + 1))]),
        usage(&[("X-Authorization", "nobody-s-secret-token")]),
        usage(&[
            ("X-Authorization", "bound"),
            ("Authorization", "Bearer other"),
        ]),
        case("/api/v1/usage/other?token=bound", &[], USAGE),
        case(
            "/api/v1/usage/a?token=bound",
            &[],
            USAGE.replace("\"c\"", "\"d\""),
        ),
        case("/api/v1/usage/%zz", &[], USAGE),
        case("/api/v1/usage/a%ffb", &[], USAGE),
        case("/api/v1/usage/a%1B[2Jb", &[], USAGE),
        case("/api/v1/usage/%20", &[], USAGE),
        case("/api/v1/elsewhere", &[], USAGE),
        case("/api/v1/else/%4", &[], USAGE),
        case("/api/v1/else/%ff", &[], USAGE),
        case("/api/v1/else/%0a", &[], USAGE),
    ]
}

fn forgetting() -> Vec<Case<'static>> {
    let forget = |body: &str| case("/api/v1/forget", &[("X-Install-Key", "mine")], body);
    let about = |product: &str, cluster: &str| {
        format!(r#"{{"product":"{product}","cluster_id":"{cluster}"}}"#)
    };
    let by =
        |token: &str, body: String| case("/api/v1/forget", &[("X-Authorization", token)], body);
    vec![
        forget(""),
        forget("[]"),
        forget(r#"{"product":"a""#),
        forget("{}"),
        forget(r#"{"product":[1],"cluster_id":true,"server_id":" "}"#),
        forget(r#"{"product":"\ud800","cluster_id":"c"}"#),
        forget(&about("p", &"x".repeat(1_025))),
        forget(&" ".repeat(FORGET_BODY_MAX_BYTES + 1)),
        case("/api/v1/forget", &[], about("a", "c")),
        by("reports-only", about("a", "c")),
        by("bound", about("b", "c")),
        by("bound", about("a", "d")),
    ]
}

#[tokio::test]
async fn each_says_what_is_wrong_what_was_expected_and_what_came() {
    let house = House::new().await;
    house.token("bound", Some("a"), Some("c"));
    house.token("reports-only", None, None);
    let mut listed = String::new();
    let mut list = |what: &str, answer: &Answer| {
        let json = answer.json();
        assert_eq!(
            answer.header("content-type"),
            Some("application/json"),
            "{what}"
        );
        let _ = writeln!(listed, "{what}\n  {}", answer.status);
        if let Some(error) = json["error"].as_str() {
            let _ = writeln!(listed, "  {error}");
        }
        for (field, texts) in json["errors"].as_object().into_iter().flatten() {
            for text in texts.as_array().unwrap() {
                let text = text.as_str().unwrap();
                assert!(!text.contains(char::is_control), "{text:?}");
                let _ = writeln!(listed, "  {field}: {}", without_what_varies(text));
            }
        }
    };
    for (path, headers, body) in [bodies(), requests(), forgetting()].concat() {
        let headers: Vec<_> = headers.iter().map(|(n, v)| (*n, v.as_str())).collect();
        let answer = house.post(path, &headers, &body).await;
        assert!((400..500).contains(&answer.status), "{path}: {answer:?}");
        for (name, value) in &headers {
            let is_secret = ["X-Authorization", "X-Install-Key"].contains(name);
            assert!(!is_secret || !answer.body.contains(value), "{answer:?}");
        }
        list(&shown(path, &headers, &body), &answer);
    }
    let key = [("Idempotency-Key", "123e4567-e89b-12d3-a456-426614174000")];
    house
        .post("/api/v1/usage/a", &key, USAGE)
        .await
        .must_be(200);
    let other = USAGE.replace("linux", "plan9");
    let answer = house.post("/api/v1/usage/a", &key, &other).await;
    list("the same Idempotency-Key with another body", &answer);
    for (method, path) in [("GET", "/api/v1/servers"), ("BREW", "/healthz")] {
        let answer = house.send(&request(method, path, &[], b"")).await;
        list(&format!("{method} {path}"), &answer);
    }
    let status = request("GET", "/api/v1/forget/guess", &[], b"");
    list("GET /api/v1/forget/guess", &house.send(&status).await);
    insta::assert_snapshot!("refusals", listed);
}

/// A request as the list shows it.
fn shown(path: &str, headers: &[(&str, &str)], body: &[u8]) -> String {
    let headers: Vec<String> = headers
        .iter()
        .map(|(name, value)| format!("{name}: {}", usage_store::report::quoted(value)))
        .collect();
    // What is compressed differs with the compressor.
    let body = match std::str::from_utf8(body) {
        Ok(text) => usage_store::report::quoted(text),
        Err(_) => "bytes".to_owned(),
    };
    format!("{path} {} {body}", headers.join(" "))
}

/// A text without the time of day that it tells, and the length of what a compressor made.
fn without_what_varies(text: &str) -> String {
    for varying in ["as the request has no Date: ", "as sent it has "] {
        if let Some((before, _)) = text.split_once(varying) {
            return format!("{before}{varying}(varies)");
        }
    }
    text.to_owned()
}

#[tokio::test]
async fn those_that_are_no_senders_fault_say_when_to_come_again() {
    let mut listed = String::new();
    for refusal in [
        Refusal::field("field", "what is wrong"),
        Refusal::Token("why".to_owned()),
        Refusal::ApiKey("why"),
        Refusal::Scope(Scope::Export),
        Refusal::NotAnOperator,
        Refusal::TooManyExports,
        Refusal::UnknownPath("what"),
        Refusal::WrongMethod(Method::TRACE),
        Refusal::TooManyServers {
            retry_after_seconds: 3600,
        },
        Refusal::TooMany {
            retry_after_seconds: 7,
        },
        Refusal::Overloaded,
        Refusal::NotStored,
        Refusal::NoRoom,
        Refusal::NotReady,
        Refusal::Ungranted(Ungranted::AuthorizationPending),
        Refusal::Failed,
    ] {
        // A new kind of refusal fails to compile here, and belongs into the list above.
        let name = match &refusal {
            Refusal::Fields(_) => "Fields",
            Refusal::Token(_) => "Token",
            Refusal::ApiKey(_) => "ApiKey",
            Refusal::Scope(_) => "Scope",
            Refusal::NotAnOperator => "NotAnOperator",
            Refusal::TooManyExports => "TooManyExports",
            Refusal::UnknownPath(_) => "UnknownPath",
            Refusal::WrongMethod(_) => "WrongMethod",
            Refusal::TooMany { .. } => "TooMany",
            Refusal::TooManyServers { .. } => "TooManyServers",
            Refusal::Overloaded => "Overloaded",
            Refusal::NotStored => "NotStored",
            Refusal::NoRoom => "NoRoom",
            Refusal::NotReady => "NotReady",
            Refusal::Ungranted(_) => "Ungranted",
            Refusal::Failed => "Failed",
        };
        let response = refusal.into_response();
        let status = response.status().as_u16();
        let retry = response.headers().get("retry-after").cloned();
        assert_eq!(retry.is_some(), [429, 503].contains(&status), "{name}");
        let retry = retry.map_or(String::new(), |after| {
            format!(" after {} s", after.to_str().unwrap())
        });
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let _ = writeln!(
            listed,
            "{name}: {status}{retry} {}",
            String::from_utf8_lossy(&body)
        );
    }
    insta::assert_snapshot!("kinds", listed);
}
