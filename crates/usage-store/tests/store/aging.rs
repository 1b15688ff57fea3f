//! What was counted ages, too: first each server's days go, then the days as a whole. What is kept stays exact,
//! before and after a rebuild.

use rusqlite::Connection;
use usage_store::erasure::{ErasureRequest, Whose};
use usage_store::query::ProductId;
use usage_store::report::Kind;
use usage_store::{Day, Tier};

use crate::fleet::*;
use crate::rebuilding::dump;

/// Six days of twenty servers, packed in part; the last seen once.
fn world() -> World {
    let world = World::new();
    for day in 0..6 {
        for n in 0..20 {
            let (server, version) = (format!("s{n}"), format!("1.{}", (n + day) % 3));
            world.append(usage("c", &server, &version, noon(day)));
            let stats = format!(r#"{{"cluster_id":"c","server_id":"{server}","stats":[]}}"#);
            world.append(report(
                Kind::Stats,
                "kapacitor",
                stats.into_bytes(),
                noon(day),
            ));
        }
    }
    world.append(usage("c", "once", "2.0", noon(5)));
    world.apply_all();
    let packed = Some(Day::of(noon(3)));
    while world.store.pack_columns(packed).unwrap() {}
    world
}

fn count(world: &World, from: &str) -> i64 {
    let db = Connection::open(world.path().join("model.db")).unwrap();
    let query = format!("SELECT count(*) FROM {from}");
    db.query_row(&query, [], |row| row.get(0)).unwrap()
}

/// Rows of servers' days before a day.
fn rows_before(world: &World, day: i64) -> [i64; 4] {
    let before = Day::of(noon(day)).0;
    ["day", "day_numbers", "column", "stat_day"]
        .map(|table| count(world, &format!("{table} WHERE day < {before}")))
}

fn cells_before(world: &World, day: i64) -> i64 {
    let before = Day::of(noon(day)).0;
    count(
        world,
        &format!("cell WHERE day < {before} AND day > -2147483648"),
    )
}

fn shares(world: &World, day: i64) -> Vec<(String, u64)> {
    world.shares(ProductId(1), "version", Day::of(noon(day)))
}

#[test]
fn servers_days_go_and_the_days_stay_counted() {
    let world = world();
    assert!(rows_before(&world, 4).iter().all(|rows| *rows > 0));
    assert_eq!(world.store.tier_begins(Tier::Days).unwrap(), None);
    let (cells, distribution) = (cells_before(&world, 9), shares(&world, 2));
    world.age_all(Tier::Days, 4);
    assert_eq!(rows_before(&world, 4), [0; 4]);
    assert_eq!(rows_before(&world, 9), [41, 41, 0, 40], "two days are kept");
    assert_eq!(cells_before(&world, 9), cells);
    assert_eq!(shares(&world, 2), distribution);
    let begins = world.store.tier_begins(Tier::Days).unwrap();
    assert_eq!(begins, Some(Day::of(noon(4))));
    assert_eq!(world.store.tier_begins(Tier::Cells).unwrap(), None);
    assert!(
        !world.store.age(Tier::Days, Day::of(noon(4))).unwrap(),
        "once"
    );
}

#[test]
fn days_go_as_a_whole() {
    let world = world();
    world.age_all(Tier::Cells, 4);
    assert_eq!(
        (rows_before(&world, 4), cells_before(&world, 4)),
        ([0; 4], 0)
    );
    assert_eq!(shares(&world, 2), []);
    assert_eq!(shares(&world, 4).len(), 3);
    assert_eq!(
        count(&world, "cell WHERE day = -2147483648"),
        1,
        "who was seen once"
    );
    assert_eq!(
        count(&world, "dimension_value"),
        5,
        "1.0 to 1.2, 2.0, linux"
    );
    assert_eq!(count(&world, "day_reports"), 12, "how many came stays");
    world.age_all(Tier::Cells, 6);
    assert_eq!(count(&world, "dimension_value"), 0, "nobody says them");
    world.append(usage("c", "s1", "1.0", noon(6)));
    world.apply_all();
    assert_eq!(shares(&world, 6), [("1.0".to_owned(), 1)]);
}

#[test]
fn what_comes_late_for_a_day_that_has_gone_changes_nothing_that_is_kept() {
    let world = world();
    world.age_all(Tier::Cells, 1);
    world.age_all(Tier::Days, 4);
    let (before, distribution) = (cells_before(&world, 9), shares(&world, 2));
    for day in [0, 2] {
        world.append(made(usage("c", "s1", "9.9", noon(6)), noon(day)));
        world.append(made(usage("c", "new", "9.9", noon(6)), noon(day)));
    }
    world.apply_all();
    assert_eq!(
        (cells_before(&world, 9), shares(&world, 2)),
        (before, distribution)
    );
    assert_eq!(rows_before(&world, 4), [0; 4]);
    let day = Day::of(noon(2));
    let active = world.active(ProductId(1), day, day);
    assert_eq!(active, [21], "that it was there is known");
}

#[test]
fn a_rebuild_makes_what_the_journal_has_and_what_is_too_old_goes_again() {
    let world = world();
    let age = || {
        world.age_all(Tier::Cells, 1);
        world.age_all(Tier::Days, 4);
    };
    age();
    let aged = dump(&world);
    let stopped = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        world.store.rebuild(|_, _| panic!("stop here"))
    }));
    assert!(stopped.is_err());
    world.store.rebuild(|_, _| ()).unwrap();
    assert!(rows_before(&world, 4).iter().any(|rows| *rows > 0));
    age();
    assert_eq!(dump(&world), aged);
}

#[test]
fn nothing_goes_while_the_model_is_made_anew() {
    let world = World::new();
    for n in 0..9 {
        let batch: Vec<_> = (0..1_000)
            .map(|m| usage("c", &format!("s{}", (n + m) % 50), "1.0", noon(n)))
            .collect();
        world.store.append(&batch).unwrap();
    }
    world.apply_all();
    let stopped = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        world.store.rebuild(|_, _| panic!("stop here"))
    }));
    assert!(stopped.is_err());
    world.store.apply().unwrap();
    assert!(world.store.freshness().unwrap().behind > 0);
    assert!(!world.store.age(Tier::Days, Day::of(noon(9))).unwrap());
    assert!(rows_before(&world, 9)[0] > 0);
    world.apply_all();
    assert!(world.store.age(Tier::Days, Day::of(noon(9))).unwrap());
}

#[test]
fn what_is_erased_leaves_days_that_have_no_rows() {
    let world = world();
    let alone = usage("c", "alone", "alone-says", noon(2));
    world.append(made(alone, noon(2)));
    world.apply_all();
    world.age_all(Tier::Days, 4);
    let request = ErasureRequest {
        product: "kapacitor".to_owned(),
        cluster_id: "c".to_owned(),
        server_id: Some("alone".to_owned()),
        whose: Whose::Everybodys,
        actor: "test".to_owned(),
    };
    assert_eq!(shares(&world, 2).len(), 4);
    world
        .store
        .request_erasure(&request, "code", noon(9))
        .unwrap();
    while world.store.erase_next(noon(9)).unwrap() {}
    assert_eq!(shares(&world, 2).len(), 3);
    let texts = count(&world, "dimension_value WHERE value = 'alone-says'");
    assert_eq!(texts, 0);
    let before = dump(&world);
    world.store.rebuild(|_, _| ()).unwrap();
    world.age_all(Tier::Days, 4);
    assert_eq!(dump(&world)[..before.len() - 1], before[..before.len() - 1]);
}
