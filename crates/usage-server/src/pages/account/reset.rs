//! `/reset/{code}`: a link with which somebody who forgot their password chooses a new one, once. An
//! operator makes it, or it came by mail.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Form, Path, State};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{AppendHeaders, IntoResponse, Response};
use jiff::Timestamp;
use serde::Deserialize;
use usage_store::Error;
use usage_store::registry::Account;

use super::super::layout::Layout;
use super::super::sign_in::go_to;
use super::super::{Failure, ask, render};
use crate::account::{self, FormGuard, Secret, password};
use crate::app::App;

#[derive(Template)]
#[template(path = "reset.html")]
struct Reset {
    page: Layout,
    csrf: String,
    code: String,
    email: String,
    problem: Option<String>,
}

#[derive(Template)]
#[template(path = "reset_over.html")]
struct ResetOver {
    page: Layout,
}

async fn whose(app: &Arc<App>, code: &str) -> Result<Option<Account>, Failure> {
    let Some(secret) = Secret::parse(code) else {
        return Ok(None);
    };
    let found = ask(app, move |app| {
        Ok(app.store.reset(secret.bytes(), Timestamp::now())?)
    });
    found.await
}

/// `GET /reset/{code}`
pub(in super::super) async fn form(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Path(code): Path<String>,
) -> Result<Response, Failure> {
    match whose(&app, &code).await? {
        None => over(&app),
        Some(account) => show(&app, &headers, code, account.email, None),
    }
}

/// What the form sends.
#[derive(Deserialize)]
pub(in super::super) struct Entered {
    #[serde(default)]
    csrf: String,
    #[serde(default)]
    password: String,
}

/// `POST /reset/{code}`
pub(in super::super) async fn submit(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Path(code): Path<String>,
    Form(Entered { csrf, password }): Form<Entered>,
) -> Result<Response, Failure> {
    let tls = app.settings.tls;
    if !FormGuard::allows(&headers, tls, &csrf) {
        return Err(Failure::ForeignForm);
    }
    // Before anything is hashed: only who has a link may have the server work.
    let (Some(account), Some(secret)) = (whose(&app, &code).await?, Secret::parse(&code)) else {
        return over(&app);
    };
    if let Some(problem) = password::objection(&password) {
        let page = show(&app, &headers, code, account.email, Some(problem))?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    }
    let hash = app.account.passwords.hash(password).await?;
    let used = ask(&app, move |app| {
        let now = Timestamp::now();
        match app.store.use_reset(secret.bytes(), &hash, now) {
            Err(Error::NotFound(_)) => Ok(None),
            used => Ok(Some(account::start(
                &app.store, &headers, used?.id, tls, now,
            )?)),
        }
    });
    match used.await? {
        Some(cookie) => Ok(go_to(&app, cookie, "/")),
        None => over(&app),
    }
}

fn show(
    app: &App,
    headers: &HeaderMap,
    code: String,
    email: String,
    problem: Option<String>,
) -> Result<Response, Failure> {
    let guard = FormGuard::for_form(headers, app.settings.tls)?;
    let html = render(&Reset {
        page: Layout::plain(app),
        csrf: guard.token(),
        code,
        email,
        problem,
    })?;
    let cookie = guard.cookie(app.settings.tls);
    let cookie = AppendHeaders(cookie.map(|cookie| (SET_COOKIE, cookie)));
    Ok((cookie, html).into_response())
}

/// The link was used, or is too old, or never was one.
fn over(app: &App) -> Result<Response, Failure> {
    let html = render(&ResetOver {
        page: Layout::plain(app),
    })?;
    Ok((StatusCode::GONE, html).into_response())
}
