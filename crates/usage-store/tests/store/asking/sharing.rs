//! Who has what: shares now and over time, releases, how far behind.

use usage_store::query::{Asked, By, Far, Group, Part, Per, Release};

use super::*;

/// The parts as `name servers/of`.
fn told(parts: &[Part]) -> Vec<String> {
    let name = |group: &Group| match group {
        Group::Named(name) => name.clone(),
        Group::Other => "(other)".to_owned(),
        Group::Without => "-".to_owned(),
    };
    let told = parts
        .iter()
        .map(|part| format!("{} {}/{}", name(&part.group), part.servers, part.of));
    told.collect()
}

#[test]
fn a_server_counts_once_by_its_latest_usage_report_in_the_window() {
    let world = World::new();
    world.append(runs("c/moved", "1.8", noon(1)));
    world.append(runs("c/moved", "1.9", noon(3)));
    world.append(runs("c/stayed", "1.8", noon(2)));
    world.append(says("c/forgetful", &[("version", "1.8")], noon(2)));
    world.append(says("c/forgetful", &[("os", "linux")], noon(3)));
    world.append(runs("c/gone", "1.7", noon(0)));
    // A check-in isn't one.
    world.append(check_in("c", "stayed", "2.0", noon(3)));
    world.append(check_in("c", "starts", "2.0", noon(3)));
    world.apply_all();
    let asked = world.asked();
    let parts = |window| world.store.parts(&asked, window, &version(), 10).unwrap();
    let now = parts(days(1, 3));
    assert_eq!(told(&now), ["1.8 1/3", "1.9 1/3", "- 1/3"]);
    assert!((now[0].share() - 1.0 / 3.0).abs() < 1e-9);
    assert_eq!(told(&parts(days(1, 2))), ["1.8 3/3"]);
    assert_eq!(told(&parts(days(0, 3)))[2], "1.7 1/4");
    assert_eq!(told(&parts(days(5, 9))), [""; 0]);
    assert_eq!(
        Part {
            of: 0,
            ..now[0].clone()
        }
        .share(),
        0.0
    );
}

#[test]
fn the_latest_report_decides_whether_a_server_fits_the_filter() {
    let world = World::new();
    let os = |ids, os, day| says(ids, &[("os", os), ("version", "1.8")], noon(day));
    world.append(os("c/moved", "linux", 1));
    world.append(os("c/moved", "windows", 2));
    world.append(os("c/stayed", "linux", 1));
    world.apply_all();
    let linux = only(&world.asked(), "os", "linux");
    let parts = world
        .store
        .parts(&linux, days(1, 2), &version(), 10)
        .unwrap();
    assert_eq!(told(&parts), ["1.8 1/1"]);
}

#[test]
fn the_largest_are_told_apart_the_rest_is_one_and_who_has_none_is_apart() {
    let world = World::new();
    for n in 0..6 {
        let version = ["a", "a", "a", "b", "b", "c"][n];
        world.append(runs(&format!("c/{n}"), version, noon(0)));
    }
    world.append(runs("c/7", "d", noon(1)));
    world.append(says("c/8", &[("os", "linux")], noon(1)));
    world.apply_all();
    let asked = world.asked();
    let ask = |top| {
        let parts = world
            .store
            .adoption(&asked, days(0, 1), Per::Day, &version(), top);
        told(&parts.unwrap())
    };
    assert_eq!(
        ask(2),
        [
            "a 3/6",
            "b 2/6",
            "(other) 1/6",
            "- 0/6",
            "a 0/2",
            "b 0/2",
            "(other) 1/2",
            "- 1/2"
        ]
    );
    assert_eq!(ask(9).len(), 10, "no others");
    let acme = world.store.organization("Acme", noon(0)).unwrap();
    world.append(under(runs("c/9", "a", noon(1)), acme));
    world.apply_all();
    for (by, expected) in [
        (By::Organization, ["Acme 1/9", "- 8/9"]),
        (By::Who, ["organizations 1/9", "anonymous 8/9"]),
    ] {
        let parts = world.store.parts(&asked, days(0, 1), &by, 10).unwrap();
        assert_eq!(told(&parts), expected);
    }
}

#[test]
fn what_came_since_is_in_the_next_answer() {
    let world = World::new();
    world.append(runs("c/a", "1.8", noon(0)));
    world.apply_all();
    let asked = world.asked();
    let ask = |per| {
        let parts = world
            .store
            .adoption(&asked, days(0, 1), per, &version(), 10);
        told(&parts.unwrap())
    };
    for per in [Per::Day, Per::Month] {
        assert_eq!(ask(per)[0], "1.8 1/1");
    }
    world.append(made(runs("c/b", "1.9", noon(5)), noon(0)));
    world.apply_all();
    assert_eq!(ask(Per::Day)[..2], ["1.8 1/2", "1.9 1/2"]);
    assert_eq!(ask(Per::Month), ["1.8 1/2", "1.9 1/2"]);
}

/// Ten servers. 1.9 comes on day 1 and is had by one; five have it on day 3; on day 4 all have it or
/// 1.10, which two have.
fn ten_servers() -> World {
    let world = World::new();
    for day in 0..5 {
        for n in 0..10 {
            let version = match (day, n) {
                (0, _) => "1.8",
                (1 | 2, 0) | (3, 0..5) => "1.9",
                (4, 0..2) => "v1.10",
                (4, 2..9) => "1.9",
                (4, 9) => "dev",
                _ => "1.8",
            };
            world.append(runs(&format!("c/{n}"), version, noon(day)));
        }
    }
    world.apply_all();
    world
}

fn told_releases(releases: &[Release]) -> Vec<String> {
    let told = releases.iter().map(|one| {
        let days = one
            .days_to
            .map(|days| days.map_or("-".to_owned(), |n| n.to_string()));
        let first = one.first_seen.0 - day(0).0;
        format!(
            "{} since {first}: {}, {}/{}",
            one.version,
            days.join(" "),
            one.servers,
            one.of
        )
    });
    told.collect()
}

#[test]
fn a_release_is_adopted_when_servers_have_it_or_a_newer_one() {
    let world = ten_servers();
    let asked = world.asked();
    let ask = |asked: &Asked, window, limit| {
        let releases = world.store.releases(asked, window, "version", limit);
        told_releases(&releases.unwrap())
    };
    assert_eq!(
        ask(&asked, days(0, 4), 10),
        [
            "v1.10 since 4: 0 - -, 2/10",
            "1.9 since 1: 0 2 3, 7/10",
            "1.8 since 0: 0 0 0, 0/10",
            "dev since 4: - - -, 1/10",
        ]
    );
    assert_eq!(ask(&asked, days(4, 4), 1), ["v1.10 since 4: 0 - -, 2/10"]);
    assert_eq!(
        ask(&asked, days(4, 4), 10)[1],
        "1.9 since 1: 0 2 3, 7/10",
        "what was before the window counts"
    );
    assert_eq!(ask(&asked, days(4, 4), 10).len(), 3, "nobody has 1.8 then");
    assert_eq!(
        ask(&only(&asked, "version", "1.9"), days(0, 4), 10),
        ["1.9 since 1: 0 0 0, 7/7"]
    );
}

#[test]
fn behind_are_those_for_whom_there_are_newer_releases() {
    let world = World::new();
    for (n, version) in [
        "1.10", "v1.10.0", "1.9", "1.9", "1.8", "2.0-rc.1", "1.7-beta", "nightly",
    ]
    .into_iter()
    .enumerate()
    {
        world.append(runs(&format!("c/{n}"), version, noon(0)));
    }
    world.append(says("c/none", &[("os", "plan9")], noon(0)));
    world.apply_all();
    let asked = world.asked();
    let ask = |asked: &Asked| {
        let behind = world.store.behind(asked, days(-6, 0), "version").unwrap();
        let told = behind.into_iter().map(|one| {
            let far = match one.far {
                Far::Releases { count, release } => {
                    format!("{count} {}", release.unwrap_or_default())
                }
                other => format!("{other:?}"),
            };
            format!("{far}: {}/{}", one.servers, one.of)
        });
        told.collect::<Vec<String>>()
    };
    assert_eq!(
        ask(&asked),
        [
            "0 1.10: 3/9",
            "1 1.9: 2/9",
            "2 1.8: 1/9",
            "3 : 1/9",
            "NoVersion: 1/9",
            "Without: 1/9"
        ]
    );
    assert_eq!(
        ask(&only(&asked, "version", "1.8")),
        ["0 1.10: 0/1", "1 1.9: 0/1", "2 1.8: 1/1"],
        "behind what everybody runs"
    );
}
