//! Names of dimensions and numbers go with who reported them.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rusqlite::Connection;
use usage_store::erasure::Whose;
use usage_store::query::{Asked, DictionaryEntry, Window};
use usage_store::registry::COMMAND_LINE;
use usage_store::report::Kind;
use usage_store::{Day, Mode, NewReport, Store, Thing, Tier, Writing};

use crate::erasing::erase;
use crate::fleet::*;
use crate::leaving::erase_all;
use crate::rebuilding::dump;

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

pub(crate) fn said(server: &str, tags: &str, values: &str, at: Timestamp) -> NewReport {
    let ids = format!(r#""cluster_id":"{server}","server_id":"s""#);
    let values = match values {
        "" => ids,
        values => format!("{ids},{values}"),
    };
    let body = format!(r#"[{{"tags":{{{tags}}},"values":{{{values}}}}}]"#);
    report(Kind::Usage, "kapacitor", body.into_bytes(), at)
}

pub(crate) fn asked(world: &World) -> Asked {
    Asked::all(world.store.product_named("kapacitor").unwrap().unwrap())
}

pub(crate) fn days(from: i64, to: i64) -> Window {
    let (from, to) = (Day::of(noon(from)), Day::of(noon(to)));
    Window { from, to }
}

pub(crate) fn told(world: &World) -> Vec<DictionaryEntry> {
    let asked = asked(world);
    world
        .store
        .dictionary(&asked, "kapacitor", days(0, 9))
        .unwrap()
}

pub(crate) fn told_names(world: &World) -> Vec<String> {
    told(world).into_iter().map(|entry| entry.name).collect()
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
