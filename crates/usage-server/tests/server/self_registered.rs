//! An organization that chose its name at sign-up, and operators' commands: none of them means it by
//! its name, all of them by its id.

use jiff::Timestamp;
use usage_store::registry::NewAccount;
use usage_store::{Store, Writing};

use crate::folder::Folder;

/// Somebody signs up with the name that an operator is about to use; its id.
fn squatted(folder: &Folder, name: &str) -> String {
    let store = Store::open(&folder.data(), Writing::Beside).unwrap();
    let new = NewAccount {
        email: "eve@example.com",
        password_hash: "",
        verified: false,
        identity: None,
    };
    let (_, id) = store.sign_up(&new, name, Timestamp::now()).unwrap();
    id.0.to_string()
}

#[test]
fn commands_ask_for_the_id_of_an_organization_that_registered_itself() {
    let folder = Folder::new();
    folder.serve().stop();
    let id = squatted(&folder, "Acme");
    let file = folder.beside("reports.jsonl");
    let line = r#"{"kind":"usage","product":"influxdb","reported_at":"2026-11-20T10:30:00Z","body":[{"values":{"cluster_id":"c1"}}]}"#;
    std::fs::write(&file, line).unwrap();
    let file = file.to_str().unwrap();
    let forget = [
        "forget",
        "--yes",
        "--product",
        "influxdb",
        "--cluster",
        "c1",
    ];
    for command in [&["token", "issue"][..], &["import", file], &forget] {
        let by_name = folder.run(&[command, &["--organization", "ACME"]].concat());
        let said = by_name.refused(1);
        assert!(
            said.contains(&format!("--organization-id {id}")),
            "{command:?}: {said}"
        );
        let unknown = [command, &["--organization-id", "999"]].concat();
        assert!(folder.run(&unknown).refused(1).contains("999"));
        let both = ["--organization", "Acme", "--organization-id", &id];
        folder.run(&[command, &both].concat()).refused(2);
        folder
            .run(&[command, &["--organization-id", &id]].concat())
            .well();
    }
    folder.run(&["token", "issue"]).refused(2);
    assert_eq!(folder.export().len(), 0, "imported by id, and erased by id");

    let token = folder.token("Initech");
    assert!(!token.is_empty(), "a name that nobody took works as ever");
}

#[test]
fn a_file_that_names_it_is_refused_line_by_line() {
    let folder = Folder::new();
    folder.serve().stop();
    squatted(&folder, "Acme");
    let file = folder.beside("reports.jsonl");
    let line = r#"{"kind":"usage","product":"influxdb","organization":"acme","reported_at":"2026-11-20T10:30:00Z","body":[]}"#;
    std::fs::write(&file, line).unwrap();
    let ended = folder.run(&["import", "--keep-organizations", file.to_str().unwrap()]);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.stderr.contains("registered itself"), "{ended:?}");
    assert_eq!(folder.export().len(), 0);
}
