//! The read model that followed the journal step by step equals the one made anew from it.

use std::time::Duration;

use jiff::Timestamp;
use proptest::prelude::*;
use roaring::RoaringBitmap;
use rusqlite::Connection;
use rusqlite::types::Value;
use usage_store::query::lists::{List, Sort, State, Turn};
use usage_store::query::{Asked, ProductId, Window};
use usage_store::report::Kind;
use usage_store::{Day, Error, NewReport, Store, Tier, Writing};

use crate::fleet::*;
use crate::folding::is_partitioned;
use crate::{crowding, naming};

/// A column as text. Sets as their members: the same set has several encodings.
fn text(column: &str, value: Value) -> String {
    match value {
        Value::Blob(bytes) if column == "spans" => {
            format!("{:?}", RoaringBitmap::deserialize_from(&bytes[..]).unwrap())
        }
        value => format!("{value:?}"),
    }
}

const NAME: &str = "name | ";

/// Whether a line of the dump is about a name.
pub(crate) fn is_name(line: &str) -> bool {
    line.starts_with(NAME)
}

/// Everything the read model holds, as text.
pub(crate) fn dump(world: &World) -> Vec<String> {
    let db = Connection::open(world.path().join("model.db")).unwrap();
    let tables = [
        "SELECT * FROM cluster ORDER BY id",
        "SELECT id, product, cluster_id, server_id, organization, cluster, first_seen, last_seen, host, host_at, version, version_at, usage, usage_at, spans, reports, starts, prev_host, host_returns, backwards FROM server ORDER BY id",
        "SELECT * FROM dimension ORDER BY id",
        "SELECT * FROM number_key ORDER BY id",
        "SELECT * FROM stat_day ORDER BY 1, 2",
        "SELECT * FROM fold ORDER BY 1, 2, 3",
        "SELECT * FROM tiers",
        "SELECT * FROM day_reports ORDER BY 1, 2, 3",
        "SELECT seq, element, received_at, spans_from FROM applied",
    ];
    let mut lines = numbers(world, &db);
    for table in tables {
        let mut query = db.prepare(table).unwrap();
        let names: Vec<String> = query.column_names().map(str::to_owned).collect();
        let mut rows = query.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            let cells: Vec<String> = (0..names.len())
                .map(|n| text(&names[n], row.get(n).unwrap()))
                .collect();
            let of_name = names.iter().any(|name| name == "seen");
            let line = cells.join(" | ");
            lines.push(if of_name {
                format!("{NAME}{line}")
            } else {
                line
            });
        }
    }
    lines
}

/// All sets of all days, and all rows with their numbers, packed or not.
fn numbers(world: &World, db: &Connection) -> Vec<String> {
    let mut days = db
        .prepare("SELECT product, day FROM day_state ORDER BY product, day")
        .unwrap();
    let days = days
        .query_map([], |row| Ok((ProductId(row.get(0)?), Day(row.get(1)?))))
        .unwrap();
    let mut lines = Vec::new();
    for row in days {
        let (product, day) = row.unwrap();
        for ((dimension, value), set) in world.store.sets_of_day(product, day).unwrap() {
            let set = RoaringBitmap::from_iter(set);
            lines.push(format!(
                "{product:?} {day} | {dimension} | {value} | {set:?}"
            ));
        }
        let mut numbers = world.store.numbers_of_day(product, day).unwrap();
        for (server, row) in world.store.rows_of_day(product, day).unwrap() {
            let said: Vec<_> = numbers.remove(&server).unwrap_or_default();
            lines.push(format!("{product:?} {day} {server:?} {row:?}"));
            lines.push(format!("{product:?} {day} {server:?} said {said:?}"));
            if lines.len() % 16 == 0 {
                let alone = world.store.numbers_of_server(product, day, server).unwrap();
                assert_eq!(alone, said);
            }
        }
        assert!(numbers.is_empty(), "numbers of none: {numbers:?}");
    }
    lines
}

/// A report of a small, quarrelsome fleet: few ids, so that they meet often.
pub(crate) fn any_report() -> impl Strategy<Value = (NewReport, bool)> {
    let ids = (
        0u8..3,
        0u8..3,
        prop_oneof![Just("1.0"), Just("1.1"), Just("2.0")],
    );
    (
        ids,
        (0u8..4, 0u8..3, 0u8..4),
        any::<bool>(),
        0i64..72,
        proptest::option::of(0i64..48),
    )
        .prop_map(
            |((cluster, server, version), said, organization, at, delay)| {
                let at = noon(0) + hours(at);
                let ids = format!(r#""cluster_id":"c{cluster}","server_id":"s{server}""#);
                let mut report = said_by(&ids, version, said, at);
                if let Some(delay) = delay {
                    report = made(report, at - hours(delay));
                }
                (report, organization)
            },
        )
}

/// A check-in from one of three hosts, stats, or usage: counters that grow and begin again, keys that come
/// and go and change their kind.
fn said_by(ids: &str, version: &str, (what, host, many): (u8, u8, u8), at: Timestamp) -> NewReport {
    let (kind, body) = match what {
        0 => {
            let said = format!(r#""host":"h{host}","product":"kapacitor","version":"{version}""#);
            (Kind::Servers, format!("{{{ids},{said}}}"))
        }
        1 => {
            let stats = format!(r#"{{"name":"n","values":{{"queries":{many}}}}}"#);
            (Kind::Stats, format!(r#"{{{ids}, "stats": [{stats}]}}"#))
        }
        _ => {
            let own = [String::new(), format!(r#","own{many}":"{version}""#)];
            let own = &own[usize::from(host > 0)];
            let tags = format!(r#"{{"version":"{version}","os":"linux"{own}}}"#);
            let load = ["", r#","load":0.5"#, r#","load":7"#][usize::from(host)];
            let grown = r#","written_total":18446744073709551615"#;
            let grown = if many > 2 { grown } else { "" };
            let count = format!(r#","count{many}":1"#);
            let count = if host == 1 { &count } else { "" };
            let values = format!(r#"{{{ids},"uptime":{many}{load}{grown}{count}}}"#);
            (
                Kind::Usage,
                format!(r#"[{{"tags":{tags},"values":{values}}}]"#),
            )
        }
    };
    report(kind, "kapacitor", body.into_bytes(), at)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn step_by_step_equals_made_anew(
        history in proptest::collection::vec(
            (any_report(), any::<bool>(), prop::bool::weighted(0.1), prop::bool::weighted(0.1)),
            1..90,
        ),
        packed_anew in any::<bool>(),
        top in proptest::option::of(1usize..3),
        aged in proptest::option::of((-3i64..4, -3i64..4)),
        at_once in prop_oneof![1usize..8, 8usize..60, Just(1_000_000)],
        batches in 1usize..5,
        catching_up in prop::bool::weighted(0.2),
        meddled_at in proptest::option::of(0usize..9),
        names in prop_oneof![Just(2_000), 0usize..9],
    ) {
        let world = World::new();
        world.store.tell_names_apart(names);
        let acme = world.store.organization("Acme", noon(0)).unwrap();
        let fold = || {
            if let Some(top) = top {
                world.fold_all(top);
            }
        };
        for ((report, under_acme), apply_now, pack_now, fold_now) in history {
            world.append(if under_acme { under(report, acme) } else { report });
            if apply_now {
                world.apply_all();
            }
            if pack_now {
                world.pack_all();
            }
            if fold_now {
                fold();
            }
            is_partitioned(&world);
        }
        if catching_up {
            world.store.catch_up(|_, _| ()).unwrap();
            prop_assert_eq!(world.store.freshness().unwrap().behind, 0);
        }
        world.apply_all();
        let age = || {
            if let Some((days, cells)) = aged {
                world.age_all(Tier::Cells, cells);
                world.age_all(Tier::Days, days);
            }
        };
        fold();
        age();
        is_partitioned(&world);
        // What was said for a moment only.
        world.store.forget_unused().unwrap();
        let (step_by_step, beyond) = (dump(&world), crowding::beyond(&world));
        let (mut told, mut meddled) = (0, false);
        let meddle = |_, _| {
            // Somebody else's step: what was made ready for the next one is for nothing.
            if meddled_at.is_some_and(|at| at <= told) && !meddled {
                let db = Connection::open(world.path().join("model.db")).unwrap();
                db.busy_timeout(Duration::ZERO).unwrap();
                // Not in the middle of a step.
                let done = db.execute_batch("UPDATE applied SET step = step + 1");
                meddled = done.is_ok();
            }
            told += 1;
        };
        world.store.rebuild_by((at_once, batches), meddle).unwrap();
        if packed_anew {
            world.pack_all();
        }
        fold();
        age();
        prop_assert_eq!(dump(&world), step_by_step);
        prop_assert_eq!(crowding::beyond(&world), beyond.clone());
        let step_by_step = naming::names(&world);
        if aged.is_none() {
            let world = naming::made_from_nothing(world, names);
            prop_assert_eq!(naming::names(&world), step_by_step);
            prop_assert_eq!(crowding::beyond(&world), beyond);
        }
    }
}

#[test]
fn a_rebuild_tells_how_far_it_is_and_a_stopped_one_goes_on() {
    let world = World::new();
    let reports: Vec<_> = (0..9000)
        .map(|n| {
            usage(
                &format!("c{}", n % 40),
                &format!("s{}", n % 90),
                "1.0",
                noon(n / 200),
            )
        })
        .collect();
    for batch in reports.chunks(100) {
        world.store.append(batch).unwrap();
    }
    world.apply_all();
    let before = dump(&world);
    let mut told = Vec::new();
    world
        .store
        .rebuild(|done, all| told.push((done, all)))
        .unwrap();
    assert!(told.len() > 2 && told.is_sorted(), "{told:?}");
    assert_eq!(told.last(), Some(&(9000, 9000)));
    assert_eq!(dump(&world), before);

    // Stopped in the middle, as kill -9 would: the mark says where to go on.
    let stopped = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        world
            .store
            .rebuild(|done, _| assert!(done < 4500, "stop here"))
    }));
    assert!(stopped.is_err());
    let world = world.restart();
    assert_ne!(dump(&world), before);
    world.apply_all();
    assert_eq!(dump(&world), before);
}

#[test]
fn while_the_model_is_made_anew_nobody_else_touches_it() {
    let world = World::new();
    for day in 0..4 {
        let reports: Vec<_> = (0..50)
            .map(|n| usage("c", &format!("s{n}"), &format!("1.{}", n % 9), noon(day)))
            .collect();
        world.store.append(&reports).unwrap();
    }
    world.apply_all();
    let before = dump(&world);
    let beside = Store::open(world.path(), Writing::Beside).unwrap();
    let mut told = Vec::new();
    let tries = |done, _| {
        assert_eq!(beside.apply().unwrap(), 0);
        assert!(!beside.pack_columns(Some(Day(i32::MAX))).unwrap());
        assert!(!beside.fold_day(Day(i32::MAX), 2).unwrap());
        let refused = beside.rebuild(|_, _| unreachable!()).unwrap_err();
        let id = std::process::id();
        assert!(matches!(refused, Error::BeingRebuilt(Some(who)) if who == id));
        assert!(refused.to_string().contains(&format!("(process {id})")));
        told.push((done, beside.freshness().unwrap().behind));
    };
    world.store.rebuild_by((30, 1), tries).unwrap();
    assert!(told.contains(&(90, 110)), "{told:?}");
    assert_eq!(dump(&world), before);
    beside.rebuild(|_, _| ()).unwrap();
    assert_eq!(dump(&world), before);
    // Afterwards it goes on as ever.
    world.append(usage("c", "late", "1.0", noon(3)));
    assert_eq!(beside.apply().unwrap(), 1);
    assert!(beside.pack_columns(Some(Day(i32::MAX))).unwrap());
    assert!(beside.fold_day(Day(i32::MAX), 2).unwrap());
}

#[test]
fn a_report_of_thousands_of_elements_is_taken_in_step_by_step() {
    let world = World::new();
    let elements: Vec<String> = (0..3000)
        .map(|n| {
            format!(
                r#"{{"tags":{{"version":"{}"}},"values":{{"cluster_id":"c{}"}}}}"#,
                n % 7,
                n % 2000
            )
        })
        .collect();
    let body = format!("[{}]", elements.join(","));
    world.append(usage("before", "s", "1.0", noon(0)));
    world.append(report(Kind::Usage, "kapacitor", body.into_bytes(), noon(0)));
    world.append(usage("after", "s", "1.0", noon(0)));
    world.apply_all();
    let product = &world.store.products(noon(0)).unwrap()[0];
    assert_eq!((product.active_servers, product.reports_today), (2002, 3));
    assert_eq!(world.store.freshness().unwrap().behind, 0);
    let before = dump(&world);
    world.store.rebuild(|_, _| ()).unwrap();
    assert_eq!(dump(&world), before);
}

#[test]
fn too_many_new_products_are_kept_apart_alike_before_and_after_a_rebuild() {
    let world = World::new();
    let names: Vec<NewReport> = (0..1000)
        .map(|n| report(Kind::Usage, &format!("junk{n}"), b"[]".to_vec(), noon(0)))
        .collect();
    world.store.append(&names).unwrap();
    let newcomer = || report(Kind::Usage, "newcomer", b"[]".to_vec(), noon(0));
    for _ in 0..5 {
        world.append(newcomer());
    }
    world.apply_all();
    let named = |name: &str| {
        let products = world.store.products(noon(0)).unwrap();
        products.into_iter().find(|product| product.name == name)
    };
    assert_eq!(named("newcomer"), None);
    assert_eq!(world.journal().len(), 1005, "kept all the same");
    world.store.adopt_products(&["junk7"], noon(0)).unwrap();
    world.append(newcomer());
    world.apply_all();
    assert_eq!(named("newcomer").unwrap().reports_today, 1, "from now on");
    let before = dump(&world);
    world.store.rebuild(|_, _| ()).unwrap();
    assert_eq!(dump(&world), before);
    assert_eq!(named("newcomer").unwrap().reports_today, 1);
}

#[test]
fn a_model_of_an_older_program_is_made_anew_and_keeps_its_ids() {
    let world = World::new();
    let acme = world.store.organization("Acme", noon(0)).unwrap();
    for n in 0..50 {
        let report = usage(
            &format!("c{}", n % 3),
            &format!("s{}", n % 20),
            "1.0",
            noon(n),
        );
        world.append(if n % 4 == 0 {
            under(report, acme)
        } else {
            report
        });
    }
    world.apply_all();
    let before = dump(&world);
    let mut told = Vec::new();
    let World { store, folder } = world;
    drop(store);
    without_questions(folder.path());
    let store = Store::open_telling(folder.path(), Writing::Alone, &mut |opening| {
        told.push(format!("{opening:?}"));
    })
    .unwrap();
    assert!(told[0].starts_with("Migrating"), "{told:?}");
    assert_eq!(told[1..], ["ModelOutdated"]);
    let world = World { store, folder };
    assert_eq!(world.store.freshness().unwrap().behind, 50);
    world.apply_all();
    assert_eq!(dump(&world), before);
    let world = world.restart();
    assert_eq!(world.store.freshness().unwrap().behind, 0, "not again");
}

/// What lists remember of servers must be read again, whatever the size of the step that changed them.
#[test]
fn a_list_that_was_looked_at_while_the_model_is_made_anew_is_right_afterwards() {
    let world = World::new();
    for n in 0..6 {
        let version = format!("1.{n}");
        world.append(usage("c", &format!("s{}", n % 3), &version, noon(n)));
    }
    world.apply_all();
    let product = world.store.product_named("kapacitor").unwrap();
    let list = List {
        asked: Asked::all(product.unwrap()),
        window: Window::last(10, Day::of(noon(6))),
        search: String::new(),
        state: State::All,
        cluster: None,
        sort: Sort::LastSeen,
        descending: true,
        turn: Turn::First,
        limit: 10,
        now: noon(6),
    };
    let shown = |store: &Store| format!("{:?}", store.list_servers(&list).unwrap().rows);
    let before = shown(&world.store);
    world
        .store
        .rebuild_by((2, 2), |_, _| drop(shown(&world.store)))
        .unwrap();
    assert_eq!(shown(&world.store), before);
    let world = world.restart();
    assert_eq!(shown(&world.store), before);
}
