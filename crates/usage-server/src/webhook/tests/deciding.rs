//! What webhooks hear of, and what not: each once, and only what is news.

use usage_store::quarantine::Refused;
use usage_store::webhook::News;

use super::*;

fn first(cluster: &str) -> (String, String) {
    ("cluster.first_report".to_owned(), cluster.to_owned())
}

fn silent(cluster: &str) -> (String, String) {
    ("cluster.silent".to_owned(), cluster.to_owned())
}

const HOUR: i64 = 60;

#[test]
fn a_new_cluster_of_an_adopted_product_is_told_once() {
    let world = World::new();
    world.reports("p", "before", world.at(0));
    world.adopt("p");
    world.hook_of_all();
    world.reports("p", "c1", world.at(1));
    world.reports("p", "c1", world.at(2));
    world.reports("nobody-adopted", "c2", world.at(2));
    world.look(world.at(3));
    let told = world.told();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0]["type"], "cluster.first_report");
    assert_eq!(told[0]["timestamp"], "2026-11-01T09:33:00Z");
    let data = &told[0]["data"];
    assert_eq!(
        (&data["product"], &data["cluster_id"]),
        (&"p".into(), &"c1".into())
    );
    assert_eq!(data["first_seen"], "2026-11-01T09:31:00Z");
    world.look(world.at(4));
    world.store.rebuild(|_, _| ()).unwrap();
    world.look(world.at(10));
    assert!(
        world.told().is_empty(),
        "not again, not after a rebuild either"
    );
    world.reports("p", "c3", world.at(11));
    world.look(world.at(11));
    assert_eq!(world.told_of("cluster_id"), [first("c3")]);
}

#[test]
fn what_was_new_before_its_product_was_adopted_is_told_then_and_once() {
    let world = World::new();
    world.hook_of_all();
    world.reports("p", "long-before", world.at(0));
    world.reports_late("p", "late", world.at(1), Some(world.at(-3 * 24 * HOUR)));
    world.look(world.at(2));
    let now = 3 * 24 * HOUR;
    world.reports("p", "before", world.at(now - 47 * HOUR));
    world.reports("other", "stays-unknown", world.at(now));
    world.look(world.at(now - 3));
    assert!(world.told().is_empty(), "anybody can report under any name");
    world.reports("p", "just-before", world.at(now - 2));
    world.adopt_at("p", world.at(now));
    world.reports("p", "after", world.at(now + 1));
    world.look(world.at(now + 2));
    world.reports("p", "later", world.at(now + 3));
    let mut told = Vec::new();
    for minutes in 3..30 {
        world.look(world.at(now + minutes));
        told.extend(world.told_of("cluster_id"));
    }
    told.sort();
    let expected = ["after", "before", "just-before", "later"].map(first);
    assert_eq!(told, expected);
    world
        .store
        .adopt_products(&["p"], world.at(now + 40))
        .unwrap();
    world.look(world.at(now + 60));
    assert!(world.told().is_empty(), "adopted it is already");
}

#[test]
fn what_comes_out_of_old_files_is_no_news_but_a_late_report_is() {
    let world = World::new();
    world.reports("p", "c0", world.at(0));
    world.adopt("p");
    world.hook_of_all();
    // Imports are believed their time, and so are received then.
    world.reports("p", "of-last-month", world.at(-30 * 24 * HOUR));
    world.reports_late("p", "late", world.at(1), Some(world.at(-3 * 24 * HOUR)));
    world.look(world.at(2));
    assert_eq!(world.told_of("cluster_id"), [first("late")]);
}

#[test]
fn a_cluster_that_falls_silent_is_told_once_when_its_time_is_over() {
    let world = World::new();
    world.reports("p", "goes", world.at(0));
    world.reports("p", "stays", world.at(0));
    world.adopt("p");
    world.hook("silence", "http://127.0.0.1:1/", &[Event::ClusterSilent]);
    let mut told = Vec::new();
    for minutes in (0..=60 * HOUR).step_by(10) {
        if minutes % (12 * HOUR) == 0 {
            world.reports("p", "stays", world.at(minutes));
        }
        world.look(world.at(minutes));
        let now = world.told();
        told.extend(now.into_iter().map(|one| (minutes, one)));
    }
    assert_eq!(told.len(), 1, "{told:?}");
    let (minutes, one) = &told[0];
    assert!((48 * HOUR..=48 * HOUR + 20).contains(minutes), "{minutes}");
    assert_eq!(one["data"]["cluster_id"], "goes");
    assert_eq!(one["data"]["hours"], 48);
    assert_eq!(one["data"]["last_seen"], "2026-11-01T09:30:00Z");
    // It comes back, and goes again.
    world.reports("p", "goes", world.at(61 * HOUR));
    world.reports("p", "stays", world.at(108 * HOUR));
    for hours in 61..=111 {
        for part in 0..6 {
            world.look(world.at(hours * HOUR + part * 10));
        }
    }
    assert_eq!(world.told_of("cluster_id"), [silent("goes")]);
}

#[test]
fn while_the_server_was_away_nobody_fell_silent() {
    let world = World::new();
    world.reports("p", "c1", world.at(0));
    world.reports("p", "c2", world.at(0));
    world.adopt("p");
    world.hook("silence", "http://127.0.0.1:1/", &[Event::ClusterSilent]);
    world.look(world.at(10));
    let back = 72 * HOUR;
    for minutes in (back..=back + 12 * HOUR).step_by(10) {
        world.look(world.at(minutes));
    }
    assert!(world.told().is_empty(), "they had no chance to report");
    world.reports("p", "c1", world.at(back + 6 * HOUR));
    for minutes in (back + 12 * HOUR..=back + 14 * HOUR).step_by(10) {
        world.look(world.at(minutes));
    }
    assert_eq!(world.told_of("cluster_id"), [silent("c2")]);
}

#[test]
fn organizations_are_told_as_they_come() {
    let world = World::new();
    world.store.organization("Before", world.at(0)).unwrap();
    world.hook_of_all();
    world
        .store
        .organization("Acme \"&\" Co", world.at(1))
        .unwrap();
    world.look(world.at(2));
    world.look(world.at(3));
    let told = world.told();
    assert_eq!(told.len(), 1);
    assert_eq!(told[0]["data"]["organization"], "Acme \"&\" Co");
    assert_eq!(told[0]["data"]["self_registered"], false);
}

#[test]
fn a_growing_quarantine_is_told_once_an_hour_and_a_trickle_never() {
    let world = World::new();
    world.hook_of_all();
    let refuse = |reports: usize, at: Timestamp| {
        let one = Refused {
            at,
            kind: Kind::Usage,
            product: Some("p".to_owned()),
            errors: r#"{"body":["is not valid JSON"]}"#.to_owned(),
            body: b"{".to_vec(),
            body_bytes: 1,
        };
        world.store.quarantine(&vec![one; reports]).unwrap();
    };
    let told = |minutes| {
        world.look(world.at(minutes));
        world.told_of("refused")
    };
    let growing = |refused: &str| ("quarantine.growing".to_owned(), refused.to_owned());
    // Nine an hour are no news, however long that goes on.
    for hour in 0..4 {
        refuse(9, world.at(hour * HOUR));
        assert_eq!(told(hour * HOUR + 1), []);
        assert_eq!(told(hour * HOUR + 61), []);
    }
    refuse(150, world.at(5 * HOUR));
    world.look(world.at(5 * HOUR));
    let message = world.told().remove(0);
    assert_eq!(message["data"]["refused"], 150, "of which 100 are kept");
    let reason = &message["data"]["reasons"][0];
    assert_eq!(
        (&reason["product"], &reason["kind"]),
        (&"p".into(), &"usage".into())
    );
    refuse(20, world.at(5 * HOUR + 30));
    assert_eq!(told(5 * HOUR + 59), [], "once an hour");
    assert_eq!(told(6 * HOUR), [growing("20")]);
    assert_eq!(told(8 * HOUR), []);
}

#[test]
fn nobody_hears_of_what_they_did_not_ask_for_and_a_full_queue_drops_and_counts() {
    let world = World::new();
    world.look(world.at(0));
    assert_eq!(world.store.webhook_watch().unwrap(), None, "nobody asked");
    let of_clusters = world.hook("a", "http://127.0.0.1:1/", &[Event::ClusterFirstReport]);
    world.hook("b", "http://127.0.0.1:1/", &[Event::OrganizationRegistered]);
    world.store.organization("Acme", world.at(1)).unwrap();
    world.look(world.at(2));
    let due = world.store.due_messages(world.at(2)).unwrap().remove(0);
    let news = News {
        event: Event::OrganizationRegistered,
        message: due.message,
        body: due.body,
    };
    let watched = world.store.webhook_watch().unwrap().unwrap();
    let many = vec![news; 1_004];
    let told = world.store.tell_webhooks(&many, &watched, world.at(2));
    assert_eq!(told.unwrap(), 5);
    let hooks = world.store.webhooks().unwrap();
    assert_eq!((hooks[0].waiting, hooks[0].dropped), (0, 0));
    assert_eq!((hooks[1].waiting, hooks[1].dropped), (1_000, 5));
    assert_eq!(world.store.vitals().unwrap().webhooks_waiting, 1_000);
    world.store.organization("Umbrella", world.at(3)).unwrap();
    world.look(world.at(3));
    assert_eq!(world.watch.webhooks.dropped.get(), 1);
    world
        .store
        .remove_webhook(hooks[1].id, "x", world.at(3))
        .unwrap();
    world
        .store
        .remove_webhook(of_clusters, "x", world.at(3))
        .unwrap();
    assert_eq!(world.store.webhook_watch().unwrap(), None);
}
