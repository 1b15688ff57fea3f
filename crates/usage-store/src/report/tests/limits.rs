//! Each limit: what is just within it is accepted, one more is refused with a message that
//! names limit and place.

use std::fmt::Write as _;

use super::super::limits::*;
use super::*;

#[test]
fn a_body_full_of_mistakes_gets_a_reply_that_stays_readable() {
    let body = format!("[{}1]", "1,".repeat(99));
    let errors = refused(Kind::Usage, body.as_bytes());
    assert_eq!(errors.len(), MESSAGES_MAX + 1);
    assert!(errors.contains(&(
        "body".into(),
        "80 more problems of this kind are not listed".into()
    )));
    let stats = format!(r#"{{"cluster_id":"","server_id":"s","stats":{body}}}"#);
    let errors = refused(Kind::Stats, stats.as_bytes());
    assert_eq!(errors.len(), MESSAGES_MAX + 1);
    assert!(errors.iter().any(|(field, _)| field == "cluster_id"));
    let long = format!(r#"[{{"tags":{{"{}":1}}}}]"#, "é".repeat(500));
    assert!(refused(Kind::Usage, long.as_bytes())[0].0.len() < 150);
}

fn nested(levels: usize) -> String {
    // The array, the element and `values` are three.
    let inner = levels - 3;
    format!(
        r#"[{{"values":{{"x":{}{}}}}}]"#,
        "[".repeat(inner),
        "]".repeat(inner)
    )
}

#[test]
fn limits_hold_exactly() {
    accepted(Kind::Usage, &nested(JSON_DEPTH_MAX));
    refused_with(
        Kind::Usage,
        nested(JSON_DEPTH_MAX + 1),
        "[0].values.x",
        "deeper than 32 levels",
    );
    refused_with(
        Kind::Usage,
        nested(100_000),
        "[0].values.x",
        "deeper than 32 levels",
    );
    refused_with(
        Kind::Usage,
        nested(40).replace("\"x\"", "\"cluster_id\""),
        "[0].values.cluster_id",
        "deeper than 32 levels",
    );
    refused_with(
        Kind::Servers,
        format!(r#"{{"extra":{}1{}}}"#, "[".repeat(32), "]".repeat(32)),
        "extra",
        "deeper",
    );

    let items = |n: usize| format!("[{}]", vec!["{}"; n].join(","));
    assert_eq!(
        accepted(Kind::Usage, &items(ITEMS_MAX)).observations.len(),
        ITEMS_MAX
    );
    refused_with(
        Kind::Usage,
        items(ITEMS_MAX + 1),
        "body",
        "has 10001 elements; at most 10000",
    );
    let stats = |n| {
        format!(
            r#"{{"cluster_id":"c","server_id":"s","stats":{}}}"#,
            items(n)
        )
    };
    accepted(Kind::Stats, &stats(ITEMS_MAX));
    refused_with(Kind::Stats, stats(ITEMS_MAX + 1), "stats", "at most 10000");

    for map in ["tags", "values"] {
        let keys = |n: usize| {
            let mut keys = String::new();
            for i in 0..n {
                let _ = write!(keys, "{}\"k{i}\":\"v\"", if i == 0 { "" } else { "," });
            }
            format!(r#"[{{"{map}":{{{keys}}}}}]"#)
        };
        accepted(Kind::Usage, &keys(KEYS_PER_OBJECT_MAX));
        refused_with(
            Kind::Usage,
            keys(KEYS_PER_OBJECT_MAX + 1),
            &format!("[0].{map}"),
            "more than 1000 keys",
        );

        let text = |n: usize| format!(r#"[{{"{map}":{{"k":"{}"}}}}]"#, "x".repeat(n));
        accepted(Kind::Usage, &text(TEXT_BYTES_MAX));
        refused_with(
            Kind::Usage,
            text(TEXT_BYTES_MAX + 1),
            &format!("[0].{map}.k"),
            "is 65537 bytes long; at most 65536",
        );

        let key = |n: usize| format!(r#"[{{"{map}":{{"{}":"v"}}}}]"#, "x".repeat(n));
        accepted(Kind::Usage, &key(NAME_BYTES_MAX));
        refused_with(
            Kind::Usage,
            key(NAME_BYTES_MAX + 1),
            &format!("[0].{map}"),
            "a key is 1025 bytes long",
        );

        let id = |n: usize| format!(r#"[{{"{map}":{{"cluster_id":"{}"}}}}]"#, "x".repeat(n));
        accepted(Kind::Usage, &id(NAME_BYTES_MAX));
        refused_with(
            Kind::Usage,
            id(NAME_BYTES_MAX + 1),
            &format!("[0].{map}.cluster_id"),
            "is 1025 bytes long",
        );
    }
    for field in ["cluster_id", "server_id", "host", "product", "version"] {
        let body = |n: usize| {
            let whole =
                r#"{"cluster_id":"c","server_id":"s","host":"h","product":"p","version":"v"}"#;
            let at = whole.find(field).unwrap() + field.len() + 3;
            format!("{}{}{}", &whole[..at], "x".repeat(n - 1), &whole[at..])
        };
        accepted(Kind::Servers, &body(NAME_BYTES_MAX));
        refused_with(
            Kind::Servers,
            body(NAME_BYTES_MAX + 1),
            field,
            "is 1025 bytes long",
        );
    }
    let extra = format!(
        r#"[{{"extra":{{"a":["{}"]}}}}]"#,
        "x".repeat(TEXT_BYTES_MAX + 1)
    );
    refused_with(Kind::Usage, extra, "[0].extra", "is 65537 bytes long");
    let name = format!(
        r#"{{"cluster_id":"c","server_id":"s","stats":[{{"name":"{}"}}]}}"#,
        "x".repeat(1025)
    );
    refused_with(Kind::Stats, name, "stats[0].name", "is 1025 bytes long");
}
