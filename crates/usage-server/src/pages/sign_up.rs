//! `/sign-up`: somebody makes an account and an organization of their own, where the operators let them.

use std::sync::Arc;
use std::time::Instant;

use askama::Template;
use axum::extract::{Extension, Form, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use usage_store::Error;
use usage_store::registry::NewAccount;

use super::account::by_mail;
use super::layout::Layout;
use super::sign_in::{Next, go_to};
use super::too_often::TooOften;
use super::visitor::{self, Entered, Fields, Problems};
use super::{Failure, ask};
use crate::account::{self, local_path};
use crate::app::App;
use crate::config::SignUp as Policy;
use crate::request::ClientAddress;

#[derive(Template)]
#[template(path = "sign_up.html")]
struct SignUp {
    page: Layout,
    /// Whether anybody may.
    open: bool,
    /// Whether not even by invitation.
    closed: bool,
    csrf: String,
    entered: Entered,
    problems: Problems,
}

/// `GET /sign-up`
pub(super) async fn form(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Query(Next { next }): Query<Next>,
) -> Result<Response, Failure> {
    if app.mail.is_some() && app.settings.sign_up == Policy::Open {
        return by_mail::Asked::sign_up(&next).page(&app, &headers);
    }
    let entered = Entered {
        next,
        ..Entered::default()
    };
    show(&app, &headers, entered, Problems::default())
}

/// `POST /sign-up`
pub(super) async fn submit(
    State(app): State<Arc<App>>,
    address: Option<Extension<ClientAddress>>,
    headers: HeaderMap,
    Form(entered): Form<Entered>,
) -> Result<Response, Failure> {
    let mut entered = entered.checked(&app, &headers)?;
    if app.settings.sign_up != Policy::Open {
        let page = show(&app, &headers, entered, Problems::default())?;
        return Ok((StatusCode::FORBIDDEN, page).into_response());
    }
    if app.mail.is_some() {
        let asked = by_mail::Asked::sign_up(&entered.next);
        return asked.submitted(&app, &headers, address, entered);
    }
    let asked = Fields {
        organization: true,
        email: true,
        password: true,
    };
    let problems = entered.problems(asked);
    if problems.any() {
        return Ok(visitor::refused(show(&app, &headers, entered, problems)?));
    }
    let address = address.map(|Extension(ClientAddress(address))| address);
    if let Err(wait) = app.account.throttle.sign_up(address, Instant::now()) {
        let often = TooOften::new(wait);
        return Ok(often.answer(show(&app, &headers, entered, often.problem().into())?));
    }
    let password = std::mem::take(&mut entered.password);
    let hash = app.account.passwords.hash(password).await?;
    let (email, organization) = (entered.email.clone(), entered.organization.clone());
    let (sent, tls) = (headers.clone(), app.settings.tls);
    let made = ask(&app, move |app| {
        let now = Timestamp::now();
        let new = NewAccount {
            email: &email,
            password_hash: &hash,
            verified: false,
            identity: None,
        };
        match app.store.sign_up(&new, &organization, now) {
            Err(Error::Taken(what)) => Ok(Err(what)),
            made => {
                let (account, organization) = made?;
                let cookie = account::start(&app.store, &sent, account, tls, now)?;
                Ok(Ok((cookie, organization)))
            }
        }
    });
    match made.await? {
        Ok((cookie, organization)) => {
            let page = format!("/organizations/{}", organization.0);
            let path = match local_path(&entered.next) {
                "/" => &page,
                path => path,
            };
            Ok(go_to(&app, cookie, path))
        }
        Err(what) => {
            let page = show(&app, &headers, entered, Problems::taken(what))?;
            Ok(visitor::refused(page))
        }
    }
}

fn show(
    app: &App,
    headers: &HeaderMap,
    entered: Entered,
    problems: Problems,
) -> Result<Response, Failure> {
    visitor::form(app, headers, |csrf| SignUp {
        page: Layout::plain(app),
        open: app.settings.sign_up == Policy::Open,
        closed: app.settings.sign_up == Policy::Closed,
        csrf,
        entered: Entered {
            next: local_path(&entered.next).to_owned(),
            ..entered
        },
        problems,
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{ACME_OWNER, House};
    use super::*;

    const PASSWORD: &str = "correct horse battery";

    fn acme(email: &str) -> Vec<(&str, &str)> {
        vec![
            ("organization", " Acme  Inc. "),
            ("email", email),
            ("password", PASSWORD),
        ]
    }

    #[tokio::test]
    async fn a_customer_signs_up_and_is_on_their_organizations_page() {
        let house = House::new();
        let form = house.get("/sign-up").await;
        let entered = form.filled(&acme(" ada@acme.example"));
        let inside = house.post_form("/sign-up", &entered).await;
        let path = inside.header("location");
        assert!(path.starts_with("/organizations/"), "{path}");
        let page = house.get(&path).await;
        assert_eq!(page.status, 200);
        assert!(page.text.contains("<h1>Acme Inc.</h1>") && page.text.contains("ada@acme.example"));
        let (account, _) = house
            .app
            .store
            .account_by_email("ada@acme.example")
            .unwrap()
            .unwrap();
        assert!(!account.operator && account.verified_at.is_none());

        house.set_cookies(Default::default());
        let form = house.get("/sign-in").await;
        let entered = form.filled(&[("email", "ada@acme.example"), ("password", PASSWORD)]);
        let inside = house.post_form("/sign-in", &entered).await;
        let home = house.get(&inside.header("location")).await;
        assert_eq!(home.header("location"), path);
    }

    #[tokio::test]
    async fn after_signing_up_one_goes_on_to_where_one_came_from_but_not_elsewhere() {
        for (next, lands) in [
            ("/start?product=a", "/start?product=a"),
            ("//evil", "/organizations/"),
        ] {
            let house = House::new();
            let next =
                percent_encoding::utf8_percent_encode(next, percent_encoding::NON_ALPHANUMERIC);
            let form = house.get(&format!("/sign-up?next={next}")).await;
            let inside = house
                .post_form("/sign-up", &form.filled(&acme("a@b.c")))
                .await;
            assert!(inside.header("location").starts_with(lands));
        }
    }

    #[tokio::test]
    async fn a_name_or_an_address_that_is_taken_is_told_beside_its_field() {
        let house = House::with_customers();
        house.leave();
        let form = house.get("/sign-up").await;
        let try_it = async |organization: &str, email: &str| {
            let entered = [
                ("organization", organization),
                ("email", email),
                ("password", PASSWORD),
            ];
            let answer = house.post_form("/sign-up", &form.filled(&entered)).await;
            assert_eq!(answer.status, 422);
            assert!(
                !answer.text.contains(PASSWORD),
                "a password is never sent back"
            );
            answer.text
        };
        assert!(
            try_it("ACME", "new@example.com")
                .await
                .contains("ask one of its owners")
        );
        assert!(
            try_it("New", &ACME_OWNER.to_uppercase())
                .await
                .contains("has an account already")
        );
        let text = try_it(" ", "new").await;
        assert!(text.contains("Enter a name") && text.contains("such as ada@example.com"));
        assert!(house.app.store.find_organization("New").unwrap().is_none());
        assert_eq!(
            house.post("/sign-up", &acme("x@y.z")).await.status,
            403,
            "no token"
        );
    }

    #[tokio::test]
    async fn where_sign_up_is_not_open_nobody_gets_in_by_it() {
        for (policy, said) in [
            (Policy::Invited, "by invitation only"),
            (Policy::Closed, "no new customers at present"),
        ] {
            let house = House::where_sign_up_is(policy);
            let shown = house.get("/sign-up").await;
            assert!(shown.text.contains(said) && !shown.main().contains("<form"));
            assert!(!house.get("/sign-in").await.text.contains("/sign-up"));
            let token = house.get("/sign-in").await.field("csrf");
            let mut entered = acme("ada@acme.example");
            entered.push(("csrf", &token));
            assert_eq!(house.post("/sign-up", &entered).await.status, 403);
            assert!(
                house
                    .app
                    .store
                    .account_by_email("ada@acme.example")
                    .unwrap()
                    .is_none()
            );
        }
        assert!(House::new().get("/sign-in").await.text.contains("/sign-up"));
    }

    #[tokio::test]
    async fn who_makes_many_accounts_has_to_wait() {
        let house = House::new();
        house.comes_from("192.0.2.1");
        let form = house.get("/sign-up").await;
        for n in 0..10 {
            let (name, email) = (format!("Acme {n}"), format!("{n}@acme.example"));
            let entered = [
                ("organization", &*name),
                ("email", &*email),
                ("password", PASSWORD),
            ];
            let answer = house.post_form("/sign-up", &form.filled(&entered)).await;
            assert_eq!(answer.status, 303);
        }
        let answer = house
            .post_form("/sign-up", &form.filled(&acme("b@b.example")))
            .await;
        assert_eq!(answer.status, 429);
        assert!(
            answer
                .text
                .contains(&format!("Wait {} seconds", answer.header("retry-after")))
        );
    }
}
