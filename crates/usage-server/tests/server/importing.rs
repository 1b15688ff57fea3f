//! Reports out of files: of machines without a network, and of other servers.

use std::collections::BTreeSet;

use crate::folder::Folder;

const OLD: &str = r#"{"kind":"usage","product":"jambox","path":"/usage/jambox","reported_at":"2026-01-02T03:04:05.000Z","idempotency_key":"123e4567-e89b-42d3-a456-426614174000","body":[{"values":{"cluster_id":"c","n":1}}]}"#;
const KEYLESS: &str = r#"{"kind":"stats","product":"jambox","reported_at":"2026-01-02T03:04:06Z","body":{"cluster_id":"c","server_id":"s","stats":[]}}"#;

fn file(folder: &Folder, name: &str, text: &str) -> String {
    let path = folder.beside(name);
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn a_file_imported_twice_counts_once() {
    let folder = Folder::new();
    let good = file(&folder, "good.jsonl", &format!("{OLD}\n{KEYLESS}"));
    let ended = folder.run(&["import", &good]);
    assert!(
        ended
            .stderr
            .contains("imported 2 reports; 0 were here before"),
        "{ended:?}"
    );
    assert_eq!(ended.well(), "");
    // A server forgets old keys in the background: not these, however old the reports are.
    folder.serve().stop();
    let bad = file(&folder, "bad.jsonl", "{\"kind\":\"usage\"}\n\nnonsense\n");
    let ended = folder.run(&["import", &good, &bad]);
    for said in [
        "bad.jsonl: line 1: reported_at: is missing",
        "bad.jsonl: line 3: line: is not a JSON object",
        "imported 0 reports; 2 were here before",
        "2 lines were refused, see the quarantine; the others were taken",
    ] {
        assert!(ended.stderr.contains(said), "{said}: {ended:?}");
    }
    assert_eq!(ended.code, Some(1));
    let reports = folder.export();
    let seen: Vec<_> = reports.iter().map(|one| one.kind.as_str()).collect();
    assert_eq!(seen, ["usage", "stats"]);
    assert_eq!(reports[1].idempotency_key, None, "none was made up");
}

#[test]
fn an_export_imported_elsewhere_is_the_same_there() {
    let (here, there) = (Folder::new(), Folder::new());
    let server = here.serve();
    let token = here.token("Acme");
    let mut connection = server.connect();
    for (cluster, headers) in [
        ("c1", vec![]),
        ("c2", vec![("X-Authorization", token.as_str())]),
        (
            "c3",
            vec![("Idempotency-Key", "123e4567-e89b-42d3-a456-426614174000")],
        ),
        (
            "c4",
            vec![
                ("X-Reported-At", "2001-01-01T00:00:00Z"),
                ("Date", "Tue, 02 Jan 2001 00:00:00 GMT"),
            ],
        ),
    ] {
        let body =
            format!(r#"[{{"tags":null,"values":{{"cluster_id":"{cluster}","f":1.50e+3}}}}]"#);
        let answer = connection.post("/api/v1/usage/influxdb", &headers, body);
        assert_eq!(answer.status(), 200, "{headers:?}");
    }
    let export = here.run(&["export", "reports"]).well();
    let path = file(&there, "export.jsonl", &export);
    let refused = there.run(&["import", &path]);
    assert!(
        refused.stderr.contains("line 2: organization"),
        "{refused:?}"
    );
    assert_eq!(refused.code, Some(1));
    there.run(&["import", "--keep-organizations", &path]).well();
    // The one that was refused at first comes last.
    let lines = |text: &str| -> BTreeSet<String> { text.lines().map(str::to_owned).collect() };
    let imported = there.run(&["export", "reports"]).well();
    assert_eq!(lines(&imported), lines(&export));
    let whole = Folder::new();
    let args = ["import", "--keep-organizations", &path];
    whole.run(&args).well();
    assert_eq!(whole.run(&["export", "reports"]).well(), export);
    server.stop();
}

#[test]
fn beside_a_running_server_the_import_points_to_its_page() {
    let folder = Folder::new();
    let server = folder.serve();
    let path = file(&folder, "one.jsonl", OLD);
    assert!(
        folder
            .run(&["import", &path])
            .refused(1)
            .contains("/import")
    );
    let missing = folder.run(&["import", "nowhere.jsonl"]).refused(1);
    assert!(missing.contains("nowhere.jsonl"), "{missing}");
    assert!(folder.export().is_empty());
    server.stop();
    folder
        .run(&["import", "--organization", "Acme", &path])
        .well();
    assert_eq!(folder.export()[0].organization.as_deref(), Some("Acme"));
}
