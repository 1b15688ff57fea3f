//! `/reset/{code}`: a link with which somebody who forgot their password chooses a new one, once. An
//! operator makes it, or it came by mail.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Form, Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use jiff::Timestamp;
use usage_store::Error;
use usage_store::registry::Account;

use super::super::layout::Layout;
use super::super::sign_in::go_to;
use super::super::visitor::{self, Entered, Fields, Problems};
use super::super::{Failure, ask};
use crate::account::{self, Secret};
use crate::app::App;

#[derive(Template)]
#[template(path = "reset.html")]
struct Reset {
    page: Layout,
    csrf: String,
    code: String,
    email: String,
    problems: Problems,
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
        Some(account) => show(&app, &headers, code, account.email, Problems::default()),
    }
}

/// `POST /reset/{code}`
pub(in super::super) async fn submit(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Path(code): Path<String>,
    Form(entered): Form<Entered>,
) -> Result<Response, Failure> {
    let entered = entered.checked(&app, &headers)?;
    // Before anything is hashed: only who has a link may have the server work.
    let (Some(account), Some(secret)) = (whose(&app, &code).await?, Secret::parse(&code)) else {
        return over(&app);
    };
    let asked = Fields {
        password: true,
        ..Fields::default()
    };
    let problems = entered.problems(asked);
    if problems.any() {
        let page = show(&app, &headers, code, account.email, problems)?;
        return Ok(visitor::refused(page));
    }
    let hash = app.account.passwords.hash(entered.password).await?;
    let tls = app.settings.tls;
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
    problems: Problems,
) -> Result<Response, Failure> {
    visitor::form(app, headers, |csrf| Reset {
        page: Layout::plain(app),
        csrf,
        code,
        email,
        problems,
    })
}

fn over(app: &App) -> Result<Response, Failure> {
    visitor::over(&ResetOver {
        page: Layout::plain(app),
    })
}
