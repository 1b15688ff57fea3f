//! Names that senders make up: so many of a product are told apart, and of the others it is told how many there are.

use proptest::prelude::*;
use rusqlite::Connection;
use usage_store::erasure::Whose;
use usage_store::query::{Asked, Beyond};
use usage_store::{Day, Thing};

use crate::erasing::erase;
use crate::fleet::*;
use crate::naming::{asked, days, made_from_nothing, names, said, told, told_names};
use crate::rebuilding::{any_report, dump};

pub(crate) fn beyond(world: &World) -> Vec<Beyond> {
    let asked = asked(world);
    world
        .store
        .beyond(&asked, "kapacitor", days(-3, 9))
        .unwrap()
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
    // Since when is told of all days that are kept, whether numbers of them are packed or wait.
    let first_days = filtered.iter().map(|one| one.first_day);
    assert!(first_days.into_iter().all(|day| day == Day::of(noon(1))));
    // What is not told apart is in the journal, and said by the server itself.
    world.pack_all();
    assert_eq!(beyond(&world).len(), 2);
    let before = (dump(&world), beyond(&world));
    for at_once in [1, 2, 1_000] {
        world.store.rebuild_by((at_once, 2), |_, _| ()).unwrap();
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
        world.store.rebuild_by((at_once, 2), |_, _| ()).unwrap();
        fits(&world);
        let (anew, all) = (names(&world), dump(&world));
        world.store.rebuild_by((3, 1), |_, _| ()).unwrap();
        prop_assert_eq!(dump(&world), all, "another rebuild changes nothing");
        let world = made_from_nothing(world, places);
        prop_assert_eq!(names(&world), anew);
    }
}
