//! Operators invite each other and customers, make links for who forgot their password, and remove each other.

use super::super::testing::{ACME_OWNER, House};

const OP: &str = "op@example.com";

#[tokio::test]
async fn operators_invite_each_other_and_the_last_one_stays() {
    let house = House::with_customers().let_in(OP);
    let page = house.get("/operators").await;
    assert!(page.text.contains("nobody else is one"), "{}", page.text);
    let id = house.account_of(OP).0.to_string();
    let alone = page.filled(&[("id", &id)]);
    let refused = house.post_form("/operators/remove", &alone).await;
    assert_eq!(refused.status, 409);

    let made = house
        .post_and_follow("/operators/invite", &page.filled(&[("to", "operator")]))
        .await;
    let path = made.link_in_box();
    house.enter_as(ACME_OWNER);
    let invited = house.get(&path).await;
    assert!(invited.text.contains(OP) && invited.text.contains("<strong>operator</strong>"));
    assert_eq!(house.app.store.operators().unwrap().len(), 1);
    let inside = house.post_form(&path, &invited.filled(&[])).await;
    assert_eq!(inside.header("location"), "/");
    assert_eq!(house.get("/operators").await.status, 200);

    let id = house.account_of(OP).0.to_string();
    let form = house.get("/operators").await.filled(&[("id", &id)]);
    let done = house.post_form("/operators/remove", &form).await;
    assert_eq!(done.header("location"), "/operators");
    house.enter_as(OP);
    assert_eq!(house.get("/operators").await.status, 403, "at once");
}

#[tokio::test]
async fn who_is_removed_does_not_come_back_by_a_link_of_their_own() {
    let house = House::new().let_in("second@example.com").let_in(OP);
    let page = house.get("/operators").await;
    let made = house
        .post_and_follow("/operators/invite", &page.filled(&[("to", "operator")]))
        .await;
    let path = made.link_in_box();
    let id = house.account_of(OP).0.to_string();
    let gone = house
        .post_form("/operators/remove", &page.filled(&[("id", &id)]))
        .await;
    assert_eq!(gone.header("location"), "/", "which leads everybody home");
    assert_eq!(house.get(&path).await.status, 410);
}

#[tokio::test]
async fn a_link_is_shown_once_to_who_made_it_and_a_reload_makes_no_other() {
    let house = House::with_customers()
        .let_in("second@example.com")
        .let_in(OP);
    let page = house.get("/operators").await;
    for (door, fields) in [
        ("/operators/invite", [("to", "operator")]),
        ("/operators/reset", [("email", ACME_OWNER)]),
    ] {
        let made = house.post_form(door, &page.filled(&fields)).await;
        assert_eq!(made.status, 303, "{door}");
        let at = made.header("location");
        assert!(!at.contains("invite/") && !at.contains("reset/"), "{at}");
        let mine = house.cookies();
        house.enter_as("second@example.com");
        assert!(house.get(&at).await.text.contains("shown before"), "{door}");
        house.set_cookies(mine);
        let first = house.get(&at).await;
        let path = first.link_in_box();
        let again = house.get(&at).await;
        assert!(again.text.contains("shown before") && !again.text.contains(&path));
        assert_eq!(house.get(&path).await.status, 200, "it works: {door}");
    }
    let invitations = house.app.store.invitations(None, jiff::Timestamp::now());
    assert_eq!(invitations.unwrap().len(), 1);
}

#[tokio::test]
async fn an_invitation_is_listed_and_can_be_taken_back() {
    let house = House::new().let_in(OP);
    let page = house.get("/operators").await;
    let made = house
        .post_and_follow("/operators/invite", &page.filled(&[("to", "operator")]))
        .await;
    let path = made.link_in_box();
    assert_eq!(house.get(&path).await.status, 200);
    let list = house.get("/operators").await;
    assert!(
        !list.text.contains(&path) && !list.text.contains("The invitation"),
        "shown once"
    );
    let (_, after) = list
        .text
        .split_once("/operators/withdraw")
        .expect("a button to take it back");
    let (_, after) = after.split_once("name=\"id\" value=\"").unwrap();
    let id = after.split('"').next().unwrap();
    let gone = house
        .post_form("/operators/withdraw", &list.filled(&[("id", id)]))
        .await;
    assert_eq!(gone.status, 303);
    assert_eq!(house.get(&path).await.status, 410);
    let again = house
        .post_form("/operators/withdraw", &list.filled(&[("id", id)]))
        .await;
    assert_eq!(again.status, 404);
}

#[tokio::test]
async fn a_link_for_who_forgot_their_password_is_made_for_accounts_only() {
    let house = House::with_customers().let_in(OP);
    let page = house.get("/operators").await;
    let none = house
        .post_form("/operators/reset", &page.filled(&[("email", "no@b.c")]))
        .await;
    assert_eq!(none.status, 422);
    assert!(none.text.contains("No account has the address no@b.c"));
    let entered = page.filled(&[("email", &ACME_OWNER.to_uppercase())]);
    let made = house.post_and_follow("/operators/reset", &entered).await;
    let path = made.link_in_box();
    house.leave();
    assert!(house.get(&path).await.text.contains(ACME_OWNER));
}

#[tokio::test]
async fn customers_have_no_business_here() {
    let house = House::with_customers();
    assert_eq!(house.get("/operators").await.status, 403);
    let csrf = house.get("/account").await.field("csrf");
    for path in [
        "/operators/invite",
        "/operators/withdraw",
        "/operators/remove",
        "/operators/reset",
    ] {
        let entered = [("csrf", &*csrf), ("to", "operator"), ("email", ACME_OWNER)];
        assert_eq!(house.post(path, &entered).await.status, 403, "{path}");
    }
}
