//! Tokens: valid at once, revoked at once, also by another process and between a report's
//! check and its commit.

use usage_store::registry::{COMMAND_LINE, NewToken, OrganizationId, Revoked};
use usage_store::{Error, NewReport, Outcome, Sender, Store, TokenProof, Writing};

use crate::fleet::*;

fn token<'a>(secret: &'a [u8], organization: OrganizationId) -> NewToken<'a> {
    NewToken {
        secret,
        drawn_here: true,
        organization,
        name: "",
        product: None,
        cluster: None,
        may_forget: false,
        by: COMMAND_LINE,
    }
}

fn proven(store: &Store, secret: &[u8]) -> NewReport {
    let grant = store.authenticate(secret).unwrap().expect("a valid token");
    let mut report = usage("c", "s", "1.0", noon(0));
    report.sender = Sender {
        organization: Some(grant.organization),
        token: Some(TokenProof {
            token: grant.token,
            registry_version: grant.registry_version,
        }),
    };
    report
}

#[test]
fn another_process_issues_and_revokes_and_the_server_heeds_it_at_once() {
    let world = World::new();
    let beside = Store::open(world.path(), Writing::Beside).unwrap();
    assert_eq!(
        world.store.authenticate(b"usage_abcdefghijklmnop").unwrap(),
        None
    );

    let acme = beside.organization("Acme", noon(0)).unwrap();
    assert_eq!(
        beside.organization("ACME", noon(0)).unwrap(),
        acme,
        "case doesn't matter"
    );
    beside
        .add_token(&token(b"usage_abcdefghijklmnop", acme), noon(0))
        .unwrap();
    let report = proven(&world.store, b"usage_abcdefghijklmnop");
    assert_eq!(world.append(report.clone()), Outcome::Accepted(0));
    assert_eq!(world.journal()[0].organization, Some(acme));

    let revoked = beside.revoke_token("usage_abcdef", noon(0)).unwrap();
    assert_eq!(revoked, Revoked::Now("usage_abcdefghij".to_owned()));
    assert_eq!(
        world.append(report),
        Outcome::TokenRevoked,
        "checked before, committed after"
    );
    assert_eq!(
        world.store.authenticate(b"usage_abcdefghijklmnop").unwrap(),
        None
    );
    assert_eq!(world.journal().len(), 1);
    let again = beside
        .revoke_token("usage_abcdefghijklmnop", noon(0))
        .unwrap();
    assert!(matches!(again, Revoked::Before(_)));
}

#[test]
fn an_ambiguous_or_unknown_beginning_is_refused() {
    let world = World::new();
    let acme = world.store.organization("Acme", noon(0)).unwrap();
    world
        .store
        .add_token(&token(b"usage_aaaaaaaaaa1", acme), noon(0))
        .unwrap();
    world
        .store
        .add_token(&token(b"usage_aaaaaaaabb2", acme), noon(0))
        .unwrap();
    let refused = |text| world.store.revoke_token(text, noon(0)).unwrap_err();
    assert!(matches!(refused("usage_aaaa"), Error::Ambiguous(_)));
    assert!(matches!(refused("usage_b"), Error::NotFound(_)));
    assert!(matches!(refused(""), Error::NotFound(_)));
    assert!(
        world
            .store
            .authenticate(b"usage_aaaaaaaaaa1")
            .unwrap()
            .is_some()
    );
    world
        .store
        .revoke_token("usage_aaaaaaaaaa1", noon(0))
        .unwrap();
    assert!(
        world
            .store
            .authenticate(b"usage_aaaaaaaaaa1")
            .unwrap()
            .is_none()
    );
    assert!(
        world
            .store
            .authenticate(b"usage_aaaaaaaabb2")
            .unwrap()
            .is_some()
    );
}

#[test]
fn a_token_belongs_to_one_organization() {
    let world = World::new();
    let acme = world.store.organization("Acme", noon(0)).unwrap();
    let umbrella = world.store.organization("Umbrella", noon(0)).unwrap();
    let foreign = NewToken {
        drawn_here: false,
        ..token("tökén-goes-here".as_bytes(), acme)
    };
    world.store.add_token(&foreign, noon(0)).unwrap();
    let theirs = NewToken {
        organization: umbrella,
        ..foreign
    };
    assert!(matches!(
        world.store.add_token(&theirs, noon(0)),
        Err(Error::Taken(_))
    ));
    let grant = world
        .store
        .authenticate("tökén-goes-here".as_bytes())
        .unwrap()
        .unwrap();
    assert_eq!(grant.organization, acme);
}

#[test]
fn an_organization_lists_and_revokes_its_own_tokens_and_sees_when_they_were_used() {
    let world = World::new();
    let acme = world.store.organization("Acme", noon(0)).unwrap();
    let umbrella = world.store.organization("Umbrella", noon(0)).unwrap();
    let named = NewToken {
        name: "build farm",
        ..token(b"usage_aaaaaaaaaa1", acme)
    };
    let id = world.store.add_token(&named, noon(0)).unwrap();
    world
        .store
        .add_token(&token(b"usage_bbbbbbbbbb2", umbrella), noon(0))
        .unwrap();

    let at = noon(1) + jiff::SignedDuration::from_mins(40);
    world.store.note_token_use(id, at);
    assert_eq!(world.store.tokens_of(acme).unwrap()[0].used_at, None);
    assert!(world.store.save_token_uses().unwrap());
    assert!(!world.store.save_token_uses().unwrap(), "written once");
    world.store.note_token_use(id, noon(0));
    world.store.note_token_use(id, noon(1));
    assert!(!world.store.save_token_uses().unwrap(), "nothing newer");
    world
        .store
        .note_token_use(usage_store::registry::TokenId(99), at);
    assert!(
        world.store.save_token_uses().unwrap(),
        "an unknown token does no harm"
    );
    let listed = world.store.tokens_of(acme).unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(
        (
            listed[0].name.as_str(),
            listed[0].prefix.as_str(),
            listed[0].used_at
        ),
        ("build farm", "usage_aaaaaaaaaa", Some(noon(1)))
    );

    let by = "ada@acme.example";
    let foreign = world.store.revoke_token_of(umbrella, id, by, noon(1));
    assert!(matches!(foreign, Err(Error::NotFound(_))));
    let grant = |secret: &[u8]| world.store.authenticate(secret).unwrap();
    assert!(grant(b"usage_aaaaaaaaaa1").is_some());
    world.store.revoke_token_of(acme, id, by, noon(1)).unwrap();
    assert!(grant(b"usage_aaaaaaaaaa1").is_none());
    assert!(grant(b"usage_bbbbbbbbbb2").is_some());
    let again = world.store.revoke_token_of(acme, id, by, noon(1)).unwrap();
    assert!(matches!(again, Revoked::Before(_)));
    let entries = world.store.audit_entries(Some(acme), None, 1).unwrap();
    assert_eq!(
        (entries[0].actor.as_str(), entries[0].action.as_str()),
        (by, "revoke token")
    );
}

/// What is compared is a digest, by an index: how long it takes tells nothing of a secret, and a fleet's tokens cost no
/// more than one.
#[test]
fn every_secret_is_looked_up_by_its_hash_without_a_scan() {
    let world = World::new();
    let db = rusqlite::Connection::open(world.path().join("usage.db")).unwrap();
    for (name, query) in [
        ("grant", include_str!("../../sql/sqlite/registry/grant.sql")),
        (
            "token_by_hash",
            include_str!("../../sql/sqlite/registry/token_by_hash.sql"),
        ),
        (
            "api_key_by_hash",
            include_str!("../../sql/sqlite/registry/api_key_by_hash.sql"),
        ),
        (
            "session",
            include_str!("../../sql/sqlite/registry/session.sql"),
        ),
        (
            "has_code",
            include_str!("../../sql/sqlite/register/has_code.sql"),
        ),
        (
            "device",
            include_str!("../../sql/sqlite/register/device.sql"),
        ),
    ] {
        let mut plan = db.prepare(&format!("EXPLAIN QUERY PLAN {query}")).unwrap();
        let parameters = vec![1_i64; plan.parameter_count()];
        let steps: Vec<String> = plan
            .query_map(rusqlite::params_from_iter(parameters), |row| row.get(3))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        let by_hash = |step: &String| step.contains("(hash=?");
        let scans = |step: &&String| step.starts_with("SCAN") && *step != "SCAN CONSTANT ROW";
        assert!(steps.iter().any(by_hash), "{name}: {steps:?}");
        assert_eq!(steps.iter().find(scans), None, "{name}: {steps:?}");
    }
}
