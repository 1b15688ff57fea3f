//! The command line from outside, against a mock server: as scripts and as people call it.

// clippy.toml lets tests do this, but takes the functions they share for production code.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use std::io::Write;
use std::process::{Command, Output, Stdio};
#[cfg(unix)]
use std::time::Duration;

use serde_json::{Value as Json, json};
use usage_client::testing::{MockReply, MockServer, TOKEN};

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
    let scratch = tempfile::tempdir().unwrap();
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
    let scratch = tempfile::tempdir().unwrap();
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

/// A daemon's arguments, without where its values come from.
const DAEMON: [&str; 10] = [
    "report",
    "--product",
    "jambox",
    "--product-version",
    "1.0",
    "--cluster-id",
    "c",
    "--server-id",
    "s",
    "--anonymous",
];

#[test]
fn a_schedule_of_one_s_own_reports_once_a_call() {
    let api = MockServer::start().unwrap();
    let scratch = tempfile::tempdir().unwrap();
    let file = scratch.path().join("values");
    let path = file.to_str().unwrap();
    let once = [&DAEMON[..], &["--once", "--file", path]].concat();
    std::fs::write(&file, "n=3\nedition = open\n").unwrap();
    let output = call(&api.url(), &once, "");
    assert!(output.status.success(), "{output:?}");
    assert_eq!(text(&output.stdout), "reported; 0 reports wait\n");
    let values = json!({"cluster_id": "c", "server_id": "s", "n": 3, "edition": "open"});
    assert_eq!(
        usage(&api),
        [json!([{"tags": {"version": "1.0"}, "values": values}])]
    );

    // Without its file it says so, and reports that it is there.
    std::fs::remove_file(&file).unwrap();
    let said = says(&api.url(), &once, "");
    assert!(said["error"].as_str().unwrap().contains(path), "{said}");
    let values = json!({"cluster_id": "c", "server_id": "s"});
    assert_eq!(usage(&api)[1][0]["values"], values);

    std::fs::write(&file, r#"{"n": 3}"#).unwrap();
    api.answer_always(MockReply::new(422).with_body(r#"{"errors":{"n":["is wrong"]}}"#));
    let output = call(&api.url(), &once, "");
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("refused"), "{output:?}");

    let nowhere = call(&api.url(), &DAEMON, "");
    assert!(text(&nowhere.stderr).contains("--file"), "{nowhere:?}");
}

#[test]
fn a_report_heeds_its_environment() {
    let api = MockServer::start().unwrap();
    let scratch = tempfile::tempdir().unwrap();
    let file = scratch.path().join("values");
    std::fs::write(&file, "n=3").unwrap();
    let report = |variables: &[(&str, &str)]| {
        Command::new(env!("CARGO_BIN_EXE_usage-client"))
            .args(DAEMON)
            .args(["--once", "--file"])
            .arg(&file)
            .env_clear()
            .env("USAGE_URL", api.url())
            .envs(variables.iter().copied())
            .output()
            .unwrap()
    };
    for name in ["DO_NOT_TRACK", "CI"] {
        let output = report(&[(name, "1")]);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert!(text(&output.stderr).contains(name), "{output:?}");
    }
    assert_eq!(api.connections(), 0);

    assert!(report(&[("USAGE_TOKEN", TOKEN)]).status.success());
    for sent in api.requests() {
        assert_eq!(sent.header("x-authorization"), Some(TOKEN.as_bytes()));
    }
}

/// The bodies of the usage reports that arrived.
fn usage(api: &MockServer) -> Vec<Json> {
    let requests = api.requests().into_iter();
    let usage = requests.filter(|request| request.target == "/api/v1/usage/jambox");
    usage
        .map(|request| serde_json::from_slice(&request.body).unwrap())
        .collect()
}

/// Waits for two usage reports, then stops the daemon; what it said, and whether it went well.
#[cfg(unix)]
fn daemon(api: &MockServer, signal: &str, arguments: &[&str]) -> Output {
    let child = Command::new(env!("CARGO_BIN_EXE_usage-client"))
        .args(DAEMON)
        .args(["--json", "--every", "1"])
        .args(arguments)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("USAGE_URL", api.url())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The check-in comes once, at a moment of its own: then one of three requests is not usage.
    let mut arrived = api.wait_for(2, Duration::from_secs(60));
    if usage(api).len() < 2 {
        arrived = api.wait_for(3, Duration::from_secs(60));
    }
    let kill = format!("kill -{signal} {}", child.id());
    let killed = Command::new("sh").args(["-c", &kill]).status().unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(
        killed.success() && arrived.is_ok(),
        "{arrived:?} {output:?}"
    );
    output
}

#[cfg(unix)]
#[test]
fn a_daemon_reports_a_command_s_values_until_it_is_stopped() {
    for signal in ["TERM", "INT"] {
        let api = MockServer::start().unwrap();
        let output = daemon(&api, signal, &["--command", "echo", "n=3"]);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        let said: Json = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(
            (&said["waiting"], &said["cluster_id"]),
            (&json!(0), &json!("c"))
        );
        assert!(said["last_success"].is_string(), "{said}");
        let usage = usage(&api);
        assert!(usage.len() >= 2);
        assert!(usage.iter().all(|body| body[0]["values"]["n"] == 3));
        // The check-in would have taken up to 10 minutes: a stop doesn't leave it out.
        let requests = api.requests().into_iter();
        let check_ins = requests.filter(|request| request.target == "/api/v1/servers");
        assert_eq!(check_ins.count(), 1);
    }
}

#[cfg(unix)]
#[test]
fn a_command_that_fails_or_hangs_is_said_once_and_stops_nothing() {
    let fails = ["--command", "sh", "-c", "echo n=3; exit 7"];
    let hangs = ["--command-timeout", "1", "--command", "sleep", "1000"];
    for (arguments, why) in [
        (&fails[..], "exit status: 7"),
        (&hangs, "not done after 1 s"),
    ] {
        let api = MockServer::start().unwrap();
        let output = daemon(&api, "TERM", arguments);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        let said = text(&output.stderr);
        assert_eq!(said.lines().count(), 1, "{said}");
        assert!(said.contains(why), "{said}");
        let values = json!({"cluster_id": "c", "server_id": "s"});
        assert!(usage(&api).iter().all(|body| body[0]["values"] == values));
    }
}
