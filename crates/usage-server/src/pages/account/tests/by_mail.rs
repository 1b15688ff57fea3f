//! The same where mail is sent: pages say the same whether or not an address has an account, and the mail
//! says what is so.

use std::sync::mpsc::Receiver;
use std::time::Duration;

use usage_store::registry::{InvitedTo, Role};

use super::{NEW, invited, signs_in};
use crate::config::SignUp;
use crate::mail::Letter;
use crate::pages::testing::{ACME_OWNER, House};

const STRANGER: &str = "stranger@example.com";

/// The next letter, and the path of the link in it.
fn next(letters: &Receiver<Letter>) -> (Letter, String) {
    let letter = letters
        .recv_timeout(Duration::from_secs(60))
        .expect("a letter");
    let link = letter.text.split_whitespace().find_map(|word| {
        let path = word.strip_prefix("http://127.0.0.1:8087/")?;
        Some(format!("/{path}"))
    });
    let link = link.expect("a link");
    (letter, link)
}

#[tokio::test]
async fn a_link_to_choose_a_password_comes_by_mail_and_the_page_never_tells_who_is_known() {
    let (house, letters) = House::with_mail(SignUp::Open);
    house.customer("Acme", ACME_OWNER);
    let form = house.get("/forgot").await;
    let mut said = Vec::new();
    for email in [STRANGER, ACME_OWNER] {
        let answer = house
            .post_form("/forgot", &form.filled(&[("email", email)]))
            .await;
        said.push((answer.status, answer.text.replace(email, "")));
    }
    assert_eq!(said[0], said[1]);
    // What was handed over first would have come first.
    let (letter, link) = next(&letters);
    assert_eq!(letter.to, ACME_OWNER);
    let form = house.get(&link).await;
    let inside = house
        .post_form(&link, &form.filled(&[("password", NEW)]))
        .await;
    assert_eq!(inside.status, 303);
    let account = house.get("/account").await;
    assert!(account.text.contains("known to be yours"), "it proves that");
    assert_eq!(signs_in(&house, ACME_OWNER, NEW).await, 303);
}

#[tokio::test]
async fn signing_up_begins_with_a_mail_which_alone_tells_who_is_known() {
    let (house, letters) = House::with_mail(SignUp::Open);
    house.customer("Acme", ACME_OWNER);
    let form = house.get("/sign-up?next=%2Fstart%3Fproduct%3Da").await;
    assert!(!form.text.contains("password"));
    let mut said = Vec::new();
    for email in [ACME_OWNER, STRANGER] {
        let entered = form.filled(&[("email", email), ("organization", "X"), ("password", NEW)]);
        let answer = house.post_form("/sign-up", &entered).await;
        said.push((answer.status, answer.text.replace(email, "")));
    }
    assert_eq!(said[0], said[1]);
    let (known, sign_in) = next(&letters);
    assert!(known.to == ACME_OWNER && known.text.contains("has an account already"));
    assert_eq!(sign_in, "/sign-in");
    let (letter, link) = next(&letters);
    assert_eq!(letter.to, STRANGER);
    let store = &house.app.store;
    assert!(store.account_by_email(STRANGER).unwrap().is_none());

    let form = house.get(&link).await;
    assert!(form.text.contains(STRANGER));
    for (name, password, problem) in [
        ("acme", NEW, "has this name already"),
        ("Umbrella", "short", "8 characters"),
        ("", NEW, "Enter a name"),
    ] {
        let entered = form.filled(&[("organization", name), ("password", password)]);
        let answer = house.post_form(&link, &entered).await;
        assert_eq!(answer.status, 422);
        assert!(answer.text.contains(problem), "{name}");
    }
    let entered = form.filled(&[("organization", "Umbrella"), ("password", NEW)]);
    let inside = house.post_form(&link, &entered).await;
    assert_eq!(inside.header("location"), "/start?product=a");
    let (account, _) = store.account_by_email(STRANGER).unwrap().unwrap();
    assert!(account.verified_at.is_some());
    assert_eq!(house.get(&house.path_of("Umbrella")).await.status, 200);
    assert_eq!(house.get(&link).await.status, 410, "once");
    assert_eq!(house.post_form(&link, &entered).await.status, 410);
}

#[tokio::test]
async fn an_invitation_is_accepted_by_mail_too() {
    let (house, letters) = House::with_mail(SignUp::Closed);
    let acme = house.customer("Acme", ACME_OWNER);
    let invitation = invited(&house, InvitedTo::Organization(acme, Role::Member));
    let form = house.get(&invitation).await;
    assert!(!form.text.contains("type=\"password\""));
    for email in [ACME_OWNER, STRANGER] {
        let entered = form.filled(&[("email", email), ("password", NEW)]);
        let answer = house.post_form(&invitation, &entered).await;
        assert_eq!(answer.status, 200);
        assert!(answer.text.contains("Look into your mail"));
    }
    let (_, sign_in) = next(&letters);
    assert_eq!(house.get(&sign_in).await.field("next"), invitation);
    let (_, link) = next(&letters);
    let form = house.get(&link).await;
    assert!(!form.text.contains("name=\"organization\""));
    let inside = house
        .post_form(&link, &form.filled(&[("password", NEW)]))
        .await;
    assert_eq!(inside.status, 303);
    assert_eq!(house.get(&house.path_of("Acme")).await.status, 200);
    house.leave();
    assert_eq!(house.get(&invitation).await.status, 410);
}

#[tokio::test]
async fn an_operator_has_an_invitation_mailed() {
    let (house, letters) = House::with_mail(SignUp::Invited);
    let house = house.let_in("op@example.com");
    let page = house.get("/operators").await;
    let entered = page.filled(&[("to", "customer"), ("email", STRANGER)]);
    let made = house.post_and_follow("/operators/invite", &entered).await;
    let (letter, link) = next(&letters);
    assert_eq!((&*letter.to, link), (STRANGER, made.link_in_box()));
    assert!(letter.text.contains("op@example.com invites you"));
    let entered = page.filled(&[("to", "customer"), ("email", "nobody")]);
    let answer = house.post_form("/operators/invite", &entered).await;
    assert!(answer.text.contains("is not a mail address"));
}

#[tokio::test]
async fn who_has_many_mails_sent_has_to_wait_and_no_address_gets_many() {
    let (house, letters) = House::with_mail(SignUp::Open);
    house.customer("Acme", ACME_OWNER);
    house.customer("Umbrella", "last@example.com");
    house.comes_from("192.0.2.1");
    let form = house.get("/forgot").await;
    let entered = form.filled(&[("email", ACME_OWNER)]);
    for _ in 0..10 {
        assert_eq!(house.post_form("/forgot", &entered).await.status, 200);
    }
    let answer = house.post_form("/forgot", &entered).await;
    assert_eq!(answer.status, 429);
    assert!(!answer.header("retry-after").is_empty());
    house.comes_from("192.0.2.2");
    let last = form.filled(&[("email", "last@example.com")]);
    assert_eq!(house.post_form("/forgot", &last).await.status, 200);
    let most = crate::limits::MAIL_PER_ADDRESS_AND_HOUR_MAX;
    for _ in 0..most {
        assert_eq!(next(&letters).0.to, ACME_OWNER);
    }
    assert_eq!(next(&letters).0.to, "last@example.com");
}

#[tokio::test]
async fn without_mail_the_page_says_whom_to_ask() {
    let house = House::new();
    let page = house.get("/forgot").await;
    assert!(page.text.contains("account reset") && !page.main().contains("<form"));
    assert_eq!(house.get("/sign-up/x").await.status, 410);
}

#[tokio::test]
async fn an_owner_has_an_invitation_mailed_and_sees_its_link_still() {
    let (house, letters) = House::with_mail(SignUp::Open);
    house.comes_from("192.0.2.1");
    house.customer("Acme", ACME_OWNER);
    house.enter_as(ACME_OWNER);
    let members = format!("{}/members", house.path_of("Acme"));
    let invite = format!("{}/invitations", house.path_of("Acme"));
    let page = house.get(&members).await;
    let invited = async |email: &str| {
        let entered = page.filled(&[("role", "member"), ("email", email)]);
        house.post_and_follow(&invite, &entered).await
    };
    let made = invited(STRANGER).await;
    let (letter, link) = next(&letters);
    assert_eq!(&*letter.to, STRANGER);
    assert!(made.text.contains("on its way by mail"), "{}", made.text);
    assert!(made.field_of_id("link").ends_with(&link), "{link}");
    assert!(letter.text.contains("invites you to Acme, as a member"));
    assert!(letter.text.contains(ACME_OWNER));
    let wrong = invited("nobody").await;
    assert!(wrong.text.contains("no mail address") && !wrong.text.contains("id=\"link\""));
    let by_hand = invited("").await;
    assert!(by_hand.text.contains("id=\"link\"") && !by_hand.text.contains("by mail, too"));
    for n in 1..10 {
        invited(&format!("{n}@example.com")).await;
        next(&letters);
    }
    let later = invited("11@example.com").await;
    assert!(later.text.contains("Nothing was mailed") && later.text.contains("id=\"link\""));
    assert!(letters.try_recv().is_err());
    house.leave();
    assert_eq!(house.get(&link).await.status, 200);
}
