//! `/forgot`: what somebody can do who forgot their password. Where mail is sent, they get a link; whether
//! their address has an account is decided apart, so this page says and does the same either way.

use std::sync::Arc;
use std::time::Instant;

use askama::Template;
use axum::extract::{Extension, Form, State};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{AppendHeaders, IntoResponse, Response};
use serde::Deserialize;

use super::super::layout::Layout;
use super::super::too_often::TooOften;
use super::super::{Failure, render};
use crate::account::{FormGuard, password};
use crate::app::App;
use crate::mail::Errand;
use crate::request::ClientAddress;

#[derive(Template)]
#[template(path = "forgot.html")]
struct Forgot {
    page: Layout,
    csrf: String,
    /// Whether links come by mail.
    by_mail: bool,
    email: String,
    /// It is on its way, if there is an account.
    sent: bool,
    problem: Option<String>,
}

/// `GET /forgot`
pub(in super::super) async fn form(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    show(&app, &headers, String::new(), false, None)
}

/// What the form sends.
#[derive(Deserialize)]
pub(in super::super) struct Entered {
    #[serde(default)]
    csrf: String,
    #[serde(default)]
    email: String,
}

/// `POST /forgot`
pub(in super::super) async fn submit(
    State(app): State<Arc<App>>,
    address: Option<Extension<ClientAddress>>,
    headers: HeaderMap,
    Form(Entered { csrf, email }): Form<Entered>,
) -> Result<Response, Failure> {
    if !FormGuard::allows(&headers, app.settings.tls, &csrf) {
        return Err(Failure::ForeignForm);
    }
    let email = email.trim().to_owned();
    let Some(mail) = &app.mail else {
        return show(&app, &headers, email, false, None);
    };
    if let Some(problem) = password::address_objection(&email) {
        let page = show(&app, &headers, email, false, Some(problem))?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    }
    let address = address.map(|Extension(ClientAddress(address))| address);
    if let Err(wait) = app.account.mails.sign_up(address, Instant::now()) {
        let often = TooOften::new(wait);
        let page = show(&app, &headers, email, false, Some(often.problem()))?;
        return Ok(often.answer(page));
    }
    mail.send(Errand::Forgot {
        email: email.clone(),
    });
    show(&app, &headers, email, true, None)
}

fn show(
    app: &App,
    headers: &HeaderMap,
    email: String,
    sent: bool,
    problem: Option<String>,
) -> Result<Response, Failure> {
    let guard = FormGuard::for_form(headers, app.settings.tls)?;
    let html = render(&Forgot {
        page: Layout::plain(app),
        csrf: guard.token(),
        by_mail: app.mail.is_some(),
        email,
        sent,
        problem,
    })?;
    let cookie = guard.cookie(app.settings.tls);
    let cookie = AppendHeaders(cookie.map(|cookie| (SET_COOKIE, cookie)));
    Ok((cookie, html).into_response())
}
