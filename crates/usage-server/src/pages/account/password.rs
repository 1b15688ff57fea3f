//! `/account/password`: somebody who is signed in chooses a new password. The current one is asked for, so
//! that a browser left open doesn't give the account away; and asked for no oftener than at a sign-in.

use std::sync::Arc;
use std::time::Instant;

use askama::Template;
use axum::extract::{Extension, Form, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::Deserialize;

use super::super::layout::Layout;
use super::super::sign_in::go_to;
use super::super::too_often::TooOften;
use super::super::visitor;
use super::super::{Failure, ask, render};
use crate::account::{self, SignedIn, password};
use crate::app::App;
use crate::request::ClientAddress;

#[derive(Template)]
#[template(path = "account_password.html")]
struct PasswordPage {
    page: Layout,
    csrf: String,
    email: String,
    /// Who signs in elsewhere has none to change.
    has_password: bool,
    problems: Problems,
}

/// What is wrong with what was entered, beside the field it is about.
#[derive(Default)]
struct Problems {
    all: Option<String>,
    current: Option<String>,
    /// Of the new one.
    password: Option<String>,
}

/// `GET /account/password`
pub(in super::super) async fn form(
    State(app): State<Arc<App>>,
    person: SignedIn,
) -> Result<Response, Failure> {
    show(&app, person, Problems::default()).await
}

/// What the form sends.
#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
pub(in super::super) struct Entered {
    csrf: String,
    current: String,
    password: String,
}

/// `POST /account/password`
pub(in super::super) async fn submit(
    State(app): State<Arc<App>>,
    address: Option<Extension<ClientAddress>>,
    person: SignedIn,
    headers: HeaderMap,
    Form(entered): Form<Entered>,
) -> Result<Response, Failure> {
    person.check(&entered.csrf)?;
    if let Some(objection) = password::objection(&entered.password) {
        let problems = Problems {
            password: Some(objection),
            ..Problems::default()
        };
        return Ok(visitor::refused(show(&app, person, problems).await?));
    }
    let address = address.map(|Extension(ClientAddress(address))| address);
    let email = person.account.email.clone();
    let throttle = &app.account.throttle;
    if let Err(wait) = throttle.attempt(&email, address, Instant::now()) {
        let often = TooOften::new(wait);
        let problems = Problems {
            all: Some(often.problem()),
            ..Problems::default()
        };
        return Ok(often.answer(show(&app, person, problems).await?));
    }
    let wanted = email.clone();
    let found = ask(&app, move |app| Ok(app.store.account_by_email(&wanted)?)).await?;
    let kept = found.map(|(_, hash)| hash);
    if !app.account.passwords.verify(entered.current, kept).await? {
        let problems = Problems {
            current: Some("This is not your current password.".to_owned()),
            ..Problems::default()
        };
        return Ok(visitor::refused(show(&app, person, problems).await?));
    }
    throttle.succeeded(&email, address, Instant::now());
    let hash = app.account.passwords.hash(entered.password).await?;
    let tls = app.settings.tls;
    let cookie = ask(&app, move |app| {
        let (id, now) = (person.account.id, Timestamp::now());
        app.store.set_password(id, &hash, &email, now)?;
        account::start(&app.store, &headers, id, tls, now)
    });
    Ok(go_to(&app, cookie.await?, "/account?done=password"))
}

async fn show(app: &Arc<App>, person: SignedIn, problems: Problems) -> Result<Response, Failure> {
    let page = ask(app, move |app| {
        Ok(PasswordPage {
            page: Layout::of_person(app, &person, Timestamp::now())?,
            csrf: person.csrf,
            email: person.account.email,
            has_password: person.account.has_password,
            problems,
        })
    });
    Ok(render(&page.await?)?.into_response())
}
