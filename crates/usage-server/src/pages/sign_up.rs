//! `/sign-up`: somebody makes an account and an organization of their own, where the operators let them.

use std::sync::Arc;
use std::time::Instant;

use askama::Template;
use axum::extract::{Extension, Form, Query, State};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{AppendHeaders, IntoResponse, Response};
use jiff::Timestamp;
use serde::Deserialize;
use usage_store::Error;
use usage_store::registry::NewAccount;

use super::account::by_mail;
use super::layout::Layout;
use super::sign_in::{Next, go_to};
use super::too_often::TooOften;
use super::{Failure, ask, render};
use crate::account::{self, FormGuard, local_path, organization_name, password};
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
    next: String,
    organization: String,
    email: String,
    problem: Option<String>,
    organization_problem: Option<String>,
    email_problem: Option<String>,
    password_problem: Option<String>,
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
    show(&app, &headers, &entered, Problems::default())
}

/// What the form sends.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Entered {
    csrf: String,
    next: String,
    organization: String,
    email: String,
    password: String,
}

/// What is wrong with it, beside the field it is about.
#[derive(Default)]
struct Problems {
    all: Option<String>,
    organization: Option<String>,
    email: Option<String>,
    password: Option<String>,
}

impl Problems {
    fn of(entered: &Entered) -> Problems {
        Problems {
            all: None,
            organization: organization_name::objection(&entered.organization),
            email: password::address_objection(&entered.email),
            password: password::objection(&entered.password),
        }
    }

    fn any(&self) -> bool {
        self.organization.is_some() || self.email.is_some() || self.password.is_some()
    }
}

/// `POST /sign-up`
pub(super) async fn submit(
    State(app): State<Arc<App>>,
    address: Option<Extension<ClientAddress>>,
    headers: HeaderMap,
    Form(mut entered): Form<Entered>,
) -> Result<Response, Failure> {
    let tls = app.settings.tls;
    if !FormGuard::allows(&headers, tls, &entered.csrf) {
        return Err(Failure::ForeignForm);
    }
    if app.settings.sign_up != Policy::Open {
        let page = show(&app, &headers, &entered, Problems::default())?;
        return Ok((StatusCode::FORBIDDEN, page).into_response());
    }
    if app.mail.is_some() {
        let asked = by_mail::Asked::sign_up(&entered.next);
        return asked.submitted(&app, &headers, address, &entered.email);
    }
    entered.organization = organization_name::tidy(&entered.organization);
    entered.email = entered.email.trim().to_owned();
    let problems = Problems::of(&entered);
    if problems.any() {
        let page = show(&app, &headers, &entered, problems)?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    }
    let address = address.map(|Extension(ClientAddress(address))| address);
    if let Err(wait) = app.account.throttle.sign_up(address, Instant::now()) {
        let often = TooOften::new(wait);
        let problems = Problems {
            all: Some(often.problem()),
            ..Problems::default()
        };
        let page = show(&app, &headers, &entered, problems)?;
        return Ok(often.answer(page));
    }
    let password = std::mem::take(&mut entered.password);
    let hash = app.account.passwords.hash(password).await?;
    let (email, organization) = (entered.email.clone(), entered.organization.clone());
    let sent = headers.clone();
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
            let page = show(&app, &headers, &entered, taken(what))?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}

fn taken(what: &str) -> Problems {
    match what {
        "address" => Problems {
            email: Some("This address has an account already. Sign in instead.".to_owned()),
            ..Problems::default()
        },
        _ => Problems {
            organization: Some(
                "An organization has this name already. If it is yours, ask one of its owners to invite you."
                    .to_owned(),
            ),
            ..Problems::default()
        },
    }
}

fn show(
    app: &App,
    headers: &HeaderMap,
    entered: &Entered,
    problems: Problems,
) -> Result<Response, Failure> {
    let guard = FormGuard::for_form(headers, app.settings.tls)?;
    let html = render(&SignUp {
        page: Layout::plain(app),
        open: app.settings.sign_up == Policy::Open,
        closed: app.settings.sign_up == Policy::Closed,
        csrf: guard.token(),
        next: local_path(&entered.next).to_owned(),
        organization: entered.organization.clone(),
        email: entered.email.clone(),
        problem: problems.all,
        organization_problem: problems.organization,
        email_problem: problems.email,
        password_problem: problems.password,
    })?;
    let cookie = guard.cookie(app.settings.tls);
    let cookie = AppendHeaders(cookie.map(|cookie| (SET_COOKIE, cookie)));
    Ok((cookie, html).into_response())
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
