//! Webhooks of operators: added, tried, removed, and what is refused.

use super::super::testing::{ACME_OWNER, Answer, HOSTILE, House};
use super::*;

const OP: &str = "op@example.com";

async fn add(house: &House, fields: &[(&str, &str)]) -> Answer {
    let form = house.get("/webhooks").await;
    let ticked = ["first_report", "silent", "registered", "growing"];
    assert!(
        ticked
            .iter()
            .all(|name| form.text.contains(&format!("name=\"{name}\" checked")))
    );
    let ticked = ticked.map(|name| (name, "on"));
    let entered = form.filled(&[fields, &ticked[..]].concat());
    house.post_and_follow("/webhooks", &entered).await
}

#[tokio::test]
async fn a_webhook_is_added_tried_and_removed_and_its_secret_shown_once() {
    let house = House::new().let_in(OP);
    let fields = [
        ("name", "Chat"),
        ("url", "http://chat.example.com/SECRETPATH"),
    ];
    let page = add(&house, &fields).await;
    let secret = page.field_of_id("secret");
    assert!(
        secret.starts_with("whsec_") && secret.len() == 50,
        "{secret}"
    );
    assert!(page.text.contains("chat.example.com") && !page.text.contains("SECRETPATH"));
    let again = house.get(&page.path).await;
    assert!(!again.text.contains(&secret) && again.text.contains("shown before"));

    let hook = house.app.store.webhooks().unwrap().remove(0);
    assert_eq!(hook.events.names().split(", ").count(), 4);
    let csrf = page.field("csrf");
    let id = hook.id.0.to_string();
    let meant = [("csrf", &*csrf), ("id", &*id)];
    let tested = house.post("/webhooks/test", &meant).await;
    assert_eq!(tested.status, 303);
    let page = house.get(&tested.header("location")).await;
    assert!(page.text.contains("within seconds"));
    let due = house.app.store.due_messages(Timestamp::now()).unwrap();
    assert!(due[0].body.contains(OP) && due[0].body.contains("webhook.test"));

    let removed = house.post("/webhooks/remove", &meant).await;
    assert_eq!(removed.header("location"), "/webhooks");
    assert!(house.app.store.webhooks().unwrap().is_empty());
    assert_eq!(house.post("/webhooks/test", &meant).await.status, 404);
    let audit = house.get("/audit").await;
    assert!(audit.text.contains("add webhook") && audit.text.contains("remove webhook"));
}

#[tokio::test]
async fn what_can_not_be_posted_to_is_refused_with_the_reason() {
    let house = House::new().let_in(OP);
    for (fields, said) in [
        ([("name", ""), ("url", "http://a.example/")], "Enter a name"),
        ([("name", "a"), ("url", "ftp://a/")], "must begin with"),
        (
            [("name", "a"), ("url", "http://127.0.0.1:1/")],
            "private address",
        ),
        (
            [("name", "a"), ("url", "http://[::ffff:10.0.0.1]/")],
            "private address",
        ),
    ] {
        let page = add(&house, &fields).await;
        assert_eq!(page.status, 422, "{fields:?}");
        assert!(page.text.contains(said), "{said}");
    }
    let csrf = house.get("/webhooks").await.field("csrf");
    let nothing = [
        ("csrf", &*csrf),
        ("name", "a"),
        ("url", "http://a.example/"),
    ];
    let page = house.post("/webhooks", &nothing).await;
    assert!(page.text.contains("Tick at least one"));
    add(&house, &[("name", HOSTILE), ("url", "http://a.example/")]).await;
    let twice = add(&house, &[("name", HOSTILE), ("url", "http://a.example/")]).await;
    assert!(twice.status == 422 && twice.text.contains("of this name"));
    assert!(!twice.text.contains("<script>alert"));
}

#[tokio::test]
async fn what_was_given_up_is_shown_with_the_reason_and_tried_again() {
    let house = House::new().let_in(OP);
    add(&house, &[("name", "Chat"), ("url", "http://a.example/")]).await;
    let (store, now) = (&house.app.store, Timestamp::now());
    let id = store.webhook_named("Chat").unwrap();
    let news = message::test(OP, now).unwrap();
    store.tell_webhook(id, &news, now).unwrap();
    let due = store.due_messages(now).unwrap().remove(0);
    let cause = format!("503 {HOSTILE}");
    store.message_failed(due.id, &cause, None, now).unwrap();
    assert!(store.due_messages(now).unwrap().is_empty());
    let page = house.get("/webhooks").await;
    assert!(page.text.contains("503 ") && !page.text.contains("<script>alert"));
    let csrf = page.field("csrf");
    let message = due.id.to_string();
    let again = [("csrf", &*csrf), ("id", &*message)];
    assert_eq!(house.post("/webhooks/again", &again).await.status, 303);
    assert_eq!(store.due_messages(Timestamp::now()).unwrap().len(), 1);
}

#[tokio::test]
async fn customers_have_no_business_here() {
    let house = House::with_customers();
    assert_eq!(house.get("/webhooks").await.status, 403);
    let csrf = house.get("/account").await.field("csrf");
    for path in ["", "/test", "/remove", "/again"] {
        let entered = [
            ("csrf", &*csrf),
            ("name", "a"),
            ("url", "http://a/"),
            ("id", "1"),
        ];
        let path = format!("/webhooks{path}");
        assert_eq!(house.post(&path, &entered).await.status, 403, "{path}");
    }
    house.enter_as(ACME_OWNER);
    assert!(house.app.store.webhooks().unwrap().is_empty());
}
