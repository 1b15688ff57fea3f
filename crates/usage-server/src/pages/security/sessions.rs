//! How sessions begin, whichever way: with a secret that nobody planted, in a cookie that nobody else reads.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use usage_store::registry::{Handed, InvitedTo, PendingSignUp};

use super::super::testing::{Answer, House};
use super::{OP, PASSWORD, sources_with};
use crate::account::{Secret, links, password};
use crate::config::SignUp;

#[tokio::test]
async fn whoever_signs_in_anywhere_gets_a_secret_that_nobody_planted() {
    for (way, _) in WAYS {
        for name in ["eve's", "nobody's"] {
            let house = House::with_openid("http://127.0.0.1:8087", SignUp::Open);
            // An attacker's own session, and a secret that is nobody's.
            house.customer("Evil", "eve@example.com");
            house.enter_as("eve@example.com");
            let eves = house.cookies()["usage_session"].clone();
            let planted = Secret::random().unwrap().text();
            let secret = if name == "eve's" { &eves } else { &planted };
            house.set_cookies(BTreeMap::from([(
                "usage_session".to_owned(),
                secret.clone(),
            )]));
            let set = come_in(&house, way, name).await;
            assert!(set.contains("usage_session="), "{way}: {set}");
            let drawn = house.cookies()["usage_session"].clone();
            assert_ne!(&drawn, secret, "{way}, over {name}");
            house.set_cookies(BTreeMap::from([(
                "usage_session".to_owned(),
                secret.clone(),
            )]));
            assert_eq!(house.get("/account").await.status, 303, "{way}, {name}");
        }
    }
}

#[tokio::test]
async fn behind_tls_every_way_in_sets_a_cookie_bound_to_host_and_tls() {
    for (way, _) in WAYS {
        let house = House::with_openid("https://usage.example.com", SignUp::Open);
        let set = come_in(&house, way, "tls").await;
        assert!(set.starts_with("__Host-usage_session="), "{way}: {set}");
        for flag in ["; Path=/;", "; HttpOnly", "; SameSite=Lax", "; Secure"] {
            assert!(set.contains(flag), "{way}: {set}");
        }
        assert!(!set.contains("Domain"), "{way}: {set}");
        assert_eq!(house.get("/account").await.status, 200, "{way}");
        let secret = house.cookies()["__Host-usage_session"].clone();
        house.set_cookies(BTreeMap::from([("usage_session".to_owned(), secret)]));
        assert_eq!(
            house.get("/account").await.status,
            303,
            "a cookie that another host or plain HTTP could set"
        );
    }
}

/// Every way to a session, and the source that begins it; beside a new password, which has a test of its own.
const WAYS: [(&str, &str); 8] = [
    ("invite", "pages/account/invite.rs"),
    ("openid", "pages/openid/back.rs"),
    ("openid-new", "pages/openid/newcomer.rs"),
    ("reset", "pages/account/reset.rs"),
    ("sign-in", "pages/sign_in.rs"),
    ("sign-up", "pages/sign_up.rs"),
    ("sign-up-by-mail", "pages/account/by_mail.rs"),
    ("welcome", "pages/welcome.rs"),
];

#[test]
fn every_source_that_begins_a_session_is_among_the_ways() {
    let mut found = sources_with("account::start(");
    assert!(found.remove("pages/account/password.rs"));
    let known: BTreeSet<String> = WAYS
        .iter()
        .map(|(_, source)| (*source).to_owned())
        .collect();
    assert_eq!(found, known);
}

/// Somebody comes in this way; the cookie that was set.
async fn come_in(house: &House, way: &str, name: &str) -> String {
    let email = format!("{way}-{}@example.com", name.len());
    let (store, now) = (&house.app.store, Timestamp::now());
    let secret = Secret::random().unwrap();
    let organization = format!("Acme {name}");
    // A browser without a session sees forms for strangers.
    let session: BTreeMap<_, _> = house.cookies();
    house.leave();
    let (form, at) = match way {
        "welcome" => {
            let link = house.app.account.first_visit.path().unwrap();
            (house.get(&link).await, link)
        }
        "sign-in" => {
            let hash = password::hash(PASSWORD).unwrap();
            store.add_operator(&email, &hash, now).unwrap();
            (house.get("/sign-in").await, "/sign-in".to_owned())
        }
        "sign-up" => (house.get("/sign-up").await, "/sign-up".to_owned()),
        "reset" => {
            store.add_operator(&email, "", now).unwrap();
            let account = house.account_of(&email);
            let link = links::reset(store, &secret, account, Handed::OnByHand, OP, now).unwrap();
            (house.get(&link).await, link)
        }
        "sign-up-by-mail" => {
            let pending = PendingSignUp {
                email: email.clone(),
                next: "/".to_owned(),
                invitation: None,
            };
            let later = now + SignedDuration::from_hours(1);
            let kept = store.keep_sign_up(secret.bytes(), &pending, now, later);
            kept.unwrap();
            let link = format!("/sign-up/{}", secret.text());
            (house.get(&link).await, link)
        }
        "openid" => {
            store.add_operator(&email, "", now).unwrap();
            let account = house.account_of(&email);
            store.verify_address(account, now).unwrap();
            let away = house.get("/sign-in/openid").await;
            return arrive(house, session, &away, &email).await;
        }
        "openid-new" => {
            let away = house.get("/sign-in/openid").await;
            arrive(house, BTreeMap::new(), &away, &email).await;
            let at = "/sign-in/openid/new";
            (house.get(at).await, at.to_owned())
        }
        _ => {
            let to = InvitedTo::Operators;
            let (_, link) = links::invitation(store, &secret, to, OP, now).unwrap();
            (house.get(&link).await, link)
        }
    };
    let mut cookies = house.cookies();
    // Whoever is signed in accepts an invitation as who they are.
    if way != "invite" {
        cookies.extend(session);
    } else if let Some(planted) = session.get("usage_session") {
        store
            .end_session(
                &data_encoding::BASE64URL_NOPAD
                    .decode(planted.as_bytes())
                    .unwrap(),
            )
            .unwrap();
        cookies.extend(session);
    }
    house.set_cookies(cookies);
    let entered = form.filled(&[
        ("organization", &*organization),
        ("email", &*email),
        ("password", PASSWORD),
    ]);
    let answer = house.post_form(&at, &entered).await;
    assert_eq!(answer.status, 303, "{way}: {}", answer.text);
    answer.header("set-cookie")
}

/// Somebody comes back from the provider; the session's cookie, if one was set.
async fn arrive(
    house: &House,
    session: BTreeMap<String, String>,
    away: &Answer,
    email: &str,
) -> String {
    let mut cookies = house.cookies();
    cookies.extend(session);
    house.set_cookies(cookies);
    let location = away.header("location");
    let (_, state) = location.split_once("state=").unwrap();
    let back = format!("/sign-in/openid/back?state={state}&code={email}:{email}");
    let answer = house.get(&back).await;
    assert_eq!(answer.status, 303, "{}", answer.text);
    answer.header("set-cookie")
}

#[tokio::test]
async fn a_new_password_draws_a_secret_that_nobody_knew_before() {
    for url in ["http://127.0.0.1:8087", "https://usage.example.com"] {
        let house = House::reached_at(url);
        let hash = password::hash(PASSWORD).unwrap();
        let store = &house.app.store;
        store.add_operator(OP, &hash, Timestamp::now()).unwrap();
        house.enter_as(OP);
        // Somebody else knows it, or planted it.
        let known = house.cookies();
        let form = house.get("/account/password").await;
        let entered = form.filled(&[("current", PASSWORD), ("password", "another battery")]);
        let answer = house.post_form("/account/password", &entered).await;
        assert_eq!(answer.status, 303, "{}", answer.text);
        let set = answer.header("set-cookie");
        for flag in ["; Path=/;", "; HttpOnly", "; SameSite=Lax"] {
            assert!(set.contains(flag), "{set}");
        }
        let tls = url.starts_with("https");
        assert_eq!(set.starts_with("__Host-") && set.ends_with("; Secure"), tls);
        for (name, secret) in &known {
            assert_ne!(&house.cookies()[name], secret, "{name}");
        }
        assert_eq!(house.get("/account").await.status, 200);
        house.set_cookies(known);
        assert_eq!(house.get("/account").await.status, 303);
    }
}
