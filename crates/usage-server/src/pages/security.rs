//! What must hold of every page, asked of all of them: tables come from the list of doors, so that a new one
//! can't be forgotten.

use std::collections::BTreeMap;

use jiff::Timestamp;
use usage_store::registry::{Handed, InvitedTo, Role};

use super::testing::{ACME_MEMBER, ACME_OWNER, Answer, House};
use crate::account::{Secret, links, password};
use crate::config::SignUp;

const OP: &str = "op@example.com";
const PASSWORD: &str = "correct horse battery";

/// Paths on this server only, however they are dressed up.
const ELSEWHERE: [&str; 10] = [
    "https://evil.example",
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "javascript:alert(1)",
    "/a\r\nLocation: https://evil.example",
    "@evil.example",
    " //evil.example",
];

/// Fields that some form reads before it looks at its token.
const SENSIBLE: [(&str, &str); 4] = [
    ("id", "1"),
    ("session", "1"),
    ("asked", "product=a&cluster_id=c1"),
    ("answer", "approve"),
];

/// The doors of this method, as the router writes them.
fn doors(method: &str) -> Vec<&'static str> {
    let calls = include_str!("mod.rs").split(".route(").skip(1);
    let with = calls.filter(|call| {
        let call = call.split(".route(").next().unwrap_or_default();
        [" ", "(", "."]
            .iter()
            .any(|before| call.contains(&format!("{before}{method}(")))
    });
    with.filter_map(|call| call.trim_start().strip_prefix('"')?.split('"').next())
        .collect()
}

/// Somebody who may do everything: an operator who owns Acme.
fn almighty() -> House {
    let house = House::with_customers();
    let (store, now) = (&house.app.store, Timestamp::now());
    let secret = Secret::random().unwrap();
    links::invitation(store, &secret, InvitedTo::Operators, OP, now).unwrap();
    let account = house.account_of(ACME_OWNER);
    store
        .accept_invitation(secret.bytes(), account, None, now)
        .unwrap();
    house.enter_as(ACME_OWNER);
    house
}

/// A path behind a door, of something that is there where it matters who looks.
fn path(house: &House, door: &str) -> String {
    let path = door.replace("/organizations/{id}", &house.path_of("Acme"));
    let mut parts: Vec<String> = Vec::new();
    for part in path.split('/') {
        parts.push(match part {
            "{code}" => Secret::random().unwrap().text(),
            part if part.starts_with('{') => "1".to_owned(),
            part => part.to_owned(),
        });
    }
    parts.join("/")
}

#[tokio::test]
async fn no_form_is_taken_without_the_token_it_was_given() {
    let house = almighty();
    house.settle_demo_fleet(3, 2);
    let mine = house.cookies();
    house.enter_as(ACME_MEMBER);
    let anothers = house.get("/account").await.field("csrf");
    house.leave();
    let form = house.get("/sign-in").await.field("csrf");
    let strangers = house.cookies();
    house.leave();
    let anothers_form = house.get("/sign-in").await.field("csrf");
    let posts = doors("post");
    assert!(posts.len() > 15, "{posts:?}");
    for door in posts {
        let at = path(&house, door);
        for token in ["", "guess", &anothers, &form, &anothers_form] {
            house.set_cookies(mine.clone());
            let fields = [&[("csrf", token)], &SENSIBLE[..]].concat();
            let answer = match door {
                "/import" => house.upload(&at, &fields, "").await,
                _ => house.post(&at, &fields).await,
            };
            assert_eq!(answer.status, 403, "{door} with the token {token:?}");
            assert!(answer.text.contains("Please send the form again"), "{door}");
            assert_eq!(house.cookies(), mine, "{door}");
        }
        // Before there is a session: the form's own cookie, with another's token.
        house.set_cookies(strangers.clone());
        let fields = [&[("csrf", &*anothers_form)], &SENSIBLE[..]].concat();
        let answer = house.post(&at, &fields).await;
        let refused = answer.status == 403
            // A stranger's theme is nobody's, and theirs to choose.
            || door == "/theme"
            || (answer.status == 303 && answer.header("location").starts_with("/sign-in"));
        assert!(refused, "{door}: {}", answer.status);
    }
    assert!(house.app.store.operators().unwrap().len() == 1);
}

#[tokio::test]
async fn no_page_can_be_framed_sniffed_or_kept_whoever_looks() {
    let house = almighty();
    let mine = house.cookies();
    let gets = doors("get");
    assert!(gets.len() > 20, "{gets:?}");
    for door in gets {
        for cookies in [mine.clone(), BTreeMap::new()] {
            house.set_cookies(cookies);
            let answer = house.get(&path(&house, door)).await;
            let policy = answer.header("content-security-policy");
            assert!(policy.contains("frame-ancestors 'none'"), "{door}");
            assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"));
            assert_eq!(answer.header("x-content-type-options"), "nosniff", "{door}");
            assert_eq!(answer.header("referrer-policy"), "no-referrer", "{door}");
            let kept = answer.header("cache-control");
            assert!(
                kept == "no-store" || door == "/assets/{name}",
                "{door}: {kept}"
            );
        }
    }
}

#[tokio::test]
async fn whoever_signs_in_anywhere_gets_a_secret_that_nobody_planted() {
    for way in WAYS {
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
    for way in WAYS {
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

/// Every way to a session.
const WAYS: [&str; 7] = [
    "welcome",
    "sign-in",
    "sign-up",
    "reset",
    "invite",
    "openid",
    "openid-new",
];

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

#[tokio::test]
async fn no_header_changes_where_links_lead() {
    let house = almighty();
    house.claims(&[
        ("host", "evil.example"),
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-port", "666"),
        ("x-forwarded-prefix", "/evil.example"),
        ("x-forwarded-for", "evil.example"),
        ("forwarded", "host=evil.example;proto=https"),
        ("x-original-url", "/evil.example"),
        ("origin", "https://evil.example"),
        ("referer", "https://evil.example/"),
    ]);
    let mine = house.cookies();
    for door in doors("get") {
        for cookies in [mine.clone(), BTreeMap::new()] {
            house.set_cookies(cookies);
            let answer = house.get(&path(&house, door)).await;
            let cookie = answer.header("set-cookie");
            let all = [answer.text.clone(), answer.header("location"), cookie].concat();
            assert!(
                !all.contains("evil.example") && !all.contains("666"),
                "{door}"
            );
            assert!(
                !all.contains("__Host-") && !all.contains("; Secure"),
                "{door}"
            );
        }
    }
    // Links that are handed on begin as the settings say.
    house.set_cookies(mine);
    let page = house.get("/operators").await;
    for (door, fields) in [
        ("/operators/invite", [("to", "operator")]),
        ("/operators/reset", [("email", ACME_MEMBER)]),
    ] {
        let shown = house.post_and_follow(door, &page.filled(&fields)).await;
        assert!(
            shown.text.contains("<code>http://127.0.0.1:8087/"),
            "{door}"
        );
        assert!(!shown.text.contains("evil.example"), "{door}");
    }
    let invite = format!("{}/invitations", house.path_of("Acme"));
    let fields = page.filled(&[("role", "member")]);
    let link = house.post_and_follow(&invite, &fields).await;
    let link = link.field_of_id("link");
    assert!(link.starts_with("http://127.0.0.1:8087/invite/"), "{link}");
}

#[tokio::test]
async fn nobody_is_led_elsewhere_after_signing_in_or_up() {
    let house = House::with_operator(OP, PASSWORD);
    for (n, next) in ELSEWHERE.iter().enumerate() {
        house.leave();
        let escaped =
            percent_encoding::utf8_percent_encode(next, percent_encoding::NON_ALPHANUMERIC);
        for door in ["/sign-in", "/sign-up"] {
            let form = house.get(&format!("{door}?next={escaped}")).await;
            assert_eq!(form.field("next"), "/", "{door}: {next:?}");
            assert!(!form.text.contains("evil.example"), "{door}: {next:?}");
        }
        let form = house.get("/sign-in").await;
        let entered = [("email", OP), ("password", PASSWORD), ("next", next)];
        let answer = house.post_form("/sign-in", &form.filled(&entered)).await;
        assert_eq!(answer.header("location"), "/", "{next:?}");
        house.leave();
        let form = house.get("/sign-up").await;
        let (name, email) = (format!("Acme {n}"), format!("{n}@example.com"));
        let entered = form.filled(&[
            ("organization", &*name),
            ("email", &*email),
            ("password", PASSWORD),
            ("next", next),
        ]);
        let answer = house.post_form("/sign-up", &entered).await;
        let lands = answer.header("location");
        assert_eq!(lands, house.path_of(&name), "{next:?}");
    }
}

#[tokio::test]
async fn what_people_enter_never_becomes_a_header() {
    let house = House::new();
    let form = house.get("/sign-up").await;
    for hostile in [
        "a@b.c\r\nSet-Cookie: usage_session=x",
        "a@b.c\nX: y",
        "a@b\0.c",
    ] {
        let entered = form.filled(&[
            ("organization", "Acme\r\nSet-Cookie: usage_session=x"),
            ("email", hostile),
            ("password", PASSWORD),
            ("next", "/a\r\nX-Injected: yes"),
        ]);
        let answer = house.post_form("/sign-up", &entered).await;
        assert_eq!(answer.status, 422, "{hostile:?}");
        assert_eq!(answer.header("x-injected"), "");
        assert!(!answer.header("set-cookie").contains("usage_session"));
    }
}

#[tokio::test]
async fn no_answer_tells_a_stranger_who_has_an_account() {
    for sign_up in [SignUp::Invited, SignUp::Closed] {
        let house = House::where_sign_up_is(sign_up);
        let acme = house.customer("Acme", ACME_OWNER);
        house.colleague(acme, ACME_MEMBER, Role::Member);
        for door in ["/sign-in", "/sign-up", "/forgot"] {
            let csrf = house.get("/sign-in").await.field("csrf");
            let mut said = Vec::new();
            for email in [ACME_OWNER, "nobody@example.com"] {
                let entered = [
                    ("csrf", &*csrf),
                    ("email", email),
                    ("password", PASSWORD),
                    ("organization", "New"),
                ];
                let answer = house.post(door, &entered).await;
                said.push((answer.status, answer.text.replace(email, "")));
            }
            assert_eq!(said[0], said[1], "{door}");
        }
    }
}
