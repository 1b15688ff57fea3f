//! The story of an operator who keeps only what they have a use for: said on the command line, obeyed at
//! once by the server that runs, and nobody who sends can tell.

use usage_client::testing::conformance;

use crate::folder::Folder;
use crate::patience::until;
use crate::scrape::Scrape;
use crate::watching::watched;

const USAGE: &str = r#"[{"tags":{"os":"linux","owner":"ann"},"values":{"cluster_id":"c","num_series":5,"age":44}}]"#;
const LEFT: &str = r#"[{"tags":{"os":"linux"},"values":{"cluster_id":"c","num_series":5}}]"#;
const CHECK_IN: &str = r#"{"cluster_id":"c","server_id":"s","host":"ann.example.com","product":"influxdb","version":"1"}"#;

fn said(folder: &Folder, args: &[&str]) -> String {
    let ended = folder.run(args);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    ended.stderr
}

#[test]
fn an_operator_says_what_is_kept_and_it_holds_at_once() {
    let folder = Folder::new();
    // Before the first start, even.
    let names = ["--dimension", "os", "--value", "num_series"];
    let allow = [&["product", "allow", "influxdb"], &names[..]].concat();
    let told = said(&folder, &allow);
    assert!(
        told.contains("2 names put on the list of influxdb, which is off;"),
        "{told}"
    );
    let (server, metrics) = watched(&folder, &[]);
    let mut connection = server.connect();
    let mut post = |body: &str| {
        let answer = connection.post("/api/v1/usage/influxdb", &[], body);
        (answer.status(), answer.text())
    };
    let before = post(USAGE);
    let told = said(
        &folder,
        &["product", "allowlist", "influxdb", "--mode", "drop"],
    );
    assert!(
        told.contains("2 names are on the list of influxdb"),
        "{told}"
    );
    assert_eq!(post(USAGE), before);
    assert_eq!(post(r#"[{"tags":{"owner":7}}]"#).0, 422);
    assert_eq!(post(r#"[{"tags":{"owner":"ann"#).0, 422);
    said(&folder, &["product", "allow", "influxdb", "--value", "age"]);
    assert_eq!(post(USAGE), before);
    said(
        &folder,
        &["product", "allowlist", "influxdb", "--mode", "mask"],
    );
    assert_eq!(post(USAGE), before);
    let mut others = server.connect();
    assert_eq!(others.post("/api/v1/servers", &[], CHECK_IN).status(), 201);
    assert_eq!(
        others.post("/api/v1/usage/kapacitor", &[], USAGE).status(),
        200
    );

    let export = folder.export();
    let kept: Vec<&str> = export.iter().map(|report| report.body.get()).collect();
    let aged = r#"[{"tags":{"os":"linux"},"values":{"cluster_id":"c","num_series":5,"age":44}}]"#;
    let masked = r#"[{"tags":{"os":"linux","owner":"(masked)"},"values":{"cluster_id":"c","num_series":5,"age":44}}]"#;
    let check_in = CHECK_IN.replace("ann.example.com", "(masked)");
    assert_eq!(kept, [USAGE, LEFT, aged, masked, &check_in, USAGE]);

    let list = folder.run(&["product", "list", "influxdb"]).well();
    assert_eq!(
        list,
        "mode\tmask\nallowed\tdimension\tos\nallowed\tvalue\tage\nallowed\tvalue\tnum_series\n\
         removed\tdimension\thost\nremoved\tdimension\towner\n"
    );
    until("both products to be counted", || {
        let all = folder.run(&["product", "list"]).well();
        (all == "influxdb\tmask\t3\t2\nkapacitor\toff\t0\t0\n").then_some(())
    });
    until("what was refused to be kept", || {
        let scrape = Scrape::of(metrics);
        // Twice owner and once age, of the refused one owner; of the masked one owner, and the host.
        let removed = scrape.number("usage_allowlist_removed_total");
        (scrape.number("usage_quarantine_reports") == 2.0 && removed == 6.0).then_some(())
    });
    said(
        &folder,
        &["product", "disallow", "influxdb", "--dimension", "os"],
    );
    said(
        &folder,
        &["product", "allowlist", "influxdb", "--mode", "off"],
    );
    assert_eq!(post(USAGE), before);
    assert_eq!(folder.export()[6].body.get(), USAGE);
    server.stop();
}

#[test]
fn what_comes_in_files_is_under_the_list_too() {
    let folder = Folder::new();
    said(
        &folder,
        &[
            "product",
            "allow",
            "influxdb",
            "--dimension",
            "os",
            "--value",
            "num_series",
        ],
    );
    said(
        &folder,
        &["product", "allowlist", "influxdb", "--mode", "drop"],
    );
    let line = format!(
        r#"{{"kind":"usage","product":"influxdb","reported_at":"2026-01-02T03:04:05Z","body":{USAGE}}}"#
    );
    let path = folder.beside("reports.jsonl");
    std::fs::write(&path, format!("{line}\n{line}\nann\n")).unwrap();
    let imported = folder.run(&["import", path.to_str().unwrap()]);
    assert!(
        imported.stderr.contains("imported 1 report"),
        "{imported:?}"
    );
    assert!(
        imported.stderr.contains("1 was here before"),
        "{imported:?}"
    );
    let export = folder.export();
    let kept: Vec<&str> = export.iter().map(|report| report.body.get()).collect();
    assert_eq!(kept, [LEFT]);
}

#[test]
fn a_server_with_lists_is_a_usage_api() {
    let folder = Folder::new();
    let token = folder.token("Acme");
    let server = folder.serve();
    // The suite's product.
    let list = ["product", "allowlist", "conformance", "--mode"];
    let every = ["--dimension", "*", "--value", "*", "--stat", "*"];
    let mut kept = 0;
    for (mode, change) in [
        ("drop", "allow"),
        ("drop", "disallow"),
        ("mask", "disallow"),
    ] {
        said(&folder, &[&list[..], &[mode]].concat());
        said(
            &folder,
            &[&["product", change, "conformance"], &every[..]].concat(),
        );
        let report = conformance(&format!("http://{}", server.address()), &token).unwrap();
        assert!(report.passed(), "{mode}, {change}: {report}");
        let now = folder.export().len();
        assert!(now > kept + 5, "{mode}, {change}: {now}");
        kept = now;
    }
    server.stop();
}

#[test]
fn what_makes_no_sense_is_refused_in_one_line() {
    let folder = Folder::new();
    for (args, told) in [
        (&["product", "allow", "influxdb"][..], "required"),
        (
            &["product", "allow", " ", "--value", "n"],
            "must not be blank",
        ),
        (
            &["product", "allowlist", "influxdb", "--mode", "hide"],
            "drop",
        ),
        (
            &["product", "allow", "a\u{7}", "--value", "n"],
            "control character",
        ),
    ] {
        let ended = folder.run(args);
        assert_eq!(ended.code, Some(2), "{ended:?}");
        assert!(ended.stderr.contains(told), "{ended:?}");
        assert_eq!(ended.stderr.lines().count(), 1, "{ended:?}");
    }
    let long = "n".repeat(1_025);
    let ended = folder.run(&["product", "disallow", "influxdb", "--stat", &long]);
    assert_eq!(ended.code, Some(2), "{ended:?}");
}
