//! Dimensions of very many values: when a day is over the rarer ones stand together; what comes later and what
//! is erased finds its place all the same.

use std::collections::BTreeMap;

use roaring::RoaringBitmap;
use rusqlite::Connection;
use usage_store::erasure::{ErasureRequest, Whose};
use usage_store::report::Kind;
use usage_store::{Day, NewReport};

use crate::fleet::*;
use crate::rebuilding::dump;

/// Each day's cells of a dimension are a partition of those servers whose latest report of the day had it; and
/// those that posted are those that have such a report. Where the day's rows are still kept.
pub(crate) fn is_partitioned(world: &World) {
    let db = Connection::open(world.path().join("model.db")).unwrap();
    let mut said: BTreeMap<(i64, i32, i64), RoaringBitmap> = BTreeMap::new();
    let mut query = db
        .prepare("SELECT product, day, server, cells FROM day")
        .unwrap();
    let mut rows = query.query([]).unwrap();
    while let Some(row) = rows.next().unwrap() {
        let places: Vec<u8> = row.get(3).unwrap();
        for place in places.chunks(8) {
            let dimension = u32::from_le_bytes(place[..4].try_into().unwrap());
            let key = (
                row.get(0).unwrap(),
                row.get(1).unwrap(),
                i64::from(dimension),
            );
            said.entry(key).or_default().insert(row.get(2).unwrap());
        }
    }
    let mut cells: BTreeMap<(i64, i32, i64), RoaringBitmap> = BTreeMap::new();
    let all = "SELECT product, day, dimension, value, servers FROM cell
               WHERE (dimension > 0 OR value = 5) AND day >= (SELECT days FROM tiers)";
    let mut query = db.prepare(all).unwrap();
    let mut rows = query.query([]).unwrap();
    while let Some(row) = rows.next().unwrap() {
        let bytes: Vec<u8> = row.get(4).unwrap();
        let servers = RoaringBitmap::deserialize_from(&bytes[..]).unwrap();
        assert!(!servers.is_empty());
        let key = (
            row.get(0).unwrap(),
            row.get(1).unwrap(),
            row.get(2).unwrap(),
        );
        let so_far = cells.entry(key).or_default();
        assert!(so_far.is_disjoint(&servers), "a server twice: {key:?}");
        *so_far |= servers;
    }
    assert_eq!(cells, said);
}

/// A server that says which region it is in.
fn in_region(server: u32, region: &str, day: i64) -> NewReport {
    let body = format!(
        r#"[{{"tags":{{"region":"{region}","os":"linux"}},"values":{{"cluster_id":"c","server_id":"s{server}"}}}}]"#
    );
    report(Kind::Usage, "kapacitor", body.into_bytes(), noon(day))
}

fn regions(world: &World, day: i64) -> Vec<(String, u64)> {
    let product = world.store.products(noon(0)).unwrap()[0].id;
    let day = Day::of(noon(day));
    world.shares(product, "region", day)
}

fn shares<'a>(all: impl IntoIterator<Item = (&'a str, u64)>) -> Vec<(String, u64)> {
    all.into_iter()
        .map(|(value, servers)| (value.to_owned(), servers))
        .collect()
}

/// Four in x; two each in b, a; one in each of three more.
fn world() -> World {
    let world = World::new();
    let regions = [
        "x", "x", "x", "x", "b", "b", "a", "a", "lone1", "lone2", "secret3",
    ];
    for (server, region) in regions.iter().enumerate() {
        world.append(in_region(server as u32, region, 0));
        world.append(in_region(server as u32, region, 9));
    }
    world.apply_all();
    world
}

#[test]
fn when_a_day_is_over_the_most_frequent_values_stay_and_the_others_stand_together() {
    let world = world();
    let before = regions(&world, 9);
    assert_eq!(before.len(), 6);
    let over = Day::of(noon(9));
    while world.store.fold_day(over, 2).unwrap() {}
    assert_eq!(
        regions(&world, 0),
        shares([("(other)", 5), ("x", 4), ("a", 2)]),
        "a before b"
    );
    assert_eq!(regions(&world, 9), before, "not over yet");
    is_partitioned(&world);
    assert!(!world.store.fold_day(over, 2).unwrap(), "once");
    let folded = dump(&world);
    world.store.rebuild(|_, _| ()).unwrap();
    while world.store.fold_day(over, 2).unwrap() {}
    assert_eq!(dump(&world), folded);
}

#[test]
fn what_comes_late_finds_its_place_and_may_become_frequent() {
    let world = world();
    world.fold_all(2);
    let late = |server, region| made(in_region(server, region, 9), noon(0) + hours(1));
    // A rare one changes to another rare one, one to a frequent one, a frequent one to a new one.
    world.append(late(8, "lone2"));
    world.append(late(9, "x"));
    world.append(late(0, "new"));
    world.append(late(77, "lone2"));
    world.apply_all();
    is_partitioned(&world);
    assert_eq!(
        regions(&world, 0),
        shares([("(other)", 6), ("x", 4), ("a", 2)])
    );
    world.append(late(78, "lone2"));
    world.apply_all();
    world.fold_all(2);
    is_partitioned(&world);
    assert_eq!(
        regions(&world, 0),
        shares([("(other)", 6), ("x", 4), ("lone2", 3)])
    );
    let step_by_step = dump(&world);
    world.store.rebuild(|_, _| ()).unwrap();
    world.fold_all(2);
    assert_eq!(dump(&world), step_by_step);
}

#[test]
fn few_values_stand_for_themselves_again() {
    let world = world();
    world.fold_all(2);
    for server in [0, 4, 5, 8, 9, 10] {
        world.append(made(in_region(server, "a", 9), noon(0) + hours(1)));
    }
    world.apply_all();
    world.fold_all(2);
    assert_eq!(regions(&world, 0), shares([("a", 8), ("x", 3)]));
    // One more is told apart until it is decided again.
    world.append(made(in_region(50, "new", 9), noon(0)));
    world.apply_all();
    assert_eq!(regions(&world, 0), shares([("a", 8), ("x", 3), ("new", 1)]));
}

#[test]
fn an_erased_value_leaves_no_text_though_it_stood_among_others_and_theirs_stay() {
    let world = world();
    world.fold_all(2);
    let request = ErasureRequest {
        product: "kapacitor".to_owned(),
        cluster_id: "c".to_owned(),
        server_id: Some("s10".to_owned()),
        whose: Whose::Everybodys,
        actor: "test".to_owned(),
    };
    world
        .store
        .request_erasure(&request, "code", noon(9))
        .unwrap();
    while world.store.erase_next(noon(9)).unwrap() {}
    is_partitioned(&world);
    assert_eq!(
        regions(&world, 0),
        shares([("(other)", 4), ("x", 4), ("a", 2)])
    );
    let db = Connection::open(world.path().join("model.db")).unwrap();
    let texts: String = db
        .query_row(
            "SELECT group_concat(value, ' ') FROM (SELECT value FROM dimension_value ORDER BY value)",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(texts, "a b linux lone1 lone2 x");
    for file in ["usage.db", "model.db", "usage.db-wal", "model.db-wal"] {
        let bytes = std::fs::read(world.path().join(file)).unwrap_or_default();
        assert!(!bytes.windows(7).any(|text| text == b"secret3"), "{file}");
    }
}

#[test]
fn what_was_said_for_a_moment_is_erased_too() {
    let world = world();
    world.append(in_region(3, "moment-1", 0));
    world.append(made(in_region(3, "moment-2", 9), noon(0) - hours(1)));
    world.append(in_region(3, "x", 0));
    world.apply_all();
    let request = ErasureRequest {
        product: "kapacitor".to_owned(),
        cluster_id: "c".to_owned(),
        server_id: Some("s3".to_owned()),
        whose: Whose::Everybodys,
        actor: "test".to_owned(),
    };
    world
        .store
        .request_erasure(&request, "code", noon(9))
        .unwrap();
    while world.store.erase_next(noon(9)).unwrap() {}
    for file in ["usage.db", "model.db", "usage.db-wal", "model.db-wal"] {
        let bytes = std::fs::read(world.path().join(file)).unwrap_or_default();
        assert!(!bytes.windows(7).any(|text| text == b"moment-"), "{file}");
    }
}
