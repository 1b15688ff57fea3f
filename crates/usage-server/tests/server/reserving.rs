//! The disk reserve: no reports are taken below it, everything else works. And retention, as a
//! server does it by itself.

use std::process::Command;

use crate::folder::{Folder, Running};
use crate::model;
use crate::patience::until;
use crate::process::{Ended, Process, usage_server};

const USAGE: &str = r#"[{"values":{"cluster_id":"c1","n":1}}]"#;

fn serve(folder: &Folder) -> Command {
    let mut command = usage_server();
    command
        .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
        .arg(folder.data());
    command
}

/// A command without a data folder.
fn run(args: &[&str]) -> Ended {
    Process::start(usage_server().args(args), b"").ended()
}

#[test]
fn below_the_reserve_reports_are_turned_away_and_all_else_works() {
    let folder = Folder::new();
    let server = folder.serve();
    let post = |server: &Running| server.connect().post("/api/v1/usage/influxdb", &[], USAGE);
    assert_eq!(post(&server).status(), 200);
    server.stop();

    // More than any disk has.
    let server = Running::start(serve(&folder).args(["--disk-reserve", "1EiB"]));
    let refused = post(&server);
    assert_eq!(refused.status(), 503);
    assert!(refused.header("retry-after").is_some());
    assert!(refused.text().contains("no room"), "{}", refused.text());
    let ready = server.connect().get("/readyz");
    assert_eq!(ready.status(), 503);
    assert!(ready.text().contains("no room"), "{}", ready.text());
    let ask = |server: &Running| run(&["ready", "--listen", &server.address().to_string()]);
    let line = ask(&server).refused(1);
    assert!(line.contains("no room"), "{line}");
    assert_eq!(server.connect().get("/healthz").status(), 200);
    assert_eq!(server.connect().get("/sign-in").status(), 200);
    assert_eq!(folder.export().len(), 1);
    let backup = folder.beside("backup");
    folder.run(&["backup", backup.to_str().unwrap()]).well();
    folder.token("Acme");
    let forget = [
        "forget",
        "--product",
        "influxdb",
        "--cluster",
        "c1",
        "--yes",
    ];
    folder.run(&forget).well();
    assert_eq!(folder.export().len(), 0);
    let log = server.stopped();
    assert!(log.contains("lower disk-reserve"), "{log}");

    let server = Running::start(serve(&folder).env("USAGE_DISK_RESERVE", "1KiB"));
    assert_eq!(post(&server).status(), 200, "it is over");
    assert_eq!(server.connect().get("/readyz").status(), 200);
    ask(&server).well();
    server.stop();
    let nobody = run(&["ready", "--listen", "127.0.0.1:1"]).refused(1);
    assert!(nobody.contains("127.0.0.1:1"), "{nobody}");
    let line = folder.run(&["serve", "--disk-reserve", "512MB"]).refused(2);
    assert!(line.contains("512MiB"), "{line}");
}

#[test]
fn a_server_lets_old_reports_go_and_keeps_the_counts() {
    let folder = Folder::new();
    let file = folder.beside("old.jsonl");
    let line = |n: u32, at: &str| {
        format!(
            "{{\"kind\":\"usage\",\"product\":\"influxdb\",\"reported_at\":\"{at}\",\"body\":[{{\"values\":{{\"cluster_id\":\"c{n}\"}}}}]}}\n"
        )
    };
    let long_ago = (0..1_100).map(|n| line(n, "2025-01-01T10:00:00Z"));
    let recent = jiff::Timestamp::now().to_string();
    std::fs::write(
        &file,
        long_ago.chain([line(0, &recent)]).collect::<String>(),
    )
    .unwrap();
    folder.run(&["import", file.to_str().unwrap()]).well();
    let server = folder.serve();
    model::followed(&folder);
    server.stop();
    assert_eq!(folder.export().len(), 1_101, "by default for ever");

    let server = Running::start(serve(&folder).args(["--retention-days", "30"]));
    until("old reports to be gone", || {
        (folder.export().len() == 1_101 - 1_024).then_some(())
    });
    // An export says that it doesn't have all any more.
    let said = folder.run(&["export", "reports"]);
    let gone = "reports of days before 2025-01-02 are not kept any more";
    assert!(said.stderr.contains(gone), "{said:?}");
    let later = folder.run(&["export", "reports", "--from", "2025-01-02"]);
    assert_eq!(later.stderr, "", "it has all of that");
    let key = folder.run(&["api-key", "issue", "--name", "t", "--scope", "export"]);
    let request = format!(
        "GET /api/v1/export/reports HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\n\r\n",
        key.well().trim()
    );
    let sent = server.connect().exchange(request.as_bytes()).unwrap();
    assert_eq!(sent.header("usage-complete-from"), Some("2025-01-02"));
    assert_eq!(model::has_counted(&folder), 1_101);
    let said = folder.run(&["rebuild"]);
    assert!(said.stderr.contains("aged out"), "{said:?}");
    model::followed(&folder);
    assert_eq!(model::has_counted(&folder), 1_101, "a rebuild keeps them");
    server.stop();

    let old_rows = |table: &str| {
        let query = format!("SELECT count(*) FROM {table} WHERE day BETWEEN 20000 AND 20300");
        let db = model::open(&folder);
        db.query_row(&query, [], |row| row.get::<_, i64>(0))
            .unwrap()
    };
    // Rows of days are packed once the day is over.
    let old_days = || old_rows("day") + old_rows("day_chunk");
    assert!(old_days() > 0 && old_rows("cell") > 0);
    let server = Running::start(serve(&folder).args(["--days-retention-days", "30"]));
    until("servers' old days to be gone", || {
        (old_days() == 0).then_some(())
    });
    assert!(old_rows("cell") > 0);
    server.stop();
    let server = Running::start(serve(&folder).args(["--cells-retention-days", "30"]));
    until("old days to be gone", || {
        (old_rows("cell") == 0).then_some(())
    });
    assert_eq!(model::has_counted(&folder), 1_101, "how many came stays");
    server.stop();
    for tier in ["", "days-", "cells-"] {
        let flag = format!("--{tier}retention-days");
        folder.run(&["serve", &flag, "0"]).refused(2);
    }
}
