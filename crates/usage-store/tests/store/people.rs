//! People: they sign up, invite each other, come, go, and sign in; nobody ends up without an owner
//! or an operator, and no secret works twice.

use jiff::Timestamp;
use usage_store::registry::{
    AccountId, COMMAND_LINE, Handed, InvitedTo, NewAccount, NewSession, OrganizationId,
    PendingSignUp, Role,
};
use usage_store::{Error, Store};

use crate::fleet::*;

fn person(email: &str) -> NewAccount<'_> {
    NewAccount {
        email,
        password_hash: "hash",
        verified: false,
        identity: None,
    }
}

/// Ada of Acme and Grace of Umbrella have signed up.
fn two_customers(store: &Store) -> [(AccountId, OrganizationId); 2] {
    [
        ("Ada@Acme.example", "Acme"),
        ("grace@umbrella.example", "Umbrella"),
    ]
    .map(|(email, name)| store.sign_up(&person(email), name, noon(0)).unwrap())
}

fn sign_in(store: &Store, secret: &[u8], account: AccountId, browser: &str, now: Timestamp) {
    let new = NewSession {
        secret,
        account,
        browser,
        expires_at: now + hours(24),
    };
    store.start_session(&new, now).unwrap();
}

fn actions(store: &Store, organization: Option<OrganizationId>) -> Vec<(String, String)> {
    let entries = store.audit_entries(organization, None, 100).unwrap();
    entries.into_iter().map(|e| (e.actor, e.action)).collect()
}

#[test]
fn who_signs_up_owns_an_organization_and_a_taken_name_or_address_leaves_nothing_behind() {
    let World { store, .. } = &World::new();
    let [(ada, acme), (grace, _)] = two_customers(store);
    let own = store.memberships(ada).unwrap();
    assert_eq!(own.len(), 1);
    assert_eq!((own[0].organization.id, own[0].role), (acme, Role::Owner));
    assert!(own[0].organization.self_registered);

    let taken = |email, name| match store.sign_up(&person(email), name, noon(0)) {
        Err(Error::Taken(what)) => what,
        other => panic!("{other:?}"),
    };
    assert_eq!(taken("ADA@acme.example", "Other"), "address");
    assert_eq!(taken("bob@acme.example", "ACME"), "organization name");
    assert!(store.find_organization("Other").unwrap().is_none());
    assert!(
        store
            .account_by_email("bob@acme.example")
            .unwrap()
            .is_none()
    );

    let another = store.add_organization("Acme Labs", ada, noon(1)).unwrap();
    let names: Vec<String> = store
        .memberships(ada)
        .unwrap()
        .into_iter()
        .map(|m| m.organization.name)
        .collect();
    assert_eq!(names, ["Acme", "Acme Labs"]);
    let again = store.add_organization("acme labs", grace, noon(1));
    assert!(matches!(again, Err(Error::Taken("organization name"))));
    assert_eq!(
        actions(store, Some(another)),
        [
            ("Ada@Acme.example", "add owner"),
            ("Ada@Acme.example", "add organization")
        ]
        .map(|(who, what)| (who.to_owned(), what.to_owned()))
    );
}

#[test]
fn an_operators_command_never_means_a_self_registered_organization_by_its_name() {
    let World { store, .. } = &World::new();
    let [(_, acme), _] = two_customers(store);
    let refused = store.organization("acme", noon(1)).unwrap_err();
    assert!(matches!(&refused, Error::SelfRegistered(own) if own.id == acme));
    assert!(
        refused.to_string().contains(&format!("{}", acme.0)),
        "{refused}"
    );
    let theirs = store.organization("Initech", noon(1)).unwrap();
    assert_eq!(store.organization("INITECH", noon(1)).unwrap(), theirs);
    let taken = store.sign_up(&person("eve@initech.example"), "initech", noon(1));
    assert!(matches!(taken, Err(Error::Taken("organization name"))));
}

#[test]
fn the_last_owner_stays_and_members_come_and_go() {
    let World { store, .. } = &World::new();
    let [(ada, acme), (grace, umbrella)] = two_customers(store);
    let last = |result| assert!(matches!(result, Err(Error::LastOne("owner"))), "{result:?}");
    last(store.remove_member(acme, ada, "Ada@Acme.example", noon(1)));
    last(store.set_role(acme, ada, Role::Member, "Ada@Acme.example", noon(1)));

    let by = "Ada@Acme.example";
    store
        .add_member(acme, grace, Role::Member, by, noon(1))
        .unwrap();
    store
        .add_member(acme, grace, Role::Owner, by, noon(1))
        .unwrap();
    let roles = || {
        let members = store.members(acme).unwrap();
        members
            .into_iter()
            .map(|m| (m.account, m.role))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        roles(),
        [(ada, Role::Owner), (grace, Role::Member)],
        "adding again changes nothing"
    );
    last(store.remove_member(acme, ada, by, noon(1)));
    store
        .set_role(acme, grace, Role::Owner, by, noon(2))
        .unwrap();
    store.remove_member(acme, ada, by, noon(2)).unwrap();
    assert_eq!(roles(), [(grace, Role::Owner)]);
    assert_eq!(store.memberships(ada).unwrap(), []);
    assert_eq!(store.memberships(grace).unwrap().len(), 2);
    let stranger = store.remove_member(umbrella, ada, by, noon(2));
    assert!(matches!(stranger, Err(Error::NotFound(_))));
}

#[test]
fn an_invitation_is_accepted_once_and_only_in_time() {
    let World { store, .. } = &World::new();
    let [(ada, acme), (grace, _)] = two_customers(store);
    let into_acme = InvitedTo::Organization(acme, Role::Member);
    let by = "Ada@Acme.example";
    for secret in [b"one", b"two", b"old", b"gon"] {
        store
            .invite(secret, into_acme, by, noon(0), noon(7))
            .unwrap();
    }
    let found = store.invitation(b"one", noon(1)).unwrap().unwrap();
    assert_eq!((found.to, found.made_by.as_str()), (into_acme, by));
    store
        .accept_invitation(b"one", grace, None, noon(1))
        .unwrap();
    assert_eq!(store.memberships(grace).unwrap().len(), 2);
    let over = |secret: &[u8], at| {
        let refused = store.accept_invitation(secret, ada, None, at);
        assert!(matches!(refused, Err(Error::NotFound(_))), "{refused:?}");
        assert_eq!(store.invitation(secret, at).unwrap(), None);
    };
    over(b"one", noon(1));
    over(b"old", noon(7));
    over(b"never", noon(1));

    let taken = store.accept_invitation_as_new(b"two", &person("ada@acme.example"), None, noon(1));
    assert!(matches!(taken, Err(Error::Taken("address"))));
    let (bob, _) = store
        .accept_invitation_as_new(b"two", &person("bob@acme.example"), None, noon(1))
        .expect("a refusal doesn't use it up");
    assert_eq!(store.memberships(bob).unwrap()[0].role, Role::Member);

    let open = store.invitations(Some(acme), noon(1)).unwrap();
    assert_eq!(open.len(), 2);
    let other = store.withdraw_invitation(None, open[0].id, by, noon(1));
    assert!(
        matches!(other, Err(Error::NotFound(_))),
        "not that organization's"
    );
    store
        .withdraw_invitation(Some(acme), open[0].id, by, noon(1))
        .unwrap();
    over(b"gon", noon(1));
}

#[test]
fn an_invitation_to_sign_up_makes_an_organization_of_ones_own() {
    let World { store, .. } = &World::new();
    store
        .invite(
            b"code",
            InvitedTo::SignUp,
            "op@example.com",
            noon(0),
            noon(7),
        )
        .unwrap();
    let (bob, _) = store
        .accept_invitation_as_new(b"code", &person("bob@b.example"), Some("Bobs"), noon(1))
        .unwrap();
    let own = store.memberships(bob).unwrap();
    assert_eq!(
        (own[0].organization.name.as_str(), own[0].role),
        ("Bobs", Role::Owner)
    );
    assert!(own[0].organization.self_registered);
}

#[test]
fn operators_invite_operators_and_the_last_one_stays() {
    let World { store, .. } = &World::new();
    let first = store
        .add_operator("op@example.com", "hash", noon(0))
        .unwrap();
    let last = store.remove_operator(first, "op@example.com", noon(0));
    assert!(matches!(last, Err(Error::LastOne("operator"))));
    let [(ada, _), _] = two_customers(store);
    store
        .invite(
            b"code",
            InvitedTo::Operators,
            "op@example.com",
            noon(0),
            noon(7),
        )
        .unwrap();
    store
        .accept_invitation(b"code", ada, None, noon(1))
        .unwrap();
    assert_eq!(store.operators().unwrap().len(), 2);
    store
        .remove_operator(first, "Ada@Acme.example", noon(1))
        .unwrap();
    assert!(!store.account(first).unwrap().unwrap().operator);
    let again = store.remove_operator(first, "Ada@Acme.example", noon(1));
    assert!(matches!(again, Err(Error::NotFound(_))));
    let (who, what) = &actions(store, None)[0];
    assert_eq!(
        (who.as_str(), what.as_str()),
        ("Ada@Acme.example", "remove operator")
    );
    assert_eq!(actions(store, None).last().unwrap().0, COMMAND_LINE);
}

#[test]
fn a_reset_works_once_and_ends_every_session() {
    let World { store, .. } = &World::new();
    let [(ada, _), (grace, _)] = two_customers(store);
    sign_in(store, b"ada", ada, "Firefox", noon(0));
    sign_in(store, b"grace", grace, "Firefox", noon(0));
    store
        .make_reset(
            b"first",
            ada,
            Handed::ByMail,
            COMMAND_LINE,
            noon(0),
            noon(1),
        )
        .unwrap();
    store
        .make_reset(
            b"second",
            ada,
            Handed::OnByHand,
            COMMAND_LINE,
            noon(0),
            noon(1),
        )
        .unwrap();
    assert_eq!(
        store.reset(b"first", noon(0)).unwrap(),
        None,
        "the newer one counts"
    );
    assert_eq!(store.reset(b"second", noon(1)).unwrap(), None, "too late");
    let account = store.use_reset(b"second", "new hash", noon(0)).unwrap();
    assert_eq!(account.id, ada);
    let (_, hash) = store.account_by_email("ada@acme.example").unwrap().unwrap();
    assert_eq!(hash, "new hash");
    assert_eq!(store.session(b"ada", noon(0)).unwrap(), None);
    assert!(store.session(b"grace", noon(0)).unwrap().is_some());
    let again = store.use_reset(b"second", "another", noon(0));
    assert!(matches!(again, Err(Error::NotFound(_))));
}

#[test]
fn a_reset_proves_an_address_only_where_it_was_mailed_there() {
    let World { store, .. } = &World::new();
    let [(ada, _), _] = two_customers(store);
    let verified = || store.account(ada).unwrap().unwrap().verified_at;
    for (handed, proven) in [
        (Handed::OnByHand, None),
        (Handed::ByMail, Some(noon(0))),
        (Handed::OnByHand, Some(noon(0))),
    ] {
        // Whoever asks: an operator may be the one who forgot, too.
        store
            .make_reset(b"secret", ada, handed, "Ada@Acme.example", noon(0), noon(1))
            .unwrap();
        store.use_reset(b"secret", "hash", noon(0)).unwrap();
        assert_eq!(verified(), proven, "{handed:?}");
    }
}

#[test]
fn sessions_are_listed_and_ended_by_their_own_account_only() {
    let World { store, .. } = &World::new();
    let [(ada, _), (grace, _)] = two_customers(store);
    let long = "x".repeat(5_000) + "\n";
    sign_in(store, b"phone", ada, "Phone\r\n", noon(0));
    sign_in(store, b"laptop", ada, &long, noon(0));
    sign_in(store, b"office", ada, "", noon(0));
    sign_in(store, b"grace", grace, "", noon(0));
    let later = noon(0) + hours(3) + jiff::SignedDuration::from_mins(20);
    let phone = store.session(b"phone", later).unwrap().unwrap();
    let open = store.sessions(ada, later).unwrap();
    assert_eq!(open.len(), 3);
    assert_eq!((open[0].id, open[0].browser.as_str()), (phone.id, "Phone"));
    assert_eq!(open[0].seen_at, noon(0) + hours(3), "to the hour");
    assert!(open.iter().all(|session| session.browser.len() <= 256));

    assert!(!store.end_session_of(grace, phone.id).unwrap(), "not hers");
    assert!(store.end_session_of(ada, open[1].id).unwrap());
    assert_eq!(store.end_other_sessions(ada, Some(phone.id)).unwrap(), 1);
    assert!(store.session(b"phone", later).unwrap().is_some());
    assert!(store.session(b"grace", later).unwrap().is_some());
    store
        .set_password(ada, "new", "Ada@Acme.example", later)
        .unwrap();
    assert_eq!(store.sessions(ada, later).unwrap(), []);

    for n in 0..60_u8 {
        sign_in(store, &[n], ada, "", later);
    }
    assert_eq!(store.sessions(ada, later).unwrap().len(), 50);
    assert!(
        store.session(&[59], later).unwrap().is_some(),
        "the newest stay"
    );
}

#[test]
fn an_identity_belongs_to_one_account_and_may_be_all_it_has() {
    let World { store, .. } = &World::new();
    let elsewhere = NewAccount {
        email: "kay@example.com",
        password_hash: "",
        verified: true,
        identity: None,
    };
    let kay = store
        .add_account(&elsewhere, "kay@example.com", noon(0))
        .unwrap();
    let known = store.account(kay).unwrap().unwrap();
    assert!(!known.has_password && known.verified_at == Some(noon(0)));
    let [(ada, _), _] = two_customers(store);
    assert_eq!(store.account(ada).unwrap().unwrap().verified_at, None);
    let link = |account| store.link_identity(account, "https://id.example", "42", "x", noon(0));
    link(kay).unwrap();
    assert!(matches!(link(ada), Err(Error::Taken("identity"))));
    let found = |subject| {
        store
            .account_by_identity("https://id.example", subject)
            .unwrap()
    };
    assert_eq!(found("42").unwrap().id, kay);
    assert_eq!(found("43"), None);
    let elsewhere = store.account_by_identity("https://id.example.evil", "42");
    assert_eq!(elsewhere.unwrap(), None, "another provider's 42");
    assert_eq!(store.identities(kay).unwrap()[0].subject, "42");
    let unlink = |account| store.unlink_identity(account, "https://id.example", "42", "x", noon(0));
    assert!(!unlink(ada).unwrap());
    assert!(
        matches!(unlink(kay), Err(Error::LastOne(_))),
        "the only way in"
    );
    assert_eq!(found("42").unwrap().id, kay);
    store
        .set_password(kay, "hash", "kay@example.com", noon(0))
        .unwrap();
    assert!(unlink(kay).unwrap());
    assert_eq!(found("42"), None);
}

#[test]
fn an_account_comes_with_its_identity_or_not_at_all() {
    let World { store, .. } = &World::new();
    let person = |email| NewAccount {
        email,
        password_hash: "",
        verified: true,
        identity: Some(("https://id.example", "42")),
    };
    let (kay, _) = store
        .sign_up(&person("kay@example.com"), "Kay's", noon(0))
        .unwrap();
    let found = store.account_by_identity("https://id.example", "42");
    assert_eq!(found.unwrap().unwrap().id, kay);
    let again = store.sign_up(&person("another@example.com"), "Another", noon(0));
    assert!(matches!(again, Err(Error::Taken("identity"))));
    let nobody = store.account_by_email("another@example.com").unwrap();
    assert!(nobody.is_none() && store.find_organization("Another").unwrap().is_none());
    for n in 1..20 {
        store
            .link_identity(kay, "https://id.example", &format!("{n}"), "x", noon(0))
            .unwrap();
    }
    let one_more = store.link_identity(kay, "https://id.example", "x", "x", noon(0));
    assert!(matches!(one_more, Err(Error::TooMany { .. })));
}

#[test]
fn hosts_are_listed_for_a_product_without_regard_to_case() {
    let World { store, .. } = &World::new();
    store
        .add_redirect_host("jambox", "App.Example.com", "op", noon(0))
        .unwrap();
    store
        .add_redirect_host("jambox", "app.example.com", "op", noon(0))
        .unwrap();
    assert_eq!(store.redirect_hosts("jambox").unwrap(), ["app.example.com"]);
    assert!(store.redirect_hosts("other").unwrap().is_empty());
    store
        .remove_redirect_host("jambox", "APP.example.com", "op", noon(0))
        .unwrap();
    assert!(store.redirect_hosts("jambox").unwrap().is_empty());
    assert_eq!(actions(store, None).len(), 2);
}

#[test]
fn who_may_invite_no_longer_leaves_no_link_behind() {
    let World { store, .. } = &World::new();
    let [(ada, acme), (grace, _)] = two_customers(store);
    let (by_ada, by_grace) = ("Ada@Acme.example", "grace@umbrella.example");
    store
        .add_member(acme, grace, Role::Owner, by_ada, noon(1))
        .unwrap();
    let invite = |secret: &[u8], by| {
        let to = InvitedTo::Organization(acme, Role::Owner);
        store.invite(secret, to, by, noon(1), noon(7)).unwrap();
    };
    let works = |secret: &[u8]| store.invitation(secret, noon(1)).unwrap().is_some();
    invite(b"of ada", by_ada);
    invite(b"of grace", by_grace);
    store
        .set_role(acme, grace, Role::Member, by_ada, noon(1))
        .unwrap();
    assert!(works(b"of ada") && !works(b"of grace"));
    store
        .set_role(acme, grace, Role::Owner, by_ada, noon(1))
        .unwrap();
    store.remove_member(acme, ada, by_grace, noon(1)).unwrap();
    assert!(!works(b"of ada"));
}

#[test]
fn sign_ups_wait_within_a_bound_and_show_nobody_their_invitation() {
    let World { store, folder } = &World::new();
    let pending = |invitation| PendingSignUp {
        email: "ada@example.com".to_owned(),
        next: "/start".to_owned(),
        invitation,
    };
    let held = pending(Some([7; 32]));
    store
        .keep_sign_up(b"link", &held, noon(0), noon(1))
        .unwrap();
    let found = |secret: &[u8], now| store.pending_sign_up(secret, now).unwrap();
    assert_eq!(found(b"link", noon(0)), Some(held));
    assert_eq!(found(b"link", noon(1)), None);
    assert_eq!(found(b"other", noon(0)), None);
    let file = std::fs::read(folder.path().join("usage.db-wal")).unwrap();
    assert!(!file.windows(32).any(|bytes| bytes == [7; 32]), "in clear");
    // The next one clears away what is over.
    store
        .keep_sign_up(b"next", &pending(None), noon(1), noon(2))
        .unwrap();
    assert_eq!(found(b"link", noon(0)), None);
    assert_eq!(found(b"next", noon(1)), Some(pending(None)));
    store.end_sign_up(b"next").unwrap();
    assert_eq!(found(b"next", noon(1)), None);
}
