//! What anybody sees, and doesn't.

use jiff::{SignedDuration, Timestamp};
use usage_store::Sender;
use usage_store::report::Kind;

use super::super::testing::{ACME_OWNER, HOSTILE, House};

/// Three weeks ago, so that its week is over and settled.
fn then() -> Timestamp {
    Timestamp::now() - SignedDuration::from_hours(24 * 21)
}

fn post(house: &House, product: &str, version: &str, servers: std::ops::Range<usize>) {
    for n in servers {
        let body = format!(
            r#"[{{"tags":{{"version":"{version}","os":"linux"}},"values":{{"cluster_id":"c{n}"}}}}]"#
        );
        house.append_at(Sender::default(), Kind::Usage, product, &body, then());
    }
}

async fn set(house: &House, fields: &[(&str, &str)]) -> String {
    let page = house.get("/products/1/public").await;
    let csrf = page.field("csrf");
    let fields = [&[("csrf", csrf.as_str())], fields].concat();
    let answer = house.post("/products/1/public", &fields).await;
    assert_eq!(answer.status, 303, "{}", answer.text);
    answer.header("location")
}

const ALL: [(&str, &str); 6] = [
    ("action", "show"),
    ("threshold", "10"),
    ("active", "1"),
    ("version", "1"),
    ("os", "1"),
    ("arch", "1"),
];

#[tokio::test]
async fn nobody_sees_a_product_before_an_operator_shows_it_and_after_they_hide_it() {
    let house = House::signed_in();
    post(&house, "jambox", "1.8", 0..25);
    assert_eq!(house.get("/public/jambox").await.status, 404);
    set(&house, &ALL).await;
    let operator = house.cookies();
    house.leave();
    let page = house.get("/public/jambox").await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains("At least 20 servers"), "{}", page.text);
    for file in ["active.svg", "version.svg", "version-dark.svg", "os.csv"] {
        let file = format!("/public/jambox/{file}");
        let answer = house.get(&file).await;
        assert_eq!(answer.status, 200, "{file}");
        assert!(
            answer
                .header("content-disposition")
                .starts_with("attachment")
        );
        assert_eq!(answer.header("cache-control"), "public, max-age=600");
    }
    let csv = house.get("/public/jambox/version.csv").await.text;
    assert!(csv.contains(",1.8,20\r\n"), "{csv}");
    for nothing in [
        "/public/other",
        "/public/jambox/x.svg",
        "/public/jambox/os",
        "/public/jambox/os.png",
    ] {
        assert_eq!(house.get(nothing).await.status, 404, "{nothing}");
    }
    house.set_cookies(operator);
    set(&house, &[("action", "hide"), ("threshold", "10")]).await;
    house.leave();
    assert_eq!(house.get("/public/jambox").await.status, 404);
    assert_eq!(house.get("/public/jambox/active.svg").await.status, 404);
}

#[tokio::test]
async fn only_what_was_chosen_is_on_it() {
    let house = House::signed_in();
    post(&house, "jambox", "1.8", 0..25);
    let fields = [("action", "show"), ("threshold", "5"), ("os", "1")];
    set(&house, &fields).await;
    let page = house.get("/public/jambox").await;
    assert!(page.text.contains("Operating systems") && !page.text.contains("Versions"));
    assert_eq!(house.get("/public/jambox/os.svg").await.status, 200);
    assert_eq!(house.get("/public/jambox/version.svg").await.status, 404);
    assert_eq!(house.get("/public/jambox/version.csv").await.status, 404);
}

#[tokio::test]
async fn it_reads_and_sets_no_cookie_and_may_be_kept_by_all() {
    let house = House::signed_in();
    post(&house, "jambox", "1.8", 0..25);
    set(&house, &ALL).await;
    let signed_in = house.get("/public/jambox").await;
    let missing = house.get("/public/other").await;
    let before = house.cookies();
    house.leave();
    let stranger = house.get("/public/jambox").await;
    assert_eq!(stranger.text, signed_in.text, "the same for everybody");
    let missing_to_strangers = house.get("/public/other").await;
    assert!(
        !missing.text.contains("ada@example.com"),
        "{}",
        missing.text
    );
    assert_eq!(missing.text.len(), missing_to_strangers.text.len());
    assert!(house.cookies().is_empty() && !before.is_empty());
    assert_eq!(stranger.header("cache-control"), "public, max-age=600");
    assert_eq!(stranger.header("set-cookie"), "");
    let csp = stranger.header("content-security-policy");
    assert!(csp.contains("default-src 'none'") && !csp.contains("unsafe"));
    assert_eq!(stranger.header("referrer-policy"), "no-referrer");
    assert!(!stranger.text.contains("csrf") && !stranger.text.contains("<form"));
}

#[tokio::test]
async fn a_look_changes_nothing_and_keeps_what_was_entered() {
    let house = House::signed_in();
    post(&house, "jambox", "1.8", 0..25);
    let look = [("action", "look"), ("threshold", "7"), ("active", "1")];
    let location = set(&house, &look).await;
    let page = house.get(location.split('#').next().unwrap()).await;
    assert!(page.text.contains("At least 21 servers"), "{}", page.text);
    assert!(page.text.contains("Not saved yet") && page.text.contains("value=\"7\""));
    assert!(!page.text.contains("Operating systems</h2>"));
    assert_eq!(house.get("/public/jambox").await.status, 404);
    assert_eq!(house.app.store.public_page("jambox").unwrap(), None);
    for wrong in ["4", "", "x", "10001", "-1"] {
        let location = set(&house, &[("action", "show"), ("threshold", wrong)]).await;
        let page = house.get(&location).await;
        assert!(page.text.contains("Enter a whole number from 5"), "{wrong}");
    }
    assert_eq!(house.app.store.public_page("jambox").unwrap(), None);
}

#[tokio::test]
async fn two_visits_do_not_differ_by_what_came_late() {
    let house = House::signed_in();
    post(&house, "jambox", "1.8", 0..19);
    set(&house, &ALL).await;
    let first = house.get("/public/jambox").await.text;
    assert!(first.contains("At least 10 servers"), "{first}");
    post(&house, "jambox", "1.8", 19..40);
    house.app.public.forget();
    assert_eq!(house.get("/public/jambox").await.text, first);
}

#[tokio::test]
async fn nothing_that_was_reported_is_markup() {
    let house = House::signed_in();
    let text = serde_json::to_string(HOSTILE).unwrap();
    let body = format!(r#"[{{"tags":{{"version":{text}}},"values":{{"cluster_id":"c"}}}}]"#);
    house.append(Kind::Usage, HOSTILE, &body);
    set(&house, &ALL).await;
    let path = format!("/public/{}", super::encoded_part(HOSTILE));
    for at in [path.as_str(), "/products/1/public"] {
        let page = house.get(at).await;
        assert_eq!(page.status, 200, "{at}");
        assert!(!page.text.contains("<script>"), "{}", page.text);
    }
    let file = house.get(&format!("{path}/active.svg")).await;
    assert!(file.status == 200 && !file.text.contains("<script>"));
}

#[tokio::test]
async fn customers_do_not_choose() {
    let house = House::signed_in();
    post(&house, "jambox", "1.8", 0..2);
    assert_eq!(house.get("/products/9/public").await.status, 404);
    house.customer("Acme", ACME_OWNER);
    house.enter_as(ACME_OWNER);
    assert_eq!(house.get("/products/1/public").await.status, 403);
    let csrf = house.get("/organizations").await.field("csrf");
    let fields = [&[("csrf", csrf.as_str())], &ALL[..]].concat();
    assert_eq!(house.post("/products/1/public", &fields).await.status, 403);
    assert_eq!(house.app.store.public_page("jambox").unwrap(), None);
}
