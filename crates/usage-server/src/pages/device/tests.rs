//! `/device` as a person with a code finds it, and somebody without.

use usage_store::registry::register::{DeviceBegun, NewDevice, Polled};

use super::super::testing::{ACME_OWNER, Answer, HOSTILE, House, UMBRELLA_OWNER};
use super::*;

const CODE: &str = "BCDFG-HJKLM";

impl House {
    /// A program asks for a token.
    fn asks(&self, user_code: &str, cluster: &str) {
        let typed = UserCode::typed(user_code).unwrap();
        let new = NewDevice {
            secret: user_code.as_bytes(),
            user_code: typed.letters(),
            product: "jambox",
            cluster,
        };
        let begun = self.app.store.add_device(&new, Timestamp::now());
        assert_eq!(begun.unwrap(), DeviceBegun::Begun);
    }

    /// What the program hears.
    fn polls(&self, user_code: &str, token: &[u8]) -> Polled {
        let now = Timestamp::now();
        self.app
            .store
            .poll_device(user_code.as_bytes(), token, now)
            .unwrap()
    }

    async fn type_in(&self, code: &str) -> Answer {
        let page = self.get("/device").await;
        let fields = [("csrf", page.field("csrf")), ("code", code.to_owned())];
        self.post_form("/device", &fields.map(|(k, v)| (k.to_owned(), v)))
            .await
    }

    async fn answer(&self, page: &Answer, added: &[(&str, &str)]) -> Answer {
        let mut fields: Vec<(String, String)> = ["csrf", "code", "organization"]
            .into_iter()
            .filter(|name| {
                page.text
                    .contains(&format!("type=\"hidden\" name=\"{name}\""))
            })
            .map(|name| (name.to_owned(), page.field(name)))
            .collect();
        for (name, value) in added {
            fields.retain(|(known, _)| known != name);
            fields.push(((*name).to_owned(), (*value).to_owned()));
        }
        self.post_form("/device", &fields).await
    }
}

#[tokio::test]
async fn a_person_types_the_code_sees_who_asks_and_says_yes() {
    let house = House::with_customers();
    house.asks(CODE, "c1");
    let page = house.type_in("bcdfg hjklm").await;
    assert_eq!(page.status, 200, "{}", page.text);
    for named in ["jambox", "c1", CODE, "just now", "Acme"] {
        assert!(page.text.contains(named), "{named}");
    }
    assert_eq!(house.polls(CODE, b"usage_early"), Polled::Pending);
    let done = house.answer(&page, &[("answer", "approve")]).await;
    assert_eq!(
        (done.status.as_u16(), done.header("location").as_str()),
        (303, "/device?done=approved")
    );
    let said = house.get("/device?done=approved").await;
    assert!(said.text.contains("The program gets its token"));
    assert!(matches!(
        house.polls(CODE, b"usage_test"),
        Polled::Granted(_)
    ));
    let grant = house
        .app
        .store
        .authenticate(b"usage_test")
        .unwrap()
        .unwrap();
    assert_eq!(grant.organization, house.organization("Acme"));
    assert_eq!(grant.cluster.as_deref(), Some("c1"));
    let late = house.answer(&page, &[("answer", "approve")]).await;
    assert_eq!(late.status, 422);
    assert!(late.text.contains("No program waits"));
}

#[tokio::test]
async fn a_code_in_the_address_fills_the_form_and_no_more() {
    let house = House::with_customers();
    house.asks(CODE, "secret-cluster");
    let page = house.get("/device?code=bcdfghjklm").await;
    assert_eq!(page.field("code"), CODE);
    assert!(!page.text.contains("secret-cluster"));
    assert_eq!(
        house.get("/device?code=%3Cscript%3E").await.field("code"),
        ""
    );
    house.leave();
    let away = house.get("/device?code=BCDFG-HJKLM").await;
    assert_eq!(
        away.header("location"),
        "/sign-in?next=%2Fdevice%3Fcode%3DBCDFG%2DHJKLM"
    );
}

#[tokio::test]
async fn a_no_is_a_no() {
    let house = House::with_customers();
    house.asks(CODE, "c1");
    let page = house.type_in(CODE).await;
    let done = house.answer(&page, &[("answer", "refuse")]).await;
    assert_eq!(done.header("location"), "/device?done=refused");
    assert!(
        house
            .get("/device?done=refused")
            .await
            .text
            .contains("You said no")
    );
    assert_eq!(house.polls(CODE, b"usage_test"), Polled::Denied);
}

#[tokio::test]
async fn who_guesses_has_to_wait_even_with_the_right_code() {
    let house = House::with_customers();
    house.asks(CODE, "c1");
    for wrong in ["BCDFG-HJKLN", "short", "BCDFG-HJKLP", "", "BCDFG-HJKLQ"] {
        assert_eq!(house.type_in(wrong).await.status, 422, "{wrong}");
    }
    let page = house.type_in(CODE).await;
    assert_eq!(page.status, 429);
    assert!(!page.header("retry-after").is_empty() && page.text.contains("Too many attempts"));
    assert!(!page.text.contains("jambox"));
    // Nor by answering without looking.
    let acme = house.organization("Acme").0.to_string();
    let blind = [
        ("code", CODE),
        ("answer", "approve"),
        ("organization", acme.as_str()),
    ];
    assert_eq!(house.answer(&page, &blind).await.status, 429);
    assert_eq!(house.polls(CODE, b"usage_test"), Polled::Pending);
    house.enter_as(UMBRELLA_OWNER);
    assert_eq!(house.type_in(CODE).await.status, 200, "others don't wait");
}

#[tokio::test]
async fn who_types_well_is_never_slowed_down() {
    let house = House::with_customers();
    for letter in "BCDFGHJKLMNP".chars() {
        let code = format!("BCDFG-HJKL{letter}");
        house.asks(&code, "c1");
        let page = house.type_in(&code).await;
        assert_eq!(page.status, 200);
        assert_eq!(
            house.answer(&page, &[("answer", "approve")]).await.status,
            303
        );
    }
}

#[tokio::test]
async fn a_cluster_with_a_token_and_a_person_with_organizations_leave_a_choice() {
    let house = House::with_customers();
    let (store, now) = (&house.app.store, Timestamp::now());
    store
        .add_organization("Labs", house.account_of(ACME_OWNER), now)
        .unwrap();
    house.asks(CODE, "c1");
    let page = house.type_in(CODE).await;
    let umbrella = house.organization("Umbrella").0.to_string();
    let acme = house.organization("Acme").0.to_string();
    for foreign in ["", umbrella.as_str()] {
        let answer = house
            .answer(&page, &[("answer", "approve"), ("organization", foreign)])
            .await;
        assert_eq!(answer.status, 422);
        assert!(answer.text.contains("Choose the organization."));
    }
    let yes = [("answer", "approve"), ("organization", acme.as_str())];
    assert_eq!(house.answer(&page, &yes).await.status, 303);
    assert!(matches!(
        house.polls(CODE, b"usage_first_of_cluster"),
        Polled::Granted(_)
    ));

    house.asks("ZXWVT-SRQPN", "c1");
    let page = house.type_in("ZXWVT-SRQPN").await;
    assert!(page.text.contains("usage_first_of_c…"));
    assert_eq!(house.answer(&page, &yes).await.status, 422);
    let replace = [&yes[..], &[("tokens", "replace")]].concat();
    assert_eq!(house.answer(&page, &replace).await.status, 303);
    assert!(
        store
            .authenticate(b"usage_first_of_cluster")
            .unwrap()
            .is_some(),
        "until it is fetched"
    );
    assert!(matches!(
        house.polls("ZXWVT-SRQPN", b"usage_second"),
        Polled::Granted(_)
    ));
    assert!(
        store
            .authenticate(b"usage_first_of_cluster")
            .unwrap()
            .is_none()
    );
}

#[tokio::test]
async fn who_has_no_room_for_a_token_hears_it_and_the_program_waits() {
    let house = House::with_customers();
    house.asks(CODE, "c1");
    let page = house.type_in(CODE).await;
    house.fill_with_tokens("Acme");
    let full = house.answer(&page, &[("answer", "approve")]).await;
    assert_eq!(full.status, 422);
    assert!(
        full.text.contains("the most there may be"),
        "{}",
        full.main()
    );
    assert_eq!(house.polls(CODE, b"usage_test"), Polled::Pending);
    let refused = house.answer(&full, &[("answer", "refuse")]).await;
    assert_eq!(refused.header("location"), "/device?done=refused");
}

#[tokio::test]
async fn a_form_of_another_site_decides_nothing() {
    let house = House::with_customers();
    house.asks(CODE, "c1");
    let page = house.type_in(CODE).await;
    for csrf in ["", "guess"] {
        let answer = house
            .answer(&page, &[("answer", "approve"), ("csrf", csrf)])
            .await;
        assert_eq!(answer.status, 403);
    }
    let foreign = [("code", CODE), ("answer", "approve")];
    assert_eq!(
        house
            .post_from("cross-site", "/device", &foreign)
            .await
            .status,
        403
    );
    house.leave();
    assert_eq!(
        house.answer(&page, &[("answer", "approve")]).await.status,
        303
    );
    assert_eq!(house.polls(CODE, b"usage_test"), Polled::Pending);
}

#[tokio::test]
async fn what_a_program_says_is_text_on_the_page() {
    let house = House::with_customers();
    house.asks(CODE, HOSTILE);
    let page = house.type_in(CODE).await;
    assert!(page.text.contains("&#60;script&#62;") && !page.text.contains("<script"));
}
