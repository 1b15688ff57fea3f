//! What the operator's questions are asked of: who is new, who was seen once, who is suspected to be two,
//! clusters' ids, names of numbers. Asked of the file, as the questions themselves are elsewhere.

use rusqlite::Connection;
use usage_store::Day;
use usage_store::query::ProductId;
use usage_store::report::Kind;

use crate::fleet::*;
use crate::leaving::erase_all;

fn model(world: &World) -> Connection {
    Connection::open(world.path().join("model.db")).unwrap()
}

/// The ids of servers in one of a day's own sets; `None` stands for the sets of no day.
fn set(world: &World, day: Option<Day>, value: i64) -> Vec<u32> {
    let day = day.unwrap_or(Day(i32::MIN));
    let mut sets = world.store.sets_of_day(ProductId(1), day).unwrap();
    sets.remove(&(0, value)).unwrap_or_default()
}

fn new(world: &World, day: i64) -> Vec<u32> {
    set(world, Some(Day::of(noon(day))), 2)
}

fn once(world: &World) -> Vec<u32> {
    set(world, None, 3)
}

fn clones(world: &World) -> Vec<u32> {
    set(world, None, 4)
}

#[test]
fn a_server_is_new_on_the_day_of_its_first_report_that_was_on_time() {
    let world = World::new();
    world.append(made(usage("c", "late", "1.0", noon(3)), noon(1)));
    world.append(usage("c", "s", "1.0", noon(3)));
    world.apply_all();
    assert_eq!((new(&world, 1), new(&world, 3)), (vec![], vec![2]));
    world.append(usage("c", "late", "1.0", noon(5)));
    // Imported: received before all others.
    world.append(usage("c", "s", "1.0", noon(2)));
    world.apply_all();
    assert_eq!(new(&world, 5), [1]);
    assert_eq!(
        (new(&world, 2), new(&world, 3)),
        (vec![2], vec![]),
        "it moves"
    );
}

#[test]
fn who_was_seen_once_is_known_until_the_second_time() {
    let world = World::new();
    world.append(usage("c", "a", "1.0", noon(0)));
    world.append(check_in("c", "b", "1.0", noon(0)));
    world.apply_all();
    assert_eq!(once(&world), [1, 2]);
    world.append(usage("c", "a", "1.0", noon(0)));
    world.apply_all();
    assert_eq!(once(&world), [2]);
}

#[test]
fn an_organization_that_leaves_is_in_none_of_the_sets() {
    let world = World::new();
    let acme = world.store.organization("Acme", noon(0)).unwrap();
    world.append(under(usage("c", "gone", "1.0", noon(0)), acme));
    world.append(usage("c", "stays", "1.0", noon(0)));
    for n in 0..6 {
        let host = ["a", "b"][n % 2];
        world.append(under(from_host("twins", host, noon(0)), acme));
    }
    world.apply_all();
    assert_eq!((once(&world), clones(&world)), (vec![1, 2], vec![3]));
    erase_all(&world, acme);
    assert_eq!((once(&world), clones(&world)), (vec![2], vec![]));
    assert_eq!(new(&world, 0), [2]);
    let clusters: i64 = model(&world)
        .query_row("SELECT count(*) FROM cluster", [], |row| row.get(0))
        .unwrap();
    assert_eq!(clusters, 1, "the anonymous one of the same name");
}

fn from_host(server: &str, host: &str, at: jiff::Timestamp) -> usage_store::NewReport {
    let body = format!(
        r#"{{"cluster_id":"c","server_id":"{server}","host":"{host}","product":"kapacitor","version":"1.0"}}"#
    );
    report(Kind::Servers, "kapacitor", body.into_bytes(), at)
}

#[test]
fn one_id_from_two_hosts_in_turn_is_suspected_a_move_is_not() {
    let world = World::new();
    let say = |server: &str, hosts: &str| {
        for (n, host) in hosts.split(' ').enumerate() {
            world.append(from_host(server, host, noon(0) + hours(n as i64)));
        }
    };
    say("moved", "a b c d");
    say("moved-back", "a b a a a");
    say("twins", "a b a b");
    world.apply_all();
    assert_eq!(clones(&world), [3]);
}

#[test]
fn counters_that_run_backwards_more_often_than_it_starts_are_suspected() {
    let world = World::new();
    let up = |server: &str, uptime: i64, hour: i64| {
        let body = format!(
            r#"[{{"values":{{"cluster_id":"c","server_id":"{server}","uptime":{uptime}}}}}]"#
        );
        let at = noon(0) + hours(hour);
        world.append(report(Kind::Usage, "kapacitor", body.into_bytes(), at));
    };
    for hour in 0..8 {
        // Two servers in turn, and one that starts each time.
        up(
            "twins",
            if hour % 2 == 0 { 1_000 + hour } else { hour },
            hour,
        );
        world.append(check_in("c", "restarts", "1.0", noon(0) + hours(hour)));
        up("restarts", 8 - hour, hour);
        up("grows", hour, hour);
    }
    // Starts every fifth time, and never checks in.
    for hour in 0..40 {
        up("unheard", hour % 5, hour);
    }
    world.apply_all();
    assert_eq!(clones(&world), [1]);
    // A late report that says less is none that runs backwards.
    for hour in 0..9 {
        let body = br#"[{"values":{"cluster_id":"c","server_id":"grows","uptime":0}}]"#;
        let late = report(Kind::Usage, "kapacitor", body.to_vec(), noon(2));
        world.append(made(late, noon(0) - hours(hour + 1)));
    }
    world.apply_all();
    assert_eq!(clones(&world), [1]);
}

#[test]
fn clusters_have_ids_and_numbers_have_names_that_last() {
    let world = World::new();
    let acme = world.store.organization("Acme", noon(0)).unwrap();
    world.append(usage("c", "a", "1.0", noon(1)));
    world.append(usage("c", "b", "1.0", noon(1)));
    world.append(under(usage("c", "a", "1.0", noon(1)), acme));
    let float = br#"[{"values":{"cluster_id":"d","num_tasks":1.5}}]"#.to_vec();
    let float = report(Kind::Usage, "kapacitor", float, noon(2));
    world.append(made(float, noon(0)));
    world.apply_all();
    let db = model(&world);
    let clusters: String = db
        .query_row(
            "SELECT group_concat(id || ' ' || cluster, ', ') FROM (SELECT * FROM server ORDER BY id)",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(clusters, "1 1, 2 1, 3 2, 4 3");
    let key: (String, i64, i32) = db
        .query_row("SELECT name, kinds, first_day FROM number_key", [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .unwrap();
    assert_eq!(key, ("num_tasks".to_owned(), 3, Day::of(noon(0)).0));
    let first: i32 = db
        .query_row(
            "SELECT first_day FROM dimension WHERE name = 'os'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(first, Day::of(noon(1)).0);
}

#[test]
fn of_a_days_stats_the_latest_are_kept() {
    let world = World::new();
    let stats = |many: i64, at| {
        let body = format!(
            "{{\"cluster_id\": \"c\", \"server_id\": \"s\", \"stats\": [{{\"name\": \"a b\", \"values\": {{\"n\": {many}}}}}]}}"
        );
        report(Kind::Stats, "kapacitor", body.into_bytes(), at)
    };
    world.append(stats(2, noon(0) + hours(2)));
    world.append(made(stats(1, noon(0) + hours(3)), noon(0) + hours(1)));
    world.append(stats(3, noon(1)));
    world.apply_all();
    let all: Vec<(i32, String)> = model(&world)
        .prepare("SELECT day, CAST(stats AS TEXT) FROM stat_day WHERE server = 1 ORDER BY day")
        .unwrap()
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    let said = |many| {
        format!(
            r#"{{"cluster_id":"c","server_id":"s","stats":[{{"name":"a b","values":{{"n":{many}}}}}]}}"#
        )
    };
    let day = Day::of(noon(0)).0;
    assert_eq!(all, [(day, said(2)), (day + 1, said(3))]);
}
