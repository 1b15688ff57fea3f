//! Exports and API keys from outside: issued by a command, used over HTTP, revoked on a running server.

use crate::folder::{Folder, Running};
use crate::http::Message;

use super::fleet;

pub(super) fn issue(folder: &Folder, name: &str, scopes: &[&str]) -> String {
    let mut args = vec!["api-key", "issue", "--name", name];
    for scope in scopes {
        args.extend(["--scope", scope]);
    }
    let key = folder.run(&args).well();
    assert!(key.starts_with("uak_") && key.ends_with('\n'), "{key:?}");
    key.trim_end().to_owned()
}

pub(super) fn get(server: &Running, target: &str, key: &str) -> Message {
    let request =
        format!("GET {target} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\n\r\n");
    server.connect().exchange(request.as_bytes()).unwrap()
}

#[test]
fn a_key_exports_what_the_command_does_until_it_is_revoked() {
    let folder = fleet(300);
    let server = folder.serve();
    let key = issue(&folder, "warehouse", &["export"]);
    for format in ["jsonl", "csv", "line-protocol"] {
        let args = [
            "export",
            "reports",
            "--format",
            format,
            "--product",
            "influxdb",
        ];
        let written = folder.run(&args).well();
        let target = format!("/api/v1/export/reports?product=influxdb&format={format}");
        let sent = get(&server, &target, &key);
        assert_eq!(sent.status(), 200, "{}", sent.text());
        assert!(
            sent.header("content-disposition")
                .unwrap()
                .contains("reports.")
        );
        // The reader of processes takes lines as they come.
        assert_eq!(
            sent.text().replace("\r\n", "\n"),
            written.replace("\r\n", "\n")
        );
    }
    let noted = "SELECT count(*) FROM audit WHERE actor = 'API key warehouse' AND action = 'export reports'";
    let database = rusqlite::Connection::open(folder.database()).unwrap();
    let noted: i64 = database.query_row(noted, [], |row| row.get(0)).unwrap();
    assert_eq!(noted, 3);
    let list = folder.run(&["api-key", "list"]).well();
    assert!(
        list.contains("warehouse\texport\tcommand line") && list.contains("\tvalid\n"),
        "{list}"
    );
    assert!(!list.contains(&key));
    let revoked = folder.run(&["api-key", "revoke", &key[..16]]);
    assert!(revoked.stderr.contains("revoked uak_"), "{revoked:?}");
    let refused = get(&server, "/api/v1/export/reports", &key);
    assert_eq!(refused.status(), 401);
    assert_eq!(refused.header("www-authenticate"), Some("Bearer"));
    assert!(
        refused.json()["error"]
            .as_str()
            .unwrap()
            .contains("revoked")
    );
    let again = folder.run(&["api-key", "revoke", &key]);
    assert!(again.stderr.contains("was revoked before"), "{again:?}");
    folder.run(&["api-key", "revoke", "uak_nobodys"]).refused(1);
    server.stop();
}

#[test]
fn what_is_wrong_with_a_request_is_told_all_at_once() {
    let folder = Folder::new();
    let server = folder.serve();
    let reads = issue(&folder, "dashboard", &["read"]);
    let refused = get(&server, "/api/v1/export/reports", &reads);
    assert_eq!(refused.status(), 403);
    assert!(
        refused.text().contains("the scope export"),
        "{}",
        refused.text()
    );
    let key = issue(&folder, "all", &["admin"]);
    let target =
        "/api/v1/export/reports?format=xml&from=soon&products=a&kind=x&to=2025-01-01&to=2025-01-02";
    let wrong = get(&server, target, &key);
    assert_eq!(wrong.status(), 422);
    let errors = wrong.json()["errors"].as_object().unwrap().clone();
    let fields: Vec<&str> = errors.keys().map(String::as_str).collect();
    assert_eq!(fields, ["format", "from", "kind", "products", "to"]);
    assert!(
        errors["products"][0]
            .as_str()
            .unwrap()
            .contains("there is format, product")
    );
    let empty = get(
        &server,
        "/api/v1/export/reports?format=&product=nobody",
        &key,
    );
    assert_eq!((empty.status(), empty.text()), (200, String::new()));
    for wrong in [
        &["--scope", "read"][..],
        &["--name", "a"],
        &["--name", " ", "--scope", "read"],
        &["--name", "a", "--scope", "read", "--expires", "2001-01-01"],
    ] {
        folder
            .run(&[&["api-key", "issue"], wrong].concat())
            .refused(2);
    }
    server.stop();
}
