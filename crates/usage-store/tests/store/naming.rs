//! Names of dimensions and numbers: they go with who reported them, and there are only so many of a product.

use std::collections::BTreeSet;

use jiff::Timestamp;
use proptest::prelude::*;
use rusqlite::Connection;
use usage_store::erasure::Whose;
use usage_store::query::{Asked, Beyond, DictionaryEntry, Window};
use usage_store::registry::COMMAND_LINE;
use usage_store::report::Kind;
use usage_store::{Day, Mode, NewReport, Store, Thing, Tier, Writing};

use crate::erasing::erase;
use crate::fleet::*;
use crate::leaving::erase_all;
use crate::rebuilding::{any_report, dump};

/// All names that the read model has, by kind and product.
pub(crate) fn names(world: &World) -> BTreeSet<(Thing, i64, String)> {
    let db = Connection::open(world.path().join("model.db")).unwrap();
    let mut names = BTreeSet::new();
    for (thing, table) in [
        (Thing::Dimension, "dimension"),
        (Thing::Value, "number_key"),
    ] {
        let mut query = db
            .prepare(&format!("SELECT product, name FROM {table}"))
            .unwrap();
        let mut rows = query.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            names.insert((thing, row.get(0).unwrap(), row.get(1).unwrap()));
        }
    }
    names
}

/// The same world with a read model that has never known anything else.
pub(crate) fn made_from_nothing(world: World, names: usize) -> World {
    let world = world.restart_after(|path| {
        for file in ["model.db", "model.db-wal", "model.db-shm"] {
            let _may_not_be_there = std::fs::remove_file(path.join(file));
        }
    });
    world.store.tell_names_apart(names);
    world.apply_all();
    world.store.forget_unused().unwrap();
    world
}

fn said(server: &str, tags: &str, values: &str, at: Timestamp) -> NewReport {
    let ids = format!(r#""cluster_id":"{server}","server_id":"s""#);
    let values = match values {
        "" => ids,
        values => format!("{ids},{values}"),
    };
    let body = format!(r#"[{{"tags":{{{tags}}},"values":{{{values}}}}}]"#);
    report(Kind::Usage, "kapacitor", body.into_bytes(), at)
}

fn asked(world: &World) -> Asked {
    Asked::all(world.store.product_named("kapacitor").unwrap().unwrap())
}

fn days(from: i64, to: i64) -> Window {
    let (from, to) = (Day::of(noon(from)), Day::of(noon(to)));
    Window { from, to }
}

fn told(world: &World) -> Vec<DictionaryEntry> {
    let asked = asked(world);
    world
        .store
        .dictionary(&asked, "kapacitor", days(0, 9))
        .unwrap()
}

fn told_names(world: &World) -> Vec<String> {
    told(world).into_iter().map(|entry| entry.name).collect()
}

fn beyond(world: &World) -> Vec<Beyond> {
    let asked = asked(world);
    world.store.beyond(&asked, "kapacitor", days(0, 9)).unwrap()
}

/// Whether any file has a text in it.
fn is_in_a_file(world: &World, text: &str) -> bool {
    std::fs::read_dir(world.path()).unwrap().any(|file| {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        bytes
            .windows(text.len())
            .any(|part| part == text.as_bytes())
    })
}

#[test]
fn names_go_with_who_reported_them() {
    let world = World::new();
    for day in 0..3 {
        world.append(said(
            "acme",
            r#""acme-internal-x":"1","os":"linux""#,
            r#""acme-spend":7,"n":1"#,
            noon(day),
        ));
        world.append(said(
            "other",
            r#""os":"linux","arch":"arm""#,
            r#""n":2"#,
            noon(day),
        ));
    }
    world.apply_all();
    world.pack_all();
    // On another day, unpacked; and in words that a later report of the day took back.
    world.append(said(
        "acme",
        r#""acme-later":"x""#,
        r#""acme-late":1"#,
        noon(4),
    ));
    world.append(said(
        "acme",
        r#""acme-internal-x":"1""#,
        "",
        noon(4) + hours(1),
    ));
    world.append(said("other", r#""arch":"arm""#, r#""n":2"#, noon(4)));
    world.apply_all();
    assert_eq!(
        told_names(&world),
        [
            "acme-internal-x",
            "acme-later",
            "arch",
            "os",
            "acme-late",
            "acme-spend",
            "n"
        ]
    );
    assert!(is_in_a_file(&world, "acme-internal-x"));
    erase(&world, "acme", None, Whose::Everybodys);
    assert_eq!(told_names(&world), ["arch", "os", "n"]);
    for text in ["acme-internal-x", "acme-spend", "acme-late"] {
        assert!(!is_in_a_file(&world, text), "{text}");
    }
    assert_eq!(
        world.store.dimensions(asked(&world).product).unwrap(),
        ["arch", "os"]
    );
    let all = |world: &World| {
        let mut lines = dump(world);
        // When the last report came that was taken in: it is erased.
        lines.pop();
        lines
    };
    let before = all(&world);
    world.store.rebuild(|_, _| ()).unwrap();
    assert_eq!(all(&world), before);
    // Who reports it again is told again.
    world.append(said("acme", r#""acme-internal-x":"1""#, "", noon(5)));
    world.apply_all();
    assert_eq!(told_names(&world), ["acme-internal-x", "arch", "os", "n"]);
    assert_eq!(told(&world)[0].first_day, Some(Day::of(noon(5))));
}

#[test]
fn names_of_an_organization_go_when_all_it_reported_does() {
    let world = World::new();
    let acme = world.store.organization("Acme", noon(0)).unwrap();
    for n in 0..40 {
        let server = format!("c{n}");
        let own = said(&server, r#""acme-x":"1""#, r#""acme-n":7"#, noon(n % 3));
        world.append(under(own, acme));
    }
    world.append(said("c", "", r#""n":2"#, noon(0)));
    world.apply_all();
    assert_eq!(names(&world).len(), 3);
    erase_all(&world, acme);
    assert_eq!(told_names(&world), ["n"]);
    assert!(!is_in_a_file(&world, "acme-x") && !is_in_a_file(&world, "acme-n"));
}

#[test]
fn what_operators_wrote_of_a_name_stays_and_nothing_that_was_seen() {
    let world = World::new();
    let store = &world.store;
    world.append(said(
        "acme",
        r#""plan":"gold""#,
        r#""seats":7,"spend":3"#,
        noon(0),
    ));
    world.append(said("other", "", r#""n":2"#, noon(0)));
    world.apply_all();
    let of = (Thing::Value, "seats");
    store
        .describe(
            "kapacitor",
            of,
            |note| note.unit = "people".into(),
            COMMAND_LINE,
            noon(0),
        )
        .unwrap();
    store
        .allow(
            "kapacitor",
            &[(Thing::Dimension, "plan")],
            COMMAND_LINE,
            noon(0),
        )
        .unwrap();
    erase(&world, "acme", None, Whose::Everybodys);
    let told: Vec<_> = told(&world)
        .into_iter()
        .map(|entry| {
            (
                entry.name,
                entry.seen.is_some(),
                entry.first_day.is_some(),
                entry.note.unit,
            )
        })
        .collect();
    let seats = ("seats".to_owned(), false, false, "people".to_owned());
    assert_eq!(told, [("n".to_owned(), true, true, String::new()), seats]);
    let allowed = world.store.allowlist("kapacitor").unwrap().allowed;
    assert_eq!(allowed, [(Thing::Dimension, "plan".to_owned())]);
}

#[test]
fn names_that_an_allowlist_removed_go_with_who_sent_them() {
    let world = World::new();
    let store = &world.store;
    for product in ["kapacitor", "telegraf"] {
        store
            .set_allowlist(product, Mode::Drop, COMMAND_LINE, noon(0))
            .unwrap();
    }
    let mut elsewhere = said("acme", r#""theirs":"1""#, "", noon(0));
    elsewhere.product = "telegraf".into();
    world.append(elsewhere);
    world.append(said("acme", r#""acme-x":"1""#, "", noon(0)));
    world.append(said("other", r#""arch":"arm""#, "", noon(0)));
    world.apply_all();
    let removed = |product: &str| {
        let removed = store.allowlist(product).unwrap().removed;
        removed
            .into_iter()
            .map(|(_, name, _)| name)
            .collect::<Vec<_>>()
    };
    assert_eq!(removed("kapacitor"), ["acme-x", "arch"]);
    erase(&world, "nobody", None, Whose::Everybodys);
    assert_eq!(removed("kapacitor").len(), 2, "nothing was erased");
    erase(&world, "acme", None, Whose::Everybodys);
    assert_eq!(removed("kapacitor"), [""; 0]);
    assert_eq!(removed("telegraf"), ["theirs"], "another product's");
    world.append(said("other", r#""arch":"arm""#, "", noon(1)));
    assert_eq!(removed("kapacitor"), ["arch"], "as it is still sent");
}

#[test]
fn names_of_days_that_are_not_kept_go_with_them() {
    let world = World::new();
    world.append(said("c", r#""old-tag":"1""#, r#""old":1"#, noon(0)));
    world.append(said("c", r#""os":"linux""#, r#""n":1"#, noon(3)));
    world.apply_all();
    world.age_all(Tier::Days, 2);
    // A day's sets are kept for longer than its numbers.
    assert_eq!(told_names(&world), ["old-tag", "os", "n"]);
    world.age_all(Tier::Cells, 2);
    assert_eq!(told_names(&world), ["os", "n"]);
}

#[test]
fn a_name_that_only_waiting_numbers_have_stays() {
    let world = World::new();
    world.append(said("a", "", r#""n":1,"gone":1"#, noon(0)));
    world.append(said("b", "", r#""n":1"#, noon(0)));
    world.apply_all();
    world.pack_all();
    // The column still has it, but what waits replaces that.
    world.append(said("a", "", r#""new":1"#, noon(0) + hours(1)));
    world.apply_all();
    world.store.forget_unused().unwrap();
    assert_eq!(told_names(&world), ["n", "new"]);
    world.pack_all();
    world.store.forget_unused().unwrap();
    assert_eq!(told_names(&world), ["n", "new"]);
}

#[test]
fn the_first_names_are_told_apart_and_of_the_others_how_many_there_are() {
    let world = World::new();
    world.store.tell_names_apart(2);
    assert!(world.store.names_beyond().is_empty());
    world.append(said(
        "a",
        r#""arch":"arm","os":"linux""#,
        r#""n":1,"m":2"#,
        noon(0),
    ));
    world.append(said(
        "b",
        r#""junk1":"1","os":"bsd","version":"1.0""#,
        r#""j1":1,"n":5"#,
        noon(1),
    ));
    world.append(said(
        "c",
        r#""junk2":"1","junk3":"1""#,
        r#""j1":1,"j2":1.5"#,
        noon(2),
    ));
    world.append(said("c", r#""junk3":"1""#, r#""j3":1"#, noon(3)));
    world.apply_all();
    let seen = |world: &World| {
        let seen: Vec<_> = told(world)
            .into_iter()
            .map(|entry| (entry.name, entry.seen.unwrap().servers))
            .collect();
        seen
    };
    let expected = [("arch", 1), ("os", 2), ("version", 1), ("m", 1), ("n", 2)];
    let expected = expected.map(|(name, servers)| (name.to_owned(), servers));
    assert_eq!(seen(&world), expected);
    let of = |thing, names| Beyond {
        product: "kapacitor".to_owned(),
        thing,
        first_day: Day::of(noon(1)),
        servers: 2,
        names,
        more: false,
    };
    // Of the latest reports: junk1 and junk3; j1 and j3.
    assert_eq!(
        beyond(&world),
        [of(Thing::Dimension, 2), of(Thing::Value, 2)]
    );
    let product = asked(&world).product;
    let both = [(product, Thing::Dimension), (product, Thing::Value)];
    assert_eq!(Vec::from_iter(world.store.names_beyond()), both);
    let every = world
        .store
        .beyond(&Asked::all(product), "", days(0, 9))
        .unwrap();
    assert_eq!(every, beyond(&world));
    let filtered = world
        .store
        .beyond(&asked(&world), "kapacitor", days(2, 9))
        .unwrap();
    assert_eq!(
        filtered.iter().map(|one| one.servers).collect::<Vec<_>>(),
        [1, 1]
    );
    // What is not told apart is in the journal, and said by the server itself.
    world.pack_all();
    assert_eq!(beyond(&world).len(), 2);
    let before = (dump(&world), beyond(&world));
    for at_once in [1, 2, 1_000] {
        world.store.rebuild_by(at_once, |_, _| ()).unwrap();
        assert_eq!((dump(&world), beyond(&world)), before);
    }
    let world = made_from_nothing(world, 2);
    assert_eq!(
        (seen(&world), beyond(&world)),
        (expected.to_vec(), before.1)
    );
}

#[test]
fn a_place_that_becomes_free_is_given_to_the_name_that_comes_next_and_by_a_rebuild_anew() {
    let world = World::new();
    world.store.tell_names_apart(2);
    world.append(said(
        "junk",
        r#""x1":"1","x2":"1""#,
        r#""y1":1,"y2":2"#,
        noon(0),
    ));
    world.append(said(
        "good",
        r#""arch":"arm","os":"linux""#,
        r#""n":1,"m":1"#,
        noon(1),
    ));
    world.apply_all();
    assert_eq!(told_names(&world), ["x1", "x2", "y1", "y2"]);
    erase(&world, "junk", None, Whose::Everybodys);
    assert_eq!(told_names(&world), [""; 0]);
    assert_eq!(beyond(&world).len(), 2, "it still says so of that day");
    world.append(said("good", r#""os":"linux""#, r#""m":1"#, noon(2)));
    world.apply_all();
    assert_eq!(told_names(&world), ["os", "m"]);
    let os = |world: &World| told(world)[0].seen.clone().unwrap();
    assert_eq!(told(&world)[0].first_day, Some(Day::of(noon(2))));
    let (m, product) = (["m"], asked(&world).product);
    let numbers = |world: &World, on| {
        let all = world
            .store
            .numbers_of_day(product, Day::of(noon(on)))
            .unwrap();
        let all = all.into_values().flatten();
        all.map(|(name, _)| name).collect::<Vec<_>>()
    };
    assert_eq!(
        (numbers(&world, 1), numbers(&world, 2)),
        (vec![], m.map(str::to_owned).to_vec())
    );
    assert_eq!(os(&world).servers, 1);
    world.store.rebuild(|_, _| ()).unwrap();
    assert_eq!(told_names(&world), ["arch", "os", "m", "n"]);
    assert_eq!(numbers(&world, 1).len(), 2);
    assert!(beyond(&world).is_empty());
}

#[test]
fn who_follows_the_journal_hears_of_names_that_another_process_forgot() {
    let world = World::new();
    for day in 0..2 {
        world.append(said("a", r#""os":"linux""#, r#""n":1"#, noon(day)));
    }
    world.append(said(
        "a",
        r#""os":"linux","x":"1""#,
        r#""n":1,"y":1"#,
        noon(0) - hours(1),
    ));
    world.apply_all();
    let beside = Store::open(world.path(), Writing::Beside).unwrap();
    beside.rebuild(|_, _| ()).unwrap();
    drop(beside);
    assert_eq!(
        told_names(&world),
        ["os", "n"],
        "x and y were said for a moment"
    );
    world.append(said(
        "a",
        r#""os":"linux","x":"1""#,
        r#""n":1,"y":1"#,
        noon(2),
    ));
    world.apply_all();
    assert_eq!(told_names(&world), ["os", "x", "n", "y"]);
    let x = told(&world)[1].seen.clone().unwrap();
    assert_eq!((x.servers, x.values), (1, 1));
}

#[test]
fn names_without_end_take_little() {
    let world = World::new();
    world.store.tell_names_apart(50);
    for n in 0..40 {
        let names: Vec<String> = (0..90)
            .map(|k| format!(r#""made-up-{n}-{k}":{k}"#))
            .collect();
        let tags: Vec<String> = (0..90).map(|k| format!(r#""{n}-{k}":"{k}""#)).collect();
        let server = format!("c{}", n % 7);
        world.append(said(
            &server,
            &tags.join(","),
            &names.join(","),
            noon(n / 8),
        ));
    }
    world.apply_all();
    assert_eq!(names(&world).len(), 100);
    let all = beyond(&world);
    assert_eq!(
        all.iter().map(|one| one.servers).collect::<Vec<_>>(),
        [7, 7]
    );
    assert_eq!(
        all.iter().map(|one| one.names).collect::<Vec<_>>(),
        [7 * 90; 2]
    );
    let db = Connection::open(world.path().join("model.db")).unwrap();
    let rows = |table: &str| -> i64 {
        db.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| {
            row.get(0)
        })
        .unwrap()
    };
    world.pack_all();
    assert!(
        rows("dimension_value") <= 50 && rows("column") <= 5 * 52,
        "{}",
        rows("column")
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Erasures make places free, so a rebuild may give them to others; never too many, and always to the same.
    #[test]
    fn places_that_became_free_are_given_anew_by_a_rebuild_as_by_a_model_that_never_knew_who_had_them(
        before in proptest::collection::vec(any_report(), 1..40),
        erased in 0u8..3,
        after in proptest::collection::vec(any_report(), 0..20),
        places in 0usize..6,
        at_once in prop_oneof![1usize..8, Just(1_000_000)],
    ) {
        let world = World::new();
        world.store.tell_names_apart(places);
        for (report, _) in before {
            world.append(report);
        }
        world.apply_all();
        erase(&world, &format!("c{erased}"), None, Whose::Everybodys);
        for (report, _) in after {
            world.append(report);
        }
        world.apply_all();
        world.store.forget_unused().unwrap();
        let fits = |world: &World| {
            for thing in [Thing::Dimension, Thing::Value] {
                let names = names(world);
                let of = names.iter().filter(|(of, _, name)| *of == thing && name != "version");
                // One more, where the version has one of the places.
                assert!(of.count() <= places, "{names:?}");
            }
        };
        fits(&world);
        world.store.rebuild_by(at_once, |_, _| ()).unwrap();
        fits(&world);
        let (anew, all) = (names(&world), dump(&world));
        world.store.rebuild_by(3, |_, _| ()).unwrap();
        prop_assert_eq!(dump(&world), all, "another rebuild changes nothing");
        let world = made_from_nothing(world, places);
        prop_assert_eq!(names(&world), anew);
    }
}
