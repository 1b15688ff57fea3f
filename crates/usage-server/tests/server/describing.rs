//! The data dictionary from outside: noted by a command, asked for with a key.

use serde_json::{Value, json};

use crate::folder::{Folder, Running};
use crate::patience::until;

fn ask(server: &Running, key: &str, query: &str) -> Value {
    let request = format!(
        "GET /api/v1/query/dictionary?{query} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\n\r\n"
    );
    let answer = server.connect().exchange(request.as_bytes()).unwrap();
    assert_eq!(answer.status(), 200, "{query}: {}", answer.text());
    answer.json()
}

#[test]
fn what_products_report_is_told_with_what_operators_noted() {
    let folder = Folder::new();
    let series = ["product", "describe", "influxdb", "--value", "num_series"];
    let more = [
        "--unit",
        "series",
        "--description",
        "Series in all databases",
        "--sensitivity",
        "internal",
    ];
    let said = folder.run(&[&series[..], &more].concat());
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(said.stderr.contains("num_series"), "{said:?}");
    // What isn't said again stays.
    folder
        .run(&[&series[..], &["--owner", "ann"]].concat())
        .well();
    let key = folder
        .run(&["api-key", "issue", "--name", "t", "--scope", "read"])
        .well();
    let key = key.trim();
    let server = folder.serve();
    let mut sender = server.connect();
    for (product, os, n) in [
        ("influxdb", "linux", 5),
        ("influxdb", "linux", 6),
        ("kapacitor", "=bsd", 7),
    ] {
        let body = format!(
            r#"[{{"tags":{{"os":"{os}"}},"values":{{"cluster_id":"c{n}","num_series":{n}}}}}]"#
        );
        let path = format!("/api/v1/usage/{product}");
        assert_eq!(sender.post(&path, &[], body).status(), 200);
    }
    let all = until("all reports to be counted", || {
        let answer = ask(&server, key, "");
        (answer["behind"] == 0 && answer["rows"].as_array()?.len() == 4).then_some(answer)
    });
    assert_eq!(all["product"], Value::Null);
    let influxdb = ask(&server, key, "product=influxdb&filter[os]=linux");
    assert_eq!(influxdb["product"], "influxdb");
    let rows = influxdb["rows"].as_array().unwrap();
    let today = &rows[0]["first_day"];
    let expected = json!([
        {"product": "influxdb", "kind": "dimension", "name": "os", "first_day": today, "servers": 2,
         "type": "text", "values": 1, "more_values": false, "sample": "linux", "description": null,
         "unit": null, "owner": null, "sensitivity": null, "allowed": null},
        {"product": "influxdb", "kind": "value", "name": "num_series", "first_day": today, "servers": 2,
         "type": "int", "values": 2, "more_values": false, "sample": "5",
         "description": "Series in all databases", "unit": "series", "owner": "ann",
         "sensitivity": "internal", "allowed": null},
    ]);
    assert_eq!(Value::from(rows.clone()), expected);

    let request = format!(
        "GET /api/v1/query/dictionary?product=kapacitor&format=csv HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\n\r\n"
    );
    let csv = server
        .connect()
        .exchange(request.as_bytes())
        .unwrap()
        .text();
    let lines: Vec<&str> = csv.lines().collect();
    assert!(
        lines[0].starts_with("product,kind,name,first_day,servers,type,"),
        "{csv}"
    );
    assert!(lines[1].contains(",'=bsd,"), "{csv}");
    let unknown = server
        .connect()
        .exchange(
            format!("GET /api/v1/query/dictionary?product=nothing HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\n\r\n")
                .as_bytes(),
        )
        .unwrap();
    assert_eq!(unknown.status(), 422, "{}", unknown.text());
    assert_eq!(
        server.connect().get("/api/v1/query/dictionary").status(),
        401
    );
    server.stop();
}

#[test]
fn made_up_names_end_at_a_limit_that_is_told_and_go_with_who_sent_them() {
    let folder = Folder::new();
    let key = folder
        .run(&["api-key", "issue", "--name", "t", "--scope", "read"])
        .well();
    let key = key.trim();
    let server = folder.serve();
    let mut sender = server.connect();
    let mut send = |cluster: &str, names: std::ops::Range<usize>| {
        let values: Vec<String> = names.map(|n| format!(r#""made-up-{n:04}":{n}"#)).collect();
        let values = values.join(",");
        let body = format!(r#"[{{"values":{{"cluster_id":"{cluster}",{values}}}}}]"#);
        let answer = sender.post("/api/v1/usage/influxdb", &[], body);
        assert_eq!(answer.status(), 200);
    };
    for (cluster, from) in [("junk", 0), ("junk2", 900), ("junk3", 1800)] {
        send(cluster, from..from + 900);
    }
    let rows = |until_there_are: usize| {
        until("the names to be counted", || {
            let answer = ask(&server, key, "product=influxdb");
            let rows = answer["rows"].as_array()?.clone();
            (answer["behind"] == 0 && rows.len() == until_there_are).then_some(rows)
        })
    };
    let all = rows(2_001);
    let others = &all[2_000];
    let said = ["kind", "name", "servers", "values", "more_values"].map(|name| &others[name]);
    assert_eq!(json!(said), json!(["value", null, 1, 700, false]));
    assert_eq!(others["first_day"], all[0]["first_day"]);
    until("the log to say so", || {
        server
            .said()
            .contains("more names are reported")
            .then_some(())
    });
    let args = ["forget", "--yes", "--product", "influxdb"];
    let junk = [&args[..], &["--cluster", "junk"]].concat();
    folder.run(&junk).well();
    // Those that are still not told apart are until they are reported again.
    assert_eq!(rows(1_101)[1_100]["servers"], 1);
    send("junk3", 1800..2700);
    let all = rows(1_800);
    assert_eq!(all[0]["name"], "made-up-0900");
    assert_eq!(all[1_799]["name"], "made-up-2699");
    let said = server.stopped();
    assert_eq!(said.matches("more names are reported").count(), 1, "{said}");
}

#[test]
fn a_note_is_about_one_thing_and_says_something() {
    let folder = Folder::new();
    for args in [
        &["--value", "n"][..],
        &["--value", "n", "--dimension", "n", "--unit", "u"],
        &["--unit", "u"],
        &["--value", "n", "--sensitivity", "secret"],
        &["--value", "n", "--unit", "a\u{1b}[2J"],
    ] {
        let ended = folder.run(&[&["product", "describe", "influxdb"], args].concat());
        assert_eq!(ended.code, Some(2), "{ended:?}");
        assert_eq!(ended.stderr.lines().count(), 1, "{ended:?}");
    }
}
