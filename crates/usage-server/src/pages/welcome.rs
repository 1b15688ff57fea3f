//! `/welcome/{code}`: the one-time link, printed at the first start, that makes the first
//! operator and signs them in.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Form, Path, State};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{AppendHeaders, IntoResponse, Response};
use jiff::Timestamp;
use serde::Deserialize;

use super::layout::Layout;
use super::sign_in::go_to;
use super::{Failure, ask, render};
use crate::account::{self, FormGuard, password};
use crate::app::App;

#[derive(Template)]
#[template(path = "welcome.html")]
struct Welcome {
    page: Layout,
    csrf: String,
    code: String,
    email: String,
    email_problem: Option<String>,
    password_problem: Option<String>,
}

#[derive(Template)]
#[template(path = "welcome_over.html")]
struct WelcomeOver {
    page: Layout,
}

/// `GET /welcome/{code}`
pub(super) async fn form(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Path(code): Path<String>,
) -> Result<Response, Failure> {
    if !app.account.first_visit.admits(&code) {
        return over(&app);
    }
    show(&app, &headers, code, String::new(), None, None)
}

/// What the form sends.
#[derive(Deserialize)]
pub(super) struct Entered {
    #[serde(default)]
    csrf: String,
    #[serde(default)]
    email: String,
    #[serde(default)]
    password: String,
}

/// `POST /welcome/{code}`
pub(super) async fn submit(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Path(code): Path<String>,
    Form(Entered {
        csrf,
        email,
        password,
    }): Form<Entered>,
) -> Result<Response, Failure> {
    let tls = app.settings.tls;
    if !FormGuard::allows(&headers, tls, &csrf) {
        return Err(Failure::ForeignForm);
    }
    if !app.account.first_visit.admits(&code) {
        return over(&app);
    }
    let email = email.trim().to_owned();
    let email_problem = password::address_objection(&email);
    let password_problem = password::objection(&password);
    if email_problem.is_some() || password_problem.is_some() {
        let page = show(&app, &headers, code, email, email_problem, password_problem)?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    }
    let hash = app.account.passwords.hash(password).await?;
    let made = ask(&app, move |app| {
        let now = Timestamp::now();
        let Some(account) = app.store.add_first_operator(&email, &hash, now)? else {
            return Ok(None);
        };
        let cookie = account::start(&app.store, &headers, account, tls, now)?;
        Ok(Some(cookie))
    })
    .await?;
    app.account.first_visit.close();
    match made {
        Some(cookie) => Ok(go_to(&app, cookie, "/")),
        None => over(&app),
    }
}

fn show(
    app: &App,
    headers: &HeaderMap,
    code: String,
    email: String,
    email_problem: Option<String>,
    password_problem: Option<String>,
) -> Result<Response, Failure> {
    let guard = FormGuard::for_form(headers, app.settings.tls)?;
    let page = Layout::plain(app);
    let csrf = guard.token();
    let html = render(&Welcome {
        page,
        csrf,
        code,
        email,
        email_problem,
        password_problem,
    })?;
    let cookie = AppendHeaders(
        guard
            .cookie(app.settings.tls)
            .map(|cookie| (SET_COOKIE, cookie)),
    );
    Ok((cookie, html).into_response())
}

/// The link was used, or never was one.
fn over(app: &App) -> Result<Response, Failure> {
    let html = render(&WelcomeOver {
        page: Layout::plain(app),
    })?;
    Ok((StatusCode::GONE, html).into_response())
}

#[cfg(test)]
mod tests {
    use super::super::testing::House;
    use super::*;

    #[tokio::test]
    async fn the_link_makes_the_first_operator_and_then_never_works_again() {
        let house = House::new();
        let link = house.app.account.first_visit.path().unwrap();
        let form = house.get(&link).await;
        assert_eq!(form.status, 200);
        let entered = form.filled(&[
            ("email", " ada@example.com"),
            ("password", "correct horse battery"),
        ]);
        let inside = house.post_form(&link, &entered).await;
        assert_eq!(
            (inside.status.as_u16(), inside.header("location").as_str()),
            (303, "/")
        );
        let overview = house.get("/").await;
        assert!(overview.text.contains("ada@example.com"));

        for again in [
            house.get(&link).await,
            house.post_form(&link, &entered).await,
        ] {
            assert_eq!(again.status, 410);
            assert!(again.text.contains("operator add"));
        }
        let (account, _) = house
            .app
            .store
            .account_by_email("ada@example.com")
            .unwrap()
            .unwrap();
        assert!(account.operator);
        let entries = house.app.store.audit_entries(None, None, 10).unwrap();
        let made = entries.iter().find(|entry| entry.action == "add operator");
        assert_eq!(made.unwrap().actor, "ada@example.com", "by themselves");
    }

    #[tokio::test]
    async fn a_guessed_link_is_no_link() {
        let house = House::new();
        assert_eq!(house.get("/welcome/guess").await.status, 410);
        let form = house.get("/sign-in").await;
        let entered = form.filled(&[
            ("email", "eve@example.com"),
            ("password", "correct horse battery"),
        ]);
        assert_eq!(
            house.post_form("/welcome/guess", &entered).await.status,
            410
        );
        assert!(!house.app.store.has_operator().unwrap());
    }

    #[tokio::test]
    async fn an_operator_made_elsewhere_meanwhile_ends_the_link() {
        let house = House::new();
        let link = house.app.account.first_visit.path().unwrap();
        let form = house.get(&link).await;
        house
            .app
            .store
            .add_operator("grace@example.com", "hash", Timestamp::now())
            .unwrap();
        let entered = form.filled(&[
            ("email", "ada@example.com"),
            ("password", "correct horse battery"),
        ]);
        assert_eq!(house.post_form(&link, &entered).await.status, 410);
        assert!(
            house
                .app
                .store
                .account_by_email("ada@example.com")
                .unwrap()
                .is_none()
        );
    }

    #[tokio::test]
    async fn mistakes_are_named_beside_their_fields_and_the_link_stays() {
        let house = House::new();
        let link = house.app.account.first_visit.path().unwrap();
        let form = house.get(&link).await;
        let answer = house
            .post_form(
                &link,
                &form.filled(&[("email", "ada"), ("password", "short")]),
            )
            .await;
        assert_eq!(answer.status, 422);
        assert!(answer.text.contains("such as ada@example.com"));
        assert!(answer.text.contains("8 characters or more"));
        assert_eq!(answer.field("email"), "ada");
        assert!(
            !answer.text.contains("short\""),
            "a password is never sent back"
        );
        assert_eq!(
            house.post(&link, &[("email", "a@b.c")]).await.status,
            403,
            "no token"
        );
        assert_eq!(house.get(&link).await.status, 200);
    }
}
