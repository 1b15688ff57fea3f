//! Tokens of an organization: issued, listed, revoked, by whom they may.

use super::super::super::testing::{ACME_MEMBER, ACME_OWNER, HOSTILE, House, UMBRELLA_OWNER};
use super::*;

/// Issues a token by the page's form; the page that shows it.
async fn issue(house: &House, fields: &[(&str, &str)]) -> super::super::super::testing::Answer {
    let path = format!("{}/tokens", house.path_of("Acme"));
    let form = house.get(&path).await;
    let answer = house.post_form(&path, &form.filled(fields)).await;
    assert_eq!(answer.status, 303);
    house.get(&answer.header("location")).await
}

#[tokio::test]
async fn a_token_is_shown_once_works_at_once_and_until_it_is_revoked() {
    let house = House::with_customers();
    let page = issue(&house, &[("name", "rack 7"), ("product", "influxdb")]).await;
    let token = page.field_of_id("token");
    assert!(token.starts_with("usage_") && page.text.contains("/assets/copy-"));
    let grant = || house.app.store.authenticate(token.as_bytes()).unwrap();
    let known = grant().expect("valid");
    assert_eq!(known.organization, house.organization("Acme"));
    assert_eq!(known.product.as_deref(), Some("influxdb"));
    assert_eq!((known.cluster, known.may_forget), (None, false));

    let again = house.get(&page.path).await;
    assert!(!again.text.contains(&token) && again.text.contains("shown before"));
    assert!(again.text.contains("rack 7") && again.text.contains(&token[..16]));
    assert!(again.text.contains("not yet"), "never used");
    let at = "2026-11-22T12:03:04Z".parse().unwrap();
    house.app.store.note_token_use(known.token, at);
    house.app.store.save_token_uses().unwrap();
    let used = house.get(&page.path).await;
    assert!(used.text.contains("2026-11-22 12:00"));

    let ask = house.get(&used.link_with("/revoke")).await;
    assert!(ask.text.contains("refused from then on"));
    let revoke = ask.action();
    assert_eq!(house.post(&revoke, &[("csrf", "guess")]).await.status, 403);
    assert!(grant().is_some());
    let done = house.post_form(&revoke, &ask.filled(&[])).await;
    assert_eq!(done.status, 303);
    assert_eq!(grant(), None);
    let list = house.get(&done.header("location")).await;
    assert!(!list.text.contains("rack 7"));
    let revoked = house.get(&list.link_with("revoked=true")).await;
    assert!(revoked.text.contains("rack 7"));
    let acts = house
        .app
        .store
        .audit_entries(Some(house.organization("Acme")), None, 2)
        .unwrap();
    let acts: Vec<_> = acts.iter().map(|act| (&*act.actor, &*act.action)).collect();
    assert_eq!(
        acts,
        [(ACME_OWNER, "revoke token"), (ACME_OWNER, "issue token")]
    );
}

#[tokio::test]
async fn who_may_have_reports_erased_is_the_owners_to_say() {
    let house = House::with_customers();
    let page = issue(&house, &[("may_forget", "on"), ("cluster", "c1")]).await;
    let token = page.field_of_id("token");
    let grant = house.app.store.authenticate(token.as_bytes()).unwrap();
    let grant = grant.unwrap();
    assert_eq!(
        (grant.may_forget, grant.cluster.as_deref()),
        (true, Some("c1"))
    );

    house.enter_as(ACME_MEMBER);
    let path = format!("{}/tokens", house.path_of("Acme"));
    let form = house.get(&path).await;
    assert!(!form.text.contains("may_forget"));
    let refused = house
        .post_form(&path, &form.filled(&[("may_forget", "on")]))
        .await;
    assert_eq!(refused.status, 403);
    assert!(refused.text.contains("For owners only"));
    assert_eq!(
        house
            .post_form(&path, &form.filled(&[("name", "mine")]))
            .await
            .status,
        303
    );
}

#[tokio::test]
async fn anothers_token_is_not_found() {
    let house = House::with_customers();
    issue(&house, &[("name", "ours")]).await;
    let acme = house.organization("Acme");
    let token = house.app.store.tokens_of(acme).unwrap()[0].id.0;
    house.enter_as(UMBRELLA_OWNER);
    let theirs = house.path_of("Umbrella");
    let form = house.get(&format!("{theirs}/tokens")).await;
    let path = format!("{theirs}/tokens/{token}/revoke");
    assert_eq!(house.get(&path).await.status, 404);
    assert_eq!(house.post_form(&path, &form.filled(&[])).await.status, 404);
    assert_eq!(house.app.store.tokens_of(acme).unwrap()[0].revoked_at, None);
    let stolen = format!("{theirs}/tokens?issued={token}");
    assert!(!house.get(&stolen).await.text.contains("usage_"));
}

#[tokio::test]
async fn a_name_is_what_people_can_see_and_never_markup() {
    let house = House::with_customers();
    let path = format!("{}/tokens", house.path_of("Acme"));
    let form = house.get(&path).await;
    let long = "x".repeat(1025);
    for (field, wrong) in [
        ("name", "a\u{202e}b"),
        ("product", &long),
        ("cluster", &long),
    ] {
        let answer = house
            .post_form(&path, &form.filled(&[(field, wrong)]))
            .await;
        assert_eq!(answer.status, 422, "{field}");
        assert!(answer.text.contains(&format!("{field}-problem")));
    }
    let fields = [
        ("name", HOSTILE),
        ("product", HOSTILE),
        ("cluster", HOSTILE),
    ];
    let page = issue(&house, &fields).await;
    let ask = house.get(&page.link_with("/revoke")).await;
    for page in [&page, &ask] {
        assert!(!page.text.contains("<script>") && page.text.contains("&#60;script&#62;"));
    }
}

#[tokio::test]
async fn long_lists_come_in_pages() {
    let house = House::with_customers();
    let acme = house.organization("Acme");
    for n in 0..=TOKENS_SHOWN {
        let name = format!("token {n}.");
        let new = NewToken {
            secret: name.as_bytes(),
            drawn_here: true,
            organization: acme,
            name: &name,
            product: None,
            cluster: None,
            may_forget: false,
            by: ACME_OWNER,
        };
        house.app.store.add_token(&new, Timestamp::now()).unwrap();
    }
    let first = house
        .get(&format!("{}/tokens", house.path_of("Acme")))
        .await;
    assert!(first.text.contains("token 100.") && !first.text.contains("token 0."));
    let older = house.get(&first.link_with("before=")).await;
    assert!(older.text.contains("token 0.") && !older.text.contains("token 1."));
}
