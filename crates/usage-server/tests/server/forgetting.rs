//! Being forgotten, from outside: by the install's key, by a token, by an operator's command
//! beside a running server and without one.

use serde_json::Value;

use crate::folder::{Folder, Running};
use crate::patience::until;

const DOOR: &str = "/api/v1/forget";
const KEY: [(&str, &str); 1] = [("X-Install-Key", "an install's own secret")];

fn report(server: &Running, cluster: &str, headers: &[(&str, &str)]) {
    let body = format!(r#"[{{"values":{{"cluster_id":"{cluster}","server_id":"s1"}}}}]"#);
    let answer = server
        .connect()
        .post("/api/v1/usage/influxdb", headers, body);
    assert_eq!(answer.status(), 200);
}

fn clusters(folder: &Folder) -> Vec<String> {
    let ids = folder.export().into_iter().flat_map(|report| report.ids);
    ids.filter_map(|ids| ids.cluster_id).collect()
}

/// Asks the address that the answer names until it is done; how many reports went.
fn done(server: &Running, answer: &[u8]) -> u64 {
    let said: Value = serde_json::from_slice(answer).unwrap();
    let url = said["status_url"].as_str().unwrap();
    let target = url.strip_prefix(&server.url()).unwrap();
    until("it is erased", || {
        let status: Value = serde_json::from_slice(&server.connect().get(target).body).unwrap();
        (status["status"] == "done").then(|| status["reports"].as_u64().unwrap())
    })
}

#[test]
fn an_install_is_forgotten_by_its_key() {
    let folder = Folder::new();
    let server = folder.serve();
    report(&server, "c1", &KEY);
    report(&server, "c2", &KEY);
    let about = r#"{"product":"influxdb","cluster_id":"c1"}"#;
    let wrong = [("X-Install-Key", "a guess")];
    let answer = server.connect().post(DOOR, &wrong, about);
    assert_eq!(answer.status(), 202);
    assert_eq!(done(&server, &answer.body), 0);
    assert_eq!(clusters(&folder), ["c1", "c2"]);
    let answer = server.connect().post(DOOR, &KEY, about);
    assert_eq!(answer.status(), 202);
    assert_eq!(done(&server, &answer.body), 1);
    assert_eq!(clusters(&folder), ["c2"]);
    server.stop();
    for file in ["usage.db", "model.db"] {
        let bytes = std::fs::read(folder.data().join(file)).unwrap();
        assert!(
            !bytes.windows(4).any(|text| text == b"\"c1\""),
            "nor is it in {file}"
        );
    }
}

#[test]
fn a_token_is_issued_with_the_right_to_forget() {
    let folder = Folder::new();
    let server = folder.serve();
    let issue = ["token", "issue", "--organization", "Acme"];
    let plain = folder.run(&issue).well();
    let may = folder.run(&[&issue[..], &["--may-forget"]].concat()).well();
    report(&server, "c1", &[("X-Authorization", plain.trim())]);
    report(&server, "c1", &[]);
    let about = r#"{"product":"influxdb","cluster_id":"c1","server_id":"s1"}"#;
    let ask = |token: &str| {
        let headers = [("X-Authorization", token.trim())];
        server.connect().post(DOOR, &headers, about)
    };
    assert_eq!(ask(&plain).status(), 401);
    assert_eq!(server.connect().post(DOOR, &[], about).status(), 401);
    assert_eq!(done(&server, &ask(&may).body), 1);
    assert_eq!(folder.export()[0].organization, None);
    server.stop();
}

#[test]
fn an_operator_forgets_beside_the_server_and_without_it() {
    let folder = Folder::new();
    let server = folder.serve();
    for cluster in ["c1", "c2", "c3"] {
        report(&server, cluster, &[]);
    }
    let token = folder.token("Acme");
    report(&server, "c3", &[("X-Authorization", &token)]);
    let forget = |cluster, more: &[&str]| {
        let args = ["forget", "--product", "influxdb", "--cluster", cluster];
        folder.run(&[&args[..], more].concat())
    };
    assert!(forget("c1", &[]).refused(2).contains("--yes"));
    assert!(forget(" ", &["--yes"]).refused(2).contains("--cluster"));
    let unknown = forget("c1", &["--yes", "--organization", "Nobody"]);
    assert!(unknown.refused(1).contains("Nobody"));
    assert_eq!(clusters(&folder).len(), 4, "nothing went yet");

    let ended = forget("c1", &["--yes"]);
    assert!(ended.stderr.contains("erased 1 report\n"), "{ended:?}");
    ended.well();
    assert_eq!(clusters(&folder), ["c2", "c3", "c3"]);
    server.stop();

    forget("c2", &["--yes", "--server", "s1"]).well();
    forget("c3", &["--yes", "--anonymous"]).well();
    let left = folder.export();
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].organization.as_deref(), Some("Acme"));
    forget("c3", &["--yes", "--organization", "acme"]).well();
    assert!(folder.export().is_empty());
    assert!(forget("c3", &["--yes"]).well().is_empty());
}
