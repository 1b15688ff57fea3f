//! What ages out of the journal is gone from it, and still counted; a rebuild keeps what the
//! journal can't tell any more; the space is used again.

use jiff::Timestamp;
use rusqlite::Connection;
use usage_store::erasure::{ErasureRequest, Whose};
use usage_store::{Day, NewReport, Outcome, Tier};

use crate::fleet::*;
use crate::rebuilding::dump;

/// Reports of a day; some are late ones of days before.
fn of_day(day: i64) -> Vec<NewReport> {
    (0..400)
        .map(|n| {
            let at = noon(day) + jiff::SignedDuration::from_secs(n);
            let (cluster, server) = (format!("c{}", n % 11), format!("s{}", (n + day) % 37));
            let version = format!("1.{}", (n + day) % 3);
            match n % 10 {
                0 => check_in(&cluster, &server, &version, at),
                1 => made(
                    usage(&cluster, &server, &version, at),
                    noon(day - n / 100 - 1),
                ),
                _ => usage(&cluster, &server, &version, at),
            }
        })
        .collect()
}

/// Ten days of a fleet, counted and packed.
fn ten_days() -> World {
    let world = ten_days_as_they_came();
    let middle = Some(Day::of(noon(7)));
    while world.store.pack_columns(middle).unwrap() {}
    world
}

/// The same with its journal re-packed, and its days not.
fn ten_days_as_they_came() -> World {
    let world = World::new();
    let acme = world.store.organization("Acme", noon(0)).unwrap();
    for day in 0..10 {
        for (n, batch) in of_day(day).chunks(50).enumerate() {
            let mut batch = batch.to_vec();
            if n % 2 == 0 {
                batch = batch
                    .into_iter()
                    .map(|report| under(report, acme))
                    .collect();
            }
            world.store.append(&batch).unwrap();
        }
    }
    world.apply_all();
    while world.store.repack().unwrap() {}
    world
}

fn retire(world: &World, until: Timestamp) {
    while world.store.retire(until).unwrap() {}
}

#[test]
fn old_reports_go_and_stay_counted() {
    let world = ten_days();
    let before = dump(&world);
    assert_eq!(world.store.journal_begins().unwrap(), None);
    retire(&world, noon(0));
    assert_eq!(world.journal().len(), 4000, "none is old enough");
    retire(&world, noon(6));
    // Whole spans: the third holds reports of the eighth day.
    let left = world.journal();
    assert_eq!((left.len(), left[0].seq), (4000 - 2048, 2048));
    same(&dump(&world), &before);
    assert_eq!(
        world.store.journal_begins().unwrap(),
        Some(Day::of(noon(5)).plus(1))
    );
    let world = world.restart();
    assert_eq!(
        world.append(usage("c", "s", "1.0", noon(10))),
        Outcome::Accepted(4000),
        "places go on"
    );
}

#[test]
fn the_last_block_stays_however_old() {
    let world = World::new();
    let reports: Vec<_> = (0..1024).map(|_| usage("c", "s", "1.0", noon(0))).collect();
    world.store.append(&reports).unwrap();
    world.apply_all();
    while world.store.repack().unwrap() {}
    retire(&world, noon(99));
    let world = world.restart();
    assert_eq!(world.store.next_seq().unwrap(), 1024);
    world.append(usage("c", "s", "1.0", noon(1)));
    retire(&world, noon(99));
    assert_eq!(world.journal().len(), 1, "the next one lets it go");
}

#[test]
fn what_is_not_counted_yet_stays() {
    let world = World::new();
    for _ in 0..3 {
        let reports: Vec<_> = (0..1024).map(|_| usage("c", "s", "1.0", noon(0))).collect();
        world.store.append(&reports).unwrap();
    }
    while world.store.repack().unwrap() {}
    retire(&world, noon(99));
    assert_eq!(world.journal().len(), 3 * 1024);
    world.apply_all();
    retire(&world, noon(99));
    assert_eq!(world.journal().len(), 1024);
}

#[test]
fn a_rebuild_keeps_the_days_that_the_journal_has_lost() {
    let world = ten_days();
    retire(&world, noon(6));
    let rebuilt = |world: &World| {
        let before = dump(world);
        world.store.rebuild(|_, _| ()).unwrap();
        same(&dump(world), &before);
    };
    rebuilt(&world);
    // Late ones of days that have aged out count on them, before and after.
    let products = |world: &World| world.store.products(noon(3)).unwrap()[0].reports_today;
    let counted = products(&world);
    world.append(made(usage("new", "s", "9.0", noon(10)), noon(3)));
    world.apply_all();
    assert_eq!(products(&world), counted + 1);
    rebuilt(&world);
    rebuilt(&world);
    // A rebuild that was stopped: nothing ages out until it is done. There is more than one step of it.
    for _ in 0..12 {
        world.store.append(&of_day(10)).unwrap();
    }
    world.apply_all();
    while world.store.repack().unwrap() {}
    let complete = dump(&world);
    let stopped = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        world.store.rebuild(|_, _| panic!("stop here"))
    }));
    assert!(stopped.is_err());
    let left = world.journal().len();
    retire(&world, noon(99));
    assert_eq!(world.journal().len(), left);
    world.store.rebuild(|_, _| ()).unwrap();
    same(&dump(&world), &complete);
    retire(&world, noon(9));
    assert!(world.journal().len() < left);
    rebuilt(&world);
}

#[test]
fn a_model_ahead_of_its_journal_is_made_anew_and_keeps_what_aged_out() {
    let world = ten_days();
    retire(&world, noon(6));
    let before = dump(&world);
    let older = world.path().join("older.db");
    let journal = Connection::open(world.path().join("usage.db")).unwrap();
    journal
        .execute("VACUUM INTO ?1", [older.to_str().unwrap()])
        .unwrap();
    drop(journal);
    // One server more on the last day.
    for _ in 0..3 {
        world.append(usage("new", "s", "1.0", noon(9)));
    }
    world.apply_all();
    let world = world.restart_after(|folder| {
        std::fs::rename(folder.join("older.db"), folder.join("usage.db")).unwrap();
    });
    world.apply_all();
    let of_days = |rows: &[String]| {
        // Servers are permanent, with the day that they were new on; days, cells, counts and the mark are
        // not.
        let of_servers = |row: &str| row.contains("Text(") || row.contains("| 0 | 2 |");
        let rows = rows.iter().filter(|row| !of_servers(row));
        rows.cloned().collect::<Vec<_>>()
    };
    same(&of_days(&dump(&world)), &of_days(&before));
    // Late reports at the places that the lost ones had are counted.
    let counted = || world.store.products(noon(3)).unwrap()[0].reports_today;
    let so_far = counted();
    world.append(made(usage("c1", "s1", "1.0", noon(9)), noon(3)));
    world.apply_all();
    assert_eq!(counted(), so_far + 1);
}

#[test]
fn a_model_of_an_older_program_keeps_the_days_that_the_journal_has_lost() {
    // It packed no rows.
    let world = ten_days_as_they_came();
    // One that only the days know, and one that came once, lately.
    let early = usage("early", "s", "1.0", noon(0));
    world.append(made(early, noon(0)));
    world.append(usage("lately", "s", "1.0", noon(9)));
    world.apply_all();
    retire(&world, noon(6));
    let before = dump(&world);
    let world = world.restart_after(|folder| drop(without_questions(folder)));
    world.apply_all();
    let rows = dump(&world);
    // What follows from servers is there at once, on lost days, too; who came once is still told from who
    // came often.
    for set in [2, 3, 4, 5] {
        let in_set = |rows: &[String]| -> Vec<String> {
            let set = format!("| 0 | {set} |");
            let rows = rows
                .iter()
                .filter(|row| row.contains(&set) && row.contains("Roaring"));
            rows.cloned().collect()
        };
        assert_eq!(in_set(&rows), in_set(&before), "{set}");
    }
    let cells = |rows: &[String]| rows.iter().filter(|row| row.contains("Roaring")).count();
    assert_eq!(cells(&rows), cells(&before));
    let days = |rows: &[String]| -> Vec<String> {
        let rows = rows.iter().filter(|row| row.ends_with("])"));
        rows.cloned().collect()
    };
    assert!(!days(&rows).is_empty());
    same(&days(&rows), &days(&before));
    world.store.rebuild(|_, _| ()).unwrap();
    same(&dump(&world), &rows);
}

#[test]
fn tiers_that_are_older_than_the_journal_stay_over_a_rebuild() {
    let world = ten_days();
    retire(&world, noon(6));
    world.fold_all(2);
    world.age_all(Tier::Cells, 1);
    // Before and after what the journal has lost.
    for days in [3, 9] {
        world.age_all(Tier::Days, days);
        let aged = dump(&world);
        world.store.rebuild(|_, _| ()).unwrap();
        world.fold_all(2);
        world.age_all(Tier::Days, days);
        same(&dump(&world), &aged);
    }
}

#[test]
fn what_is_erased_after_others_aged_out_is_gone_from_every_day() {
    let world = ten_days();
    retire(&world, noon(6));
    let request = ErasureRequest {
        product: "kapacitor".to_owned(),
        cluster_id: "c3".to_owned(),
        server_id: None,
        whose: Whose::Everybodys,
        actor: "test".to_owned(),
    };
    let at = noon(9);
    world.store.request_erasure(&request, "code", at).unwrap();
    while world.store.erase_next(at).unwrap() {}
    let status = world.store.erasure_status("code").unwrap().unwrap();
    assert!(status.done_at.is_some() && status.reports > 0);
    // All but the mark, the last row, which knows when the last report came although that one is erased.
    let rows = || {
        let mut rows = dump(&world);
        rows.pop();
        rows
    };
    let before = rows();
    assert!(!before.iter().any(|row| row.contains(r#"Text("c3")"#)));
    world.store.rebuild(|_, _| ()).unwrap();
    same(&rows(), &before);
}

/// Tells the first row that differs, not all of them.
fn same(left: &[String], right: &[String]) {
    for (left, right) in left.iter().zip(right) {
        assert_eq!(left, right);
    }
    assert_eq!(left.len(), right.len());
}

#[test]
fn the_space_of_old_reports_is_used_again() {
    let world = World::new();
    // No two alike, so that they don't compress to nothing.
    let mut state = 0x9e37_79b9_u32;
    let mut noise = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_le_bytes()
    };
    let mut fill = |day: i64| {
        for _ in 0..16 {
            let batch: Vec<_> = (0..64)
                .map(|_| {
                    let mut report = usage("c", "s", "1.0", noon(day));
                    // The journal takes any bytes.
                    report.body = (0..1_000).flat_map(|_| noise()).collect();
                    report
                })
                .collect();
            world.store.append(&batch).unwrap();
        }
        world.apply_all();
        while world.store.repack().unwrap() {}
        retire(&world, noon(day + 1));
    };
    let pages = || {
        let db = Connection::open(world.path().join("usage.db")).unwrap();
        db.pragma_query_value(None, "page_count", |row| row.get::<_, i64>(0))
            .unwrap()
    };
    fill(0);
    let once = pages();
    for day in 1..5 {
        fill(day);
    }
    let (now, bytes) = (pages(), 4 * 16 * 64 * 4_000);
    assert!(now - once < bytes / 4_096 / 2, "{once} pages became {now}");
}
