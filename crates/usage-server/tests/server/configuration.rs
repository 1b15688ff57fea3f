//! Starting a server: by flags, by the environment, by a file, and what it refuses to start on.

use std::net::TcpListener;

use crate::folder::{Folder, Running};
use crate::model;
use crate::process::{Process, usage_server};

#[test]
fn without_a_command_and_by_the_environment_alone_it_serves() {
    let folder = Folder::new();
    let mut command = usage_server();
    command
        .env("USAGE_LISTEN", "127.0.0.1:0")
        .env("USAGE_DATA_DIR", folder.data());
    let server = Running::start(&mut command);
    assert_ne!(server.address().port(), 0);
    assert_eq!(server.connect().get("/healthz").status(), 200);
    assert!(folder.database().is_file());
    server.stop();
}

#[test]
fn a_file_sets_what_flags_and_environment_leave_open() {
    let folder = Folder::new();
    let file = folder.beside("usage.toml");
    let text = format!(
        "listen = \"127.0.0.1:1\"\ndata-dir = {:?}\nreport-interval = 60\n",
        folder.data()
    );
    std::fs::write(&file, text).unwrap();
    let mut command = usage_server();
    command
        .arg("serve")
        .arg("--config")
        .arg(&file)
        .args(["--listen", "127.0.0.1:0"]);
    let server = Running::start(command.env("USAGE_REPORT_INTERVAL", "3600"));
    assert!(folder.database().is_file());
    let reply = server.connect().post("/api/v1/usage/influxdb", &[], "[]");
    assert_eq!(
        reply.json()["next_report_in"],
        3600,
        "environment over file: {}",
        reply.text()
    );
    server.stop();
}

#[test]
fn an_operator_may_set_what_each_sender_may_send() {
    let folder = Folder::new();
    let mut command = usage_server();
    command
        .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
        .arg(folder.data())
        .args(["--max-body-bytes", "64", "--limit-loopback"])
        .args(["--sender-burst", "3", "--sender-rate", "1"]);
    let server = Running::start(&mut command);
    let mut connection = server.connect();
    let mut post = |body: &str| connection.post("/api/v1/usage/influxdb", &[], body);
    assert_eq!(post(&format!("[{}]", " ".repeat(62))).status(), 200);
    let too_large = post(&format!("[{}]", " ".repeat(63)));
    assert_eq!(too_large.status(), 422);
    assert!(
        too_large.text().contains("64 bytes"),
        "{}",
        too_large.text()
    );
    assert_eq!(post("[]").status(), 200);
    assert_eq!(post("[]").status(), 429, "three at once, no more");
    server.stop();
    let line = folder.run(&["serve", "--sender-rate", "0"]).refused(2);
    assert!(line.contains("sender-rate"), "{line}");
}

#[test]
fn a_mistake_in_the_file_names_the_line() {
    let folder = Folder::new();
    let file = folder.beside("usage.toml");
    std::fs::write(&file, "# mine\nlistenn = \"127.0.0.1:0\"\n").unwrap();
    let line = folder
        .run(&["serve", "--config", file.to_str().unwrap()])
        .refused(2);
    assert!(
        line.contains("line 2") && line.contains("listenn"),
        "{line}"
    );
    folder
        .run(&["serve", "--config", "/nowhere/usage.toml"])
        .refused(2);
}

#[test]
fn a_second_server_on_the_same_folder_is_refused() {
    let folder = Folder::new();
    let server = folder.serve();
    let line = folder.run(&["serve", "--listen", "127.0.0.1:0"]).refused(1);
    assert!(
        line.contains(folder.data().to_str().unwrap()),
        "names the folder: {line}"
    );
    assert_eq!(
        server.connect().get("/healthz").status(),
        200,
        "the first one goes on"
    );
    server.stop();
    folder.serve().stop();
}

#[test]
fn a_port_that_is_taken_is_refused() {
    let folder = Folder::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let line = folder.run(&["serve", "--listen", &address]).refused(1);
    assert!(line.contains(&address), "{line}");
}

#[test]
fn a_newer_schema_is_refused_and_left_alone() {
    let folder = Folder::new();
    folder.serve().stop();
    let version = |set: Option<i64>| {
        let db = model::open(&folder);
        if let Some(version) = set {
            db.pragma_update(None, "user_version", version).unwrap();
        }
        db.pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0))
            .unwrap()
    };
    let ours = version(None);
    version(Some(99));
    for command in [
        &["serve", "--listen", "127.0.0.1:0"][..],
        &["export", "reports"],
        &["rebuild"],
        &["token", "issue", "--organization", "Acme"],
    ] {
        let line = folder.run(command).refused(1);
        assert!(line.contains("99"), "{command:?}: {line}");
    }
    assert_eq!(version(None), 99);
    version(Some(ours));
    folder.serve().stop();
}

#[test]
fn the_first_lines_tell_where_everything_is() {
    let folder = Folder::new();
    let mut command = usage_server();
    command
        .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
        .arg(folder.data());
    let mut server = Process::start(&mut command, b"");
    let url = server.line("where it listens", |line| {
        line.strip_prefix("listening on ").map(str::to_owned)
    });
    server.line("the dashboard", |line| {
        line.contains(&format!("{url}/")).then_some(())
    });
    let data = folder.data().canonicalize().unwrap();
    server.line("the data", |line| {
        line.contains(data.to_str().unwrap()).then_some(())
    });
    let pasted = server.line("a first report", |line| {
        line.split_once("curl ")
            .map(|(_, rest)| format!("curl {rest}"))
    });
    assert!(pasted.contains(&url), "{pasted}");
    first_report(&folder, &pasted);
}

/// The line is for people to paste into a shell: where there is curl, it works.
fn first_report(folder: &Folder, pasted: &str) {
    if crate::programs::program("curl", "curl").is_none() {
        return;
    }
    let mut shell = std::process::Command::new("sh");
    let ended = Process::start(shell.args(["-c", pasted]), b"").ended();
    assert!(ended.stdout.contains("next_report_in"), "{ended:?}");
    assert_eq!(folder.export().len(), 1);
}
