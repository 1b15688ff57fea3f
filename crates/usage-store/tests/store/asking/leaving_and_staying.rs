//! Who is new, who stays, who comes back, who is gone.

use usage_store::query::{Asked, Filter, Per, Who};

use super::*;

/// `active: new stayed returned late, gone` of each period.
fn told(world: &World, asked: &Asked, window: Window, per: Per) -> Vec<String> {
    let lives = world.store.lifecycle(asked, window, per).unwrap();
    let told = lives.iter().map(|one| {
        let (new, stayed, returned) = (one.new, one.stayed, one.returned);
        format!(
            "{}: {new} {stayed} {returned} {}, {}",
            one.active, one.late, one.gone
        )
    });
    told.collect()
}

#[test]
fn each_active_server_is_new_or_stayed_or_returned_or_known_by_late_reports_only() {
    let world = World::new();
    for day in [0, 1, 3] {
        world.append(check_in("c", "on and off", "1.0", noon(day)));
    }
    for day in 1..4 {
        world.append(usage("c", "steady", "1.0", noon(day)));
    }
    world.append(made(usage("c", "spooled", "1.0", noon(3)), noon(1)));
    world.append(made(usage("c", "spooled", "1.0", noon(3)), noon(2)));
    world.apply_all();
    let asked = world.asked();
    assert_eq!(
        told(&world, &asked, days(0, 4), Per::Day),
        [
            "1: 1 0 0 0, 0",
            "3: 1 1 0 1, 0",
            "2: 0 2 0 0, 1",
            "2: 0 1 1 0, 1",
            "0: 0 0 0 0, 2",
        ]
    );
    // Once it reports in time, it is new; that it was there before doesn't make it one that returned.
    world.append(usage("c", "spooled", "1.0", noon(4)));
    world.apply_all();
    let lives = told(&world, &asked, days(1, 4), Per::Day);
    assert_eq!(lives[0], "3: 1 1 0 1, 0");
    assert_eq!(lives[3], "1: 1 0 0 0, 2");
    // Days 0 to 3 are a week's end, 4 is a Monday.
    assert_eq!(
        told(&world, &asked, days(3, 4), Per::Week),
        ["3: 2 0 0 1, 0", "1: 1 0 0 0, 2"]
    );
}

#[test]
fn who_comes_to_fit_the_filter_returns_and_who_ceases_to_is_gone() {
    let world = World::new();
    world.append(runs("c/a", "1.8", noon(0)));
    world.append(runs("c/a", "1.9", noon(1)));
    world.append(runs("c/b", "1.9", noon(0)));
    world.append(runs("c/b", "1.8", noon(1)));
    world.apply_all();
    let asked = only(&world.asked(), "version", "1.9");
    assert_eq!(
        told(&world, &asked, days(0, 1), Per::Day),
        ["1: 1 0 0 0, 0", "1: 0 0 1 0, 1"]
    );
}

#[test]
fn a_cohort_stays_one_whatever_becomes_of_its_servers() {
    let world = World::new();
    // Weeks begin on days 4, 11 and 18.
    world.append(runs("c/keeps", "1.8", noon(4)));
    world.append(runs("c/keeps", "1.9", noon(12)));
    world.append(runs("c/pauses", "1.8", noon(5)));
    world.append(runs("c/pauses", "1.9", noon(20)));
    world.append(runs("c/tries", "1.8", noon(6)));
    world.append(runs("c/comes later", "1.9", noon(12)));
    world.append(runs("c/comes later", "1.8", noon(18)));
    world.append(made(runs("c/spooled", "1.8", noon(12)), noon(5)));
    world.apply_all();
    let ask = |asked: &Asked| {
        let retained = world
            .store
            .retention(asked, days(4, 20), Per::Week)
            .unwrap();
        let told = retained.iter().map(|one| {
            let cohort = one.cohort.from.0 - day(0).0;
            assert_eq!(one.period.from.0, one.cohort.from.0 + 7 * one.after as i32);
            format!("{cohort}+{}: {}/{}", one.after, one.active, one.servers)
        });
        told.collect::<Vec<String>>()
    };
    let asked = world.asked();
    assert_eq!(
        ask(&asked),
        [
            "4+0: 3/3",
            "4+1: 1/3",
            "4+2: 1/3",
            "11+0: 1/1",
            "11+1: 1/1",
            "18+0: 0/0"
        ]
    );
    assert_eq!(
        ask(&only(&asked, "version", "1.8")),
        [
            "4+0: 3/3",
            "4+1: 1/3",
            "4+2: 1/3",
            "11+0: 0/0",
            "11+1: 0/0",
            "18+0: 0/0"
        ]
    );
    assert_eq!(
        ask(&only(&asked, "version", "1.9"))[3..5],
        ["11+0: 1/1", "11+1: 1/1"],
        "of those that came with it"
    );
}

#[test]
fn nobody_is_anonymous_and_of_an_organization() {
    let world = World::new();
    let acme = world.store.organization("Acme", noon(0)).unwrap();
    world.append(under(usage("c", "s", "1.0", noon(0)), acme));
    world.apply_all();
    let ask = |who| {
        let filter = Filter {
            who,
            organization: Some(acme),
            ..Filter::default()
        };
        let asked = Asked {
            filter,
            ..world.asked()
        };
        world.store.active(&asked, days(0, 0), Per::Day).unwrap()[0]
            .heads
            .servers
    };
    assert_eq!(
        [ask(Who::All), ask(Who::Organizations), ask(Who::Anonymous)],
        [1, 1, 0]
    );
}
