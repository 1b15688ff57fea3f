//! `/sign-in` and `/sign-out`, for operators and customers. Who signs in without having wanted a page
//! comes to `/`, which leads everybody home.

use std::sync::Arc;
use std::time::Instant;

use askama::Template;
use axum::extract::{Extension, Form, Query, State};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use jiff::Timestamp;
use serde::Deserialize;
use usage_store::registry::Account;

use super::button::Pressed;
use super::layout::{Layout, base_path};
use super::too_often::TooOften;
use super::visitor;
use super::{Failure, ask};
use crate::account::{self, Busy, FormGuard, SignedIn, local_path};
use crate::app::App;
use crate::config::SignUp;
use crate::request::ClientAddress;

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignIn {
    page: Layout,
    csrf: String,
    next: String,
    email: String,
    problem: Option<String>,
    /// Whether anybody may make an account.
    sign_up: bool,
    /// Nobody can sign in yet.
    no_operator: bool,
}

/// Where to go afterwards.
#[derive(Deserialize)]
pub(super) struct Next {
    #[serde(default)]
    pub(super) next: String,
}

/// `GET /sign-in`
pub(super) async fn form(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Query(Next { next }): Query<Next>,
) -> Result<Response, Failure> {
    show(&app, &headers, &next, "", None).await
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
    #[serde(default)]
    next: String,
}

/// `POST /sign-in`
pub(super) async fn submit(
    State(app): State<Arc<App>>,
    address: Option<Extension<ClientAddress>>,
    headers: HeaderMap,
    Form(entered): Form<Entered>,
) -> Result<Response, Failure> {
    let tls = app.settings.tls;
    let Entered {
        csrf,
        email,
        password,
        next,
    } = entered;
    if !FormGuard::allows(&headers, tls, &csrf) {
        return Err(Failure::ForeignForm);
    }
    let address = address.map(|Extension(ClientAddress(address))| address);
    if let Err(wait) = app
        .account
        .throttle
        .attempt(&email, address, Instant::now())
    {
        let often = TooOften::new(wait);
        let page = show(&app, &headers, &next, &email, Some(often.problem())).await?;
        return Ok(often.answer(page));
    }
    let wanted = email.trim().to_owned();
    let found = ask(&app, move |app| Ok(app.store.account_by_email(&wanted)?)).await?;
    let (account, hash) = found.unzip();
    let fits = app.account.passwords.verify(password, hash).await?;
    let Some(account) = account.filter(|_| fits) else {
        let problem = "The address or the password is wrong.".to_owned();
        let page = show(&app, &headers, &next, &email, Some(problem)).await?;
        return Ok((StatusCode::UNAUTHORIZED, page).into_response());
    };
    app.account
        .throttle
        .succeeded(&email, address, Instant::now());
    let cookie = ask(&app, move |app| {
        note(app, &account, "sign in")?;
        account::start(&app.store, &headers, account.id, tls, Timestamp::now())
    });
    Ok(go_to(&app, cookie.await?, local_path(&next)))
}

/// Writes into the audit log what an account does with its sessions, within a bound.
pub(super) fn note(app: &App, account: &Account, action: &str) -> Result<(), Failure> {
    if app.account.noted.allows(account.id, Instant::now()) {
        let email = &account.email;
        app.store.note(email, action, email, Timestamp::now())?;
    }
    Ok(())
}

/// Off to `path` with the session's cookie.
pub(super) fn go_to(app: &App, cookie: Option<HeaderValue>, path: &str) -> Response {
    let base = base_path(&app.settings.public_url);
    let cookie = AppendHeaders(cookie.map(|cookie| (SET_COOKIE, cookie)));
    (cookie, Redirect::to(&format!("{base}{path}"))).into_response()
}

async fn show(
    app: &Arc<App>,
    headers: &HeaderMap,
    next: &str,
    email: &str,
    problem: Option<String>,
) -> Result<Response, Failure> {
    let no_operator = !ask(app, |app| Ok(app.store.has_operator()?)).await?;
    visitor::form(app, headers, |csrf| SignIn {
        page: Layout::plain(app),
        csrf,
        next: local_path(next).to_owned(),
        email: email.to_owned(),
        problem,
        sign_up: app.settings.sign_up == SignUp::Open,
        no_operator,
    })
}

/// `POST /sign-out`
pub(super) async fn leave(
    State(app): State<Arc<App>>,
    person: SignedIn,
    headers: HeaderMap,
    Form(pressed): Form<Pressed>,
) -> Result<Response, Failure> {
    person.check(&pressed.csrf)?;
    let cookie = ask(&app, move |app| {
        note(app, &person.account, "sign out")?;
        Ok(account::end(&app.store, &headers, app.settings.tls)?)
    });
    Ok(go_to(&app, cookie.await?, "/sign-in"))
}

impl From<Busy> for Failure {
    fn from(Busy: Busy) -> Self {
        Failure::Busy
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::House;

    const EMAIL: &str = "ada@example.com";
    const PASSWORD: &str = "correct horse battery";

    #[tokio::test]
    async fn an_operator_signs_in_lands_where_they_wanted_and_signs_out() {
        let house = House::with_operator(EMAIL, PASSWORD);
        let away = house.get("/quarantine?before=5").await;
        let form = house.get(&away.header("location")).await;
        let entered = form.filled(&[("email", "Ada@Example.com"), ("password", PASSWORD)]);
        let inside = house.post_form("/sign-in", &entered).await;
        assert_eq!(inside.header("location"), "/quarantine?before=5");
        assert!(
            inside
                .header("set-cookie")
                .contains("HttpOnly; SameSite=Lax")
        );
        let page = house.get("/quarantine").await;
        assert_eq!(page.status, 200);
        assert!(page.text.contains(EMAIL));

        let cookies = house.cookies();
        assert_eq!(
            house.post("/sign-out", &[("csrf", "guess")]).await.status,
            403
        );
        house
            .post("/sign-out", &[("csrf", &page.field("csrf"))])
            .await;
        assert_eq!(house.get("/quarantine").await.status, 303);
        house.set_cookies(cookies);
        assert_eq!(
            house.get("/quarantine").await.status,
            303,
            "the old cookie is worth nothing"
        );
    }

    #[tokio::test]
    async fn a_wrong_password_and_an_unknown_address_sound_the_same() {
        let house = House::with_operator(EMAIL, PASSWORD);
        let form = house.get("/sign-in").await;
        let mut texts = Vec::new();
        for (email, password) in [(EMAIL, "wrong"), ("nobody@example.com", PASSWORD), ("", "")] {
            let answer = house
                .post_form(
                    "/sign-in",
                    &form.filled(&[("email", email), ("password", password)]),
                )
                .await;
            assert_eq!(answer.status, 401);
            texts.push(answer.text.replace(email, ""));
            assert!(!answer.text.contains(PASSWORD));
        }
        assert!(texts[0].contains("The address or the password is wrong."));
    }

    #[tokio::test]
    async fn a_form_without_its_cookie_or_token_is_refused() {
        let house = House::with_operator(EMAIL, PASSWORD);
        let entered = [("email", EMAIL), ("password", PASSWORD)];
        assert_eq!(house.post("/sign-in", &entered).await.status, 403);
        let form = house.get("/sign-in").await;
        assert_eq!(
            house.post("/sign-in", &entered).await.status,
            403,
            "no token"
        );
        house.set_cookies(Default::default());
        assert_eq!(
            house
                .post_form("/sign-in", &form.filled(&entered))
                .await
                .status,
            403,
            "no cookie"
        );
    }

    #[tokio::test]
    async fn who_guesses_has_to_wait() {
        let house = House::with_operator(EMAIL, PASSWORD);
        let form = house.get("/sign-in").await;
        let wrong = form.filled(&[("email", EMAIL), ("password", "wrong")]);
        for _ in 0..5 {
            assert_eq!(house.post_form("/sign-in", &wrong).await.status, 401);
        }
        let right = form.filled(&[("email", EMAIL), ("password", PASSWORD)]);
        let answer = house.post_form("/sign-in", &right).await;
        assert_eq!(answer.status, 429);
        let seconds = answer.header("retry-after");
        assert!(answer.text.contains(&format!("Wait {seconds} seconds")));
    }

    #[tokio::test]
    async fn who_guesses_does_not_keep_the_owner_out() {
        let house = House::with_operator(EMAIL, PASSWORD);
        house.comes_from("192.0.2.66");
        let form = house.get("/sign-in").await;
        let wrong = form.filled(&[("email", EMAIL), ("password", "wrong")]);
        for _ in 0..8 {
            house.post_form("/sign-in", &wrong).await;
        }
        let right = form.filled(&[("email", EMAIL), ("password", PASSWORD)]);
        assert_eq!(house.post_form("/sign-in", &right).await.status, 429);
        house.comes_from("198.51.100.1");
        assert_eq!(house.post_form("/sign-in", &right).await.status, 303);
    }

    #[tokio::test]
    async fn each_sign_in_has_a_secret_of_its_own_and_ends_the_browsers_last_one() {
        let house = House::with_operator(EMAIL, PASSWORD);
        let form = house.get("/sign-in").await;
        let entered = form.filled(&[("email", EMAIL), ("password", PASSWORD)]);
        house.post_form("/sign-in", &entered).await;
        let first = house.cookies();
        house.post_form("/sign-in", &entered).await;
        let second = house.cookies();
        assert_ne!(first["usage_session"], second["usage_session"]);
        assert_eq!(house.get("/quarantine").await.status, 200);
        house.set_cookies(first);
        assert_eq!(house.get("/quarantine").await.status, 303);
    }

    #[tokio::test]
    async fn nobody_is_led_to_another_site() {
        let house = House::with_operator(EMAIL, PASSWORD);
        let form = house.get("/sign-in?next=%2F%2Fevil.example").await;
        assert_eq!(form.field("next"), "/");
        let hostile = form.filled(&[
            ("email", EMAIL),
            ("password", PASSWORD),
            ("next", "//evil.example"),
        ]);
        assert_eq!(
            house
                .post_form("/sign-in", &hostile)
                .await
                .header("location"),
            "/"
        );
    }

    #[tokio::test]
    async fn without_an_operator_the_page_says_how_to_become_one() {
        let page = House::new().get("/sign-in").await;
        assert!(page.text.contains("operator add"));
        let page = House::with_operator(EMAIL, PASSWORD).get("/sign-in").await;
        assert!(!page.text.contains("operator add"));
    }
}
