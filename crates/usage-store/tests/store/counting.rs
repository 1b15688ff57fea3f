//! What the read model says of a fleet.

use usage_store::Day;
use usage_store::query::{ProductSummary, ServerId, Window};
use usage_store::report::{Kind, Number};

use crate::fleet::*;

fn only(world: &World, now: jiff::Timestamp) -> ProductSummary {
    let mut products = world.store.products(now).unwrap();
    assert_eq!(products.len(), 1, "{products:?}");
    products.pop().unwrap()
}

fn shares(world: &World, dimension: &str, day: Day) -> Vec<(String, u64)> {
    let product = only(world, noon(0)).id;
    world.shares(product, dimension, day)
}

#[test]
fn a_servers_page_shows_its_latest_and_its_reports() {
    let world = World::new();
    world.append(check_in("c1", "s1", "1.0", noon(0)));
    world.append(usage("c1", "s1", "1.1", noon(1)));
    world.append(usage("c1", "s2", "1.0", noon(1)));
    world.apply_all();
    let product = only(&world, noon(1)).id;
    let servers = world.store.servers(product, None, 10).unwrap();
    assert_eq!(servers.len(), 2);
    let detail = world.store.server(servers[1].id).unwrap().unwrap();
    let summary = &detail.summary;
    assert_eq!(summary.server_id.as_deref(), Some("s1"));
    assert_eq!(summary.host.as_deref(), Some("s1.example.com"));
    assert_eq!(summary.version.as_deref(), Some("1.1"));
    assert_eq!(
        (summary.first_seen, summary.last_seen),
        (Some(noon(0)), noon(1))
    );
    assert_eq!(detail.values, [("num_tasks".to_owned(), Number::Int(5))]);
    let reports = world.store.server_reports(summary.id, None, 10).unwrap();
    assert_eq!(reports.iter().map(|r| r.seq).collect::<Vec<_>>(), [1, 0]);
    assert_eq!(world.store.server(ServerId(99)).unwrap(), None);
}

#[test]
fn active_means_within_thirty_six_hours_whatever_the_kind() {
    let world = World::new();
    let now = noon(10);
    world.append(usage("c", "silent", "1.0", now - hours(37)));
    world.append(check_in("c", "starts", "1.0", now - hours(35)));
    world.append(usage("c", "posts", "1.0", now - hours(1)));
    world.apply_all();
    let product = only(&world, now);
    assert_eq!(product.active_servers, 2);
    assert_eq!(product.reports_today, 1);
    assert_eq!(
        product.last_report,
        Some(now - hours(1)),
        "the newest received"
    );
}

#[test]
fn a_server_that_upgrades_during_the_day_counts_once_by_its_latest() {
    let world = World::new();
    let at = noon(0);
    world.append(usage("c", "s1", "1.0", at));
    world.append(usage("c", "s2", "1.0", at));
    world.apply_all();
    world.append(usage("c", "s1", "1.1", at + hours(2)));
    world.append(made(usage("c", "s2", "0.9", at + hours(3)), at - hours(1)));
    world.apply_all();
    let expected = [("1.0".to_owned(), 1), ("1.1".to_owned(), 1)];
    assert_eq!(
        shares(&world, "version", Day::of(at)),
        expected,
        "an older one changes nothing"
    );
}

#[test]
fn of_two_observations_at_the_same_time_the_later_in_the_journal_wins() {
    let world = World::new();
    world.append(usage("c", "s", "1.0", noon(0)));
    world.append(usage("c", "s", "2.0", noon(0)));
    world.apply_all();
    assert_eq!(
        shares(&world, "version", Day::of(noon(0))),
        [("2.0".to_owned(), 1)]
    );
}

#[test]
fn an_anonymous_server_is_left_out_only_on_days_with_a_token_twin() {
    let world = World::new();
    let acme = world.store.organization("Acme", noon(0)).unwrap();
    for day in 0..3 {
        world.append(usage("c", "s", "1.0", noon(day)));
    }
    world.append(under(usage("c", "s", "2.0", noon(1)), acme));
    world.apply_all();
    // Whichever comes first.
    world.append(under(usage("c", "t", "2.0", noon(2)), acme));
    world.append(usage("c", "t", "1.0", noon(2)));
    world.apply_all();
    let product = only(&world, noon(0)).id;
    let from = Day::of(noon(0));
    assert_eq!(world.active(product, from, from.plus(2)), [1, 1, 2]);
    assert_eq!(
        shares(&world, "version", from.plus(1)),
        [("2.0".to_owned(), 1)]
    );
    let servers = world.store.servers(product, None, 10).unwrap();
    assert_eq!(servers.len(), 4, "ids prove nothing: the rows stay apart");
}

#[test]
fn a_late_report_counts_on_its_day_and_makes_no_first_seen() {
    let world = World::new();
    world.append(made(usage("c", "s", "1.0", noon(5)), noon(2)));
    world.apply_all();
    let product = only(&world, noon(5));
    assert_eq!(product.reports_today, 0);
    let day = Day::of(noon(2));
    assert_eq!(world.active(product.id, day, day), [1]);
    let server = &world.store.servers(product.id, None, 1).unwrap()[0];
    assert_eq!((server.first_seen, server.last_seen), (None, noon(2)));
    world.append(usage("c", "s", "1.0", noon(6)));
    world.apply_all();
    let server = &world.store.servers(product.id, None, 1).unwrap()[0];
    assert_eq!(
        (server.first_seen, server.last_seen),
        (Some(noon(6)), noon(6))
    );
}

#[test]
fn each_element_is_an_observation_of_the_server_its_own_ids_name() {
    let world = World::new();
    let body = br#"[
        {"tags":{"os":"linux"},"values":{"cluster_id":"a","server_id":1}},
        {"tags":null,"values":{"cluster_id":8674665223082153551,"os":"windows"}},
        {"tags":{"os":"plan9"},"values":{"num_series":3}}
    ]"#;
    world.append(report(Kind::Usage, "influxdb", body.to_vec(), noon(0)));
    world.apply_all();
    let product = only(&world, noon(0));
    assert_eq!((product.active_servers, product.reports_today), (2, 1));
    let os = [("linux".to_owned(), 1), ("windows".to_owned(), 1)];
    assert_eq!(
        shares(&world, "os", Day::of(noon(0))),
        os,
        "no cluster, no server"
    );
    let servers = world.store.servers(product.id, None, 10).unwrap();
    assert_eq!(servers[0].cluster_id, "8674665223082153551");
    assert_eq!(servers[0].server_id, None);
    assert_eq!(servers[1].server_id.as_deref(), Some("1"));
    assert_eq!(
        world
            .store
            .server_reports(servers[0].id, None, 10)
            .unwrap()
            .len(),
        1
    );
}

#[test]
fn an_empty_report_counts_as_a_report() {
    let world = World::new();
    world.append(report(Kind::Usage, "influxdb", b"null".to_vec(), noon(0)));
    world.append(report(Kind::Usage, "influxdb", b"[]".to_vec(), noon(0)));
    world.apply_all();
    let product = only(&world, noon(0));
    assert_eq!((product.active_servers, product.reports_today), (0, 2));
    assert!(
        world
            .store
            .servers(product.id, None, 10)
            .unwrap()
            .is_empty()
    );
}

#[test]
fn answers_say_how_fresh_they_are() {
    let world = World::new();
    assert_eq!(world.store.freshness().unwrap().applied_to, None);
    world.append(usage("c", "s", "1.0", noon(0)));
    assert_eq!(world.store.freshness().unwrap().behind, 1);
    world.apply_all();
    let fresh = world.store.freshness().unwrap();
    assert_eq!((fresh.applied_to, fresh.behind), (Some(noon(0)), 0));
    // What is imported may have been received long ago, elsewhere.
    world.append(usage("c", "s", "1.0", noon(-5)));
    world.apply_all();
    assert_eq!(world.store.freshness().unwrap().applied_to, Some(noon(0)));
}

#[test]
fn an_adopted_product_comes_first() {
    let world = World::new();
    world.append(report(Kind::Usage, "junk", b"[]".to_vec(), noon(0)));
    world.append(usage("c", "s", "1.0", noon(0)));
    world.apply_all();
    let products = world.store.products(noon(0)).unwrap();
    assert!(products.iter().all(|product| !product.adopted));
    let junk = products
        .iter()
        .find(|product| product.name == "junk")
        .unwrap()
        .id;
    world
        .store
        .adopt_product(junk, "ann@example.com", noon(0))
        .unwrap();
    world
        .store
        .adopt_product(junk, "ann@example.com", noon(0))
        .unwrap();
    let products = world.store.products(noon(0)).unwrap();
    assert_eq!(
        (products[0].name.as_str(), products[0].adopted),
        ("junk", true)
    );
}

#[test]
fn a_store_tells_how_it_is() {
    let world = World::new();
    let empty = world.store.vitals().unwrap();
    assert_eq!(
        (empty.next_seq, empty.behind, empty.behind_since),
        (0, 0, None)
    );
    assert_eq!(world.store.appended_bytes(), 0);
    world.append(usage("c", "s", "1.0", noon(0)));
    world.apply_all();
    world.append(usage("c", "s", "1.0", noon(1)));
    world.append(usage("c", "s", "1.0", noon(2)));
    let behind = world.store.vitals().unwrap();
    assert_eq!((behind.next_seq, behind.behind), (3, 2));
    assert_eq!(behind.behind_since, Some(noon(1)), "the first that waits");
    assert!(behind.database_bytes > 0 && behind.wal_bytes > 0);
    let one_by_one = world.store.appended_bytes();
    assert!(one_by_one > 0);
    world.apply_all();
    let applied = world.store.vitals().unwrap();
    assert_eq!((applied.behind, applied.behind_since), (0, None));
    let many: Vec<_> = (0..2_048)
        .map(|n| usage("c", "s", &n.to_string(), noon(3)))
        .collect();
    world.store.append(&many).unwrap();
    assert!(world.store.appended_bytes() > one_by_one);
    assert_eq!(world.store.vitals().unwrap().spans_to_repack, 2);
    while world.store.repack().unwrap() {}
    assert_eq!(world.store.vitals().unwrap().spans_to_repack, 0);
}

#[test]
fn starts_are_counted_by_day_as_far_back_as_reports_are_kept_and_looked_through() {
    let world = World::new();
    let others = |from: i64, n: usize| -> Vec<_> {
        (0..n)
            .map(|_| usage("c", "other", "1.0", noon(from)))
            .collect()
    };
    for day in 0..6 {
        // A span a day, with a start of the server on each and two on the fourth.
        world.append(check_in("c", "s", "1.0", noon(day)));
        if day == 3 {
            world.append(check_in("c", "s", "1.0", noon(day)));
        }
        world.append(check_in("c", "other", "1.0", noon(day)));
        let so_far = world.store.next_seq().unwrap();
        world
            .store
            .append(&others(day, (1024 - so_far % 1024) as usize))
            .unwrap();
    }
    world.append(made(check_in("c", "s", "1.0", noon(6)), noon(1)));
    world.apply_all();
    let window = Window {
        from: Day::of(noon(-1)),
        to: Day::of(noon(6)),
    };
    let starts = || -> Vec<Option<u64>> {
        let days = world.store.starts_days(ServerId(1), window).unwrap();
        days.into_iter().map(|one| one.starts).collect()
    };
    let all = [0, 1, 2, 1, 2, 1, 1, 0].map(Some);
    assert_eq!(starts(), all);
    while world.store.repack().unwrap() {}
    assert_eq!(starts(), all);
    while world.store.retire(noon(3)).unwrap() {}
    let begins = world.store.journal_begins().unwrap().unwrap();
    let kept: Vec<Option<u64>> = window
        .days()
        .zip(all)
        .map(|(day, starts)| starts.filter(|_| day >= begins))
        .collect();
    assert!(kept.contains(&None) && kept.contains(&Some(2)), "{kept:?}");
    assert_eq!(starts(), kept);
    assert!(world.store.starts_days(ServerId(99), window).is_err());
}
