//! `/forgot`: what somebody can do who forgot their password. Where mail is sent, they get a link; whether
//! their address has an account is decided apart, so this page says and does the same either way.

use std::sync::Arc;
use std::time::Instant;

use askama::Template;
use axum::extract::{Extension, Form, State};
use axum::http::HeaderMap;
use axum::response::Response;

use super::super::Failure;
use super::super::layout::Layout;
use super::super::too_often::TooOften;
use super::super::visitor::{self, Entered, Fields, Problems};
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
    entered: Entered,
    /// It is on its way, if there is an account.
    sent: bool,
    problems: Problems,
}

/// `GET /forgot`
pub(in super::super) async fn form(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    show(
        &app,
        &headers,
        Entered::default(),
        false,
        Problems::default(),
    )
}

/// `POST /forgot`
pub(in super::super) async fn submit(
    State(app): State<Arc<App>>,
    address: Option<Extension<ClientAddress>>,
    headers: HeaderMap,
    Form(entered): Form<Entered>,
) -> Result<Response, Failure> {
    let entered = entered.checked(&app, &headers)?;
    let Some(mail) = &app.mail else {
        return show(&app, &headers, entered, false, Problems::default());
    };
    let asked = Fields {
        email: true,
        ..Fields::default()
    };
    let problems = entered.problems(asked);
    if problems.any() {
        let page = show(&app, &headers, entered, false, problems)?;
        return Ok(visitor::refused(page));
    }
    let address = address.map(|Extension(ClientAddress(address))| address);
    if let Err(wait) = app.account.mails.sign_up(address, Instant::now()) {
        let often = TooOften::new(wait);
        let page = show(&app, &headers, entered, false, often.problem().into())?;
        return Ok(often.answer(page));
    }
    mail.send(Errand::Forgot {
        email: entered.email.clone(),
    });
    show(&app, &headers, entered, true, Problems::default())
}

fn show(
    app: &App,
    headers: &HeaderMap,
    entered: Entered,
    sent: bool,
    problems: Problems,
) -> Result<Response, Failure> {
    visitor::form(app, headers, |csrf| Forgot {
        page: Layout::plain(app),
        csrf,
        by_mail: app.mail.is_some(),
        entered,
        sent,
        problems,
    })
}
