//! Signing in by a provider, as people do it; and as those would like to who aren't who they say.

use jiff::Timestamp;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use usage_store::registry::{InvitedTo, Role};

use crate::account::{Secret, links, password};
use crate::config::SignUp;
use crate::pages::testing::{Answer, HOSTILE, House, ISSUER};

const HERE: &str = "http://127.0.0.1:8087";
const ADA: &str = "ada@acme.example";
const PASSWORD: &str = "correct horse battery";

fn open() -> House {
    House::with_openid(HERE, SignUp::Open)
}

fn escaped(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// Somebody goes to the provider; the state they bring back.
async fn leave(house: &House, next: &str) -> String {
    let away = house
        .get(&format!("/sign-in/openid?next={}", escaped(next)))
        .await;
    assert_eq!(away.status, 303, "{}", away.text);
    state_in(&away.header("location"))
}

fn state_in(url: &str) -> String {
    let (door, state) = url.split_once("?state=").unwrap();
    assert_eq!(door, format!("{ISSUER}/authorize"));
    state.to_owned()
}

async fn come_back(house: &House, state: &str, code: &str) -> Answer {
    let path = format!("/sign-in/openid/back?state={state}&code={}", escaped(code));
    house.get(&path).await
}

/// Somebody signs in by the provider.
async fn sign_in(house: &House, code: &str) -> Answer {
    let state = leave(house, "/").await;
    come_back(house, &state, code).await
}

/// Somebody with a password, whose address nobody has checked.
fn unchecked(house: &House) {
    let hash = password::hash(PASSWORD).unwrap();
    let now = Timestamp::now();
    house.app.store.add_operator(ADA, &hash, now).unwrap();
}

fn verify(house: &House, email: &str) {
    let id = house.account_of(email);
    let now = Timestamp::now();
    house.app.store.verify_address(id, now).unwrap();
}

fn actions(house: &House) -> Vec<String> {
    let entries = house.app.store.audit_entries(None, None, 100).unwrap();
    entries.into_iter().map(|entry| entry.action).collect()
}

#[tokio::test]
async fn somebody_new_names_their_organization_and_comes_back_without_a_question() {
    let house = open();
    let page = house.get("/sign-in?next=%2Fstart%3Fa%3Db").await;
    let door = page.link_with("/sign-in/openid");
    assert!(page.text.contains("Go on with Example"));
    assert_eq!(door, "/sign-in/openid?next=%2Fstart%3Fa%3Db");
    let state = state_in(&house.get(&door).await.header("location"));
    let new = come_back(&house, &state, "42:ada@acme.example").await;
    assert_eq!(new.header("location"), "/sign-in/openid/new");
    let form = house.get("/sign-in/openid/new").await;
    assert!(form.text.contains(ADA), "{}", form.text);
    assert!(house.app.store.account_by_email(ADA).unwrap().is_none());
    let wrong = form.filled(&[("organization", " ")]);
    let wrong = house.post_form("/sign-in/openid/new", &wrong).await;
    assert_eq!(wrong.status, 422);
    let entered = form.filled(&[("organization", "Acme")]);
    let inside = house.post_form("/sign-in/openid/new", &entered).await;
    assert_eq!(inside.header("location"), "/start?a=b");
    let page = house.get(&house.path_of("Acme")).await;
    assert!(page.text.contains("<h1>Acme</h1>"));
    let account = house.get("/account").await;
    assert!(account.text.contains("known to be yours") && account.text.contains(ISSUER));
    assert!(account.text.contains("you sign in elsewhere"));

    let again = house.post_form("/sign-in/openid/new", &entered).await;
    assert_eq!(again.status, 400, "once");
    house.leave();
    let back = sign_in(&house, "42").await;
    assert_eq!(back.header("location"), "/");
    assert_eq!(house.get("/account").await.status, 200);
    let actions = actions(&house);
    for action in ["add account", "link identity", "sign in with OpenID"] {
        assert!(actions.iter().any(|found| found == action), "{actions:?}");
    }
}

#[tokio::test]
async fn an_address_links_only_where_both_sides_have_seen_it() {
    let house = open();
    unchecked(&house);
    let code = "42:Ada@Acme.example";
    let refused = sign_in(&house, code).await;
    assert_eq!(refused.status, 409);
    assert!(refused.text.contains("link Example"), "{}", refused.text);
    let unverified = sign_in(&house, "42").await;
    let nobody = sign_in(&house, "43").await;
    assert_eq!(unverified.status, 403);
    assert_eq!(
        unverified.text, nobody.text,
        "tells nobody who has an account"
    );
    assert_eq!(house.get("/account").await.status, 303);

    verify(&house, ADA);
    assert_eq!(sign_in(&house, code).await.status, 303);
    assert_eq!(
        house.get("/operators").await.status,
        200,
        "an operator, too"
    );
    // From now on it is who they are there that counts.
    house.leave();
    assert_eq!(sign_in(&house, "42").await.status, 303);
    // The address was given on to somebody else there.
    house.leave();
    let another = sign_in(&house, "43:ada@acme.example").await;
    assert_eq!(another.status, 409);
    assert_eq!(house.get("/account").await.status, 303);
}

#[tokio::test]
async fn an_operator_links_from_their_account_and_unlinks_again() {
    let house = open();
    unchecked(&house);
    house.enter_as(ADA);
    let page = house.get("/account").await;
    let asked = house
        .post_form("/account/identities", &page.filled(&[]))
        .await;
    assert_eq!(asked.status, 200, "our policy lets no form lead elsewhere");
    let state = state_in(&asked.link_with(ISSUER));
    let done = come_back(&house, &state, "42:somebody@elsewhere.example").await;
    assert_eq!(done.header("location"), "/account?done=linked");
    let again = come_back(&house, &state, "43").await;
    assert_eq!(again.status, 400, "once");
    house.leave();
    assert_eq!(sign_in(&house, "42").await.status, 303);
    let page = house.get("/account?done=linked").await;
    assert!(page.text.contains("Linked.") && !page.text.contains("Link Example"));
    let gone = [("issuer", ISSUER), ("subject", "42")];
    let gone = house
        .post_form("/account/identities/remove", &page.filled(&gone))
        .await;
    assert_eq!(gone.header("location"), "/account?done=unlinked");
    house.leave();
    assert_eq!(sign_in(&house, "42").await.status, 403);
    assert!(actions(&house).contains(&"unlink identity".to_owned()));
}

#[tokio::test]
async fn the_only_way_in_stays() {
    let house = open();
    sign_in(&house, "42:ada@acme.example").await;
    let form = house.get("/sign-in/openid/new").await;
    let entered = form.filled(&[("organization", "Acme")]);
    house.post_form("/sign-in/openid/new", &entered).await;
    let page = house.get("/account").await;
    assert!(page.text.contains("the only way into"));
    assert!(!page.text.contains("/account/identities/remove"));
    let gone = [("issuer", ISSUER), ("subject", "42")];
    let refused = house
        .post_form("/account/identities/remove", &page.filled(&gone))
        .await;
    assert_eq!(refused.status, 409);
    house.leave();
    assert_eq!(sign_in(&house, "42").await.status, 303);
}

#[tokio::test]
async fn an_identity_is_linked_to_who_left_and_to_nobody_else() {
    let house = open();
    house.customer("Acme", ADA);
    house.customer("Umbrella", "grace@umbrella.example");
    house.enter_as(ADA);
    let page = house.get("/account").await;
    let asked = house
        .post_form("/account/identities", &page.filled(&[]))
        .await;
    let state = state_in(&asked.link_with(ISSUER));
    let away = house.cookies();
    // Somebody else sits down there meanwhile.
    house.enter_as("grace@umbrella.example");
    let mut cookies = house.cookies();
    cookies.insert("usage_openid".to_owned(), away["usage_openid"].clone());
    house.set_cookies(cookies);
    let refused = come_back(&house, &state, "42").await;
    assert_eq!(refused.status, 409);
    assert!(refused.text.contains("Nothing was linked"));
    house.set_cookies(away);
    let done = come_back(&house, &state, "42").await;
    assert_eq!(done.header("location"), "/account?done=linked");

    house.enter_as("grace@umbrella.example");
    let page = house.get("/account").await;
    let asked = house
        .post_form("/account/identities", &page.filled(&[]))
        .await;
    let state = state_in(&asked.link_with(ISSUER));
    let taken = come_back(&house, &state, "42").await;
    assert_eq!(taken.status, 409);
    assert!(taken.text.contains("another account"), "{}", taken.text);
    // Another's can't be unlinked.
    let gone = [("issuer", ISSUER), ("subject", "42")];
    let gone = page.filled(&gone);
    let refused = house.post_form("/account/identities/remove", &gone).await;
    assert_eq!(refused.status, 404);
}

#[tokio::test]
async fn another_providers_subject_is_somebody_else() {
    let house = open();
    unchecked(&house);
    let (store, id) = (&house.app.store, house.account_of(ADA));
    for (issuer, subject) in [
        ("https://id.example.evil", "42"),
        ("https://evil.example", "43"),
        (ISSUER, "44"),
    ] {
        let linked = store.link_identity(id, issuer, subject, ADA, Timestamp::now());
        linked.unwrap();
    }
    for (code, status) in [("42", 403), ("43", 403), ("42:ada@acme.example", 409)] {
        assert_eq!(sign_in(&house, code).await.status, status, "{code}");
        assert_eq!(house.get("/account").await.status, 303, "{code}");
    }
    assert_eq!(sign_in(&house, "44").await.header("location"), "/");
}

#[tokio::test]
async fn who_did_not_leave_from_this_browser_does_not_come_in_by_it() {
    let house = open();
    house.customer("Evil", "eve@example.com");
    verify(&house, "eve@example.com");
    let code = "7:eve@example.com";
    // Eve's own answer, brought to somebody else's browser.
    let eves = leave(&house, "/").await;
    let eves_browser = house.cookies();
    house.leave();
    assert_eq!(come_back(&house, &eves, code).await.status, 400);
    let mine = leave(&house, "/").await;
    assert_eq!(come_back(&house, &eves, code).await.status, 400);
    assert_eq!(come_back(&house, "", code).await.status, 400);
    let path = format!("/sign-in/openid/back?state={mine}&code=7&iss=https%3A%2F%2Fevil.example");
    assert_eq!(house.get(&path).await.status, 400, "another provider's");
    assert_eq!(house.get("/account").await.status, 303);
    // None of that ended my own journey.
    let mut changed = house.cookies();
    let cookie = changed["usage_openid"].clone();
    let (body, mark) = cookie.split_once('.').unwrap();
    changed.insert("usage_openid".to_owned(), format!("{mark}.{body}"));
    let kept = house.cookies();
    house.set_cookies(changed);
    assert_eq!(come_back(&house, &mine, code).await.status, 400);
    house.set_cookies(kept);
    assert_eq!(come_back(&house, &mine, code).await.status, 303);
    house.set_cookies(eves_browser);
    assert_eq!(come_back(&house, &eves, code).await.status, 303);
    // A newcomer's cookie is no journey's, nor the other way round.
    let state = leave(&house, "/").await;
    assert_eq!(house.get("/sign-in/openid/new").await.status, 400);
    come_back(&house, &state, "8:new@example.com").await;
    assert_eq!(come_back(&house, &state, code).await.status, 400);
}

#[tokio::test]
async fn what_the_provider_says_is_never_repeated() {
    let house = open();
    for error in ["access_denied", HOSTILE] {
        let state = leave(&house, "/").await;
        let path = format!(
            "/sign-in/openid/back?state={state}&error={0}&error_description={0}",
            escaped(error)
        );
        let answer = house.get(&path).await;
        assert_eq!(answer.status, 403);
        assert!(answer.text.contains("Not signed in"), "{}", answer.text);
        assert!(!answer.text.contains("access_denied") && !answer.text.contains("<script"));
        assert_eq!(house.get(&path).await.status, 400, "the journey is over");
    }
    let failed = sign_in(&house, "fail").await;
    assert_eq!(failed.status, 502);
    assert!(!failed.text.contains("as asked"), "{}", failed.text);
    let twice = house.get("/sign-in/openid/back?state=a&state=b").await;
    assert_eq!(twice.status, 400);
    let subject = "42\"><script>alert(1)</script>";
    house.customer("Acme", ADA);
    let (store, now) = (&house.app.store, Timestamp::now());
    let account = house.account_of(ADA);
    store
        .link_identity(account, ISSUER, subject, ADA, now)
        .unwrap();
    house.enter_as(ADA);
    assert!(!house.get("/account").await.text.contains("<script>alert"));
}

#[tokio::test]
async fn who_is_new_comes_in_as_the_policy_says() {
    for (policy, said) in [
        (SignUp::Invited, "by invitation only"),
        (SignUp::Closed, "no new customers"),
    ] {
        let house = House::with_openid(HERE, policy);
        let refused = sign_in(&house, "42:ada@acme.example").await;
        assert_eq!(refused.status, 403);
        assert!(refused.text.contains(said), "{}", refused.text);
        assert_eq!(house.get("/sign-in/openid/new").await.status, 400);
        assert!(house.app.store.account_by_email(ADA).unwrap().is_none());
    }
    let house = House::with_openid(HERE, SignUp::Closed);
    let umbrella = house.customer("Umbrella", "grace@umbrella.example");
    let invited = |to| {
        let secret = Secret::random().unwrap();
        let made = links::invitation(&house.app.store, &secret, to, "op", Timestamp::now());
        made.unwrap().1
    };
    let closed = invited(InvitedTo::SignUp);
    let state = leave(&house, &closed).await;
    assert_eq!(
        come_back(&house, &state, "42:ada@acme.example")
            .await
            .status,
        403
    );

    let link = invited(InvitedTo::Organization(umbrella, Role::Member));
    let door = house.get(&link).await.link_with("/sign-in/openid");
    let state = state_in(&house.get(&door).await.header("location"));
    let new = come_back(&house, &state, "42:ada@acme.example").await;
    let form = house.get(&new.header("location")).await;
    assert!(!form.text.contains("name=\"organization\""));
    let inside = house
        .post_form("/sign-in/openid/new", &form.filled(&[]))
        .await;
    assert_eq!(inside.header("location"), house.path_of("Umbrella"));
    assert_eq!(house.get(&house.path_of("Umbrella")).await.status, 200);
    house.leave();
    assert_eq!(house.get(&link).await.status, 410, "it works once");
    // Who has an account accepts with it.
    let link = invited(InvitedTo::Operators);
    let state = leave(&house, &link).await;
    let back = come_back(&house, &state, "42").await;
    assert_eq!(back.header("location"), link);
}

#[tokio::test]
async fn an_invitation_to_sign_up_names_an_organization_once() {
    let house = House::with_openid(HERE, SignUp::Invited);
    house.customer("Umbrella", "grace@umbrella.example");
    let (store, secret) = (&house.app.store, Secret::random().unwrap());
    let to = InvitedTo::SignUp;
    let made = links::invitation(store, &secret, to, "op", Timestamp::now());
    let (_, link) = made.unwrap();
    let state = leave(&house, &link).await;
    come_back(&house, &state, "42:ada@acme.example").await;
    let form = house.get("/sign-in/openid/new").await;
    let taken = form.filled(&[("organization", "umbrella")]);
    let taken = house.post_form("/sign-in/openid/new", &taken).await;
    assert_eq!(taken.status, 422);
    assert!(taken.text.contains("has this name already"));
    let entered = form.filled(&[("organization", "Acme")]);
    let inside = house.post_form("/sign-in/openid/new", &entered).await;
    assert_eq!(inside.header("location"), "/");
    let home = house.get("/").await.header("location");
    assert_eq!(home, house.path_of("Acme"));
}

#[tokio::test]
async fn nobody_is_led_elsewhere_and_no_other_site_begins_it() {
    let house = open();
    house.customer("Acme", ADA);
    verify(&house, ADA);
    for next in ["//evil.example", "https://evil.example", "/\\evil.example"] {
        let state = leave(&house, next).await;
        let back = come_back(&house, &state, "42:ada@acme.example").await;
        assert_eq!(back.header("location"), "/", "{next}");
    }
    let from_elsewhere = house
        .get_from("cross-site", "/sign-in/openid?next=%2Fa")
        .await;
    assert_eq!(from_elsewhere.header("location"), "/sign-in?next=%2Fa");
}

#[tokio::test]
async fn who_brings_codes_that_are_none_has_to_wait() {
    let house = open();
    house.comes_from("192.0.2.1");
    for _ in 0..10 {
        assert_eq!(sign_in(&house, "fail").await.status, 502);
    }
    let answer = sign_in(&house, "42").await;
    assert_eq!(answer.status, 429);
    let seconds = answer.header("retry-after");
    assert!(answer.text.contains(&format!("Wait {seconds} seconds")));
    house.comes_from("198.51.100.1");
    for _ in 0..12 {
        assert_eq!(sign_in(&house, "42").await.status, 403, "an answer counts");
    }
}

#[tokio::test]
async fn without_a_provider_there_is_nothing() {
    let house = House::with_customers();
    for door in [
        "/sign-in/openid",
        "/sign-in/openid/back",
        "/sign-in/openid/new",
    ] {
        assert_eq!(house.get(door).await.status, 404, "{door}");
    }
    let page = house.get("/account").await;
    assert!(!page.text.contains("identities"));
    let answer = house
        .post_form("/account/identities", &page.filled(&[]))
        .await;
    assert_eq!(answer.status, 404);
    house.leave();
    for page in ["/sign-in", "/sign-up"] {
        assert!(!house.get(page).await.text.contains("openid"), "{page}");
    }
}
