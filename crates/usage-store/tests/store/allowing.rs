//! What operators allow: before the journal, the quarantine and an export have it, from the next commit on,
//! whichever process said so.

use usage_store::quarantine::Refused;
use usage_store::registry::COMMAND_LINE;
use usage_store::report::{FieldErrors, Kind};
use usage_store::{EVERY_NAME, Error, Mode, Outcome, Store, Thing, Writing};

use crate::fleet::*;

const PERSONAL: &str =
    r#"[{"tags":{"os":"linux","owner":"ann"},"values":{"cluster_id":"c","n":1,"age":44}}]"#;
const LEFT: &str = r#"[{"tags":{"os":"linux"},"values":{"cluster_id":"c","n":1}}]"#;

fn allow(store: &Store, product: &str, names: &[(Thing, &str)]) -> usize {
    store.allow(product, names, COMMAND_LINE, noon(0)).unwrap()
}

fn set(store: &Store, product: &str, mode: Mode) {
    store
        .set_allowlist(product, mode, COMMAND_LINE, noon(0))
        .unwrap();
}

fn restricted() -> World {
    let world = World::new();
    let names = [(Thing::Dimension, "os"), (Thing::Value, "n")];
    assert_eq!(allow(&world.store, "p", &names), 2);
    set(&world.store, "p", Mode::Drop);
    world
}

fn sent(product: &str, body: &str) -> usage_store::NewReport {
    report(Kind::Usage, product, body.as_bytes().to_vec(), noon(1))
}

fn bodies(world: &World) -> Vec<String> {
    let body = |report: usage_store::StoredReport| String::from_utf8(report.body).unwrap();
    world.journal().into_iter().map(body).collect()
}

fn refused(kind: Kind, product: Option<&str>, body: &str, errors: FieldErrors) -> Refused {
    Refused {
        at: noon(1),
        kind,
        product: product.map(str::to_owned),
        errors: serde_json::json!(errors.0).to_string(),
        body: body.into(),
        body_bytes: body.len() as u64,
    }
}

fn newest(world: &World) -> (String, String) {
    let all = world.store.quarantined(None, 1).unwrap();
    let one = &all[0].refused;
    let body = String::from_utf8(one.body.clone()).unwrap();
    (body, one.errors.clone())
}

#[test]
fn only_what_is_on_a_products_list_is_kept_of_it() {
    let world = restricted();
    world.append(sent("p", PERSONAL));
    world.append(sent("other", PERSONAL));
    assert_eq!(bodies(&world), [LEFT, PERSONAL]);
    assert_eq!(world.store.removed_by_allowlists(), 2);

    world.apply_all();
    let names = world.store.allowlist("p").unwrap().removed;
    let told: Vec<_> = names
        .iter()
        .map(|(thing, name, _)| (*thing, &**name))
        .collect();
    assert_eq!(told, [(Thing::Dimension, "owner"), (Thing::Value, "age")]);

    set(&world.store, "p", Mode::Mask);
    world.append(sent("p", PERSONAL));
    let masked =
        r#"[{"tags":{"os":"linux","owner":"(masked)"},"values":{"cluster_id":"c","n":1}}]"#;
    assert_eq!(bodies(&world)[2], masked);

    set(&world.store, "p", Mode::Off);
    world.append(sent("p", PERSONAL));
    assert_eq!(bodies(&world)[3], PERSONAL);
    assert_eq!(world.store.allowlist("p").unwrap().removed, []);
}

#[test]
fn a_change_by_another_process_holds_from_the_next_commit_on() {
    let world = World::new();
    world.append(sent("p", PERSONAL));
    let beside = Store::open(world.path(), Writing::Beside).unwrap();
    set(&beside, "p", Mode::Drop);
    world.append(sent("p", PERSONAL));
    allow(&beside, "p", &[(Thing::Value, EVERY_NAME)]);
    world.append(sent("p", PERSONAL));
    allow(
        &beside,
        "p",
        &[(Thing::Dimension, "os"), (Thing::Dimension, "owner")],
    );
    world.append(sent("p", PERSONAL));
    let off = [(Thing::Dimension, "os"), (Thing::Dimension, "never")];
    assert_eq!(
        beside.disallow("p", &off, COMMAND_LINE, noon(0)).unwrap(),
        1
    );
    world.append(sent("p", PERSONAL));
    assert_eq!(
        bodies(&world),
        [
            PERSONAL,
            r#"[{"tags":{},"values":{"cluster_id":"c"}}]"#,
            r#"[{"tags":{},"values":{"cluster_id":"c","n":1,"age":44}}]"#,
            PERSONAL,
            r#"[{"tags":{"owner":"ann"},"values":{"cluster_id":"c","n":1,"age":44}}]"#,
        ]
    );
    let after = world.restart();
    after.append(sent("p", PERSONAL));
    assert_eq!(bodies(&after)[5], bodies(&after)[4]);
}

#[test]
fn the_same_request_again_is_known_whatever_became_of_its_body() {
    let world = restricted();
    let report = keyed(sent("p", PERSONAL), 7);
    assert!(matches!(world.append(report.clone()), Outcome::Accepted(_)));
    assert_eq!(world.append(report.clone()), Outcome::Repeated);
    set(&world.store, "p", Mode::Off);
    assert_eq!(world.append(report.clone()), Outcome::Repeated);
    set(&world.store, "p", Mode::Drop);
    // What is left of it is the same, what came isn't.
    let other = PERSONAL.replace("ann", "bob");
    assert_eq!(
        world.append(keyed(sent("p", &other), 7)),
        Outcome::KeyReused
    );
    assert_eq!(bodies(&world), [LEFT]);
}

#[test]
fn what_is_refused_is_kept_without_what_may_not_be_kept() {
    let world = restricted();
    let keep = |kind, product, body: &str, why: &str| {
        let errors = FieldErrors::one("[0].tags.owner", why);
        let one = refused(kind, product, body, errors);
        world.store.quarantine(&[one]).unwrap();
        newest(&world)
    };
    let (body, errors) = keep(Kind::Usage, Some("p"), PERSONAL, r#"is odd; got "ann""#);
    assert_eq!(body, LEFT);
    assert_eq!(errors, r#"{"[0].tags.owner":["is odd; got (not kept)"]}"#);
    for broken in [r#"[{"tags":{"owner":"ann""#, "\u{1f}\u{8b} ann", "ann"] {
        let (body, _) = keep(Kind::Usage, Some("p"), broken, "broken");
        assert!(
            body.starts_with("(not kept: the product has an allowlist"),
            "{body}"
        );
    }
    // Cut before it came here.
    let mut cut = refused(Kind::Usage, Some("p"), "[]", FieldErrors::default());
    cut.body_bytes = 100_000;
    world.store.quarantine(&[cut]).unwrap();
    assert!(newest(&world).0.starts_with("(not kept"));

    let check_in = r#"{"product":"p","host":"ann.example.com","cluster_id":"","mail":"ann"}"#;
    let (body, _) = keep(Kind::Servers, None, check_in, "is blank");
    assert_eq!(body, r#"{"product":"p","host":"(masked)","cluster_id":""}"#);
    // Nobody can tell whose it is.
    for nobodys in [
        r#"{"host":"ann"}"#,
        r#"{"product":{"p":1},"host":"ann"}"#,
        "{ann",
    ] {
        for (kind, product) in [
            (Kind::Servers, None),
            (Kind::Servers, Some("q")),
            (Kind::Usage, None),
        ] {
            let (body, errors) = keep(kind, product, nobodys, r#"got "ann""#);
            assert!(body.starts_with("(not kept: products here"), "{body}");
            assert!(!errors.contains("ann"), "{errors}");
        }
    }
    // Of other products all is kept, as where there are no lists at all.
    let (body, errors) = keep(Kind::Usage, Some("q"), "[ann", r#"got "ann""#);
    assert_eq!((&*body, errors.contains("ann")), ("[ann", true));
    let (body, _) = keep(
        Kind::Servers,
        None,
        r#"{"product":"q","host":"ann"}"#,
        "is blank",
    );
    assert!(body.contains("ann"));
    set(&world.store, "p", Mode::Off);
    assert_eq!(keep(Kind::Usage, Some("p"), "[ann", "broken").0, "[ann");
    assert_eq!(keep(Kind::Servers, None, "{ann", "broken").0, "{ann");
}

#[test]
fn names_that_senders_choose_are_told_up_to_a_bound() {
    let world = World::new();
    set(&world.store, "p", Mode::Drop);
    for n in 0..30 {
        let values: Vec<String> = (0..10).map(|k| format!("\"v{n}-{k}\":{k}")).collect();
        world.append(sent(
            "p",
            &format!("[{{\"values\":{{{}}}}}]", values.join(",")),
        ));
    }
    assert_eq!(world.store.removed_by_allowlists(), 300);
    let summary = &world.store.allowlists().unwrap()[0];
    assert_eq!((summary.allowed, summary.removed), (0, 200));
    assert_eq!(summary.mode, Mode::Drop);
    // What is allowed now is no longer among them.
    allow(
        &world.store,
        "p",
        &[(Thing::Value, "v0-0"), (Thing::Dimension, EVERY_NAME)],
    );
    assert_eq!(world.store.allowlists().unwrap()[0].removed, 199);
    allow(&world.store, "p", &[(Thing::Value, EVERY_NAME)]);
    assert_eq!(world.store.allowlists().unwrap()[0].removed, 0);
}

#[test]
fn a_list_has_a_bound_and_each_change_is_in_the_audit_log() {
    let world = World::new();
    let names: Vec<String> = (0..10_001).map(|n| n.to_string()).collect();
    let names: Vec<(Thing, &str)> = names.iter().map(|name| (Thing::Value, &**name)).collect();
    let refused = world.store.allow("p", &names, COMMAND_LINE, noon(0));
    assert!(matches!(refused, Err(Error::TooMany { .. })), "{refused:?}");
    assert_eq!(world.store.allowlist("p").unwrap().allowed, []);

    let names = [(Thing::Value, "n"), (Thing::Stat, "http")];
    assert_eq!(allow(&world.store, "p", &names), 2);
    assert_eq!(allow(&world.store, "p", &names), 0);
    set(&world.store, "p", Mode::Mask);
    world
        .store
        .disallow("p", &names[..1], "ann@example.com", noon(0))
        .unwrap();
    let entries = world.store.audit_entries(None, None, 10).unwrap();
    let said: Vec<_> = entries
        .iter()
        .map(|entry| format!("{} {} {}", entry.actor, entry.action, entry.subject))
        .collect();
    assert_eq!(
        said,
        [
            "ann@example.com disallow p: value n",
            "command line set allowlist p: mask",
            "command line allow p: stat http",
            "command line allow p: value n",
        ]
    );
}

#[test]
fn what_is_counted_is_what_was_kept_and_a_rebuild_agrees() {
    let world = restricted();
    for n in 0..20 {
        let mail = format!("ann{n}@example.com");
        let body = PERSONAL.replace("ann", &mail);
        world.append(sent("p", &body));
        let check_in = check_in("c", "s", "1", noon(1));
        world.append(check_in);
    }
    world.apply_all();
    let product = world.store.product_named("p").unwrap().unwrap();
    let dimensions = |world: &World| world.store.dimensions(product).unwrap();
    let before = dimensions(&world);
    assert!(before.contains(&"os".to_owned()), "{before:?}");
    assert!(!before.contains(&"owner".to_owned()), "{before:?}");
    world.store.rebuild(|_, _| ()).unwrap();
    assert_eq!(dimensions(&world), before);
    for file in ["usage.db", "usage.db-wal", "model.db", "model.db-wal"] {
        let bytes = std::fs::read(world.path().join(file)).unwrap();
        let found = bytes.windows(12).any(|bytes| bytes == b"@example.com");
        assert!(!found, "{file}");
    }
}
