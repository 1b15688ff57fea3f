//! An organization takes everything back: nothing of it is left in any file, and all of the others' is.

use usage_store::erasure::About;
use usage_store::quarantine::Refused;
use usage_store::registry::{InvitedTo, NewAccount, NewToken, OrganizationId, Role};
use usage_store::report::Kind;
use usage_store::{Day, Error, Outcome, Sender, TokenProof};

use crate::fleet::*;
use crate::rebuilding::dump;

/// Has everything of an organization erased; how many reports that were.
pub(crate) fn erase_all(world: &World, organization: OrganizationId) -> u64 {
    let free = |code: &String| world.store.erasure_status(code).unwrap().is_none();
    let code = (0..).map(|n| format!("all {n}")).find(free).unwrap();
    let id = world
        .store
        .request_own_erasure(organization, None, "ada@acme.example", &code, noon(9))
        .unwrap();
    while world.store.erase_next(noon(9)).unwrap() {}
    let done = world.store.own_erasure(organization, id).unwrap().unwrap();
    assert_eq!(done.status.done_at, Some(noon(9)));
    done.status.reports
}

fn organization(world: &World, name: &str) -> OrganizationId {
    world.store.organization(name, noon(0)).unwrap()
}

#[test]
fn everything_of_one_organization_goes_and_nothing_of_the_others() {
    let world = World::new();
    let (acme, umbrella) = (
        organization(&world, "Acme"),
        organization(&world, "Umbrella"),
    );
    for n in 0..1200_u32 {
        let cluster = format!("c{}", n % 5);
        let theirs = usage(
            &cluster,
            &format!("s{}", n % 7),
            "1.0",
            noon(i64::from(n % 3)),
        );
        world.append(if n % 2 == 0 {
            under(theirs, umbrella)
        } else {
            theirs
        });
        if n % 60 == 0 {
            world.append(under(usage("c1", "secret-s", "9-secret", noon(0)), acme));
            world.append(under(check_in("secret-c", "s", "9-secret", noon(1)), acme));
        }
    }
    let nameless = br#"[{"values":{"note":"secret, no ids"}}]"#.to_vec();
    world.append(under(
        report(Kind::Usage, "kapacitor", nameless, noon(0)),
        acme,
    ));
    let elsewhere = br#"[{"values":{"cluster_id":"secret-c","n":1}}]"#.to_vec();
    world.append(under(
        report(Kind::Usage, "secret-product", elsewhere, noon(0)),
        acme,
    ));
    let refused = |product: &str, body: &str| Refused {
        at: noon(0),
        kind: Kind::Usage,
        product: Some(product.to_owned()),
        errors: "{}".to_owned(),
        body_bytes: body.len() as u64,
        body: body.as_bytes().to_vec(),
    };
    let all = [
        refused("kapacitor", r#"[{"values":{"cluster_id":"secret-c"},"x":"#),
        refused("kapacitor", r#"[{"values":{"cluster_id":"somebody"}}]"#),
    ];
    world.store.quarantine(&all).unwrap();
    world.apply_all();
    while world.store.repack().unwrap() {}
    let before = world
        .store
        .fleet(umbrella, Day::of(noon(0)), noon(2))
        .unwrap();

    let toll = world.store.toll(acme, None).unwrap();
    assert_eq!(
        (toll.reports, toll.cut, toll.servers, toll.more),
        (42, 0, 3, false)
    );
    assert_eq!(toll.days, Some((Day::of(noon(0)), Day::of(noon(1)))));
    assert_eq!(erase_all(&world, acme), 42);

    assert_eq!(world.journal().len(), 1200);
    assert!(
        world
            .journal()
            .iter()
            .all(|report| report.organization != Some(acme))
    );
    let gone = world.store.fleet(acme, Day::of(noon(0)), noon(2)).unwrap();
    assert_eq!(
        (gone.servers, gone.clusters, gone.last_report),
        (0, 0, None)
    );
    assert_eq!(world.store.toll(acme, None).unwrap(), Default::default());
    let found = world
        .store
        .fleet_reports(acme, &Default::default(), None, 10);
    assert_eq!(found.unwrap().reports, []);
    let after = world
        .store
        .fleet(umbrella, Day::of(noon(0)), noon(2))
        .unwrap();
    assert_eq!(after, before);
    let left = world.store.quarantined(None, 10).unwrap();
    assert_eq!(left.len(), 1, "only what names one of theirs");
    let product = world.store.products(noon(2)).unwrap();
    let kapacitor = product.iter().find(|one| one.name == "kapacitor").unwrap();
    let days = (Day::of(noon(0)), Day::of(noon(2)));
    let anonymous_too = world.active(kapacitor.id, days.0, days.1);
    let step_by_step = dump(&world);
    world.store.rebuild(|_, _| ()).unwrap();
    let anew = dump(&world);
    assert_eq!(
        step_by_step[..step_by_step.len() - 1],
        anew[..anew.len() - 1]
    );
    let same = world.active(kapacitor.id, days.0, days.1);
    assert_eq!(anonymous_too, same);

    let folder = world.path().to_owned();
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        let at = bytes
            .windows(8)
            .position(|text| text == b"secret-c" || text == b"secret-s" || text == b"9-secret");
        assert_eq!(at, None, "{}", path.display());
    }
}

#[test]
fn what_comes_after_the_request_stays() {
    let world = World::new();
    let acme = organization(&world, "Acme");
    for server in ["keeps-on", "stops"] {
        world.append(under(usage("c", server, "1.0", noon(0)), acme));
    }
    let by = "ada@acme.example";
    let ask = |code| {
        world
            .store
            .request_own_erasure(acme, None, by, code, noon(0))
    };
    let id = ask("code").unwrap();
    let waiting = world.store.own_erasures(acme, 10).unwrap();
    assert_eq!(waiting[0].about, Some(About::Everything));
    world.append(under(usage("c", "keeps-on", "2.0", noon(1)), acme));
    world.apply_all();
    assert!(world.store.erase_next(noon(1)).unwrap());
    let left: Vec<_> = world.journal().iter().map(|report| report.seq).collect();
    assert_eq!(left, [2]);
    let fleet = world.store.fleet(acme, Day::of(noon(0)), noon(1)).unwrap();
    assert_eq!((fleet.servers, fleet.active_servers), (1, 1));
    assert_eq!(fleet.by_day, [(Day::of(noon(0)), 0), (Day::of(noon(1)), 1)]);
    let found = world
        .store
        .fleet_reports(acme, &Default::default(), None, 10);
    assert_eq!(found.unwrap().reports.len(), 1);
    let done = world.store.own_erasure(acme, id).unwrap().unwrap();
    assert_eq!((done.status.reports, done.about), (2, None));
    assert_ne!(ask("again").unwrap(), id, "a new one, as the first is done");
}

#[test]
fn another_organization_is_told_nothing_and_takes_nothing() {
    let world = World::new();
    let (acme, umbrella) = (
        organization(&world, "Acme"),
        organization(&world, "Umbrella"),
    );
    world.append(under(usage("c", "s", "1.0", noon(0)), acme));
    world.apply_all();
    let by = "grace@umbrella.example";
    let ask = |of, code| world.store.request_own_erasure(of, None, by, code, noon(0));
    let theirs = ask(umbrella, "theirs").unwrap();
    let ours = ask(acme, "ours").unwrap();
    assert_ne!(ours, theirs);
    assert_eq!(world.store.own_erasure(umbrella, ours).unwrap(), None);
    assert_eq!(world.store.own_erasures(umbrella, 9).unwrap().len(), 1);
    assert!(world.store.erase_next(noon(0)).unwrap());
    assert_eq!(world.journal().len(), 1, "there was nothing of theirs");
    assert!(world.store.erase_next(noon(0)).unwrap());
    assert!(world.journal().is_empty());
}

#[test]
fn no_request_means_everything_by_leaving_out_the_names() {
    use usage_store::erasure::{ErasureRequest, Whose};
    let world = World::new();
    let acme = organization(&world, "Acme");
    for (product, cluster_id) in [("", ""), ("", "c"), ("kapacitor", "")] {
        let request = ErasureRequest {
            product: product.to_owned(),
            cluster_id: cluster_id.to_owned(),
            server_id: None,
            whose: Whose::Organizations(acme),
            actor: "test".to_owned(),
        };
        let refused = world.store.request_erasure(&request, "code", noon(0));
        assert!(
            matches!(refused, Err(Error::NotFound(_))),
            "{product} {cluster_id}"
        );
    }
}

#[test]
fn an_ended_organization_reports_no_more_and_its_name_is_free() {
    let world = World::new();
    let person = |email| NewAccount {
        email,
        password_hash: "hash",
        verified: false,
        identity: None,
    };
    let sign_up = |email, name| world.store.sign_up(&person(email), name, noon(0)).unwrap();
    let (ada, acme) = sign_up("ada@acme.example", "Acme");
    let (grace, umbrella) = sign_up("grace@umbrella.example", "Umbrella");
    let token = |secret: &'static [u8], organization| {
        let new = NewToken {
            secret,
            drawn_here: true,
            organization,
            name: "",
            product: None,
            cluster: None,
            may_forget: false,
            by: "test",
        };
        world.store.add_token(&new, noon(0)).unwrap();
        world.store.authenticate(secret).unwrap().unwrap()
    };
    let (ours, theirs) = (token(b"ours", acme), token(b"theirs", umbrella));
    let to = InvitedTo::Organization(acme, Role::Member);
    let invite = world
        .store
        .invite(b"code", to, "ada@acme.example", noon(0), noon(7));
    invite.unwrap();
    let with = |grant: &usage_store::registry::Grant| {
        let mut report = usage("c", "s", "1.0", noon(0));
        report.sender = Sender {
            organization: Some(grant.organization),
            token: Some(TokenProof {
                token: grant.token,
                registry_version: grant.registry_version,
            }),
        };
        report
    };
    assert!(matches!(world.append(with(&ours)), Outcome::Accepted(_)));
    assert!(matches!(world.append(with(&theirs)), Outcome::Accepted(_)));
    world.apply_all();

    let end = world
        .store
        .end_organization(acme, "ada@acme.example", "end", noon(0));
    assert_eq!(end.unwrap(), "end");
    assert_eq!(world.store.authenticate(b"ours").unwrap(), None);
    assert_eq!(world.append(with(&ours)), Outcome::TokenRevoked);
    assert!(world.store.authenticate(b"theirs").unwrap().is_some());
    assert!(matches!(world.append(with(&theirs)), Outcome::Accepted(_)));
    assert!(world.store.memberships(ada).unwrap().is_empty());
    assert_eq!(world.store.memberships(grace).unwrap().len(), 1);
    assert_eq!(world.store.invitation(b"code", noon(1)).unwrap(), None);
    assert_eq!(world.store.find_organization("acme").unwrap(), None);
    world.apply_all();
    assert!(world.store.erase_next(noon(1)).unwrap());
    assert_eq!(
        world.store.erasure_status("end").unwrap().unwrap().reports,
        1
    );
    assert_eq!(world.journal().len(), 2);
    let (_, again) = sign_up("eve@acme.example", "Acme");
    assert_ne!(again, acme, "ids are not reused");
}
