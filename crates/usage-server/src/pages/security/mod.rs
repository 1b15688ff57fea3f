//! What must hold of every page, asked of all of them: tables come from the list of doors, so that a new one
//! can't be forgotten. Whoever may not come in is in `wrong_people.rs`; texts that would be more than text on a
//! page or in a spreadsheet are in `texts.rs`; how sessions begin is in `sessions.rs`.

mod furniture;
mod sessions;
mod texts;
mod wrong_people;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use jiff::Timestamp;
use usage_store::registry::{InvitedTo, Role};

use super::testing::{ACME_MEMBER, ACME_OWNER, House};
use crate::account::{Secret, links};
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

/// The pages' doors of this method, as the routers write them.
fn doors(method: &str) -> Vec<&'static str> {
    let routers = [
        include_str!("../mod.rs"),
        include_str!("../organization/mod.rs"),
    ];
    let calls = routers
        .into_iter()
        .flat_map(|router| router.split(".route(").skip(1));
    let with = calls.filter(|call| {
        let call = call.split(".route(").next().unwrap_or_default();
        [" ", "(", "."]
            .iter()
            .any(|before| call.contains(&format!("{before}{method}(")))
    });
    with.filter_map(|call| call.trim_start().strip_prefix('"')?.split('"').next())
        .collect()
}

/// The sources in which something stands, tests left out.
fn sources_with(words: &str) -> BTreeSet<String> {
    fn look(folder: &Path, below: &str, words: &str, found: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let name = format!("{below}{}", entry.file_name().to_string_lossy());
            if entry.file_type().unwrap().is_dir() {
                look(&entry.path(), &format!("{name}/"), words, found);
            } else if name.ends_with(".rs") && !name.contains("test") {
                let source = std::fs::read_to_string(entry.path()).unwrap();
                let source = source.split("#[cfg(test)]\nmod tests").next();
                if source.is_some_and(|source| source.contains(words)) {
                    found.insert(name);
                }
            }
        }
    }
    let mut found = BTreeSet::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    look(&folder, "", words, &mut found);
    found.retain(|name| !name.starts_with("pages/security/"));
    found
}

/// Somebody who may do everything: an operator who owns Acme.
fn almighty() -> House {
    let house = House::with_customers();
    crown(&house, ACME_OWNER);
    house.enter_as(ACME_OWNER);
    house
}

/// Somebody becomes an operator.
fn crown(house: &House, email: &str) {
    let (store, now) = (&house.app.store, Timestamp::now());
    let secret = Secret::random().unwrap();
    links::invitation(store, &secret, InvitedTo::Operators, OP, now).unwrap();
    let account = house.account_of(email);
    store
        .accept_invitation(secret.bytes(), account, None, now)
        .unwrap();
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
    assert!(posts.len() > 40, "{posts:?}");
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
    assert!(gets.len() > 50, "{gets:?}");
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

/// Where nobody's turn to have a password hashed comes, whoever asks for one hears that the server is busy; so does
/// everybody, whether their address is known or not. Without that turn an answer would come sooner.
#[tokio::test]
async fn no_answer_tells_by_the_time_it_takes_who_has_an_account() {
    let house = House::with_operator(OP, PASSWORD);
    house.customer("Acme", ACME_OWNER);
    house.app.account.passwords.close();
    for door in ["/sign-in", "/sign-up"] {
        for email in [OP, ACME_OWNER, "nobody@example.com"] {
            let csrf = house.get("/sign-in").await.field("csrf");
            let entered = [
                ("csrf", &*csrf),
                ("email", email),
                ("password", PASSWORD),
                ("organization", "New"),
            ];
            let answer = house.post(door, &entered).await;
            assert_eq!(answer.status, 503, "{door} for {email}");
        }
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
