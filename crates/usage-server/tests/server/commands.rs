//! The command line as scripts rely on it: what each command prints, where, and its exit code.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::folder::{Folder, Running, read_file, read_lines};
use crate::model;
use crate::person::Person;

/// One report of each kind, and one with a key under a token.
fn three_reports(folder: &Folder, server: &Running) {
    let token = folder.token("Acme");
    let mut connection = server.connect();
    let check_in =
        r#"{"cluster_id":"c1","server_id":"s1","host":"h","product":"influxdb","version":"1.0"}"#;
    assert_eq!(
        connection.post("/api/v1/servers", &[], check_in).status(),
        201
    );
    let stats = r#"{"cluster_id":"c1","server_id":"s1","stats":[{"name":"m","tags":null,"values":{"x":18446744073709551615}}]}"#;
    assert_eq!(
        connection
            .post("/api/v1/stats/influxdb", &[], stats)
            .status(),
        200
    );
    let usage = r#" [ {"tags": null, "values": {"cluster_id": 8674665223082153551, "f": 1.50e+3}},
                      {"tags": null, "values": {}} ] "#;
    let headers = [
        ("X-Authorization", token.as_str()),
        ("Idempotency-Key", "0190f2a4-5f0e-7c3a-9c1d-2b7f6e1a0001"),
    ];
    assert_eq!(
        connection
            .post("/api/v1/usage/kapacitor", &headers, usage)
            .status(),
        200
    );
}

#[test]
fn an_export_tells_everything_in_order_of_acceptance() {
    let folder = Folder::new();
    let server = folder.serve();
    three_reports(&folder, &server);
    let text = folder.run(&["export", "reports"]).well();
    let fields = [
        "body",
        "idempotency_key",
        "ids",
        "kind",
        "organization",
        "product",
        "received_at",
        "reported_at",
    ];
    for line in text.lines() {
        let Value::Object(object) = serde_json::from_str(line).unwrap() else {
            panic!("{line}")
        };
        let names: BTreeSet<&str> = object.keys().map(String::as_str).collect();
        assert!(fields.iter().all(|field| names.contains(field)), "{line}");
        let received: jiff::Timestamp = object["received_at"].as_str().unwrap().parse().unwrap();
        assert!(received <= jiff::Timestamp::now());
        assert_eq!(object["reported_at"], Value::Null);
    }
    let reports = read_lines(&text);
    let seen: Vec<_> = reports
        .iter()
        .map(|r| {
            (
                r.kind.as_str(),
                r.product.as_str(),
                r.organization.as_deref(),
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            ("servers", "influxdb", None),
            ("stats", "influxdb", None),
            ("usage", "kapacitor", Some("Acme"))
        ]
    );
    assert!(
        reports[1]
            .body
            .get()
            .contains(r#"{"x":18446744073709551615}"#),
        "numbers are exact"
    );
    assert_eq!(
        reports[2].body.get(),
        r#"[{"tags":null,"values":{"cluster_id":8674665223082153551,"f":1.50e+3}},{"tags":null,"values":{}}]"#,
    );
    let ids = serde_json::to_value(
        reports[2]
            .ids
            .iter()
            .map(|ids| (&ids.cluster_id, &ids.server_id))
            .collect::<Vec<_>>(),
    );
    assert_eq!(
        ids.unwrap(),
        serde_json::json!([["8674665223082153551", null]])
    );
    assert_eq!(
        reports[2].idempotency_key.as_deref(),
        Some("0190f2a4-5f0e-7c3a-9c1d-2b7f6e1a0001")
    );
    server.stop();
}

#[test]
fn an_export_can_be_narrowed_and_written_to_a_file() {
    let folder = Folder::new();
    let server = folder.serve();
    three_reports(&folder, &server);
    let count = |args: &[&str]| {
        read_lines(&folder.run(&[&["export", "reports"], args].concat()).well()).len()
    };
    assert_eq!(count(&["--product", "influxdb"]), 2);
    assert_eq!(count(&["--product", "InfluxDB"]), 0);
    assert_eq!(count(&["--kind", "usage"]), 1);
    assert_eq!(
        count(&[
            "--kind",
            "stats",
            "--product",
            "influxdb",
            "--format",
            "jsonl"
        ]),
        1
    );
    let file = folder.beside("reports.jsonl");
    let to_file = ["export", "reports", "--output", file.to_str().unwrap()];
    assert_eq!(folder.run(&to_file).well(), "");
    assert_eq!(read_file(&file).len(), 3);
    folder
        .run(&["export", "reports", "--output", "/nowhere/reports.jsonl"])
        .refused(1);
    folder
        .run(&["export", "reports", "--kind", "starts"])
        .refused(2);
    server.stop();
}

#[test]
fn an_export_of_nothing_is_refused_and_makes_nothing() {
    let folder = Folder::new();
    folder.run(&["export", "reports"]).refused(1);
    assert!(
        !folder.data().exists(),
        "a mistyped folder doesn't come to be by looking at it"
    );
}

#[test]
fn a_rebuild_runs_beside_the_server() {
    let folder = Folder::new();
    let server = folder.serve();
    three_reports(&folder, &server);
    model::followed(&folder);
    let before = model::dump(&folder);
    folder.run(&["rebuild"]).well();
    model::followed(&folder);
    assert_eq!(model::dump(&folder), before);
    three_reports(&folder, &server);
    model::followed(&folder);
    let after = model::dump(&folder);
    assert_ne!(after, before, "it goes on from there");
    server.stop();
    folder.run(&["rebuild"]).well();
    assert_eq!(model::dump(&folder), after);
}

#[test]
fn a_second_rebuild_is_refused_and_told_who_makes_the_first() {
    let folder = Folder::new();
    folder.serve().stop();
    folder.run(&["rebuild"]).well();
    // As the first one holds it.
    let turn = folder.data().join("rebuild.turn");
    std::fs::write(&turn, "4711\n").unwrap();
    let held = std::fs::File::open(&turn).unwrap();
    held.lock().unwrap();
    let said = folder.run(&["rebuild"]).refused(1);
    assert!(
        said.contains("under way") && said.contains("process 4711"),
        "{said}"
    );
    held.unlock().unwrap();
    folder.run(&["rebuild"]).well();
}

#[test]
fn an_operator_is_added_with_a_password_from_standard_input() {
    let folder = Folder::new();
    let add = ["operator", "add", "--email", "ann@example.com"];
    assert_eq!(
        folder
            .run_with(&add, "correct horse battery staple\n")
            .well(),
        ""
    );
    folder.run_with(&add, "another long password\n").refused(1);
    folder
        .run_with(
            &["operator", "add", "--email", "bob@example.com"],
            "short\n",
        )
        .refused(2);
    folder
        .run(&["operator", "add", "--email", "not an address"])
        .refused(2);
}

#[test]
fn an_operator_without_a_password_gets_one() {
    let folder = Folder::new();
    let server = folder.serve();
    let said = folder
        .run(&["operator", "add", "--email", "ann@example.com"])
        .well();
    let password = said.strip_suffix('\n').unwrap();
    assert!(
        password.len() >= 16 && !password.contains(char::is_whitespace),
        "alone: {said:?}"
    );
    let text = std::fs::read(folder.database()).unwrap();
    assert!(
        !text
            .windows(password.len())
            .any(|part| part == password.as_bytes())
    );
    server.stop();
}

#[test]
fn a_mistake_is_one_line_and_exit_code_2() {
    let folder = Folder::new();
    for mistake in [
        &["serve", "--no-such-flag"][..],
        &["--no-such-flag"],
        &["serve", "--listen", "localhost"],
        &["token", "issue"],
        &["token", "revoke"],
        &["demo", "--servers", "0"],
    ] {
        let line = folder.run(mistake).refused(2);
        assert!(line.starts_with("usage-server: "), "{mistake:?}: {line}");
    }
}

#[test]
fn a_products_hosts_are_listed_before_it_reports() {
    let folder = Folder::new();
    let server = folder.serve();
    let hosts = |args: &[&str]| folder.run(&[&["product", "hosts", "jambox"], args].concat());
    assert_eq!(hosts(&[]).well(), "");
    let both = ["--add", "Console.Example.com", "--add", "b.example"];
    assert_eq!(hosts(&both).well(), "b.example\nconsole.example.com\n");
    let other = ["--remove", "B.example", "--add", "a.example"];
    assert_eq!(hosts(&other).well(), "a.example\nconsole.example.com\n");
    for wrong in ["https://a.example", "localhost", "a.example:443", ""] {
        let said = hosts(&["--add", "c.example", "--add", wrong]).refused(2);
        assert!(said.contains("public host"), "{said}");
    }
    assert_eq!(hosts(&[]).well(), "a.example\nconsole.example.com\n");
    let said = folder.run(&["product", "hosts", " "]).refused(2);
    assert!(said.contains("product is missing"), "{said}");
    // Beside the running server, at once: nobody has to vouch for the host.
    let mut ada = Person::new(&server);
    let back = |host: &str| {
        format!("/start?product=jambox&cluster_id=c1&redirect_url=https%3A%2F%2F{host}%2Fdone")
    };
    let page = ada.open(&back("a.example"));
    let page = ada.sign_up(&page, "Acme");
    let listed = ada.open(&page).text();
    let unlisted = ada.open(&back("evil.example")).text();
    assert!(
        listed.contains("a.example") && !listed.contains("checkbox"),
        "{listed}"
    );
    assert!(unlisted.contains("checkbox"), "{unlisted}");
    server.stop();
}
