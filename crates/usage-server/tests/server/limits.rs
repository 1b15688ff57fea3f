//! What is too much, or no report at all: 422 with the field or the body named, and the last
//! value within a limit accepted.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::folder::{Folder, Running};
use crate::http::Message;

const MIB: usize = 1024 * 1024;

fn usage(server: &Running, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Message {
    server
        .connect()
        .post("/api/v1/usage/influxdb", headers, body)
}

/// Refused, with something to read under `field`.
fn refused(reply: &Message, field: &str) {
    assert_eq!(reply.status(), 422, "{field}: {}", reply.text());
    let errors = reply.json()["errors"].clone();
    let under = errors
        .as_object()
        .unwrap()
        .iter()
        .find(|(name, _)| name.contains(field));
    assert!(
        under.is_some_and(|(_, texts)| texts[0].is_string()),
        "{field}: {errors}"
    );
}

/// One observation with this text among its values.
fn observation(value: &str) -> String {
    format!(r#"[{{"tags":null,"values":{{"cluster_id":"c1","text":{value}}}}}]"#)
}

/// A usage report of exactly this many bytes, of texts that are short enough each.
fn of_size(bytes: usize) -> String {
    let mut body = observation("0");
    body.pop();
    while body.len() + 1 < bytes {
        let empty = r#",{"tags":null,"values":{"text":""}}"#;
        let room = bytes - 1 - body.len();
        assert!(room > empty.len());
        // Leaves enough for one more of them, or nothing.
        let text = match room - empty.len() {
            all @ ..=60_000 => all,
            _ => 50_000,
        };
        body += &empty.replace(r#""""#, &format!("\"{}\"", "x".repeat(text)));
    }
    body.push(']');
    assert_eq!(body.len(), bytes);
    body
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn a_body_has_at_most_a_mebibyte_as_sent_and_four_decompressed() {
    let folder = Folder::new();
    let server = folder.serve();
    assert_eq!(usage(&server, &[], of_size(MIB)).status(), 200);
    refused(&usage(&server, &[], of_size(MIB + 1)), "body");

    let gzipped = [("Content-Encoding", "gzip")];
    assert_eq!(
        usage(&server, &gzipped, gzip(&of_size(4 * MIB))).status(),
        200
    );
    refused(
        &usage(&server, &gzipped, gzip(&of_size(4 * MIB + 1))),
        "body",
    );
    let zstd = [("Content-Encoding", "zstd")];
    let pack = |bytes| zstd::encode_all(of_size(bytes).as_bytes(), 1).unwrap();
    assert_eq!(usage(&server, &zstd, pack(4 * MIB)).status(), 200);
    refused(&usage(&server, &zstd, pack(4 * MIB + 1)), "body");

    refused(&usage(&server, &[("Content-Encoding", "br")], "[]"), "");
    refused(&usage(&server, &gzipped, "[]"), "body");
    let sizes: Vec<_> = folder
        .export()
        .iter()
        .map(|report| report.body.get().len())
        .collect();
    assert_eq!(sizes, [MIB, 4 * MIB, 4 * MIB]);
    server.stop();
}

#[test]
fn headers_have_at_most_32_kib() {
    let folder = Folder::new();
    let server = folder.serve();
    let reply = usage(&server, &[("X-Large", &"x".repeat(33 * 1024))], "[]");
    assert_eq!(reply.status(), 431);
    assert_eq!(
        usage(&server, &[("X-Large", &"x".repeat(30 * 1024))], "[]").status(),
        200
    );
    server.stop();
}

#[test]
fn what_is_no_report_is_refused() {
    let folder = Folder::new();
    let server = folder.serve();
    for body in [
        "",
        " ",
        "{",
        "[",
        "[{}",
        "[]]",
        "[] []",
        "[1,]",
        "nul",
        "'[]'",
        "[{\"tags\":}]",
        "\u{feff}[]",
    ] {
        refused(&usage(&server, &[], body), "body");
    }
    refused(
        &usage(&server, &[], b"[{\"tags\":{\"a\":\"\xff\"}}]"),
        "body",
    );
    for (body, field) in [
        ("{}", ""),
        ("\"usage\"", ""),
        ("[1]", ""),
        ("[null]", ""),
        (r#"[{"tags":[]}]"#, "tags"),
        (r#"[{"tags":{"a":1}}]"#, "tags"),
        (r#"[{"values":1}]"#, "values"),
    ] {
        refused(&usage(&server, &[], body), field);
    }
    let mut connection = server.connect();
    for (body, field) in [
        (
            r#"{"cluster_id":"c","server_id":"s","host":1.5,"product":"p","version":"v"}"#,
            "host",
        ),
        (
            r#"{"cluster_id":"c","server_id":"s","host":{},"product":"p","version":"v"}"#,
            "host",
        ),
        (
            r#"{"cluster_id":true,"server_id":"s","host":"h","product":"p","version":"v"}"#,
            "cluster_id",
        ),
        ("[]", ""),
    ] {
        refused(&connection.post("/api/v1/servers", &[], body), field);
    }
    for body in ["null", "{}", r#"{"product":"p"}"#] {
        let reply = connection.post("/api/v1/servers", &[], body);
        assert_eq!(reply.status(), 422, "{body}: {}", reply.text());
    }
    for (body, field) in [
        (r#"{"cluster_id":"c","server_id":"s","stats":{}}"#, "stats"),
        (
            r#"{"cluster_id":"c","server_id":"s","stats":[{"name":1}]}"#,
            "name",
        ),
        (r#"{"cluster_id":"c","stats":[]}"#, "server_id"),
    ] {
        refused(&connection.post("/api/v1/stats/influxdb", &[], body), field);
    }
    assert_eq!(folder.export().len(), 0);
    server.stop();
}

#[test]
fn depth_items_keys_names_and_texts_are_bounded() {
    let folder = Folder::new();
    let server = folder.serve();
    // The array, the element and its values are three of the 32.
    let nested = |depth: usize| observation(&("[".repeat(depth) + &"]".repeat(depth)));
    let items = |count: usize| format!("[{}]", vec!["{}"; count].join(","));
    let keys = |count: usize| {
        let pairs: Vec<String> = (0..count).map(|n| format!(r#""k{n}":1"#)).collect();
        format!(r#"[{{"tags":null,"values":{{{}}}}}]"#, pairs.join(","))
    };
    let text = |bytes: usize| observation(&format!("\"{}\"", "x".repeat(bytes)));
    let id = |bytes: usize| {
        format!(
            r#"[{{"tags":null,"values":{{"cluster_id":"{}"}}}}]"#,
            "c".repeat(bytes)
        )
    };
    let name = |bytes: usize| format!(r#"[{{"tags":{{"{}":"v"}}}}]"#, "k".repeat(bytes));
    let cases: [(&str, String, String); 6] = [
        ("depth", nested(29), nested(30)),
        ("items", items(10_000), items(10_001)),
        ("keys", keys(1_000), keys(1_001)),
        ("text", text(64 * 1024), text(64 * 1024 + 1)),
        ("id", id(1_024), id(1_025)),
        ("name", name(1_024), name(1_025)),
    ];
    for (what, within, beyond) in cases {
        let reply = usage(&server, &[], &within);
        assert_eq!(reply.status(), 200, "{what}: {}", reply.text());
        let reply = usage(&server, &[], &beyond);
        assert_eq!(reply.status(), 422, "{what}: {}", reply.text());
        assert!(reply.json()["errors"].is_object(), "{what}");
    }
    let bomb = "[".repeat(MIB);
    assert_eq!(usage(&server, &[], bomb).status(), 422);
    assert_eq!(folder.export().len(), 6);
    server.stop();
}

#[test]
fn what_only_looks_odd_is_accepted() {
    let folder = Folder::new();
    let server = folder.serve();
    let mut connection = server.connect();
    let check_in = r#"{"extra":[{}],"cluster_id":8674665223082153551,"server_id":1,"host":"old","host":"new","product":"influxdb","version":"1.0"}"#;
    assert_eq!(
        connection.post("/api/v1/servers", &[], check_in).status(),
        201
    );
    for body in [
        "null",
        "[]",
        "[{}]",
        r#"[{"tags":{},"values":{}},{"values":{"cluster_id":7}}]"#,
    ] {
        assert_eq!(
            connection
                .post("/api/v1/usage/influxdb", &[], body)
                .status(),
            200,
            "{body}"
        );
    }
    for stats in ["null", "[]"] {
        let body = format!(r#"{{"cluster_id":"c","server_id":"s","stats":{stats}}}"#);
        assert_eq!(
            connection
                .post("/api/v1/stats/influxdb", &[], &body)
                .status(),
            200,
            "{body}"
        );
    }
    let export = folder.export();
    assert_eq!(
        export[0].body.get(),
        check_in,
        "extra and repeated keys stay in the report"
    );
    assert_eq!(
        export[0].ids[0].cluster_id.as_deref(),
        Some("8674665223082153551")
    );
    assert_eq!(export.len(), 7);
    server.stop();
}
