//! `/device`: a person types the code that a program shows elsewhere, sees which program that is, and
//! says yes or no. Looking a code up counts as a try, so that nobody finds one by guessing.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use askama::Template;
use axum::extract::{Extension, Form, Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use jiff::Timestamp;
use serde::Deserialize;
use usage_store::Error;
use usage_store::registry::register::WaitingDevice;

use super::figures::Moment;
use super::layout::{Layout, base_path};
use super::registration::{Choice, Chosen};
use super::too_often::TooOften;
use super::{Failure, ask, render};
use crate::account::SignedIn;
use crate::app::App;
use crate::register::UserCode;
use crate::request::ClientAddress;

const UNKNOWN: &str = "No program waits for this code. A code is good for ten minutes, and for a few tries: check it, or let the program show a new one.";

/// Where the code is typed.
#[derive(Template)]
#[template(path = "device.html")]
struct Device {
    page: Layout,
    csrf: String,
    code: String,
    problem: Option<String>,
}

/// Who asks, and the buttons.
#[derive(Template)]
#[template(path = "device_asks.html")]
struct DeviceAsks {
    page: Layout,
    csrf: String,
    code: String,
    product: String,
    cluster: String,
    asked_at: Moment,
    choice: Choice,
    problem: Option<String>,
}

/// It is decided.
#[derive(Template)]
#[template(path = "device_done.html")]
struct DeviceDone {
    page: Layout,
    approved: bool,
}

/// What may be in the address.
#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
pub(super) struct Place {
    code: String,
    done: String,
}

/// `GET /device`. A code in the address only fills the form: the person has to send it.
pub(super) async fn show(
    State(app): State<Arc<App>>,
    person: SignedIn,
    Query(place): Query<Place>,
) -> Result<Html<String>, Failure> {
    if place.done.is_empty() {
        let code = UserCode::typed(&place.code).map(|code| code.shown());
        return form(&app, person, code.unwrap_or_default(), None).await;
    }
    let page = ask(&app, move |app| {
        Ok(DeviceDone {
            page: Layout::of_person(app, &person, Timestamp::now())?,
            approved: place.done == "approved",
        })
    });
    render(&page.await?)
}

/// What the forms send.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Entered {
    csrf: String,
    code: String,
    organization: String,
    tokens: String,
    answer: String,
}

/// `POST /device`
pub(super) async fn submit(
    State(app): State<Arc<App>>,
    address: Option<Extension<ClientAddress>>,
    person: SignedIn,
    Form(entered): Form<Entered>,
) -> Result<Response, Failure> {
    person.check(&entered.csrf)?;
    let address = address.map(|Extension(ClientAddress(address))| address);
    let email = person.account.email.clone();
    let codes = &app.account.user_codes;
    if let Err(wait) = codes.attempt(&email, address, Instant::now()) {
        let often = TooOften::new(wait);
        let page = form(&app, person, entered.code, Some(often.problem())).await?;
        return Ok(often.answer(page));
    }
    let Some(code) = UserCode::typed(&entered.code) else {
        let problem = "A code has ten letters, such as BCDFG-HJKLM.";
        return again(&app, person, entered.code, problem).await;
    };
    match entered.answer.as_str() {
        "" => look_up(&app, person, address, code).await,
        answer => {
            let approve = answer == "approve";
            let chosen = Chosen {
                organization: entered.organization,
                tokens: entered.tokens,
            };
            decide(&app, person, address, code, approve.then_some(chosen)).await
        }
    }
}

/// The code was right: the next one may be wrong again.
fn forgive(app: &App, person: &SignedIn, address: Option<IpAddr>) {
    let email = &person.account.email;
    app.account
        .user_codes
        .succeeded(email, address, Instant::now());
}

async fn look_up(
    app: &Arc<App>,
    person: SignedIn,
    address: Option<IpAddr>,
    code: UserCode,
) -> Result<Response, Failure> {
    let typed = code.clone();
    let entered = ask(app, move |app| {
        Ok(app
            .store
            .enter_user_code(typed.letters(), Timestamp::now())?)
    });
    match entered.await? {
        Some(waiting) => {
            forgive(app, &person, address);
            let page = asks(app, person, code, waiting, Chosen::default(), None).await?;
            Ok(page.into_response())
        }
        None => again(app, person, code.shown(), UNKNOWN).await,
    }
}

/// Yes with a choice, or no.
async fn decide(
    app: &Arc<App>,
    person: SignedIn,
    address: Option<IpAddr>,
    code: UserCode,
    chosen: Option<Chosen>,
) -> Result<Response, Failure> {
    let (typed, by) = (code.clone(), person.clone());
    let approves = chosen.is_some();
    let decided = ask(app, move |app| {
        let now = Timestamp::now();
        let Some(chosen) = chosen else {
            let denied = app.store.deny_device(typed.letters(), by.account.id, now);
            return found(denied);
        };
        let Some(waiting) = app.store.waiting_device(typed.letters(), now)? else {
            return Ok(Decided::Unknown);
        };
        let (product, cluster) = (&waiting.product, &waiting.cluster);
        let choice = Choice::new(app, &by, product, cluster, &chosen, now)?;
        let approval = match choice.approval(&by) {
            Ok(approval) => approval,
            Err(problem) => return Ok(Decided::ToChoose(waiting, chosen, problem.to_owned())),
        };
        match app.store.approve_device(typed.letters(), &approval, now) {
            Err(full @ Error::TooMany { .. }) => {
                Ok(Decided::ToChoose(waiting, chosen, full.to_string()))
            }
            approved => found(approved),
        }
    });
    let decided = decided.await?;
    if !matches!(decided, Decided::Unknown) {
        forgive(app, &person, address);
    }
    match decided {
        Decided::Done => {
            let base = base_path(&app.settings.public_url);
            let done = if approves { "approved" } else { "refused" };
            Ok(Redirect::to(&format!("{base}/device?done={done}")).into_response())
        }
        Decided::ToChoose(waiting, chosen, problem) => {
            let page = asks(app, person, code, waiting, chosen, Some(problem)).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Decided::Unknown => again(app, person, code.shown(), UNKNOWN).await,
    }
}

/// What became of an answer.
enum Decided {
    Done,
    /// Something is still to be chosen, or in the way.
    ToChoose(WaitingDevice, Chosen, String),
    /// Nobody waits, or no longer.
    Unknown,
}

fn found(answered: usage_store::Result<()>) -> Result<Decided, Failure> {
    match answered {
        Err(Error::NotFound(_)) => Ok(Decided::Unknown),
        answered => {
            answered?;
            Ok(Decided::Done)
        }
    }
}

async fn asks(
    app: &Arc<App>,
    person: SignedIn,
    code: UserCode,
    waiting: WaitingDevice,
    chosen: Chosen,
    problem: Option<String>,
) -> Result<Html<String>, Failure> {
    let page = ask(app, move |app| {
        let now = Timestamp::now();
        let (product, cluster) = (&waiting.product, &waiting.cluster);
        Ok(DeviceAsks {
            page: Layout::of_person(app, &person, now)?,
            choice: Choice::new(app, &person, product, cluster, &chosen, now)?,
            csrf: person.csrf,
            code: code.shown(),
            product: waiting.product,
            cluster: waiting.cluster,
            asked_at: Moment::new(waiting.asked_at, now),
            problem,
        })
    });
    render(&page.await?)
}

async fn again(
    app: &Arc<App>,
    person: SignedIn,
    code: String,
    problem: &str,
) -> Result<Response, Failure> {
    let page = form(app, person, code, Some(problem.to_owned())).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

async fn form(
    app: &Arc<App>,
    person: SignedIn,
    code: String,
    problem: Option<String>,
) -> Result<Html<String>, Failure> {
    let page = ask(app, move |app| {
        Ok(Device {
            page: Layout::of_person(app, &person, Timestamp::now())?,
            csrf: person.csrf,
            code,
            problem,
        })
    });
    render(&page.await?)
}

#[cfg(test)]
mod tests;
