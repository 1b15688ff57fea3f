//! More connections than the server has room for: idle ones, and such as never come to the end of a head
//! or a body. Whoever reports gets through.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::folder::{Folder, Running};
use crate::http::Connection;
use crate::patience::until;
use crate::process::usage_server;

const USAGE: &str = r#"[{"tags":null,"values":{"cluster_id":"c1"}}]"#;
const HEAD: &[u8] = b"POST /api/v1/usage/influxdb HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n";

/// Connections held open where the limits of open files allow; `USAGE_TEST_CONNECTIONS` asks for more.
const MANY: usize = 10_000;

/// Reports on a connection of its own; how long the answer took.
fn report(server: &Running) -> Duration {
    let began = Instant::now();
    let reply = server.connect().post("/api/v1/usage/influxdb", &[], USAGE);
    assert_eq!(reply.status(), 200, "{}", reply.text());
    began.elapsed()
}

fn median(mut all: Vec<Duration>) -> Duration {
    all.sort_unstable();
    all[all.len() / 2]
}

fn opened(address: SocketAddr, begun: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(begun).unwrap();
    stream
}

/// Whether the other side has closed it.
fn is_closed(stream: &TcpStream) -> bool {
    stream.set_nonblocking(true).unwrap();
    match { stream }.read(&mut [0; 1024]) {
        Ok(read) => read == 0,
        Err(e) => e.kind() != std::io::ErrorKind::WouldBlock,
    }
}

#[test]
fn connections_that_are_idle_or_slow_make_room_for_others() {
    for begun in [&b""[..], b"P", HEAD, &[HEAD, b"\r\n[{"].concat()] {
        let folder = Folder::new();
        let server = folder.serve_with(&["--max-connections", "16"]);
        let mut slow = Vec::new();
        for _ in 0..4 {
            slow.extend((0..20).map(|_| opened(server.address(), begun)));
            report(&server);
        }
        until(
            "the connections that were still the longest are closed",
            || {
                (slow.iter().filter(|stream| is_closed(stream)).count() >= slow.len() - 16)
                    .then_some(())
            },
        );
        if !begun.ends_with(b"{") {
            // A request under way may outlive a connection that has just been accepted.
            assert!(slow[..20].iter().all(is_closed), "the oldest first");
        }
        server.stop();
        assert_eq!(folder.export().len(), 4);
    }
}

#[test]
fn a_connection_in_use_stays_while_idle_ones_come_and_go() {
    let folder = Folder::new();
    let server = folder.serve_with(&["--max-connections", "16"]);
    let mut in_use = server.connect();
    let mut idle = Vec::new();
    for _ in 0..20 {
        // Fewer than would fill all slots before the server gets to see that it is in use.
        idle.extend((0..4).map(|_| opened(server.address(), b"")));
        let reply = in_use.post("/api/v1/usage/influxdb", &[], USAGE);
        assert_eq!(reply.status(), 200);
    }
    server.stop();
}

#[test]
fn thousands_of_idle_connections_slow_nobody_down() {
    let wanted = std::env::var("USAGE_TEST_CONNECTIONS").map_or(MANY, |n| n.parse().unwrap());
    let connections = wanted.min(descriptors().saturating_sub(1_024));
    let folder = Folder::new();
    let server = folder.serve();
    let alone: Vec<Duration> = (0..50).map(|_| report(&server)).collect();
    let before = server.resident_bytes();
    let mut idle: Vec<TcpStream> = Vec::new();
    while idle.len() < connections {
        idle.extend((0..200).map(|_| opened(server.address(), b"")));
        // Answered once the others are accepted: no more wait than the kernel has room for.
        assert_eq!(server.connect().get("/healthz").status(), 200);
    }
    let beside: Vec<Duration> = (0..50).map(|_| report(&server)).collect();
    let after = server.resident_bytes();
    println!(
        "{connections} idle connections: a report takes {:?}, without them {:?}",
        median(beside),
        median(alone)
    );
    if let (Some(before), Some(after)) = (before, after) {
        let each = after.saturating_sub(before) / connections.max(1);
        println!("{each} bytes of memory each");
        assert!(each < 64 * 1024, "{each} bytes each");
    }
    assert!(
        !idle.iter().any(is_closed),
        "there was room for all of them"
    );
    server.stop();
    assert_eq!(folder.export().len(), 100);
}

/// How many files this process may have open, raised as far as it may be.
#[cfg(unix)]
fn descriptors() -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let all = Rlimit {
        current: limit.maximum,
        ..limit
    };
    let _ = setrlimit(Resource::Nofile, all);
    getrlimit(Resource::Nofile)
        .current
        .map_or(usize::MAX, |n| n as usize)
}

#[cfg(not(unix))]
fn descriptors() -> usize {
    2_048
}

#[cfg(unix)]
#[test]
fn fewer_open_files_than_configured_connections_are_said_and_lived_with() {
    let folder = Folder::new();
    let server = usage_server();
    let mut command = Command::new("sh");
    command
        .args(["-c", "ulimit -n 600 && exec \"$0\" \"$@\""])
        .arg(server.get_program())
        .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
        .arg(folder.data())
        .args(["--max-connections", "5000"]);
    let server = Running::start(&mut command);
    let mut idle: Vec<TcpStream> = Vec::new();
    for _ in 0..8 {
        idle.extend((0..100).map(|_| opened(server.address(), b"")));
        report(&server);
    }
    drop(idle);
    let said = server.stop_by("TERM").stderr;
    assert!(said.contains("fewer connections than configured"), "{said}");
    assert!(said.contains("LimitNOFILE"), "{said}");
    assert!(!said.contains("could not be accepted"), "{said}");
}

#[test]
fn a_stop_waits_for_requests_and_not_for_heads() {
    let folder = Folder::new();
    let server = folder.serve();
    let address = server.address();
    let heads: Vec<TcpStream> = (0..20).map(|_| opened(address, HEAD)).collect();
    let mut under_way = Connection::over(opened(address, &[HEAD, b"\r\n"].concat()));
    let body = format!("{USAGE:99}");
    under_way.send(&body.as_bytes()[..50]).unwrap();
    report(&server);
    std::thread::scope(|scope| {
        let stopped = scope.spawn(|| server.stop());
        until("the heads are let go, while a request is under way", || {
            heads.iter().all(is_closed).then_some(())
        });
        under_way.send(&body.as_bytes()[50..]).unwrap();
        assert_eq!(under_way.receive().unwrap().status(), 200);
        stopped.join().unwrap();
    });
    assert_eq!(folder.export().len(), 2);
}
