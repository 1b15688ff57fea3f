//! What the log holds and what it must not, and that the server doesn't wait for its reader.

use std::process::Command;

use serde_json::Value;

use crate::folder::{Folder, Running};
use crate::http::post;
use crate::patience::until;
use crate::process::usage_server;
use crate::scrape::Scrape;
use crate::watching::watched;

const USAGE: &str = r#"[{"tags":null,"values":{"cluster_id":"c"}}]"#;

fn logged(folder: &Folder, settings: &[&str]) -> Running {
    let mut command = usage_server();
    command
        .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
        .arg(folder.data())
        .args(settings);
    Running::start(&mut command)
}

/// The events of a JSON log.
fn events(log: &str) -> Vec<Value> {
    let read = |line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
    log.lines().map(read).collect()
}

/// Those of requests.
fn requests(log: &str) -> Vec<Value> {
    let all = events(log).into_iter();
    all.filter(|event| event.get("request_id").is_some())
        .collect()
}

#[test]
fn no_secret_gets_into_the_log() {
    // In every place that could hold one.
    const SECRET: &str = "open-sesame";
    let folder = Folder::new();
    let server = logged(&folder, &["--log", "debug", "--log-format", "json"]);
    let mut connection = server.connect();
    let paths = [
        "/welcome/open-sesame",
        "/Welcome/open-sesame",
        "/%77elcome/open-sesame",
        "/usage/welcome/open-sesame/x",
        "/invite/open-sesame",
        "/reset/open-sesame",
        "/api/v1/forget/open-sesame",
        "//api/v1/forget/open-sesame/",
        "/?token=open-sesame",
        "/sign-in?next=%2Fopen-sesame",
        "/api/v1/servers&token=open-sesame",
    ];
    for path in paths {
        connection.get(path);
    }
    let headers = [
        ("X-Authorization", SECRET),
        ("Authorization", "Bearer open-sesame"),
        ("Cookie", "usage_session=open-sesame"),
        ("X-Install-Key", SECRET),
        ("X-Forwarded-For", SECRET),
        ("User-Agent", SECRET),
        ("Referer", "http://localhost/welcome/open-sesame"),
        ("Idempotency-Key", SECRET),
        ("X-Reported-At", SECRET),
        ("Content-Encoding", SECRET),
    ];
    for (name, value) in headers {
        let path = "/api/v1/usage/influxdb?token=open-sesame";
        connection.post(path, &[(name, value)], USAGE);
        connection.post("/api/v1/forget", &[(name, value)], "{}");
    }
    for body in [r#"{"open-sesame":"#, r#"[{"tags":{"open-sesame":1}}]"#] {
        connection.post("/api/v1/usage/influxdb", &[], body);
    }
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    let filled = "email=a%40example.com&password=open-sesame&csrf=open-sesame";
    connection.post("/sign-in", &form, filled);
    connection.post("/welcome/open-sesame", &form, filled);

    let log = server.stopped();
    assert!(!log.contains("sesame"), "{log}");
    assert!(!log.contains("127.0.0.1"), "no addresses: {log}");
    let sent = paths.len() + 2 * headers.len() + 4;
    assert_eq!(requests(&log).len(), sent, "one event a request: {log}");
}

#[test]
fn each_request_is_one_event_at_a_level_that_suits() {
    let folder = Folder::new();
    let server = logged(
        &folder,
        &[
            "--log",
            "debug",
            "--log-format",
            "json",
            "--log-slower-than",
            "600000",
        ],
    );
    let mut connection = server.connect();
    connection.post("/api/v1/usage/influxdb", &[], USAGE);
    connection.post("/api/v1/usage/influxdb", &[], "{");
    connection.get("/healthz");
    connection.get("/sign-in");
    connection.get("/nothing/here");
    let id = ("X-Request-Id", "from-a-proxy.1");
    connection.post("/api/v1/servers", &[id], "");
    let log = server.stopped();
    let seen: Vec<String> = requests(&log)
        .iter()
        .map(|event| {
            assert_eq!(event["message"], "request");
            assert!(event["micros"].is_u64());
            let text = |field: &str| event[field].as_str().unwrap_or("-").to_owned();
            let (level, method, path) = (text("level"), text("method"), text("path"));
            let (route, status, refused) = (text("route"), &event["status"], text("refused"));
            format!("{level} {method} {path} {route} {status} {refused}")
        })
        .collect();
    assert_eq!(
        seen,
        [
            "DEBUG POST /api/v1/usage/influxdb /api/v1/usage/{product} 200 -",
            "INFO POST /api/v1/usage/influxdb /api/v1/usage/{product} 422 invalid",
            "DEBUG GET /healthz /healthz 200 -",
            "INFO GET /sign-in /sign-in 200 -",
            "INFO GET /nothing/here other 404 unknown_path",
            "INFO POST /api/v1/servers /api/v1/servers 422 invalid",
        ],
        "{log}"
    );
    assert_eq!(requests(&log)[5]["request_id"], "from-a-proxy.1");
}

#[test]
fn what_is_slow_is_in_the_log_whatever_its_level() {
    let folder = Folder::new();
    let slow = [
        "--log",
        "error",
        "--log-format",
        "json",
        "--log-slower-than",
        "0",
    ];
    let (server, metrics) = watched(&folder, &slow);
    let reply = server.connect().post("/api/v1/usage/p", &[], USAGE);
    assert_eq!(reply.status(), 200);
    until("the read model", || {
        let applied = Scrape::of(metrics).number("usage_read_model_applied_reports_total");
        (applied == 1.0).then_some(())
    });
    let log = server.stopped();
    for message in ["slow request", "slow commit", "slow read model"] {
        let event = events(&log)
            .into_iter()
            .find(|event| event["message"] == message);
        let event = event.unwrap_or_else(|| panic!("no {message:?} in {log}"));
        assert_eq!(event["level"], "WARN");
        assert!(event["micros"].is_u64(), "{event}");
    }
    let mine = |event: &&Value| event["route"] == "/api/v1/usage/{product}";
    let request = requests(&log);
    assert_eq!(request.iter().filter(mine).count(), 1, "once: {log}");

    let folder = Folder::new();
    let server = logged(&folder, &["--log", "off", "--log-slower-than", "0"]);
    assert_eq!(
        server
            .connect()
            .post("/api/v1/usage/p", &[], USAGE)
            .status(),
        200
    );
    assert_eq!(server.stopped(), "", "off is off");

    let folder = Folder::new();
    let server = logged(&folder, &["--log", "warn", "--log-slower-than", "600000"]);
    assert_eq!(
        server.connect().post("/api/v1/usage/p", &[], "{").status(),
        422
    );
    assert_eq!(server.stopped(), "", "nothing was slow, nothing went wrong");
}

/// A pipe that is open and that nobody reads.
#[cfg(target_os = "linux")]
#[test]
fn a_log_that_nobody_reads_stops_nobody() {
    let folder = Folder::new();
    let pipe = folder.beside("log");
    assert!(
        Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    let open = std::fs::File::options().read(true).write(true).open(&pipe);
    let open = open.unwrap();
    let plain = usage_server();
    let mut command = Command::new("sh");
    for (name, _) in plain.get_envs() {
        command.env_remove(name);
    }
    command
        .args(["-c", r#"exec "$@" 2>"$0""#])
        .arg(&pipe)
        .arg(plain.get_program())
        .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
        .arg(folder.data())
        .args(["--metrics-listen", "127.0.0.1:0"]);
    let mut server = Running::start(&mut command);
    let metrics = server.line("where the metrics are", |line| {
        let url = line.trim_start().strip_prefix("Metrics")?.trim_start();
        url.strip_prefix("http://")?
            .strip_suffix("/metrics")?
            .parse()
            .ok()
    });
    // A line of 4 KiB each: more than pipe and memory hold.
    let long = format!("/{}", "x".repeat(4_000));
    let mut connection = server.connect();
    let lost = until("lines to be lost", || {
        for _ in 0..50 {
            assert_eq!(connection.get(&long).status(), 404);
        }
        let lost = Scrape::of(metrics).number("usage_log_lines_lost_total");
        (lost > 0.0).then_some(lost)
    });
    assert!(lost >= 1.0);
    assert_eq!(connection.post("/api/v1/usage/p", &[], USAGE).status(), 200);
    server.stop();
    drop(open);
    assert_eq!(folder.export().len(), 1);
}

#[test]
fn the_last_lines_are_written_before_the_end() {
    let folder = Folder::new();
    let server = logged(&folder, &[]);
    let mut connection = server.connect();
    let long = format!("/{}", "x".repeat(1_000));
    let burst: Vec<u8> = (0..200).flat_map(|_| post(&long, &[], "")).collect();
    connection.send(&burst).unwrap();
    for _ in 0..200 {
        assert_eq!(connection.receive().unwrap().status(), 404);
    }
    let log = server.stopped();
    assert_eq!(log.lines().filter(|line| line.contains(&long)).count(), 200);
    assert!(log.trim_end().ends_with("stopped"), "{log}");
}
