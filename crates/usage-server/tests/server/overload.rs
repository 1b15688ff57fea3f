//! A writer that is stuck: who comes then is told at once to come again later, memory stays within
//! its bounds, and once the writer goes on nothing that was answered is lost.

use std::collections::HashSet;
use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::folder::Folder;
use crate::http::{Connection, Message};
use crate::patience::until;

const MIB: usize = 1024 * 1024;

/// More than find room: the queue has it for 16.
const LARGE: usize = 60;

/// A report of 4 MiB, some KiB as sent.
fn large(cluster: &str) -> Vec<u8> {
    let mut body = format!(r#"[{{"values":{{"cluster_id":"{cluster}"}}}}"#).into_bytes();
    body.resize(4 * MIB - 1, b' ');
    body.push(b']');
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(&body).unwrap();
    encoder.finish().unwrap()
}

#[track_caller]
fn must_say_come_again(reply: &Message) {
    assert_eq!(reply.status(), 503, "{}", reply.text());
    let after = reply.header("retry-after").map(str::parse::<u32>);
    assert!(matches!(after, Some(Ok(1..))), "{:?}", reply.headers);
    assert!(reply.json()["error"].is_string());
}

#[test]
fn a_stuck_writer_turns_senders_away_at_once_and_loses_nothing() {
    let folder = Folder::new();
    let server = folder.serve();
    let address = server.address();
    let usage = |headers: &[(&str, &str)], body: &[u8]| {
        let mut connection = Connection::open(address).unwrap();
        connection.post("/api/v1/usage/influxdb", headers, body)
    };
    let small = |cluster: &str| format!(r#"[{{"values":{{"cluster_id":"{cluster}"}}}}]"#);
    assert_eq!(usage(&[], small("before").as_bytes()).status(), 200);
    let before = server.resident_bytes();
    let db = rusqlite::Connection::open(folder.database()).unwrap();
    db.busy_timeout(crate::patience::DEADLINE).unwrap();
    db.execute_batch("BEGIN IMMEDIATE").unwrap();
    let answered = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for n in 0..LARGE {
            let (usage, answered) = (&usage, &answered);
            scope.spawn(move || {
                let cluster = format!("c{n}");
                let reply = usage(&[("Content-Encoding", "gzip")], &large(&cluster));
                answered.lock().unwrap().push((cluster, reply));
            });
        }
        until("senders are turned away", || {
            let turned_away = answered.lock().unwrap().len();
            (turned_away >= LARGE / 4).then_some(())
        });
        for (cluster, reply) in &*answered.lock().unwrap() {
            assert_eq!(reply.status(), 503, "{cluster}: nothing can be stored");
            must_say_come_again(reply);
        }
        if let (Some(before), Some(now)) = (before, server.resident_bytes()) {
            println!(
                "{} MiB, and {} with a stuck writer",
                before / MIB,
                now / MIB
            );
            assert!(now < before + 384 * MIB, "{before} bytes, then {now}");
        }
        db.execute_batch("ROLLBACK").unwrap();
    });
    until("it takes reports again", || {
        (usage(&[], small("after").as_bytes()).status() == 200).then_some(())
    });
    server.stop();
    let stored: Vec<String> = folder
        .export()
        .into_iter()
        .filter_map(|report| report.ids[0].cluster_id.clone())
        .collect();
    let once: HashSet<&String> = stored.iter().collect();
    assert_eq!(once.len(), stored.len(), "nothing twice");
    for (cluster, reply) in answered.into_inner().unwrap() {
        match reply.status() {
            200 => assert!(once.contains(&cluster), "{cluster} was acknowledged"),
            _ => must_say_come_again(&reply),
        }
    }
}
