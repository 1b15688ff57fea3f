//! What is erased is gone: from the journal, the counts, the pages of the file; and nothing
//! else is.

use proptest::prelude::*;
use usage_store::erasure::{ErasureRequest, Whose};
use usage_store::quarantine::Refused;
use usage_store::report::Kind;
use usage_store::webhook::{Event, NewWebhook, News};
use usage_store::{Day, Outcome};

use crate::fleet::*;
use crate::folding::is_partitioned;
use crate::leaving::erase_all;
use crate::naming;
use crate::rebuilding::{any_report, dump, is_name};

pub(crate) fn erase(world: &World, cluster: &str, server: Option<&str>, whose: Whose) -> u64 {
    let request = ErasureRequest {
        product: "kapacitor".to_owned(),
        cluster_id: cluster.to_owned(),
        server_id: server.map(str::to_owned),
        whose,
        actor: "test".to_owned(),
    };
    let free = |code: &String| world.store.erasure_status(code).unwrap().is_none();
    let code = (0..).map(|n| format!("code {n}")).find(free).unwrap();
    world
        .store
        .request_erasure(&request, &code, noon(9))
        .unwrap();
    while world.store.erase_next(noon(9)).unwrap() {}
    let status = world.store.erasure_status(&code).unwrap().unwrap();
    assert_eq!(status.done_at, Some(noon(9)));
    status.reports
}

#[test]
fn an_erased_server_leaves_no_trace_in_any_file() {
    let world = World::new();
    for n in 0..1500 {
        world.append(usage("keeps", &format!("s{}", n % 7), "1.0", noon(0)));
        if n % 100 == 0 {
            world.append(usage("secret-cluster", "s1", "9.9-secret", noon(0)));
        }
    }
    let body = br#"[{"tags":{"cluster_id":"secret-cluster"},"values":7}]"#.to_vec();
    let refused = Refused {
        at: noon(0),
        kind: Kind::Usage,
        product: None,
        errors: "{}".to_owned(),
        body_bytes: body.len() as u64,
        body,
    };
    world.store.quarantine(&[refused]).unwrap();
    let hook = NewWebhook {
        name: "chat",
        url: "http://chat.example/",
        secret: b"signs",
        events: [Event::ClusterFirstReport].into_iter().collect(),
        by: "ada@example.com",
    };
    let hook = world.store.add_webhook(&hook, noon(0)).unwrap();
    let news = |body: &str| News {
        event: Event::ClusterFirstReport,
        message: "msg_1".to_owned(),
        body: body.to_owned(),
    };
    for body in [
        r#"{"cluster_id":"secret-cluster"}"#,
        r#"{"cluster_id":"keeps"}"#,
    ] {
        world
            .store
            .tell_webhook(hook, &news(body), noon(0))
            .unwrap();
    }
    world.apply_all();
    while world.store.repack().unwrap() {}
    let next = world.store.next_seq().unwrap();

    assert_eq!(erase(&world, "secret-cluster", None, Whose::Everybodys), 15);
    assert_eq!(world.journal().len(), 1500);
    assert!(world.store.quarantined(None, 10).unwrap().is_empty());
    assert_eq!(world.store.webhooks().unwrap()[0].waiting, 1);
    for file in std::fs::read_dir(world.path()).unwrap() {
        let path = file.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        for trace in [&b"secret-cluster"[..], b"9.9-secret"] {
            assert!(
                !bytes.windows(trace.len()).any(|text| text == trace),
                "{}",
                path.display()
            );
        }
    }
    let product = &world.store.products(noon(0)).unwrap()[0];
    assert_eq!((product.active_servers, product.reports_today), (7, 1500));
    let world = world.restart();
    assert_eq!(
        world.append(usage("c", "s", "1.0", noon(1))),
        Outcome::Accepted(next)
    );
}

#[test]
fn places_are_not_reused_after_the_last_report_was_erased() {
    let world = World::new();
    for _ in 0..3 {
        world.append(usage("c", "s", "1.0", noon(0)));
    }
    world.apply_all();
    assert_eq!(erase(&world, "c", Some("s"), Whose::Everybodys), 3);
    assert!(world.journal().is_empty());
    assert!(
        world
            .store
            .newest_reports(None, None, 10)
            .unwrap()
            .is_empty()
    );
    let world = world.restart();
    assert_eq!(
        world.append(usage("c", "s", "1.0", noon(0))),
        Outcome::Accepted(3)
    );
    world.apply_all();
    assert_eq!(world.store.freshness().unwrap().behind, 0);
    let product = world.store.products(noon(0)).unwrap()[0].id;
    let server = &world.store.servers(product, None, 10).unwrap()[0];
    assert_ne!(server.id.0, 1, "nor are servers' ids");
}

#[test]
fn of_a_report_that_names_others_too_only_the_elements_in_question_go() {
    let world = World::new();
    let body = br#"[{"tags":{"os":"linux"},"values":{"cluster_id":"mine","n":1}},{"values":{"cluster_id":"theirs","n":18446744073709551615}}]"#;
    world.append(report(Kind::Usage, "kapacitor", body.to_vec(), noon(0)));
    world.apply_all();
    assert_eq!(
        erase(&world, "mine", None, Whose::Everybodys),
        0,
        "the report stays"
    );
    let left = &world.journal()[0].body;
    assert_eq!(
        left,
        br#"[{"values":{"cluster_id":"theirs","n":18446744073709551615}}]"#
    );
    let product = world.store.products(noon(0)).unwrap()[0].id;
    assert_eq!(world.store.servers(product, None, 10).unwrap().len(), 1);
    assert_eq!(world.shares(product, "os", Day::of(noon(0))), []);
}

#[test]
fn an_install_key_erases_only_what_came_with_it() {
    let world = World::new();
    let acme = world.store.organization("Acme", noon(0)).unwrap();
    let with_key = |key| {
        let mut report = usage("c", "s", "1.0", noon(0));
        report.install_key = Some([key; 16]);
        report
    };
    world.append(with_key(1));
    world.append(with_key(2));
    world.append(usage("c", "s", "1.0", noon(0)));
    world.append(under(with_key(1), acme));
    world.apply_all();
    assert_eq!(erase(&world, "c", Some("s"), Whose::Installs([1; 16])), 1);
    assert_eq!(
        world.journal().iter().map(|r| r.seq).collect::<Vec<_>>(),
        [1, 2, 3]
    );
    assert_eq!(erase(&world, "c", None, Whose::Organizations(acme)), 1);
    assert_eq!(
        world.journal().iter().map(|r| r.seq).collect::<Vec<_>>(),
        [1, 2]
    );
}

#[test]
fn the_same_request_again_grows_the_one_that_is_pending() {
    let world = World::new();
    let request = ErasureRequest {
        product: "kapacitor".to_owned(),
        cluster_id: "c".to_owned(),
        server_id: None,
        whose: Whose::Anonymous,
        actor: "test".to_owned(),
    };
    let ask = |request: &ErasureRequest, code| {
        world.store.request_erasure(request, code, noon(0)).unwrap()
    };
    world.append(usage("c", "s", "1.0", noon(0)));
    assert_eq!(ask(&request, "first"), "first");
    world.append(usage("c", "s", "1.0", noon(1)));
    assert_eq!(ask(&request, "second"), "first");
    let other = ErasureRequest {
        server_id: Some("s".to_owned()),
        ..request.clone()
    };
    assert_eq!(ask(&other, "other"), "other");
    world.apply_all();
    assert_eq!(world.store.servers_to_erase(&request).unwrap(), 1);
    while world.store.erase_next(noon(1)).unwrap() {}
    let status = |code| world.store.erasure_status(code).unwrap();
    assert_eq!(status("first").unwrap().reports, 2);
    assert_eq!(status("other").unwrap().reports, 0);
    assert_eq!(status("second"), None);
    assert_eq!(ask(&request, "third"), "third", "the first is done");
    world
        .store
        .request_erasure(&request, "fourth", noon(92))
        .unwrap();
    assert_eq!(status("first"), None, "done long ago");
    assert!(status("third").is_some(), "still pending");
}

#[test]
fn the_quarantine_is_cleared_only_by_those_who_had_something_there() {
    let world = World::new();
    let refused = |product: &str, body: &str| Refused {
        at: noon(0),
        kind: Kind::Usage,
        product: Some(product.to_owned()),
        errors: "{}".to_owned(),
        body_bytes: body.len() as u64,
        body: body.as_bytes().to_vec(),
    };
    let body = r#"[{"values":{"cluster_id":"c"}}]"#;
    let all = [refused("kapacitor", body), refused("influxdb", body)];
    world.store.quarantine(&all).unwrap();
    let waiting = || world.store.quarantined(None, 10).unwrap().len();
    assert_eq!(erase(&world, "c", None, Whose::Installs([1; 16])), 0);
    assert_eq!(waiting(), 2);
    let mut mine = usage("c", "s", "1.0", noon(0));
    mine.install_key = Some([1; 16]);
    world.append(mine);
    world.apply_all();
    assert_eq!(erase(&world, "c", None, Whose::Installs([1; 16])), 1);
    assert_eq!(waiting(), 1, "the other product's stays");
}

#[test]
fn what_arrives_after_the_request_stays() {
    let world = World::new();
    world.append(usage("c", "s", "1.0", noon(0)));
    let request = ErasureRequest {
        product: "kapacitor".to_owned(),
        cluster_id: "c".to_owned(),
        server_id: None,
        whose: Whose::Everybodys,
        actor: "test".to_owned(),
    };
    world
        .store
        .request_erasure(&request, "code", noon(0))
        .unwrap();
    assert!(
        !world.store.erase_next(noon(0)).unwrap(),
        "not before it is counted"
    );
    world.append(usage("c", "s", "2.0", noon(1)));
    world.apply_all();
    assert!(world.store.erase_next(noon(1)).unwrap());
    assert_eq!(
        world.journal().iter().map(|r| r.seq).collect::<Vec<_>>(),
        [1]
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_model_after_an_erasure_equals_the_one_made_anew(
        before in proptest::collection::vec(any_report(), 1..50),
        erasures in proptest::collection::vec((0u8..3, proptest::option::of(0u8..3), 0u8..4), 1..4),
        after in proptest::collection::vec(any_report(), 0..20),
        packed in any::<[bool; 2]>(),
        top in proptest::option::of(1usize..3),
        folded in any::<[bool; 2]>(),
    ) {
        let world = World::new();
        let acme = world.store.organization("Acme", noon(0)).unwrap();
        let append = |reports: Vec<(_, bool)>| {
            for (report, under_acme) in reports {
                world.append(if under_acme { under(report, acme) } else { report });
            }
            world.apply_all();
        };
        append(before);
        if packed[0] {
            world.pack_all();
        }
        let fold = |now| {
            if let Some(top) = top.filter(|_| now) {
                world.fold_all(top);
            }
        };
        fold(folded[0]);
        for (cluster, server, whose) in erasures {
            let server = server.map(|server| format!("s{server}"));
            let whose = match whose {
                3 => {
                    erase_all(&world, acme);
                    continue;
                }
                0 => Whose::Everybodys,
                1 => Whose::Organizations(acme),
                _ => Whose::Installs([0; 16]),
            };
            erase(&world, &format!("c{cluster}"), server.as_deref(), whose);
        }
        fold(folded[1]);
        append(after);
        is_partitioned(&world);
        fold(true);
        if packed[1] {
            world.pack_all();
        }
        // When the mark's report was received is not part of it: that report may be erased. Nor since when a name is
        // known, and by what numbers: one that was gone for a while may have been said for a moment before.
        let comparable = |world: &World| {
            world.store.forget_unused().unwrap();
            let mut lines = dump(world);
            lines.pop();
            lines.retain(|line| !is_name(line));
            lines.extend(naming::names(world).iter().map(|name| format!("{name:?}")));
            lines
        };
        let step_by_step = comparable(&world);
        world.store.rebuild(|_, _| ()).unwrap();
        fold(true);
        let anew = comparable(&world);
        for line in &anew {
            prop_assert!(step_by_step.contains(line), "only made anew: {}", line);
        }
        for line in &step_by_step {
            prop_assert!(anew.contains(line), "only step by step: {}", line);
        }
        let names = naming::names(&world);
        let world = naming::made_from_nothing(world, usize::MAX);
        prop_assert_eq!(naming::names(&world), names);
    }
}
