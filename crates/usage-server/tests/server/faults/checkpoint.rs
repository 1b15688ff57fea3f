//! A program beside the server reads the database and doesn't leave: the WAL can't be copied, and
//! grows. Reports are taken all the while, the log says what to do, and it ends with the reader.

use std::fs;

use super::load::{Chance, Load};
use crate::folder::Folder;
use crate::model;
use crate::patience::until;

/// A body of almost a MiB that hardly compresses, so that the WAL grows fast.
fn large() -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut chance = Chance::new();
    let mut series = || {
        let text: String = (0..60_000)
            .map(|_| char::from(DIGITS[chance.below(64) as usize]))
            .collect();
        format!(r#"{{"name":"m","tags":null,"values":{{"text":"{text}"}}}}"#)
    };
    let series: Vec<String> = (0..16).map(|_| series()).collect();
    format!(
        r#"{{"cluster_id":"c1","server_id":"s1","stats":[{}]}}"#,
        series.join(",")
    )
}

#[test]
fn a_reader_that_stays_stops_nothing() {
    let folder = Folder::new();
    let load = Load::on(&folder);
    let server = folder.serve();
    load.run(server.address(), 2, || load.until_stored(20));
    let reader = model::open(&folder);
    reader
        .execute_batch("BEGIN; SELECT count(*) FROM journal")
        .unwrap();

    let large = large();
    let held = "end that program";
    let mut connection = server.connect();
    let mut n = 0;
    until("the log says that the WAL is held back", || {
        n += 1;
        let reply = connection.post("/api/v1/stats/large", &[], &large);
        assert_eq!(reply.status(), 200, "{}", reply.text());
        server.said().contains(held).then_some(())
    });
    load.run(server.address(), 2, || load.until_stored(50));
    assert_eq!(connection.get("/readyz").status(), 200);

    drop(reader);
    until("the WAL is copied again", || {
        let over = "copying the WAL into the database works again";
        server.said().contains(over).then_some(())
    });
    // All of it is copied: the next commit begins it anew.
    load.run(server.address(), 2, || load.until_stored(50));
    assert_eq!(server.said().matches(held).count(), 1, "{}", server.said());
    server.stop();
    let wal = folder.data().join("usage.db-wal");
    assert!(!fs::exists(wal).unwrap(), "copied to its end");
    assert_eq!(
        folder
            .export()
            .iter()
            .filter(|report| report.product == "large")
            .count(),
        n as usize
    );
}

/// What was erased may stand in the WAL for as long as the reader stays, and no longer.
#[test]
fn what_was_erased_leaves_the_wal_with_the_reader() {
    let folder = Folder::new();
    let load = Load::on(&folder);
    let server = folder.serve();
    let key = [("X-Install-Key", "an install's own secret")];
    let mut connection = server.connect();
    let usage = r#"[{"tags":null,"values":{"cluster_id":"erased"}}]"#;
    let reply = connection.post("/api/v1/usage/other", &key, usage);
    assert_eq!(reply.status(), 200);
    let reader = model::open(&folder);
    reader
        .execute_batch("BEGIN; SELECT count(*) FROM journal")
        .unwrap();
    let about = r#"{"product":"other","cluster_id":"erased"}"#;
    let reply = connection.post("/api/v1/forget", &key, about);
    assert_eq!(reply.status(), 202);
    let status_url = reply.json()["status_url"].as_str().unwrap().to_owned();
    let status_url = status_url.strip_prefix(&server.url()).unwrap();
    load.run(server.address(), 2, || {
        until("it is erased", || {
            (connection.get(status_url).json()["status"] == "done").then_some(())
        });
        load.until_stored(50);
    });
    drop(reader);
    let wal = folder.data().join("usage.db-wal");
    until("the WAL is empty", || {
        (fs::metadata(&wal).unwrap().len() == 0).then_some(())
    });
    server.kill();
    load.check(&folder);
    let bytes = fs::read(folder.database()).unwrap();
    assert!(!bytes.windows(6).any(|text| text == b"erased"));
}
