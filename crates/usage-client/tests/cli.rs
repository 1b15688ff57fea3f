//! The command line from outside, against a mock server: as scripts and as people call it.

// clippy.toml lets tests do this, but takes the functions they share for production code.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

#[path = "stories/scratch.rs"]
mod scratch;

use std::io::Write;
use std::process::{Command, Output, Stdio};

use scratch::Scratch;
use serde_json::{Value as Json, json};
use usage_client::testing::{MockServer, TOKEN};

/// What a call wrote, and whether it went well.
fn call(url: &str, arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_usage-client"))
        .args(arguments)
        .env_clear()
        .env("USAGE_URL", url)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that reads nothing may be over by now.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The object that a call with `--json` says.
fn says(url: &str, arguments: &[&str], input: &str) -> Json {
    let output = call(url, &[&["--json"], arguments].concat(), input);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"))
}

const IDS: [&str; 6] = [
    "--product",
    "jambox",
    "--cluster-id",
    "c",
    "--server-id",
    "s",
];

fn with_ids<'a>(before: &[&'a str], after: &[&'a str]) -> Vec<&'a str> {
    [before, &IDS, after].concat()
}

#[test]
fn reports_are_sent_from_flags_json_and_line_protocol() {
    let api = MockServer::start().unwrap();
    let url = api.url();
    let server = with_ids(&["send", "server"], &["--host", "h", "--version", "1.0"]);
    let output = call(&url, &server, "");
    assert!(output.status.success(), "{output:?}");
    assert_eq!(text(&output.stdout), "accepted\n");

    let stats = with_ids(&["send", "stats"], &[]);
    assert_eq!(
        says(&url, &stats, "engine,path=/ n=39i,f=0.5\n")["status"],
        200
    );
    let points = r#"[{"name":"engine","tags":{"path":"/"},"values":{"n":39,"f":0.5}}]"#;
    assert_eq!(says(&url, &stats, points)["status"], 200);
    let flags = with_ids(
        &["send", "stats"],
        &[
            "--name", "engine", "--tag", "path=/", "--value", "n=39", "--value", "f=0.5",
        ],
    );
    assert_eq!(says(&url, &flags, "")["status"], 200);
    let usage = with_ids(&["send", "usage"], &["--value", "n=3"]);
    assert_eq!(says(&url, &usage, "")["status"], 200);

    let bodies: Vec<Json> = api
        .requests()
        .iter()
        .map(|request| serde_json::from_slice(&request.body).unwrap())
        .collect();
    assert_eq!(bodies[0]["version"], "1.0");
    assert_eq!(
        bodies[1]["stats"],
        serde_json::from_str::<Json>(points).unwrap()
    );
    assert_eq!((&bodies[1], &bodies[1]), (&bodies[2], &bodies[3]));
    let values = json!({"cluster_id": "c", "server_id": "s", "n": 3});
    assert_eq!(bodies[4], json!([{"tags": {}, "values": values}]));
}

#[test]
fn what_goes_wrong_is_said_to_people_and_to_scripts() {
    let api = MockServer::start().unwrap();
    let blank = with_ids(&["send", "server"], &["--host", "", "--version", "1"]);
    let output = call(&api.url(), &blank, "");
    assert!(!output.status.success());
    assert!(
        text(&output.stderr).contains("Host can not be blank."),
        "{output:?}"
    );
    assert!(output.stdout.is_empty());
    let said = says(&api.url(), &blank, "");
    assert_eq!(said["status"], 422);
    assert_eq!(said["errors"]["host"], json!(["Host can not be blank."]));

    let broken = says(
        &api.url(),
        &with_ids(&["send", "stats"], &[]),
        "no line protocol",
    );
    assert!(
        broken["error"].as_str().unwrap().contains("line 1"),
        "{broken}"
    );
    assert_eq!(api.connections(), 2);
}

#[test]
fn a_preview_sends_nothing_and_hides_the_token() {
    let api = MockServer::start().unwrap();
    let scratch = Scratch::new();
    let file = scratch.path().join("token");
    std::fs::write(&file, TOKEN).unwrap();
    let file = file.to_str().unwrap();
    let arguments = with_ids(
        &["preview", "usage"],
        &["--value", "n=3", "--token-file", file],
    );
    let output = call(&api.url(), &arguments, "");
    let shown = text(&output.stdout);
    assert!(shown.contains("/api/v1/usage/jambox") && shown.contains("X-Authorization: ***"));
    assert!(!shown.contains(TOKEN));
    assert_eq!(api.connections(), 0);

    let send = with_ids(
        &["send", "usage"],
        &["--value", "n=3", "--token-file", file],
    );
    assert!(call(&api.url(), &send, "").status.success());
    let sent = &api.requests()[0];
    assert_eq!(sent.header("x-authorization"), Some(TOKEN.as_bytes()));
    assert!(shown.ends_with(&format!("{}\n", text(&sent.body))));
}

#[test]
fn an_installation_registers_and_says_no() {
    let api = MockServer::start().unwrap();
    api.approve_devices(true);
    let scratch = Scratch::new();
    let folder = scratch.path().join("state");
    let folder = folder.to_str().unwrap();
    let url = api.url();
    let register = [
        "register",
        "--product",
        "jambox",
        "--cluster-id",
        "c",
        "--way",
        "code",
        "--state-folder",
        folder,
    ];
    let output = call(&url, &register, "");
    assert!(output.status.success(), "{output:?}");
    assert!(text(&output.stderr).contains("enter the code MOCK-CODE"));
    let install = ["--product", "jambox", "--state-folder", folder];
    let status = says(&url, &[&["status"], &install[..]].concat(), "");
    assert_eq!(status["registered"], true, "{status}");

    let consent =
        |word| says(&url, &[&["consent", word], &install[..]].concat(), "")["consent"].clone();
    assert_eq!(consent("off"), false);
    assert_eq!(consent("show"), false);
    let before = api.connections();
    let send = with_ids(
        &["send", "usage"],
        &["--value", "n=3", "--state-folder", folder],
    );
    let refused = says(&url, &send, "");
    assert!(
        refused["error"]
            .as_str()
            .unwrap()
            .contains("consent is off"),
        "{refused}"
    );
    assert_eq!(api.connections(), before);

    assert_eq!(consent("on"), true);
    assert_eq!(says(&url, &send, "")["status"], 200);
    let flush = [&["flush"], &install[..], &["--version", "1"]].concat();
    assert_eq!(says(&url, &flush, "")["waiting"], 0);
}

#[test]
fn shells_and_readers_are_served() {
    let bash = call("", &["completions", "bash"], "");
    assert!(text(&bash.stdout).contains("consent"), "{bash:?}");
    let man = call("", &["man"], "");
    assert!(text(&man.stdout).contains(".TH usage-client"), "{man:?}");
    let help = call("", &["--help"], "");
    // No terminal, no colours.
    assert!(text(&help.stdout).contains("preview") && !text(&help.stdout).contains('\u{1b}'));
}
