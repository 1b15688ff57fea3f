//! Public pages: what they say of a week is rounded, said once and never again otherwise.

use usage_store::Store;
use usage_store::Writing;
use usage_store::public::limits::PUBLIC_THRESHOLD_MIN;
use usage_store::public::{PublicChart, PublicPage, PublishedWeek};
use usage_store::query::ProductId;
use usage_store::registry::OrganizationId;

use crate::fleet::*;

/// The Tuesday of the first whole week, 2026-10-06.
const TUESDAY: i64 = 5;
/// A week later: that week is over, and the day after it, too.
const SETTLED: i64 = TUESDAY + 7;

impl World {
    fn published(&self, threshold: u32, keep: bool, day: i64) -> Vec<PublishedWeek> {
        let id = self.store.product_named("kapacitor").unwrap();
        let product = (id.unwrap_or(ProductId(1)), "kapacitor");
        let weeks = self.store.published(product, threshold, keep, noon(day));
        weeks.unwrap()
    }

    /// So many servers of a version report on that Tuesday, or for it.
    fn post(&self, version: &str, servers: std::ops::Range<usize>) {
        for n in servers {
            self.append(usage(&format!("c{n}"), "s", version, noon(TUESDAY)));
        }
        self.apply_all();
    }
}

fn told(weeks: &[PublishedWeek], chart: PublicChart) -> Vec<(&str, u64)> {
    weeks.iter().flat_map(|week| week.parts_of(chart)).collect()
}

#[test]
fn a_week_is_published_rounded_when_it_is_over_and_counted() {
    let world = World::new();
    world.post("1.8", 0..25);
    world.post("1.9", 25..37);
    world.post("2.0-rc1", 37..40);
    world.append(check_in("c40", "s", "1.8", noon(TUESDAY)));
    assert_eq!(world.published(10, true, SETTLED - 1), [], "too early");
    assert_eq!(world.published(10, true, SETTLED), [], "not all is counted");
    world.apply_all();
    let weeks = world.published(10, true, SETTLED);
    assert_eq!(weeks.len(), 1);
    assert_eq!(weeks[0].from.to_string(), "2026-10-05");
    assert_eq!(weeks[0].to.to_string(), "2026-10-11");
    assert_eq!(
        weeks[0].servers, 40,
        "with the one that only checked in: 41"
    );
    assert_eq!(
        told(&weeks, PublicChart::Versions),
        [("1.8", 20), ("1.9", 10)]
    );
    assert_eq!(told(&weeks, PublicChart::Systems), [("linux", 40)]);
    assert_eq!(told(&weeks, PublicChart::Architectures), []);
    let later = world.published(10, true, SETTLED + 7 * 30);
    assert_eq!(later, [], "half a year and not more");
}

#[test]
fn what_was_published_stays_whatever_comes_or_goes() {
    let world = World::new();
    world.post("1.8", 0..19);
    let first = world.published(10, false, SETTLED);
    world.post("1.8", 19..20);
    assert_ne!(
        world.published(10, false, SETTLED),
        first,
        "a look keeps nothing"
    );
    let published = world.published(10, true, SETTLED);
    assert_eq!(told(&published, PublicChart::Versions), [("1.8", 20)]);
    world.post("1.8", 20..60);
    assert_eq!(world.published(10, true, SETTLED + 1), published);
    assert_eq!(world.published(10, false, SETTLED + 1), published);
    let world = world.restart();
    assert_eq!(world.published(10, true, SETTLED + 2), published);
    let lower = world.published(5, true, SETTLED + 2);
    assert_eq!(lower, published, "a lower threshold tells nothing more");
    let higher = world.published(50, true, SETTLED + 2);
    assert_eq!((higher[0].servers, higher[0].parts.len()), (0, 0));
}

#[test]
fn a_week_with_too_few_stays_hidden_too() {
    let world = World::new();
    world.post("1.8", 0..9);
    let published = world.published(10, true, SETTLED);
    assert_eq!((published[0].servers, published[0].parts.len()), (0, 0));
    world.post("1.8", 9..10);
    assert_eq!(world.published(10, true, SETTLED), published);
}

/// So many servers of an organization report a version on that Tuesday.
fn post_for(world: &World, organization: OrganizationId, version: &str, servers: usize) {
    for n in 0..servers {
        let report = usage("theirs", &format!("s{n}"), version, noon(TUESDAY));
        world.append(under(report, organization));
    }
    world.apply_all();
}

#[test]
fn what_one_customer_runs_is_not_named_however_many_servers_they_have() {
    let world = World::new();
    let acme = world.store.organization("Acme", noon(0)).unwrap();
    world.post("1.8", 0..40);
    world.post("1.9", 40..60);
    post_for(&world, acme, "2.0-acme", 50);
    // Another's servers are in one cluster, without a token.
    for n in 0..30 {
        world.append(usage("one", &format!("s{n}"), "1.7", noon(TUESDAY)));
    }
    world.apply_all();
    let weeks = world.published(10, true, SETTLED);
    assert_eq!(weeks[0].servers, 140);
    // Two customers are left by 1.8 and 1.9, so the smaller one covers how many servers they have.
    assert_eq!(told(&weeks, PublicChart::Versions), [("1.8", 40)]);
    assert_eq!(told(&weeks, PublicChart::Systems), [("linux", 140)]);
    let raised = world.published(50, true, SETTLED);
    assert_eq!(raised[0].servers, 100, "62 customers");
    assert_eq!(told(&raised, PublicChart::Versions), []);
    let raised = world.published(63, true, SETTLED);
    assert_eq!((raised[0].servers, raised[0].parts.len()), (0, 0));
}

#[test]
fn what_was_published_by_servers_alone_stays() {
    let world = World::new();
    world.post("1.8", 0..40);
    let published = world.published(10, true, SETTLED);
    let db = rusqlite::Connection::open(world.path().join("usage.db")).unwrap();
    db.execute_batch(
        "UPDATE public_week SET threshold = NULL, customers = NULL; UPDATE public_part SET customers = NULL;",
    )
    .unwrap();
    assert_eq!(world.published(10, true, SETTLED), published);
    let raised = world.published(20, true, SETTLED);
    assert_eq!(told(&raised, PublicChart::Versions), [("1.8", 40)]);
}

#[test]
fn names_that_look_like_nothing_we_know_are_not_told() {
    let world = World::new();
    let names = [
        "1.8.0-rc.1+build",
        "buy now",
        "see-evil-example-com-for-pills",
        "1.8;",
    ];
    for (n, name) in names.into_iter().enumerate() {
        world.post(name, 20 * n..20 * n + 20);
    }
    let weeks = world.published(10, true, SETTLED);
    assert_eq!(
        told(&weeks, PublicChart::Versions),
        [("1.8.0-rc.1+build", 20)]
    );
}

#[test]
fn operators_choose_and_it_is_noted() {
    let world = World::new();
    assert_eq!(world.store.public_page("kapacitor").unwrap(), None);
    let page = PublicPage {
        shown: true,
        threshold: 1,
        charts: vec![PublicChart::Systems, PublicChart::Active],
    };
    let set = |page: &PublicPage| {
        let done = world
            .store
            .set_public_page("kapacitor", page, "op@example.com", noon(0));
        done.unwrap();
    };
    set(&page);
    let beside = Store::open(world.path(), Writing::Beside).unwrap();
    let kept = beside.public_page("kapacitor").unwrap().unwrap();
    assert_eq!(kept.threshold, PUBLIC_THRESHOLD_MIN);
    assert_eq!(kept.charts, [PublicChart::Active, PublicChart::Systems]);
    set(&kept);
    set(&PublicPage {
        shown: false,
        ..kept
    });
    let noted = world.store.audit_entries(None, None, 10).unwrap();
    let noted: Vec<String> = noted
        .into_iter()
        .map(|entry| format!("{}: {}", entry.action, entry.subject))
        .collect();
    assert_eq!(
        noted,
        [
            "hide public page: kapacitor: active, os, threshold 5",
            "show public page: kapacitor: active, os, threshold 5"
        ]
    );
}
