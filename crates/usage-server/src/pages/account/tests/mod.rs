//! A person's own pages, as they use them: sessions, a new password, links that let them in.

mod by_mail;

use jiff::{SignedDuration, Timestamp};
use usage_store::registry::{Handed, InvitedTo, Role};

use crate::account::{Secret, links};
use crate::config::SignUp;
use crate::pages::testing::{ACME_MEMBER, ACME_OWNER, HOSTILE, House, UMBRELLA_OWNER};

const OLD: &str = "correct horse battery";
const NEW: &str = "another horse battery";
const OP: &str = "op@example.com";

/// Somebody signs in by the form; the answer's status.
async fn signs_in(house: &House, email: &str, password: &str) -> u16 {
    house.leave();
    let form = house.get("/sign-in").await;
    let entered = form.filled(&[("email", email), ("password", password)]);
    let answer = house.post_form("/sign-in", &entered).await;
    answer.status.as_u16()
}

fn invited(house: &House, to: InvitedTo) -> String {
    let (store, secret) = (&house.app.store, Secret::random().unwrap());
    let made = links::invitation(store, &secret, to, OP, Timestamp::now());
    made.unwrap().1
}

fn reset_of(house: &House, email: &str) -> String {
    let (store, secret) = (&house.app.store, Secret::random().unwrap());
    let account = house.account_of(email);
    links::reset(
        store,
        &secret,
        account,
        Handed::OnByHand,
        OP,
        Timestamp::now(),
    )
    .unwrap()
}

#[tokio::test]
async fn a_person_sees_where_they_are_signed_in_and_ends_the_others() {
    let house = House::with_customers();
    let here = house.cookies();
    house.enter_as(ACME_OWNER);
    let elsewhere = house.cookies();
    house.enter_as(ACME_OWNER);
    let third = house.cookies();
    house.set_cookies(here.clone());
    let page = house.get("/account").await;
    assert!(page.text.contains(ACME_OWNER) && page.text.contains(">Acme</a>"));
    assert_eq!(page.text.matches("this one").count(), 1);
    assert_eq!(page.text.matches("name=\"session\"").count(), 2);
    let nearer = "of the others only the hour is kept";
    assert_eq!(page.text.matches("to the hour").count(), 2, "{nearer}");
    assert!(!page.text.contains("hour ago"), "{nearer}");

    let ended = house
        .post_form(
            "/account/sessions",
            &page.filled(&[("session", &page.field("session"))]),
        )
        .await;
    let page = house.get(&ended.header("location")).await;
    assert!(page.text.contains("have to sign in again"));
    assert_eq!(page.text.matches("name=\"session\"").count(), 1);

    house
        .post_form("/account/sessions", &page.filled(&[]))
        .await;
    let page = house.get("/account").await;
    assert!(!page.text.contains("everywhere else"), "nowhere else");
    for cookies in [elsewhere, third] {
        house.set_cookies(cookies);
        assert_eq!(house.get("/account").await.status, 303);
    }
}

#[tokio::test]
async fn nobody_ends_anothers_session() {
    let house = House::with_customers();
    let here = house.cookies();
    let (store, now) = (&house.app.store, Timestamp::now());
    let theirs = store.sessions(house.account_of(ACME_OWNER), now).unwrap()[0].id;
    house.enter_as(UMBRELLA_OWNER);
    let page = house.get("/account").await;
    let entered = page.filled(&[("session", &theirs.0.to_string())]);
    house.post_form("/account/sessions", &entered).await;
    house.set_cookies(here);
    assert_eq!(house.get("/account").await.status, 200);
}

#[tokio::test]
async fn a_new_password_needs_the_old_one_and_ends_all_other_sessions() {
    let house = House::with_operator(OP, OLD);
    house.enter_as(OP);
    let elsewhere = house.cookies();
    house.enter_as(OP);
    let before = house.cookies();
    let form = house.get("/account/password").await;
    for (current, new, said) in [
        ("wrong", NEW, "not your current password"),
        (OLD, "short", "8 characters"),
    ] {
        let entered = form.filled(&[("current", current), ("password", new)]);
        let answer = house.post_form("/account/password", &entered).await;
        assert_eq!(answer.status, 422);
        assert!(answer.text.contains(said) && !answer.text.contains(NEW));
    }
    let entered = form.filled(&[("current", OLD), ("password", NEW)]);
    let done = house.post_form("/account/password", &entered).await;
    let page = house.get(&done.header("location")).await;
    assert!(page.text.contains("Your password is changed"));
    assert_ne!(house.cookies(), before, "a new secret");
    for cookies in [before, elsewhere] {
        house.set_cookies(cookies);
        assert_eq!(house.get("/account").await.status, 303);
    }
    assert_eq!(signs_in(&house, OP, OLD).await, 401);
    assert_eq!(signs_in(&house, OP, NEW).await, 303);
}

#[tokio::test]
async fn a_browser_left_open_is_no_place_to_guess_the_password() {
    let house = House::with_operator(OP, OLD);
    house.enter_as(OP);
    let form = house.get("/account/password").await;
    let wrong = form.filled(&[("current", "wrong"), ("password", NEW)]);
    for _ in 0..5 {
        assert_eq!(
            house.post_form("/account/password", &wrong).await.status,
            422
        );
    }
    let right = form.filled(&[("current", OLD), ("password", NEW)]);
    let answer = house.post_form("/account/password", &right).await;
    assert_eq!(answer.status, 429);
    assert!(!answer.header("retry-after").is_empty());
}

#[tokio::test]
async fn a_reset_link_works_once_and_ends_all_sessions() {
    let house = House::with_operator(OP, OLD);
    house.enter_as(OP);
    let before = house.cookies();
    house.leave();
    let earlier = reset_of(&house, OP);
    let link = reset_of(&house, OP);
    let over = house.get(&earlier).await;
    assert_eq!(over.status, 410, "a later link ends the earlier");
    assert!(over.text.contains("href=\"/forgot\""));
    let form = house.get(&link).await;
    assert!(form.text.contains(OP));
    let short = house
        .post_form(&link, &form.filled(&[("password", "short")]))
        .await;
    assert_eq!(short.status, 422);
    let entered = form.filled(&[("password", NEW)]);
    let inside = house.post_form(&link, &entered).await;
    assert_eq!(inside.header("location"), "/");
    assert_eq!(house.get("/operators").await.status, 200);
    assert_eq!(house.post_form(&link, &entered).await.status, 410);
    assert_eq!(house.get(&link).await.status, 410);
    house.set_cookies(before);
    assert_eq!(house.get("/account").await.status, 303);
    assert_eq!(signs_in(&house, OP, OLD).await, 401);
    assert_eq!(signs_in(&house, OP, NEW).await, 303);
}

#[tokio::test]
async fn links_that_are_old_or_guessed_let_nobody_in() {
    let house = House::with_customers();
    let (store, secret) = (&house.app.store, Secret::random().unwrap());
    let account = house.account_of(ACME_OWNER);
    let earlier = |minutes| Timestamp::now() - SignedDuration::from_mins(minutes);
    let old = links::reset(store, &secret, account, Handed::OnByHand, OP, earlier(61)).unwrap();
    let to = InvitedTo::Operators;
    let old_invitation = links::invitation(
        store,
        &Secret::random().unwrap(),
        to,
        OP,
        earlier(7 * 24 * 60 + 1),
    );
    let guessed = Secret::random().unwrap().text();
    house.leave();
    let csrf = house.get("/sign-in").await.field("csrf");
    for path in [
        old,
        old_invitation.unwrap().1,
        format!("/reset/{guessed}"),
        format!("/invite/{guessed}"),
        "/reset/x".to_owned(),
        "/invite/x".to_owned(),
    ] {
        assert_eq!(house.get(&path).await.status, 410, "{path}");
        let entered = [("csrf", &*csrf), ("password", NEW), ("email", "a@b.c")];
        assert_eq!(house.post(&path, &entered).await.status, 410, "{path}");
    }
}

#[tokio::test]
async fn an_invitation_says_who_invites_to_what_and_nothing_happens_by_opening_it() {
    let house = House::with_customers();
    let id = house.organization("Umbrella");
    let link = invited(&house, InvitedTo::Organization(id, Role::Member));
    let page = house.get(&link).await;
    assert!(page.text.contains(OP) && page.text.contains("<strong>Umbrella</strong>"));
    assert!(page.text.contains("as a member") && page.text.contains(ACME_OWNER));
    house.get(&link).await;
    assert_eq!(house.app.store.members(id).unwrap().len(), 1);
    assert_eq!(house.post(&link, &[("csrf", "guess")]).await.status, 403);
    let inside = house.post_form(&link, &page.filled(&[])).await;
    assert_eq!(inside.header("location"), house.path_of("Umbrella"));
    assert_eq!(house.get(&house.path_of("Umbrella")).await.status, 200);
    house.enter_as(ACME_MEMBER);
    assert_eq!(house.post_form(&link, &page.filled(&[])).await.status, 403);
    assert_eq!(house.get(&link).await.status, 410, "once");
}

#[tokio::test]
async fn who_is_inside_already_leaves_the_invitation_to_others() {
    let house = House::with_customers();
    let id = house.organization("Acme");
    let link = invited(&house, InvitedTo::Organization(id, Role::Owner));
    house.enter_as(ACME_MEMBER);
    let page = house.get(&link).await;
    assert!(page.text.contains("belongs there already"));
    assert!(!page.text.contains(&format!("action=\"{link}\"")));
}

#[tokio::test]
async fn somebody_new_accepts_an_invitation_with_a_new_account_also_where_sign_up_is_closed() {
    let house = House::where_sign_up_is(SignUp::Closed);
    let acme = house.customer("Acme", ACME_OWNER);
    let link = invited(&house, InvitedTo::Organization(acme, Role::Member));
    let form = house.get(&link).await;
    let way_in = form.link_with("/sign-in?next=");
    let signing_in = house.get(&way_in).await;
    assert_eq!(signing_in.field("next"), link, "with an account of theirs");
    for (email, said) in [
        ("new", "such as ada@example.com"),
        (ACME_OWNER, "Sign in with it"),
    ] {
        let entered = form.filled(&[("email", email), ("password", NEW)]);
        let answer = house.post_form(&link, &entered).await;
        assert_eq!(answer.status, 422);
        assert!(answer.text.contains(said) && !answer.text.contains(NEW));
    }
    let entered = form.filled(&[("email", "new@acme.example"), ("password", NEW)]);
    let inside = house.post_form(&link, &entered).await;
    assert_eq!(inside.header("location"), house.path_of("Acme"));
    assert_eq!(house.get(&house.path_of("Acme")).await.status, 200);
    assert_eq!(signs_in(&house, "new@acme.example", NEW).await, 303);
}

#[tokio::test]
async fn where_sign_up_is_by_invitation_a_link_lets_one_customer_in() {
    let house = House::where_sign_up_is(SignUp::Invited).let_in(OP);
    let page = house.get("/operators").await;
    let made = house
        .post_and_follow("/operators/invite", &page.filled(&[("to", "customer")]))
        .await;
    let link = made.link_in_box();
    house.leave();
    let form = house.get(&link).await;
    let entered = |name: &str| {
        form.filled(&[
            ("organization", name),
            ("email", "new@acme.example"),
            ("password", NEW),
        ])
    };
    let blank = house.post_form(&link, &entered(" ")).await;
    assert!(blank.text.contains("Enter a name"));
    let inside = house.post_form(&link, &entered("Acme")).await;
    assert_eq!(inside.status, 303);
    let home = house.get("/").await;
    assert_eq!(home.header("location"), house.path_of("Acme"));
    house.leave();
    assert_eq!(house.get(&link).await.status, 410);
}

#[tokio::test]
async fn who_has_an_account_makes_an_organization_by_an_invitation() {
    let house = House::where_sign_up_is(SignUp::Invited);
    house.customer("Acme", ACME_OWNER);
    house.enter_as(ACME_OWNER);
    let link = invited(&house, InvitedTo::SignUp);
    let form = house.get(&link).await;
    let taken = house
        .post_form(&link, &form.filled(&[("organization", "acme")]))
        .await;
    assert!(taken.text.contains("has this name already"));
    let made = form.filled(&[("organization", "Acme Labs")]);
    assert_eq!(house.post_form(&link, &made).await.status, 303);
    assert_eq!(house.get(&house.path_of("Acme Labs")).await.status, 200);
}

#[tokio::test]
async fn while_sign_up_is_closed_no_invitation_to_sign_up_is_made_or_accepted() {
    let house = House::where_sign_up_is(SignUp::Closed).let_in(OP);
    let link = invited(&house, InvitedTo::SignUp);
    assert_eq!(house.get(&link).await.status, 410);
    let page = house.get("/operators").await;
    assert!(!page.text.contains("value=\"customer\""));
    let entered = page.filled(&[("to", "customer")]);
    let answer = house.post_form("/operators/invite", &entered).await;
    assert_eq!(answer.status, 404);
}

#[tokio::test]
async fn signing_in_and_out_is_in_the_audit_log_so_often_and_no_oftener() {
    let house = House::with_operator(OP, OLD);
    let count = |action: &str| {
        let entries = house.app.store.audit_entries(None, None, 1_000).unwrap();
        entries
            .iter()
            .filter(|entry| entry.action == action)
            .count()
    };
    assert_eq!(signs_in(&house, OP, "wrong").await, 401);
    assert_eq!(count("sign in"), 0, "nothing of strangers");
    assert_eq!(signs_in(&house, OP, OLD).await, 303);
    assert_eq!(count("sign in"), 1);
    let most = crate::limits::NOTED_PER_HOUR as usize;
    for _ in 0..most + 2 {
        house.enter_as(OP);
        let csrf = house.get("/account").await.field("csrf");
        house.post("/sign-out", &[("csrf", &csrf)]).await;
    }
    assert_eq!(count("sign in") + count("sign out"), most);
}

#[tokio::test]
async fn what_browsers_and_people_are_called_is_text() {
    let house = House::with_customers();
    house.customer(HOSTILE, "eve@example.com");
    let id = house.organization(HOSTILE);
    let link = invited(&house, InvitedTo::Organization(id, Role::Member));
    house.enter_as("eve@example.com");
    for path in ["/account", &link, "/account/password"] {
        let page = house.get(path).await;
        assert_eq!(page.status, 200, "{path}");
        assert!(!page.text.contains("<script>"), "{path}");
    }
}
