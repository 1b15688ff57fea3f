//! Senders who mean harm, or are so broken that it comes to the same: each is answered or let go,
//! and a well-behaved one is answered as if they were not there.

use std::io::{Read, Write};
use std::net::TcpStream;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::folder::{Folder, Running};
use crate::http::{Connection, Message, post};
use crate::patience::DEADLINE;

const MIB: usize = 1024 * 1024;
const PATH: &str = "/api/v1/usage/influxdb";
const USAGE: &str = r#"[{"tags":null,"values":{"cluster_id":"c1"}}]"#;

fn is_well(server: &Running) {
    let reply = server.connect().post(PATH, &[], USAGE);
    assert_eq!(reply.status(), 200, "{}", reply.text());
}

/// What it answers to bytes, until it closes; the status, where it is HTTP/1.
fn answer(server: &Running, bytes: &[u8]) -> Option<u16> {
    reply(server, bytes).map(|reply| reply.status())
}

fn reply(server: &Running, bytes: &[u8]) -> Option<Message> {
    let mut connection = server.connect();
    // It may close before it has read everything.
    let _ = connection.send(bytes);
    connection.receive().ok()
}

#[test]
fn a_report_may_come_byte_by_byte() {
    let folder = Folder::new();
    let server = folder.serve();
    let mut connection = server.connect();
    for byte in post(PATH, &[("X-Padding", &"x".repeat(2_000))], USAGE) {
        connection.send(&[byte]).unwrap();
    }
    assert_eq!(connection.receive().unwrap().status(), 200);
    is_well(&server);
    server.stop();
    assert_eq!(folder.export().len(), 2);
}

#[test]
fn thousands_of_requests_may_come_before_an_answer_is_read() {
    const REQUESTS: usize = 5_000;
    let folder = Folder::new();
    let server = folder.serve();
    let before = server.resident_bytes();
    let question = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
    let all = [&post(PATH, &[], USAGE)[..], &question.repeat(24)].concat();
    let all = all.repeat(REQUESTS / 25);
    // One who reads in the end, and some who never do.
    let never: Vec<TcpStream> = (0..4)
        .map(|_| {
            let stream = TcpStream::connect(server.address()).unwrap();
            stream.set_nonblocking(true).unwrap();
            // As much as the sockets take.
            while { &stream }.write(&all).is_ok() {}
            stream
        })
        .collect();
    let stream = TcpStream::connect(server.address()).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    let mut writing = stream.try_clone().unwrap();
    let mut reading = Connection::over(stream);
    std::thread::scope(|scope| {
        scope.spawn(move || writing.write_all(&all).unwrap());
        for n in 0..REQUESTS {
            assert_eq!(reading.receive().unwrap().status(), 200, "{n}");
        }
    });
    is_well(&server);
    if let (Some(before), Some(now)) = (before, server.resident_bytes()) {
        println!("{} MiB, then {}", before / MIB, now / MIB);
        assert!(now < before + 64 * MIB, "{before} bytes, then {now}");
    }
    drop(never);
    server.stop();
}

#[test]
fn heads_are_bounded_in_bytes_and_lines() {
    let folder = Folder::new();
    let server = folder.serve();
    let head =
        |lines: &str| format!("GET /healthz HTTP/1.1\r\nHost: x\r\n{lines}\r\n").into_bytes();
    assert_eq!(answer(&server, &head(&"A: b\r\n".repeat(90))), Some(200));
    let too_much = [
        head(&"A: b\r\n".repeat(100)),
        head(&format!("A: {}\r\n", "b".repeat(40 * 1024))),
        head(&format!("{}: b\r\n", "a".repeat(40 * 1024))),
        [b"GET /", &b"a".repeat(40 * 1024)[..]].concat(),
    ];
    for bytes in too_much {
        let reply = reply(&server, &bytes).expect("an answer");
        assert!(matches!(reply.status(), 431 | 414), "{}", reply.status());
        assert!(
            reply.text().contains("at most 32768 bytes"),
            "{}",
            reply.text()
        );
    }
    // A head that never ends: it is cut off, whoever sends it.
    let mut endless = TcpStream::connect(server.address()).unwrap();
    let mut sent = 0;
    while endless.write_all(&b"A: b\r\n".repeat(1_000)).is_ok() {
        sent += 6_000;
        assert!(sent < 64 * MIB, "nobody stops it");
    }
    is_well(&server);
    server.stop();
}

#[test]
fn bytes_that_are_no_http_get_400_or_nothing() {
    let folder = Folder::new();
    let server = folder.serve();
    for bytes in [
        &b"\x00\x01\x02\x03\r\n\r\n"[..],
        b"GET /\x01 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost\x00: x\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 a TLS greeting\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ] {
        let Some(reply) = reply(&server, bytes) else {
            continue;
        };
        assert!(matches!(reply.status(), 400..500), "{}", reply.status());
        assert!(!reply.text().is_empty(), "a status alone");
    }
    is_well(&server);
    server.stop();
}

#[test]
fn bombs_go_off_at_the_limit_and_memory_stays_flat() {
    let folder = Folder::new();
    let server = folder.serve();
    let plain = vec![b' '; 16 * MIB];
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(&plain).unwrap();
    let gzip = gzip.finish().unwrap();
    let zstd = zstd::encode_all(&plain[..], 3).unwrap();
    assert!(gzip.len() < plain.len() / 1_000 && zstd.len() < plain.len() / 1_000);
    is_well(&server);
    let before = server.resident_bytes();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            for (encoding, bomb) in [("gzip", &gzip), ("zstd", &zstd)] {
                let address = server.address();
                scope.spawn(move || {
                    let encoding = [("Content-Encoding", encoding)];
                    for _ in 0..4 {
                        let reply = Connection::open(address)
                            .unwrap()
                            .post(PATH, &encoding, bomb);
                        assert_eq!(reply.status(), 422, "{}", reply.text());
                    }
                });
            }
        }
        for _ in 0..20 {
            is_well(&server);
        }
    });
    if let (Some(before), Some(now)) = (before, server.resident_bytes()) {
        println!("{} MiB, then {}", before / MIB, now / MIB);
        assert!(now < before + 128 * MIB, "{before} bytes, then {now}");
    }
    server.stop();
    assert_eq!(folder.export().len(), 21);
}

/// A server behind a proxy that says who is there; senders may send 40 requests at once.
fn behind_a_proxy(folder: &Folder) -> Running {
    folder.serve_with(&[
        "--trusted-proxies",
        "127.0.0.0/8",
        "--sender-burst",
        "40",
        "--sender-rate",
        "1",
    ])
}

#[test]
fn what_one_sender_spends_is_its_own() {
    let bomb = zstd::encode_all(&vec![b' '; 4 * MIB + 1][..], 1).unwrap();
    let large = format!("[{}]", " ".repeat(MIB - 2));
    let deep = "[".repeat(8 * 1024);
    let cases: [(&str, &str, &[u8]); 5] = [
        ("small", "", USAGE.as_bytes()),
        ("large", "", large.as_bytes()),
        ("a bomb", "zstd", &bomb),
        ("deep", "", deep.as_bytes()),
        ("a wrong token", "wrong", USAGE.as_bytes()),
    ];
    for (n, (what, special, body)) in cases.into_iter().enumerate() {
        let folder = Folder::new();
        let server = behind_a_proxy(&folder);
        let hostile = format!("192.0.2.{}", n + 1);
        let mut headers = vec![("X-Forwarded-For", hostile.as_str())];
        match special {
            "zstd" => headers.push(("Content-Encoding", "zstd")),
            "wrong" => headers.push(("X-Authorization", "wrong")),
            _ => {}
        }
        let mut connection = server.connect();
        let mut until_refused = 0;
        let refused = loop {
            let reply = connection.post(PATH, &headers, body);
            if reply.status() == 429 {
                break reply;
            }
            until_refused += 1;
            assert!(until_refused < 2_000, "{what}: never refused");
        };
        assert!(refused.header("retry-after").is_some(), "{what}");
        if matches!(what, "large" | "a bomb") {
            assert!(
                until_refused < 10,
                "{what}: counts as several, {until_refused}"
            );
        }
        let other = [("X-Forwarded-For", "203.0.113.1, 198.51.100.7")];
        for _ in 0..10 {
            assert_eq!(server.connect().post(PATH, &other, USAGE).status(), 200);
        }
        server.stop();
    }
}

#[test]
fn an_address_names_so_many_servers_a_day_without_a_token() {
    let folder = Folder::new();
    let token = folder.token("Example");
    let server = folder.serve_with(&["--limit-loopback", "--sender-servers", "3"]);
    let mut connection = server.connect();
    let mut report = |servers: std::ops::Range<u8>, token: &str| {
        let each = |n| format!(r#"{{"values":{{"cluster_id":"c","server_id":"s{n}"}}}}"#);
        let all: Vec<String> = servers.map(each).collect();
        let body = format!("[{}]", all.join(","));
        connection.post(PATH, &[("X-Authorization", token)], body)
    };
    assert_eq!(report(0..2, "").status(), 200);
    let refused = report(2..4, "");
    assert_eq!(refused.status(), 429, "{}", refused.text());
    assert!(
        refused.text().contains("under a token"),
        "{}",
        refused.text()
    );
    assert!(refused.header("retry-after").is_some());
    assert_eq!(report(2..3, "").status(), 200);
    assert_eq!(report(0..3, "").status(), 200, "it named them before");
    assert_eq!(report(0..9, &token).status(), 200, "a token lifts it");
    let said = server.stop_by("TERM").stderr;
    assert!(said.contains("sender-servers"), "{said}");
    assert_eq!(folder.export().len(), 4);
}

/// An HTTP/2 frame.
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut bytes = length[1..].to_vec();
    bytes.extend([kind, flags]);
    bytes.extend(stream.to_be_bytes());
    bytes.extend(payload);
    bytes
}

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const SETTINGS: u8 = 4;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// `GET http://x/` in HPACK: three entries of its table, and a literal.
const GET: &[u8] = &[0x82, 0x86, 0x84, 0x41, 1, b'x'];

/// Sends frames until the server has had enough of them.
fn until_it_closes(server: &Running, mut next: impl FnMut(u32) -> Vec<u8>) {
    let mut stream = TcpStream::connect(server.address()).unwrap();
    let mut answers = stream.try_clone().unwrap();
    // Nobody waits because answers aren't read.
    let reader =
        std::thread::spawn(move || while matches!(answers.read(&mut [0; 65536]), Ok(1..)) {});
    stream.write_all(PREFACE).unwrap();
    stream.write_all(&frame(SETTINGS, 0, 0, &[])).unwrap();
    let mut sent = 0;
    for n in 0.. {
        let bytes = next(n);
        sent += bytes.len();
        if stream.write_all(&bytes).is_err() {
            break;
        }
        assert!(sent < 256 * MIB, "nobody stops it");
    }
    reader.join().unwrap();
}

#[test]
fn http2_streams_that_are_reset_at_once_are_too_much_soon() {
    let folder = Folder::new();
    let server = folder.serve();
    until_it_closes(&server, |n| {
        let stream = 2 * n + 1;
        [
            frame(HEADERS, END_HEADERS | END_STREAM, stream, GET),
            frame(RST_STREAM, 0, stream, &8u32.to_be_bytes()),
        ]
        .concat()
    });
    is_well(&server);
    server.stop();
}

#[test]
fn an_http2_head_in_endless_pieces_is_cut_off() {
    let folder = Folder::new();
    let server = folder.serve();
    let before = server.resident_bytes();
    until_it_closes(&server, |n| match n {
        0 => frame(HEADERS, END_STREAM, 1, GET),
        // A literal field: name a, value b, for ever.
        _ => frame(CONTINUATION, 0, 1, &[0, 1, b'a', 1, b'b'].repeat(3_000)),
    });
    is_well(&server);
    if let (Some(before), Some(now)) = (before, server.resident_bytes()) {
        assert!(now < before + 64 * MIB, "{before} bytes, then {now}");
    }
    server.stop();
}
