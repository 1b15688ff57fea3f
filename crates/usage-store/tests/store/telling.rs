//! What replies tell, as operators say it: from the next commit of reports on, whichever process said so.

use usage_store::registry::{
    Advisory, COMMAND_LINE, Severity, latest_version_objection, report_interval_objection,
};
use usage_store::report::Kind;
use usage_store::{Error, Store, Writing};

use crate::fleet::*;

fn advisory(id: &str, severity: Severity) -> Advisory {
    Advisory {
        id: id.to_owned(),
        severity,
        title: "Passwords show in the log".to_owned(),
        affected: ">=1.2, <1.8.4".to_owned(),
        link: "https://example.com/advisories/7".to_owned(),
    }
}

fn save(store: &Store, product: &str, advisory: &Advisory, at: i64) -> bool {
    store
        .save_advisory(product, advisory, COMMAND_LINE, noon(at))
        .unwrap()
}

fn ids(store: &Store, product: &str) -> Vec<String> {
    let told = store.news_of(product).unwrap().advisories;
    told.into_iter().map(|(one, _)| one.id).collect()
}

/// A report comes.
fn come(world: &World) {
    world.append(report(Kind::Usage, "p", b"[]".to_vec(), noon(1)));
}

#[test]
fn what_another_process_says_is_told_from_the_next_commit_on() {
    let world = World::new();
    let store = &world.store;
    let beside = Store::open(world.path(), Writing::Beside).unwrap();
    come(&world);
    assert!(store.news().products.is_empty());
    beside
        .set_latest_version("p", Some("1.8.4"), COMMAND_LINE, noon(0))
        .unwrap();
    beside
        .set_report_interval("p", Some(3_600), COMMAND_LINE, noon(0))
        .unwrap();
    save(&beside, "p", &advisory("JB-7", Severity::High), 0);
    save(&beside, "q", &advisory("Q-1", Severity::Low), 0);
    assert!(store.news().products.is_empty(), "no commit came yet");
    come(&world);
    let news = store.news();
    assert_eq!(news.products["p"], beside.news_of("p").unwrap());
    assert_eq!(news.products["p"].latest_version.as_deref(), Some("1.8.4"));
    assert_eq!(news.products["p"].report_interval, Some(3_600));
    assert_eq!(news.products["q"].latest_version, None);
    let [(told, changed)] = &news.products["q"].advisories[..] else {
        panic!("{news:?}");
    };
    assert_eq!((told, *changed), (&advisory("Q-1", Severity::Low), noon(0)));
    assert_eq!(*news, beside.all_news().unwrap());

    beside
        .set_latest_version("p", None, COMMAND_LINE, noon(1))
        .unwrap();
    beside
        .set_report_interval("p", None, COMMAND_LINE, noon(1))
        .unwrap();
    for (product, id) in [("p", "JB-7"), ("q", "Q-1")] {
        let removed = beside.remove_advisory(product, id, COMMAND_LINE, noon(1));
        assert!(removed.unwrap());
    }
    come(&world);
    assert!(store.news().products.is_empty());
}

#[test]
fn a_refused_report_in_between_hides_no_change() {
    let world = World::new();
    come(&world);
    world
        .store
        .set_latest_version("p", Some("2"), COMMAND_LINE, noon(0))
        .unwrap();
    // The quarantine asks for the lists, too, by the same version.
    world
        .store
        .set_allowlist("p", usage_store::Mode::Drop, COMMAND_LINE, noon(0))
        .unwrap();
    let refused = usage_store::quarantine::Refused {
        at: noon(1),
        kind: Kind::Usage,
        product: Some("p".to_owned()),
        errors: "{}".to_owned(),
        body: b"x".to_vec(),
        body_bytes: 1,
    };
    world.store.quarantine(&[refused]).unwrap();
    come(&world);
    let news = world.store.news();
    assert_eq!(news.products["p"].latest_version.as_deref(), Some("2"));
}

#[test]
fn what_matters_most_is_told_first() {
    let world = World::new();
    let store = &world.store;
    for (id, severity, at) in [
        ("A", Severity::Low, 0),
        ("B", Severity::Critical, 1),
        ("C", Severity::Medium, 0),
        ("D", Severity::Medium, 2),
        ("E", Severity::High, 0),
        ("F", Severity::Critical, 1),
    ] {
        assert!(save(store, "p", &advisory(id, severity), at), "{id} is new");
    }
    assert_eq!(ids(store, "p"), ["B", "F", "E", "D", "C", "A"]);
    let changed = Advisory {
        title: "Passwords show in every log".to_owned(),
        ..advisory("C", Severity::Critical)
    };
    assert!(!save(store, "p", &changed, 3));
    assert_eq!(ids(store, "p"), ["C", "B", "F", "E", "D", "A"]);
    let removed = |id| store.remove_advisory("p", id, COMMAND_LINE, noon(4));
    assert!(removed("C").unwrap());
    assert!(!removed("C").unwrap(), "it is gone already");
    assert_eq!(ids(store, "p"), ["B", "F", "E", "D", "A"]);
    assert_eq!(ids(store, "q"), [""; 0]);
}

#[test]
fn each_change_is_in_the_audit_log_and_what_changes_nothing_is_not() {
    let world = World::new();
    let store = &world.store;
    let jb7 = advisory("JB-7", Severity::High);
    let worse = advisory("JB-7", Severity::Critical);
    for _ in 0..2 {
        store
            .set_latest_version("p", Some("1.8.4"), "ann@example.com", noon(0))
            .unwrap();
        store
            .set_report_interval("p", Some(7_200), "ann@example.com", noon(0))
            .unwrap();
        save(store, "p", &jb7, 0);
    }
    for _ in 0..2 {
        save(store, "p", &worse, 1);
    }
    for _ in 0..2 {
        store
            .set_latest_version("p", None, COMMAND_LINE, noon(1))
            .unwrap();
        store
            .remove_advisory("p", "JB-7", COMMAND_LINE, noon(1))
            .unwrap();
    }
    let entries = store.audit_entries(None, None, 50).unwrap();
    let mut told: Vec<String> = entries
        .into_iter()
        .map(|one| format!("{} {} {}", one.actor, one.action, one.subject))
        .collect();
    told.reverse();
    assert_eq!(
        told,
        [
            "ann@example.com set latest version p: 1.8.4",
            "ann@example.com set report interval p: 7200 s",
            "command line add advisory p: JB-7, high, >=1.2, <1.8.4",
            "command line change advisory p: JB-7, critical, >=1.2, <1.8.4",
            "command line set latest version p: none",
            "command line remove advisory p: JB-7",
        ]
    );
}

#[test]
fn a_product_has_so_many_advisories() {
    let world = World::new();
    for n in 0..100 {
        save(
            &world.store,
            "p",
            &advisory(&format!("A-{n}"), Severity::Low),
            0,
        );
    }
    let more = advisory("A-100", Severity::Low);
    let refused = world
        .store
        .save_advisory("p", &more, COMMAND_LINE, noon(0))
        .unwrap_err();
    assert!(
        matches!(refused, Error::TooMany { most: 100, .. }),
        "{refused}"
    );
    assert_eq!(ids(&world.store, "p").len(), 100);
    // One that is there may still change.
    save(&world.store, "p", &advisory("A-7", Severity::High), 1);
    assert_eq!(ids(&world.store, "p")[0], "A-7");
}

#[test]
fn whatever_is_wrong_with_an_advisory_is_told_by_field() {
    let right = advisory("JB-7", Severity::High);
    assert_eq!(right.objections(), []);
    let wrong = |change: fn(&mut Advisory)| {
        let mut one = right.clone();
        change(&mut one);
        let objections = one.objections();
        let fields: Vec<_> = objections.iter().map(|wrong| wrong.field).collect();
        fields.join(" ")
    };
    assert_eq!(wrong(|one| one.id = " ".into()), "id");
    assert_eq!(wrong(|one| one.id = "A 7".into()), "id");
    assert_eq!(wrong(|one| one.id = "A".repeat(65)), "id");
    assert_eq!(wrong(|one| one.title = String::new()), "title");
    assert_eq!(wrong(|one| one.title = "a\nb".into()), "title");
    assert_eq!(wrong(|one| one.title = "é".repeat(101)), "title");
    assert_eq!(wrong(|one| one.affected = "^1.2".into()), "affected");
    assert_eq!(wrong(|one| one.affected = String::new()), "affected");
    assert_eq!(wrong(|one| one.affected = "<1 ".repeat(70)), "affected");
    assert_eq!(wrong(|one| one.link = String::new()), "");
    for link in [
        "https://example.com",
        "https://example.com:8443/a?b=c#d",
        "https://example.com/caf%C3%A9",
    ] {
        let fine = Advisory {
            link: link.to_owned(),
            ..right.clone()
        };
        assert_eq!(fine.objections(), [], "{link}");
    }
    for link in [
        "http://example.com/7",
        "HTTPS://example.com",
        "javascript:alert(1)",
        "https://",
        "https:///a",
        "https://user@example.com/",
        "https://good.example@evil.example/",
        "https://exämple.com/",
        "https://example.com/a b",
        "https://example.com/\"onclick=",
        "https://example.com/<script>",
        "https://a\\b/",
        "//example.com/",
        "example.com",
        " https://example.com",
    ] {
        let one = Advisory {
            link: link.to_owned(),
            ..right.clone()
        };
        let objections = one.objections();
        assert_eq!(objections.len(), 1, "{link}");
        assert!(objections[0].message.contains("https://example.com"));
    }
    assert_eq!(
        wrong(|one| one.link = format!("https://a/{}", "b".repeat(300))),
        "link"
    );
    assert_eq!(
        wrong(|one| *one = advisory("", Severity::Low)),
        "id",
        "and not more than is wrong"
    );
    assert_eq!(latest_version_objection("2024a"), None);
    for version in ["", " ", "1\n2", &"1.".repeat(33)] {
        assert!(latest_version_objection(version).is_some(), "{version:?}");
    }
    for (seconds, right) in [
        (3_599, false),
        (3_600, true),
        (604_800, true),
        (604_801, false),
        (0, false),
    ] {
        assert_eq!(
            report_interval_objection(seconds).is_none(),
            right,
            "{seconds}"
        );
    }
}
