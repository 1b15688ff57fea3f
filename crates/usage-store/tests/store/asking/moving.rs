//! Who went from one version to another.

use usage_store::query::{Asked, Change, Group, Per};

use super::*;

/// `day: upgraded downgraded otherwise`, of the days on which anybody moved.
fn told(world: &World, asked: &Asked, per: Per) -> Vec<String> {
    let upgrades = world
        .store
        .upgrades(asked, days(0, 120), per, "version")
        .unwrap();
    let told = upgrades.iter().filter_map(|one| {
        let day = one.period.from.0 - day(0).0;
        let all = (one.upgraded, one.downgraded, one.otherwise);
        (all != (0, 0, 0)).then(|| format!("{day}: {} {} {}", all.0, all.1, all.2))
    });
    told.collect()
}

#[test]
fn a_servers_version_is_compared_with_the_one_before_the_period() {
    let world = World::new();
    for (ids, version, day) in [
        ("c/up", "1.9", 0),
        ("c/up", "1.10", 3),
        ("c/down", "1.10", 0),
        ("c/down", "1.9", 3),
        ("c/same", "1.10", 0),
        ("c/same", "v1.10.0", 3),
        ("c/strange", "1.10", 0),
        ("c/strange", "nightly", 3),
        ("c/back and forth", "1.9", 0),
        ("c/back and forth", "2.0", 1),
        ("c/back and forth", "1.9", 2),
        ("c/new", "1.9", 3),
    ] {
        world.append(runs(ids, version, noon(day)));
    }
    world.apply_all();
    let asked = world.asked();
    assert_eq!(
        told(&world, &asked, Per::Day),
        ["1: 1 0 0", "2: 0 1 0", "3: 1 1 2"]
    );
    // The first of October was a Thursday.
    assert_eq!(told(&world, &asked, Per::Week), [""; 0], "all in one");
    world.append(runs("c/back and forth", "2.0", noon(4)));
    world.append(runs("c/back and forth", "1.9.1", noon(5)));
    world.apply_all();
    assert_eq!(told(&world, &asked, Per::Week), ["4: 1 0 0"], "by the last");
    let nightly = only(&asked, "version", "nightly");
    assert_eq!(
        told(&world, &nightly, Per::Day),
        ["3: 0 0 1"],
        "who is it now"
    );
}

#[test]
fn who_was_silent_for_a_quarter_came_back_and_who_was_late_changes_that_day() {
    let world = World::new();
    world.append(runs("c/long", "1.9", noon(0)));
    world.append(runs("c/long", "2.0", noon(91)));
    world.append(runs("c/short", "1.9", noon(0)));
    world.append(runs("c/short", "2.0", noon(90)));
    world.apply_all();
    let asked = world.asked();
    assert_eq!(told(&world, &asked, Per::Day), ["90: 1 0 0"]);
    world.append(made(runs("c/long", "1.9", noon(95)), noon(60)));
    world.append(made(runs("c/short", "2.0", noon(95)), noon(60)));
    world.apply_all();
    assert_eq!(told(&world, &asked, Per::Day), ["60: 1 0 0", "91: 1 0 0"]);
}

#[test]
fn the_ways_that_most_went_are_told() {
    let world = World::new();
    for n in 0..6 {
        world.append(runs(&format!("c/{n}"), "1.8", noon(0)));
        let (version, day) = [
            ("1.9", 1),
            ("1.9", 2),
            ("1.9", 2),
            ("1.7", 2),
            ("1.7", 2),
            ("x", 2),
        ][n];
        world.append(runs(&format!("c/{n}"), version, noon(day)));
    }
    world.apply_all();
    let paths = world
        .store
        .upgrade_paths(&world.asked(), days(0, 2), Per::Day, "version", 2)
        .unwrap();
    let name = |group: &Group| match group {
        Group::Named(name) => name.clone(),
        other => format!("{other:?}"),
    };
    let told: Vec<_> = paths
        .iter()
        .map(|one| {
            let day = one.period.from.0 - day(0).0;
            (day, name(&one.old), name(&one.new), one.change, one.servers)
        })
        .collect();
    let way = |day, new: &str, change, n| (day, "1.8".to_owned(), new.to_owned(), change, n);
    assert_eq!(
        told,
        [
            way(1, "1.9", Change::Upgrade, 1),
            way(2, "1.9", Change::Upgrade, 2),
            way(2, "1.7", Change::Downgrade, 2),
        ]
    );
}

#[test]
fn what_a_day_does_not_tell_apart_is_no_change() {
    let world = World::new();
    for day in [0, 3] {
        for n in 0..4 {
            let version = ["1.8", "1.8", "rare", "rarer"][n];
            world.append(runs(&format!("c/{n}"), version, noon(day)));
        }
    }
    world.append(runs("c/0", "1.9", noon(4)));
    // Only the first days are over: there the rarer two stand together.
    world.apply_all();
    while world.store.fold_day(day(1), 1).unwrap() {}
    let asked = world.asked();
    assert_eq!(told(&world, &asked, Per::Day), ["4: 1 0 0"]);
    let parts = world.store.parts(&asked, days(0, 0), &version(), 9);
    let groups = parts.unwrap().into_iter().map(|part| part.group);
    let named = Group::Named("1.8".to_owned());
    assert_eq!(groups.collect::<Vec<_>>(), [named, Group::Other]);
}
