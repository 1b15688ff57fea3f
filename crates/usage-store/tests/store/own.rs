//! What an organization is shown of its own: every report and server of it, and of nobody else, however
//! much others report.

use rusqlite::Connection;
use usage_store::query::{ServerPlace, Wanted};
use usage_store::registry::OrganizationId;
use usage_store::report::Kind;
use usage_store::{Day, StoredReport};

use crate::fleet::*;

/// Some of Acme's among thousands of others: its second to last report is of a product of its own.
fn crowd() -> (World, OrganizationId) {
    let world = World::new();
    let acme = world.store.organization("Acme", noon(0)).unwrap();
    let other = world.store.organization("Umbrella", noon(0)).unwrap();
    let mut batch = Vec::new();
    for n in 0..5_000 {
        let theirs = usage("theirs", &format!("s{}", n % 9), "1.0", noon(0));
        batch.push(if n % 2 == 0 {
            under(theirs, other)
        } else {
            theirs
        });
        if n == 700 || n == 4_500 {
            batch.push(under(usage("ours", &format!("a{n}"), "2.0", noon(0)), acme));
        }
        if n == 2_900 {
            let nameless = br#"[{"values":{"Note":"no ids"}}]"#.to_vec();
            batch.push(under(
                report(Kind::Usage, "kapacitor", nameless, noon(0)),
                acme,
            ));
        }
    }
    world.store.append(&batch).unwrap();
    world.apply_all();
    world.append(under(check_in("ours", "a700", "2.1", noon(1)), acme));
    (world, acme)
}

fn seqs(reports: &[StoredReport]) -> Vec<u64> {
    reports.iter().map(|report| report.seq).collect()
}

fn all_own(world: &World, acme: OrganizationId) -> Vec<u64> {
    let found = world
        .store
        .fleet_reports(acme, &Wanted::default(), None, 10);
    seqs(&found.unwrap().reports)
}

#[test]
fn every_report_is_found_and_no_other() {
    let (world, acme) = crowd();
    let all = all_own(&world, acme);
    assert_eq!(
        all,
        [5_003, 4_503, 2_902, 701],
        "the last isn't counted yet"
    );
    world.apply_all();
    assert_eq!(all_own(&world, acme), all);
    while world.store.repack().unwrap() {}
    assert_eq!(all_own(&world, acme), all);
    world.store.rebuild(|_, _| ()).unwrap();
    assert_eq!(all_own(&world, acme), all);

    let (mut next, mut in_order) = (Some(0), Vec::new());
    let end = world.store.next_seq().unwrap();
    while let Some(from) = next {
        let (some, go_on) = world.store.fleet_reports_from(acme, from, end).unwrap();
        in_order.extend(seqs(&some));
        next = go_on;
    }
    assert_eq!(in_order, [701, 2_902, 4_503, 5_003]);
    assert!(world.store.fleet_report(acme, 701).unwrap().is_some());
    for others in [700, 702, 5_004, u64::MAX] {
        assert_eq!(world.store.fleet_report(acme, others).unwrap(), None);
    }
}

#[test]
fn reports_that_were_counted_before_the_spans_were_noted_are_found() {
    let (world, acme) = crowd();
    world.apply_all();
    let all = all_own(&world, acme);
    let world = world.restart_after(|folder| {
        let db = without_questions(folder);
        db.execute_batch(
            "DROP INDEX server_organization; DROP TABLE organization_span;
             ALTER TABLE applied DROP COLUMN spans_from; PRAGMA user_version = 1",
        )
        .unwrap();
    });
    world.append(under(usage("ours", "new", "2.2", noon(1)), acme));
    world.apply_all();
    let all: Vec<u64> = std::iter::once(5_004).chain(all).collect();
    assert_eq!(all_own(&world, acme), all);
    let (some, _) = world.store.fleet_reports_from(acme, 0, 5_005).unwrap();
    assert_eq!(some.len(), 5);
    assert_eq!(world.store.toll(acme, None).unwrap().reports, 5);
    let fleet = world.store.fleet(acme, Day::of(noon(0)), noon(1)).unwrap();
    assert_eq!(fleet.servers, 3);
}

#[test]
fn a_search_looks_at_all_that_was_said() {
    let (world, acme) = crowd();
    let find = |wanted: Wanted| {
        let found = world.store.fleet_reports(acme, &wanted, None, 10).unwrap();
        seqs(&found.reports)
    };
    let some = |text: &str| Some(text.to_owned());
    for (wanted, found) in [
        (
            Wanted {
                text: some("note"),
                ..Wanted::default()
            },
            vec![2_902],
        ),
        (
            Wanted {
                kind: Some(Kind::Servers),
                ..Wanted::default()
            },
            vec![5_003],
        ),
        (
            Wanted {
                server_id: some("a700"),
                ..Wanted::default()
            },
            vec![5_003, 701],
        ),
        (
            Wanted {
                cluster_id: some("OURS"),
                ..Wanted::default()
            },
            vec![],
        ),
        (
            Wanted {
                cluster_id: some("ours"),
                server_id: some("a4500"),
                ..Wanted::default()
            },
            vec![4_503],
        ),
        (
            Wanted {
                product: some("kapacito"),
                ..Wanted::default()
            },
            vec![],
        ),
        (
            Wanted {
                text: some("theirs"),
                ..Wanted::default()
            },
            vec![],
        ),
    ] {
        assert_eq!(find(wanted.clone()), found, "{wanted:?}");
    }
    let first = world
        .store
        .fleet_reports(acme, &Wanted::default(), None, 3)
        .unwrap();
    assert_eq!((first.looked_at, first.go_on), (3, Some(2_902)));
    let rest = world
        .store
        .fleet_reports(acme, &Wanted::default(), first.go_on, 3)
        .unwrap();
    assert_eq!((seqs(&rest.reports), rest.go_on), (vec![701], None));
}

#[test]
fn an_id_is_found_however_json_writes_it() {
    let world = World::new();
    let acme = world.store.organization("Acme", noon(0)).unwrap();
    let bodies = [r#"{"cluster_id":"a\u0062c"}"#, r#"{"cluster_id":17}"#];
    for values in bodies {
        let body = format!(r#"[{{"values":{values}}}]"#);
        world.append(under(
            report(Kind::Usage, "p", body.into_bytes(), noon(0)),
            acme,
        ));
    }
    for (id, place) in [("abc", 0), ("17", 1)] {
        let wanted = Wanted {
            cluster_id: Some(id.to_owned()),
            ..Wanted::default()
        };
        let found = world.store.fleet_reports(acme, &wanted, None, 10).unwrap();
        assert_eq!(seqs(&found.reports), [place], "{id}");
    }
}

#[test]
fn its_servers_come_by_product_and_cluster_and_its_numbers_are_its_own() {
    let world = World::new();
    let acme = world.store.organization("Acme", noon(0)).unwrap();
    for (cluster, server, version) in [("b", "1", "1.0"), ("a", "2", "1.1"), ("a", "1", "1.1")] {
        world.append(under(usage(cluster, server, version, noon(1)), acme));
        world.append(usage(cluster, "theirs", "9.9", noon(1)));
    }
    world.append(under(check_in("old", "3", "0.9", noon(0)), acme));
    world.apply_all();
    let found = world.store.fleet_servers(acme, "", None, 3).unwrap();
    let name = |one: &usage_store::query::ServerSummary| {
        format!("{} {}", one.cluster_id, one.server_id.as_deref().unwrap())
    };
    let names: Vec<_> = found.servers.iter().map(name).collect();
    assert_eq!(names, ["a 2", "a 1", "b 1"]);
    let rest = world
        .store
        .fleet_servers(acme, "", found.go_on.as_ref(), 3)
        .unwrap();
    assert_eq!(rest.servers.iter().map(name).collect::<Vec<_>>(), ["old 3"]);
    assert_eq!(rest.go_on, None);
    let old = world
        .store
        .fleet_servers(acme, "3.EXAMPLE", None, 3)
        .unwrap();
    assert_eq!((old.servers.len(), old.looked_at), (1, 4));

    let place = ServerPlace {
        product: found.servers[0].product,
        cluster_id: "a".to_owned(),
        id: usage_store::query::ServerId(0),
    };
    let cluster = world.store.fleet_cluster(acme, &place, 9).unwrap();
    assert_eq!(cluster.servers.len(), 2);
    let clusters = world.store.fleet_clusters(acme, None, 2).unwrap();
    assert_eq!(clusters.len(), 3, "one more than asked for");
    assert_eq!(
        (clusters[0].servers, &clusters[0].versions[..]),
        (2, &["1.1".to_owned()][..])
    );
    let after = (clusters[1].product, &*clusters[1].cluster_id);
    let last = world.store.fleet_clusters(acme, Some(after), 2).unwrap();
    assert_eq!(last[0].cluster_id, "old");

    let fleet = world.store.fleet(acme, Day::of(noon(0)), noon(2)).unwrap();
    assert_eq!(
        (fleet.servers, fleet.clusters, fleet.active_servers),
        (4, 3, 3)
    );
    assert_eq!(fleet.last_report, Some(noon(1)));
    assert_eq!(
        fleet.by_day.iter().map(|(_, n)| *n).collect::<Vec<_>>(),
        [1, 3, 0]
    );
    let versions: Vec<_> = fleet.products[0]
        .versions
        .iter()
        .map(|share| (&*share.value, share.servers))
        .collect();
    assert_eq!(versions, [("1.1", 2), ("1.0", 1)]);
    let late = world.store.fleet(acme, Day::of(noon(3)), noon(3)).unwrap();
    assert_eq!((late.active_servers, late.last_report), (0, Some(noon(1))));

    let theirs = world
        .store
        .servers(found.servers[0].product, None, 100)
        .unwrap();
    for server in theirs {
        let shown = world.store.fleet_server(acme, server.id).unwrap();
        let own = server.organization.is_some();
        assert_eq!(shown.is_some(), own, "{server:?}");
    }
}

#[test]
fn a_clusters_versions_stand_in_their_order() {
    let world = World::new();
    let acme = world.store.organization("Acme", noon(0)).unwrap();
    for (server, version) in ["1.10.0", "1.9.1", "main", "1.10.0-rc1", "1.9.1"]
        .iter()
        .enumerate()
    {
        let server = server.to_string();
        world.append(under(usage("c", &server, version, noon(0)), acme));
    }
    world.apply_all();
    let clusters = world.store.fleet_clusters(acme, None, 1).unwrap();
    let versions = ["main", "1.9.1", "1.10.0-rc1", "1.10.0"];
    assert_eq!(
        (clusters[0].servers, &*clusters[0].versions),
        (5, &versions.map(str::to_owned)[..])
    );
}

#[test]
fn questions_about_one_organization_are_served_by_an_index() {
    let world = World::new();
    let db = Connection::open(world.path().join("model.db")).unwrap();
    let usage_db = world.path().join("usage.db");
    db.execute("ATTACH ?1 AS journal_file", [usage_db.to_str().unwrap()])
        .unwrap();
    for (name, query) in [
        ("ids", include_str!("../../sql/sqlite/fleet/ids.sql")),
        (
            "servers",
            include_str!("../../sql/sqlite/fleet/servers.sql"),
        ),
        (
            "next_cluster",
            include_str!("../../sql/sqlite/fleet/next_cluster.sql"),
        ),
        (
            "cluster",
            include_str!("../../sql/sqlite/fleet/cluster.sql"),
        ),
        (
            "own_servers",
            include_str!("../../sql/sqlite/erasure/own_servers.sql"),
        ),
        (
            "span_down",
            include_str!("../../sql/sqlite/fleet/span_down.sql"),
        ),
    ] {
        let mut plan = db.prepare(&format!("EXPLAIN QUERY PLAN {query}")).unwrap();
        let parameters = vec![1_i64; plan.parameter_count()];
        let steps: Vec<String> = plan
            .query_map(rusqlite::params_from_iter(parameters), |row| row.get(3))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        let indexed = |step: &String| {
            step.contains("server_organization (organization=?") || step.contains("PRIMARY KEY")
        };
        let scans = |step: &&String| step.starts_with("SCAN") || step.contains("TEMP B-TREE");
        assert!(steps.iter().any(indexed), "{name}: {steps:?}");
        assert_eq!(steps.iter().find(scans), None, "{name}: {steps:?}");
    }
}

#[test]
fn what_is_no_longer_kept_is_not_looked_for() {
    let (world, acme) = crowd();
    world.apply_all();
    while world.store.repack().unwrap() {}
    while world.store.retire(noon(1)).unwrap() {}
    let kept = world.journal()[0].seq;
    assert!(kept > 702, "{kept}");
    let wanted = Wanted::default();
    let found = world.store.fleet_reports(acme, &wanted, None, 10).unwrap();
    let left = seqs(&found.reports);
    assert!(
        !left.is_empty() && left.iter().all(|seq| *seq >= kept),
        "{left:?}"
    );
    assert_eq!((found.looked_at as usize, found.go_on), (left.len(), None));
    assert_eq!(
        world.store.toll(acme, None).unwrap().reports as usize,
        left.len()
    );
    let (some, _) = world.store.fleet_reports_from(acme, 0, 5_004).unwrap();
    assert_eq!(some.len(), left.len());
}
