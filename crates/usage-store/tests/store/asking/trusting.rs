//! Ids that don't say how many servers there are.

use usage_store::query::{Asked, Filter, Per};
use usage_store::report::Kind;

use super::*;

fn starts(server: &str, host: &str, at: jiff::Timestamp) -> NewReport {
    let body = format!(
        r#"{{"cluster_id":"c","server_id":"{server}","host":"{host}","product":"kapacitor","version":"1"}}"#
    );
    report(Kind::Servers, "kapacitor", body.into_bytes(), at)
}

fn counts(server: &str, n: i64, at: jiff::Timestamp) -> NewReport {
    let body =
        format!(r#"[{{"values":{{"cluster_id":"c","server_id":"{server}","writes_total":{n}}}}}]"#);
    report(Kind::Usage, "kapacitor", body.into_bytes(), at)
}

/// One of two hosts, one of counters, one that moves, one that restarts, one that was seen once.
fn doubtful() -> World {
    let world = World::new();
    for (n, host) in ["a", "b", "a", "b"].into_iter().enumerate() {
        world.append(starts("hosts", host, noon(0) + hours(n as i64)));
    }
    for (n, host) in ["a", "b", "c"].into_iter().enumerate() {
        world.append(starts("moves", host, noon(0) + hours(n as i64)));
    }
    for n in 0..8 {
        world.append(counts("counters", 100 * (n % 2), noon(0) + hours(n)));
        world.append(starts("restarts", "a", noon(0) + hours(n)));
        world.append(counts("restarts", 100 * (n % 2), noon(0) + hours(n)));
    }
    world.append(usage("c", "once", "1.0", noon(0)));
    world.apply_all();
    world
}

#[test]
fn suspected_clones_are_listed_with_the_reasons() {
    let world = doubtful();
    let ask = |window, limit| {
        let suspects = world.store.suspects(&world.asked(), window, limit).unwrap();
        let told = suspects.into_iter().map(|one| {
            let [host, other] = one.hosts.map(Option::unwrap_or_default);
            (
                one.server_id.unwrap(),
                (one.by_hosts, one.by_counters),
                format!("{host}{other} {} {}", one.host_returns, one.backwards),
                (one.starts, one.reports),
            )
        });
        told.collect::<Vec<_>>()
    };
    let counters = (
        "counters".to_owned(),
        (false, true),
        " 0 3".to_owned(),
        (0, 8),
    );
    let hosts = (
        "hosts".to_owned(),
        (true, false),
        "ba 2 0".to_owned(),
        (4, 4),
    );
    assert_eq!(ask(days(0, 0), 10), [counters.clone(), hosts]);
    assert_eq!(ask(days(0, 0), 1), [counters]);
    assert_eq!(ask(days(1, 9), 10), []);
}

#[test]
fn every_count_can_be_asked_without_them() {
    let world = doubtful();
    let ask = |without_clones, without_once| {
        let filter = Filter {
            without_clones,
            without_once,
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
    assert_eq!(ask(false, false), 5);
    assert_eq!(ask(true, false), 3);
    assert_eq!(ask(false, true), 4);
    assert_eq!(ask(true, true), 2);
    let ids = |day| {
        let ids = world
            .store
            .steadiness(&world.asked(), days(day, day), Per::Day)
            .unwrap()[0];
        (ids.servers, ids.clones, ids.once, ids.steady)
    };
    assert_eq!(ids(0), (5, 2, 1, 2));
    // Another day says what there is to say of this one.
    world.append(usage("c", "once", "1.0", noon(1)));
    world.apply_all();
    assert_eq!(ids(0), (5, 2, 0, 3));
    assert_eq!(ids(1), (1, 0, 0, 1));
}
