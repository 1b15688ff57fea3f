//! `/webhooks`: who is told of what happens here. Add, try, remove; what was given up, and why. A new one's
//! secret is shown once.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Form, Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use jiff::Timestamp;
use serde::Deserialize;
use usage_store::Error;
use usage_store::webhook::{Event, Events, GivenUp, NewWebhook, Webhook, WebhookId};

use super::button::Meant;
use super::figures::{Count, Moment};
use super::json_text;
use super::layout::{Layout, Section};
use super::shown_once::{self, Shown};
use super::sign_in::go_to;
use super::{Failure, ask, render};
use crate::account::{Once, Operator, api_key};
use crate::app::App;
use crate::webhook::{message, signature, target};

/// Messages that were given up, as shown; `webhook list` counts them all.
const GIVEN_UP_SHOWN: usize = 50;

#[derive(Template)]
#[template(path = "webhooks.html")]
struct Webhooks {
    page: Layout,
    csrf: String,
    /// The secret of the one that was added just now.
    added: Shown,
    /// A test waits.
    tested: bool,
    hooks: Vec<HookRow>,
    given_up: Vec<GivenUpRow>,
    silent_hours: u32,
    has_https: bool,
    entered: Entered,
    problems: Problems,
}

struct HookRow {
    id: i64,
    name: String,
    host: String,
    events: String,
    made_by: String,
    created_at: Moment,
    waiting: Count,
    delivered: Count,
    delivered_at: Option<Moment>,
    dropped: Option<Count>,
    /// What the last attempt came to, where it failed.
    failing: Option<(Moment, String)>,
}

impl HookRow {
    fn new(one: Webhook, now: Timestamp) -> HookRow {
        let failing = match (one.failed_at, one.last_error) {
            (Some(at), Some(error)) if one.delivered_at.is_none_or(|worked| worked < at) => {
                Some((Moment::new(at, now), error))
            }
            _ => None,
        };
        HookRow {
            id: one.id.0,
            host: target::host(&one.url),
            name: one.name,
            events: one.events.names(),
            made_by: one.made_by,
            created_at: Moment::new(one.created_at, now),
            waiting: Count(one.waiting),
            delivered: Count(one.delivered),
            delivered_at: one.delivered_at.map(|at| Moment::new(at, now)),
            dropped: (one.dropped > 0).then_some(Count(one.dropped)),
            failing,
        }
    }
}

struct GivenUpRow {
    id: i64,
    webhook: String,
    event: &'static str,
    given_up_at: Moment,
    attempts: Count,
    last_error: String,
    json: String,
}

impl GivenUpRow {
    fn new(one: GivenUp, now: Timestamp) -> GivenUpRow {
        GivenUpRow {
            id: one.id,
            webhook: one.webhook,
            event: one.event.name(),
            given_up_at: Moment::new(one.given_up_at, now),
            attempts: Count(u64::from(one.attempts)),
            last_error: one.last_error,
            json: json_text::pretty(one.body.as_bytes()).0,
        }
    }
}

/// What the page is asked for.
#[derive(Deserialize, Default)]
pub(super) struct Asked {
    added: Option<i64>,
    tested: Option<i64>,
}

/// What the form sends.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Entered {
    csrf: String,
    name: String,
    url: String,
    first_report: Option<String>,
    silent: Option<String>,
    registered: Option<String>,
    growing: Option<String>,
}

impl Entered {
    /// As the form is at first: everything.
    fn at_first() -> Entered {
        let ticked = || Some("on".to_owned());
        Entered {
            first_report: ticked(),
            silent: ticked(),
            registered: ticked(),
            growing: ticked(),
            ..Entered::default()
        }
    }

    fn events(&self) -> Events {
        let ticked = [
            &self.first_report,
            &self.silent,
            &self.registered,
            &self.growing,
        ];
        let offered = Event::ALL.into_iter().zip(ticked);
        offered
            .filter(|(_, ticked)| ticked.is_some())
            .map(|(event, _)| event)
            .collect()
    }
}

/// What is wrong with what was entered.
#[derive(Default)]
struct Problems {
    name: Option<String>,
    url: Option<String>,
    events: bool,
}

/// `GET /webhooks`
pub(super) async fn show(
    State(app): State<Arc<App>>,
    operator: Operator,
    Query(asked): Query<Asked>,
) -> Result<Html<String>, Failure> {
    let (entered, problems) = (Entered::at_first(), Problems::default());
    page(&app, operator, asked, entered, problems).await
}

/// An address that can be posted to. What is a private address on its face needn't wait for its first message.
fn url(app: &App, entered: &str) -> Result<String, String> {
    let url = target::checked(entered)?;
    let host = target::host(&url);
    let bare = host.rsplit_once(':').map_or(&*host, |(host, _)| host);
    let literal = [&*host, bare].into_iter().find_map(|host| {
        let address: Option<std::net::IpAddr> = host.trim_matches(['[', ']']).parse().ok();
        address
    });
    match literal {
        Some(address) if !app.settings.webhooks.reach.allows(address) => Err(
            "This is a private address, which webhooks reach only where the server’s setting webhook-networks names it."
                .to_owned(),
        ),
        _ => Ok(url),
    }
}

/// `POST /webhooks`
pub(super) async fn add(
    State(app): State<Arc<App>>,
    operator: Operator,
    Form(entered): Form<Entered>,
) -> Result<Response, Failure> {
    operator.check(&entered.csrf)?;
    let events = entered.events();
    let mut problems = Problems {
        events: events.is_empty(),
        ..Problems::default()
    };
    let name = api_key::name(&entered.name).map_err(|wrong| problems.name = Some(wrong));
    let url = url(&app, &entered.url).map_err(|wrong| problems.url = Some(wrong));
    let (Ok(name), Ok(url), false) = (name, url, problems.events) else {
        return refused(&app, operator, entered, problems).await;
    };
    let by = operator.clone();
    let added = ask(&app, move |app| {
        let secret = signature::draw_secret()?;
        let new = NewWebhook {
            name: &name,
            url: &url,
            secret: &secret,
            events,
            by: &by.account.email,
        };
        match app.store.add_webhook(&new, Timestamp::now()) {
            Ok(id) => {
                let secret = signature::shown(&secret);
                shown_once::keep(app, by.session, Once::Webhook(id.0), secret);
                Ok(Ok(id))
            }
            Err(Error::Taken(_)) => Ok(Err(
                "There is a webhook of this name. Choose another one.".to_owned()
            )),
            Err(e @ Error::TooMany { .. }) => Ok(Err(e.to_string())),
            Err(e) => Err(e.into()),
        }
    });
    match added.await? {
        Ok(id) => Ok(go_to(&app, None, &format!("/webhooks?added={}", id.0))),
        Err(wrong) => {
            problems.name = Some(wrong);
            refused(&app, operator, entered, problems).await
        }
    }
}

async fn refused(
    app: &Arc<App>,
    operator: Operator,
    entered: Entered,
    problems: Problems,
) -> Result<Response, Failure> {
    let page = page(app, operator, Asked::default(), entered, problems).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

/// `POST /webhooks/test`
pub(super) async fn test(
    State(app): State<Arc<App>>,
    operator: Operator,
    Form(meant): Form<Meant>,
) -> Result<Response, Failure> {
    operator.check(&meant.csrf)?;
    ask(&app, move |app| {
        let now = Timestamp::now();
        let news = message::test(&operator.account.email, now)?;
        Ok(app.store.tell_webhook(WebhookId(meant.id), &news, now)?)
    })
    .await?;
    let location = format!("/webhooks?tested={}", meant.id);
    Ok(go_to(&app, None, &location))
}

/// `POST /webhooks/remove`
pub(super) async fn remove(
    State(app): State<Arc<App>>,
    operator: Operator,
    Form(meant): Form<Meant>,
) -> Result<Response, Failure> {
    operator.check(&meant.csrf)?;
    ask(&app, move |app| {
        let (id, by) = (WebhookId(meant.id), &operator.account.email);
        Ok(app.store.remove_webhook(id, by, Timestamp::now())?)
    })
    .await?;
    Ok(go_to(&app, None, "/webhooks"))
}

/// `POST /webhooks/again`: a message that was given up.
pub(super) async fn again(
    State(app): State<Arc<App>>,
    operator: Operator,
    Form(meant): Form<Meant>,
) -> Result<Response, Failure> {
    operator.check(&meant.csrf)?;
    ask(&app, move |app| {
        Ok(app.store.try_message_again(meant.id, Timestamp::now())?)
    })
    .await?;
    Ok(go_to(&app, None, "/webhooks"))
}

async fn page(
    app: &Arc<App>,
    operator: Operator,
    asked: Asked,
    entered: Entered,
    problems: Problems,
) -> Result<Html<String>, Failure> {
    let page = ask(app, move |app| {
        let now = Timestamp::now();
        let mut page = Layout::new(app, &operator, Section::Settings, now)?;
        let added = asked.added.map(Once::Webhook);
        let added = Shown::on(&mut page, app, operator.session, added);
        let hooks = app.store.webhooks()?.into_iter();
        let given_up = app.store.given_up_messages(GIVEN_UP_SHOWN)?.into_iter();
        Ok(Webhooks {
            page,
            csrf: operator.csrf,
            tested: asked.tested.is_some(),
            added,
            hooks: hooks.map(|one| HookRow::new(one, now)).collect(),
            given_up: given_up.map(|one| GivenUpRow::new(one, now)).collect(),
            silent_hours: app.settings.webhooks.silent_hours,
            has_https: cfg!(feature = "https"),
            entered,
            problems,
        })
    });
    render(&page.await?)
}

#[cfg(test)]
mod tests;
