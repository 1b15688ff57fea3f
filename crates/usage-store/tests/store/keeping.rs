//! Nothing accepted is lost, doubled, or mixed up.

use usage_store::report::Kind;
use usage_store::{Error, Outcome, Store, Writing};

use crate::fleet::*;

#[test]
fn what_was_accepted_is_there_after_a_restart_in_order_and_to_the_byte() {
    let world = World::new();
    let sent: Vec<_> = (0..3000)
        .map(|n| usage("c", &format!("s{n}"), "1.0", noon(0)))
        .collect();
    let mut seq = 0;
    for batch in sent.chunks(700) {
        for outcome in world.store.append(batch).unwrap() {
            assert_eq!(outcome, Outcome::Accepted(seq));
            seq += 1;
        }
    }
    let world = world.restart();
    let kept = world.journal();
    assert_eq!(kept.len(), 3000);
    for (n, (kept, sent)) in kept.iter().zip(&sent).enumerate() {
        assert_eq!(kept.seq, n as u64);
        assert_eq!(kept.body, sent.body);
        assert_eq!(kept.received_at, sent.received_at);
    }
    assert_eq!(
        world.append(usage("c", "next", "1.0", noon(1))),
        Outcome::Accepted(3000)
    );
}

#[test]
fn re_packing_a_quiet_fleets_journal_changes_nothing_but_its_size() {
    let world = World::new();
    for n in 0..1100 {
        world.append(usage(
            "c",
            &format!("s{}", n % 50),
            "1.0",
            noon(0) + hours(n),
        ));
    }
    let before = world.journal();
    assert!(world.store.repack().unwrap(), "one span is full");
    assert!(!world.store.repack().unwrap(), "the other isn't");
    assert_eq!(world.journal(), before);
    let world = world.restart();
    assert_eq!(world.journal(), before);
    assert_eq!(
        world.append(usage("c", "next", "1.0", noon(60))),
        Outcome::Accepted(1100)
    );
    world.apply_all();
    let newest = world
        .store
        .newest_reports(Some("kapacitor"), Some(1024), 2)
        .unwrap();
    assert_eq!(
        newest.iter().map(|r| r.seq).collect::<Vec<_>>(),
        [1023, 1022]
    );
}

#[test]
fn a_second_server_on_the_folder_is_told_so() {
    let world = World::new();
    let refused = Store::open(world.path(), Writing::Alone).err().unwrap();
    assert!(matches!(refused, Error::Locked(_)), "{refused}");
    assert!(refused.to_string().contains("stop it first"), "{refused}");
    drop(Store::open(world.path(), Writing::Beside).expect("side commands may"));
}

#[test]
fn a_side_command_needs_data() {
    let folder = tempfile::tempdir().unwrap();
    let refused = Store::open(folder.path(), Writing::Beside).err().unwrap();
    assert!(matches!(refused, Error::NoDatabase(_)), "{refused}");
    assert_eq!(
        std::fs::read_dir(folder.path()).unwrap().count(),
        0,
        "and leaves no trace"
    );
}

#[cfg(unix)]
#[test]
fn the_data_folder_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("deep/usage-data");
    drop(Store::open(&folder, Writing::Alone).unwrap());
    let mode = |path: &std::path::Path| {
        let mode = std::fs::metadata(path).unwrap().permissions().mode();
        mode & 0o777
    };
    assert_eq!(mode(&folder), 0o700);
    assert_eq!(
        mode(&folder.join("usage.db")),
        0o600,
        "even in another's folder"
    );
}

#[test]
fn the_wal_stays_small_under_steady_load() {
    let world = World::new();
    let filler = "x".repeat(60_000);
    let body = |n| format!(r#"[{{"tags":{{"t":"{n}{filler}"}},"values":{{"cluster_id":"c"}}}}]"#);
    for n in 0..40 {
        let reports: Vec<_> = (0..50)
            .map(|m| {
                let body = body(n * 50 + m).bytes().rev().collect::<Vec<_>>();
                // Reversed it isn't JSON, but harder to compress; the journal takes any bytes.
                let mut report = usage("c", "s", "1.0", noon(0));
                report.body = body;
                report
            })
            .collect();
        world.store.append(&reports).unwrap();
        world.store.checkpoint().unwrap();
    }
    let wal = std::fs::metadata(world.path().join("usage.db-wal"))
        .unwrap()
        .len();
    assert!(wal < 64 << 20, "{wal} bytes");
}

#[test]
fn a_span_of_large_reports_is_re_packed_into_several_blocks() {
    let world = World::new();
    let filler = "x".repeat(60_000);
    for n in 0..1024 {
        let body = format!(r#"[{{"tags":{{"t":"{filler}"}},"values":{{"cluster_id":"c{n}"}}}}]"#);
        world.append(report(Kind::Usage, "kapacitor", body.into_bytes(), noon(0)));
    }
    world.apply_all();
    assert!(world.store.repack().unwrap());
    let world = world.restart();
    let kept = world.journal();
    assert_eq!(kept.len(), 1024);
    assert!(
        kept.iter()
            .enumerate()
            .all(|(n, report)| report.seq == n as u64)
    );
    assert!(kept.iter().all(|report| report.body.len() > 60_000));
    let db = rusqlite::Connection::open(world.path().join("usage.db")).unwrap();
    let blocks: i64 = db
        .query_row("SELECT count(*) FROM journal", [], |row| row.get(0))
        .unwrap();
    assert!((2..100).contains(&blocks), "{blocks}");
    let server = world.store.products(noon(0)).unwrap()[0].id;
    let server = &world.store.servers(server, None, 1).unwrap()[0];
    assert_eq!(
        world
            .store
            .server_reports(server.id, None, 5)
            .unwrap()
            .len(),
        1
    );
}

#[test]
fn the_same_key_and_body_for_another_product_is_another_report() {
    let world = World::new();
    let for_product = |name| keyed(report(Kind::Usage, name, b"[]".to_vec(), noon(0)), 5);
    assert_eq!(world.append(for_product("alpha")), Outcome::Accepted(0));
    assert_eq!(world.append(for_product("beta")), Outcome::KeyReused);
}

#[test]
fn another_programs_database_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let theirs = rusqlite::Connection::open(folder.path().join("usage.db")).unwrap();
    theirs.execute_batch("CREATE TABLE theirs (a)").unwrap();
    let refused = Store::open(folder.path(), Writing::Alone).err().unwrap();
    assert!(matches!(refused, Error::NotOurs), "{refused}");
}
