//! What programs in the field send, built with our types: the same method, target, headers and bytes.

use serde_json::Value as Json;
use std::borrow::Cow;
use usage_client::core::Request;
use usage_client::{
    Client, Error, Registration, Saveable, Server, Stats, StatsData, Tags, TargetError, Usage,
    UsageData, Value, Values, tags, values,
};

use crate::golden;

fn text(value: &Json) -> String {
    value.as_str().unwrap().to_owned()
}

fn tags_of(value: &Json) -> Option<Tags> {
    let pairs = value.as_object()?;
    Some(
        pairs
            .iter()
            .map(|(key, value)| (key, text(value)))
            .collect(),
    )
}

fn values_of(value: &Json) -> Option<Values> {
    match value.clone().into() {
        Value::Object(values) => Some(values),
        _ => None,
    }
}

/// A caller's own type: any JSON to any path.
struct Own<'a>(&'a str, &'a Json);

impl serde::Serialize for Own<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.1.serialize(serializer)
    }
}

impl Saveable for Own<'_> {
    fn path(&self) -> Cow<'_, str> {
        self.0.into()
    }
}

/// The request that the program's report becomes with our types.
fn ours(client: &Client, target: &str, body: &Json) -> Result<Request, Error> {
    let path = target.split_once("/api/v1").unwrap().1;
    if path == "/servers" {
        return client.preview(&Server {
            cluster_id: text(&body["cluster_id"]),
            server_id: text(&body["server_id"]),
            host: text(&body["host"]),
            product: text(&body["product"]),
            version: text(&body["version"]),
        });
    }
    if let Some(product) = path.strip_prefix("/stats/") {
        let point = |point: &Json| StatsData {
            name: text(&point["name"]),
            tags: tags_of(&point["tags"]),
            values: values_of(&point["values"]),
        };
        return client.preview(&Stats {
            product: product.to_owned(),
            cluster_id: text(&body["cluster_id"]),
            server_id: text(&body["server_id"]),
            data: body["stats"]
                .as_array()
                .map(|points| points.iter().map(point).collect()),
        });
    }
    if let Some(product) = path.strip_prefix("/usage/") {
        let observation = |observation: &Json| UsageData {
            tags: tags_of(&observation["tags"]),
            values: values_of(&observation["values"]),
        };
        return client.preview(&Usage {
            product: product.to_owned(),
            data: body
                .as_array()
                .map(|all| all.iter().map(observation).collect()),
        });
    }
    client.preview(&Own(path, body))
}

#[test]
fn every_golden_report() {
    for case in golden::lines("golden/requests.jsonl") {
        if case["method"] != "POST" {
            continue;
        }
        let name = text(&case["case"]);
        let target = text(&case["target"]);
        let token = text(&case["token"]);
        let body = golden::base64(case["body_b64"].as_str().unwrap());
        let parsed: Json = serde_json::from_slice(&body).unwrap();
        let client = Client::new(&token).with_url("http://127.0.0.1:1");
        let request =
            ours(&client, &target, &parsed).unwrap_or_else(|error| panic!("{name}: {error}"));

        assert_eq!(request.method(), "POST");
        assert_eq!(request.target(), target, "{name}");
        for header in ["Content-Type", "X-Authorization"] {
            let theirs = case["headers"]
                .as_array()
                .unwrap()
                .iter()
                .find(|pair| pair[0] == header);
            // Recorded byte by byte, each as one character.
            let theirs =
                theirs.map(|pair| pair[1].as_str().unwrap().chars().map(|c| c as u8).collect());
            let ours = request.headers().iter().find(|(name, _)| *name == header);
            assert_eq!(
                ours.map(|(_, value)| value.clone()),
                theirs,
                "{name}: {header}"
            );
        }
        let sent: Json = serde_json::from_slice(request.body()).unwrap();
        assert_eq!(sent, parsed, "{name}");
        // Rust's text is always UTF-8: what Go mends as it writes is mended before it gets here, and
        // U+FFFD itself needs no escape.
        let theirs = String::from_utf8(body)
            .unwrap()
            .replace("\\ufffd", "\u{fffd}");
        assert_eq!(
            String::from_utf8(request.body().to_vec()).unwrap(),
            theirs,
            "{name}"
        );
    }
}

#[test]
fn every_golden_registration() {
    for case in golden::lines("golden/requests.jsonl") {
        if case["method"] != "GET" {
            continue;
        }
        let target = text(&case["target"]);
        let field = |name: &str| {
            let pairs = target.split_once('?').unwrap().1.split('&');
            let mut pairs = pairs.map(|pair| pair.split_once('=').unwrap());
            pairs
                .find(|(key, _)| *key == name)
                .map(|(_, value)| percent_decoded(value))
                .unwrap_or_default()
        };
        let registration = Registration::new(field("cluster_id"), field("product"))
            .redirect_url(field("redirect_url"));
        let url = Client::new("")
            .with_url("http://h")
            .registration_url(&registration)
            .unwrap();
        assert_eq!(url.strip_prefix("http://h"), Some(target.as_str()));
    }
}

fn percent_decoded(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte == b'%' {
            let digits = std::str::from_utf8(&after[..2]).unwrap();
            out.push(u8::from_str_radix(digits, 16).unwrap());
            rest = &after[2..];
        } else {
            out.push(if byte == b'+' { b' ' } else { byte });
        }
    }
    out
}

#[test]
fn a_base_s_slash_and_path_stay() {
    for (base, target) in [
        ("http://h", "/api/v1/usage/jambox"),
        ("http://h/", "//api/v1/usage/jambox"),
        ("http://h:/a b/", "/a%20b//api/v1/usage/jambox"),
        ("HTTP://h:80/%7e", "/%7e/api/v1/usage/jambox"),
        ("http://[::1]:8087/x", "/x/api/v1/usage/jambox"),
    ] {
        let request = Client::new("")
            .with_url(base)
            .preview(&Usage::new("jambox"))
            .unwrap();
        assert_eq!(request.target(), target, "{base}");
    }
}

#[test]
fn a_base_that_no_report_can_go_to_is_an_error() {
    for base in [
        "",
        "h",
        "//h",
        "localhost:8087",
        "ftp://h",
        "http:",
        "http://",
        "http:///x",
        "http:h",
        "http://h?x",
        "http://h?",
        "http://h#",
        "http://h:80:80",
        "http://h:99999",
        "http://h h",
        "http://bücher.example",
        "http://h%C3%A9",
        "http://[::1",
        "http://[fe80::1%25en0]",
        "http://[x]",
        "http://u@",
        "http://h/%zz",
        "http://h/\n",
        " http://h",
        "http://::1",
    ] {
        let result = Client::new("")
            .with_url(base)
            .preview(&Usage::new("jambox"));
        assert!(matches!(result, Err(Error::Url(_))), "{base}: {result:?}");
    }
}

#[test]
fn a_product_that_can_t_be_sent_is_an_error() {
    let client = Client::new("").with_url("http://h");
    for product in [
        "", "  ", "100%", "%zz", "a\nb", "a\0", "a\u{7f}", "a#b", "a?b c", "a?é", "a?<b>",
    ] {
        let stats = client.preview(&Stats::new(product));
        assert!(
            matches!(stats, Err(Error::Path(_))),
            "{product:?}: {stats:?}"
        );
        let usage = client.preview(&Usage::new(product));
        assert!(
            matches!(usage, Err(Error::Path(_))),
            "{product:?}: {usage:?}"
        );
    }
    let blank = client.preview(&Usage::new("")).unwrap_err();
    assert!(matches!(blank, Error::Path(TargetError::BlankProduct)));
}

#[test]
fn a_product_is_escaped_as_go_does() {
    let client = Client::new("").with_url("http://h");
    for (product, target) in [
        ("Grüße", "Gr%C3%BC%C3%9Fe"),
        ("a%2Fb", "a%2Fb"),
        ("a%2fb%41", "a%2fb%41"),
        ("a\\b", "a%5Cb"),
        ("a[b]", "a[b]"),
        ("a*b!", "a*b!"),
        ("a b%2Fc", "a%20b/c"),
        (".", "."),
    ] {
        let request = client.preview(&Usage::new(product)).unwrap();
        assert_eq!(request.target(), format!("/api/v1/usage/{target}"));
    }
}

#[test]
fn a_token_goes_into_one_header_and_nowhere_else() {
    let server = Server::new("jambox", "1.0");
    let sent = |token: &[u8]| {
        let request = Client::new(token).with_url("http://h").preview(&server)?;
        let header = request
            .headers()
            .iter()
            .find(|(name, _)| *name == "X-Authorization");
        Ok::<_, Error>((
            header.map(|(_, value)| value.clone()),
            format!("{request:?}"),
        ))
    };
    assert_eq!(sent(b"").unwrap().0, None);
    assert_eq!(sent(b"  ").unwrap().0, None);
    assert_eq!(sent(b" a\tb ").unwrap().0, Some(b"a\tb".to_vec()));
    assert_eq!(sent(b"\xff").unwrap().0, Some(vec![0xff]));
    for token in [
        b"se\ncret".as_slice(),
        b"secret\n",
        b"secret\r",
        b"\0secret",
        b"secret\x7f",
    ] {
        let error = sent(token).unwrap_err();
        assert!(matches!(error, Error::Token), "{error}");
        assert!(!format!("{error} {error:?}").contains("cret"));
    }
    assert!(!sent(b"secret").unwrap().1.contains("secret"));
    assert!(!format!("{:?}", Client::new("secret").with_url("http://h")).contains("secret"));
}

#[test]
fn a_proxy_s_password_in_the_url_becomes_its_header() {
    let client = Client::new("").with_url("http://us%20er:p%40ss@h");
    let request = client.preview(&Server::default()).unwrap();
    let header = request
        .headers()
        .iter()
        .find(|(name, _)| *name == "Authorization");
    assert_eq!(header.unwrap().1, b"Basic dXMgZXI6cEBzcw==");
    assert_eq!(request.authority(), "h");
}

#[test]
fn a_nan_is_an_error_before_anything_is_sent() {
    let client = Client::new("").with_url("http://h");
    for value in [f64::NAN, f64::INFINITY] {
        let nested = values! { "deep" => values! { "list" => [value] } };
        let usage = Usage::new("jambox").with(UsageData::new().values(nested));
        assert!(matches!(client.preview(&usage), Err(Error::Encode(_))));
    }
}

#[test]
fn nothing_and_nothing_inside_are_different() {
    let client = Client::new("").with_url("http://h");
    let body =
        |usage: &Usage| String::from_utf8(client.preview(usage).unwrap().body().to_vec()).unwrap();
    let mut usage = Usage::new("jambox");
    assert_eq!(body(&usage), "null");
    usage.extend([]);
    assert_eq!(body(&usage), "[]");
    let usage = usage.with(UsageData::new());
    assert_eq!(body(&usage), r#"[{"tags":null,"values":null}]"#);
    let usage = Usage::new("jambox").with(UsageData::new().tags(tags! {}).values(values! {}));
    assert_eq!(body(&usage), r#"[{"tags":{},"values":{}}]"#);
}
