//! The keys against the simplest thing that could be right: a map. With small runs, so that
//! everything happens often, and with the end of the process between any two steps.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use rusqlite::{Connection, TransactionBehavior};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use super::{KeyUpkeep, Keys};
use crate::journal::limits::{
    KEY_LOG_ROWS_A_STEP, KEY_RUN_KEYS, KEY_WINDOW_SECONDS, KEYS_CROWDED, KEYS_MAX,
};
use crate::journal::{Idempotency, NewReport, Outcome};
use crate::report::Kind;
use crate::sqlite::{self, sql};
use crate::{Store, Writing};

/// Without waiting for the disk: it is processes that end here.
fn open(folder: &TempDir) -> Connection {
    let db = sqlite::open_writer(&folder.path().join("usage.db"), true).unwrap();
    db.pragma_update(None, "synchronous", "OFF").unwrap();
    db
}

/// The keys, and what they should say.
struct World {
    folder: TempDir,
    db: Connection,
    keys: Keys,
    upkeep: KeyUpkeep,
    now: Timestamp,
    model: HashMap<u16, (u8, Timestamp)>,
}

impl World {
    fn new() -> World {
        let folder = tempfile::tempdir().unwrap();
        let mut db = open(&folder);
        sqlite::migrate(&mut db, sqlite::JOURNAL).unwrap();
        World {
            folder,
            keys: Keys::load(&db).unwrap(),
            db,
            upkeep: KeyUpkeep::default(),
            now: "2026-11-22T12:00:00Z".parse().unwrap(),
            model: HashMap::new(),
        }
    }

    /// The process ends, whatever it was in the middle of, and another begins.
    fn restart(&mut self) {
        self.db = open(&self.folder);
        self.keys = Keys::load(&self.db).unwrap();
        self.upkeep = KeyUpkeep::default();
    }

    fn report(&self, key: u16, body: u8) -> NewReport {
        let mut digest = [7; 16];
        match key % 4 {
            // Many that begin alike: they must stay in one page.
            0 => digest[5..7].copy_from_slice(&key.to_be_bytes()),
            _ => digest.copy_from_slice(&Sha256::digest(key.to_le_bytes())[..16]),
        }
        NewReport {
            kind: Kind::Usage,
            product: "p".into(),
            sender: Default::default(),
            received_at: self.now,
            reported_at: None,
            idempotency: Some(Idempotency {
                key: None,
                digest,
                came_at: self.now,
            }),
            install_key: None,
            body: vec![body],
        }
    }

    /// A commit, which fails or succeeds after all was decided.
    fn append(&mut self, reports: &[(u16, u8)], succeeds: bool) {
        let mut model = self.model.clone();
        let reports: Vec<_> = reports
            .iter()
            .map(|(key, body)| (*key, *body, self.report(*key, *body)))
            .collect();
        let commit = self
            .db
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .unwrap();
        for (key, body, report) in &reports {
            let idempotency = report.idempotency.unwrap();
            let outcome = self.keys.meet(&commit, &idempotency, report).unwrap();
            let window = SignedDuration::from_secs(KEY_WINDOW_SECONDS.into());
            let expected = match model.get(key) {
                Some((known, at)) if self.now.duration_since(*at) <= window => {
                    Some(if known == body {
                        Outcome::Repeated
                    } else {
                        Outcome::KeyReused
                    })
                }
                _ => {
                    model.insert(*key, (*body, self.now));
                    None
                }
            };
            assert_eq!(outcome, expected, "key {key} at {}", self.now);
        }
        self.keys.write(&commit).unwrap();
        if succeeds {
            commit.commit().unwrap();
            self.keys.committed();
            self.model = model;
        } else {
            drop(commit);
            self.keys.roll_back();
        }
    }

    /// A step of upkeep; whether there was one.
    fn tidy(&mut self) -> bool {
        let World {
            db,
            keys,
            upkeep,
            now,
            ..
        } = self;
        if !upkeep.begin(db, keys, *now).unwrap() {
            return false;
        }
        upkeep.read(db).unwrap();
        upkeep.write(db, keys).unwrap();
        true
    }

    fn count(&self, what: &str) -> i64 {
        let sql = format!("SELECT {what}");
        self.db.query_row(&sql, [], |row| row.get(0)).unwrap()
    }
}

#[derive(Debug, Clone)]
enum Event {
    Append(Vec<(u16, u8)>, bool),
    Hours(i64),
    Tidy(usize),
    Restart,
}

fn event() -> impl Strategy<Value = Event> {
    let report = (0u16..400, prop_oneof![9 => Just(0u8), 1 => Just(1)]);
    let reports = proptest::collection::vec(report, 0..24);
    prop_oneof![
        12 => (reports, proptest::bool::weighted(0.9)).prop_map(|(all, ok)| Event::Append(all, ok)),
        4 => prop_oneof![0i64..4, 0i64..24 * 40].prop_map(Event::Hours),
        12 => (0usize..40).prop_map(Event::Tidy),
        1 => Just(Event::Restart),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn keys_are_known_as_a_map_knows_them(events in proptest::collection::vec(event(), 1..160)) {
        let mut world = World::new();
        for event in events {
            match event {
                Event::Append(reports, succeeds) => world.append(&reports, succeeds),
                Event::Hours(hours) => world.now += SignedDuration::from_hours(hours),
                Event::Tidy(steps) => drop((0..steps).take_while(|_| world.tidy()).count()),
                Event::Restart => world.restart(),
            }
        }
        // All keys once more, as they are and after a restart.
        for _ in 0..2 {
            let known: Vec<_> = world.model.iter().map(|(key, (body, _))| (*key, *body)).collect();
            world.append(&known, false);
            world.restart();
        }
    }
}

#[test]
fn the_end_of_the_process_after_any_step_loses_nothing_and_leaves_nothing() {
    let keys: Vec<_> = (0..8 * KEY_RUN_KEYS as u16 + 3)
        .map(|key| (key, 0))
        .collect();
    for ends_after in 0..400 {
        let mut world = World::new();
        let mut steps = 0;
        for batch in keys.chunks(KEY_RUN_KEYS) {
            world.append(batch, true);
            while world.tidy() {
                steps += 1;
                if steps == ends_after {
                    world.restart();
                    world.append(&keys[..3], false);
                }
            }
        }
        world.append(&keys, false);
        // What stood in a run and in the log stands in two runs now, until they are merged.
        let runs = world.count("count(*) FROM key_run");
        assert!((1..=2).contains(&runs), "eight became one: {runs}");
        let in_log = world.count("sum(length(keys)) / 20 FROM key_log");
        assert_eq!(in_log, 3, "the last three");
        let in_pages = world.count("sum(length(keys)) / 20 FROM key_page");
        let in_runs = world.count("sum(keys) FROM key_run WHERE live");
        assert_eq!(in_pages, in_runs, "no page is left over");
        if steps < ends_after {
            return;
        }
    }
    panic!("the steps never end");
}

#[test]
fn a_key_that_comes_while_the_log_is_emptied_stays() {
    let mut world = World::new();
    let keys: Vec<_> = (0..KEY_RUN_KEYS as u16).map(|key| (key, 0)).collect();
    // As many rows as one step cuts: the step empties the log and has yet to see that it did.
    for batch in keys.chunks(keys.len().div_ceil(KEY_LOG_ROWS_A_STEP as usize)) {
        world.append(batch, true);
    }
    while world.count("count(*) FROM key_log") > 0 {
        assert!(world.tidy());
    }
    world.append(&[(1000, 0)], true);
    while world.tidy() {}
    world.restart();
    world.append(&[(1000, 0)], false);
}

#[test]
fn what_is_past_the_window_goes() {
    let mut world = World::new();
    let keys: Vec<_> = (0..100).map(|key| (key, 0)).collect();
    world.append(&keys, true);
    while world.tidy() {}
    assert_eq!(world.count("count(*) FROM key_run"), 1);
    world.now += SignedDuration::from_hours(24 * 20);
    world.append(&[(1000, 0)], true);
    world.now += SignedDuration::from_hours(24 * 12);
    while world.tidy() {}
    assert_eq!(world.count("count(*) FROM key_run"), 0);
    assert_eq!(world.count("count(*) FROM key_page"), 0);
    assert_eq!(
        world.count("count(*) FROM key_log"),
        1,
        "the one that is younger"
    );
    world.append(&[(1000, 0), (1, 0)], true);
}

#[test]
fn few_keys_go_too_when_they_are_overdue() {
    let mut world = World::new();
    world.append(&[(1, 0)], true);
    world.now += SignedDuration::from_hours(24 * 25);
    world.append(&[(2, 0)], true);
    world.now += SignedDuration::from_hours(24 * 7);
    while world.tidy() {}
    assert_eq!(world.count("count(*) FROM key_log"), 0);
    assert_eq!(world.count("sum(length(keys)) / 20 FROM key_page"), 1);
    world.append(&[(2, 0), (1, 1)], true);
}

#[test]
fn there_are_never_more_than_memory_allows() {
    let mut world = World::new();
    for key in 0..2 * KEYS_MAX as u16 / 100 {
        let keys: Vec<_> = (key * 100..(key + 1) * 100).map(|key| (key, 0)).collect();
        world.append(&keys, true);
        while world.tidy() {}
    }
    let kept = world.count("sum(keys) FROM key_run");
    assert!((1..=KEYS_MAX as i64).contains(&kept), "{kept}");
}

#[test]
fn whoever_appends_helps_where_upkeep_is_behind() {
    let mut world = World::new();
    world.now = Timestamp::now();
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), Writing::Alone).unwrap();
    let all: Vec<_> = (0..1_000).map(|key| world.report(key, 0)).collect();
    for batch in all.chunks(100) {
        store.append(batch).unwrap();
    }
    let again = store.append(&all).unwrap();
    assert_eq!(again, vec![Outcome::Repeated; 1_000]);
    drop(store);
    world.folder = folder;
    world.restart();
    assert!(world.count("count(*) FROM key_page") > 0);
    assert!(world.keys.young.len() <= 2 * KEYS_CROWDED);
}

#[test]
fn keys_of_an_older_schema_are_still_known() {
    let folder = tempfile::tempdir().unwrap();
    let mut db = open(&folder);
    for version in [sql!("schema/001_first"), sql!("schema/002_erasure")] {
        db.execute_batch(version).unwrap();
    }
    db.pragma_update(None, "user_version", 2).unwrap();
    db.pragma_update(None, "application_id", 0x7573_6167)
        .unwrap();
    let mut world = World::new();
    let report = world.report(1, 0);
    let mut hash = Sha256::new();
    hash.update(1u64.to_le_bytes());
    hash.update(b"p\0");
    let row = (
        report.idempotency.unwrap().digest,
        &hash.finalize()[..16],
        report.received_at.as_millisecond(),
    );
    let insert = "INSERT INTO idempotency (digest, body, at) VALUES (?1, ?2, ?3)";
    db.execute(insert, row).unwrap();
    sqlite::migrate(&mut db, sqlite::JOURNAL).unwrap();
    world.keys = Keys::load(&db).unwrap();
    world.model.insert(1, (0, world.now));
    world.append(&[(1, 0), (1, 1)], false);
    world.now += SignedDuration::from_secs(i64::from(KEY_WINDOW_SECONDS));
    world.append(&[(1, 0)], false);
    world.now += SignedDuration::from_secs(1);
    world.append(&[(1, 0)], false);
}
