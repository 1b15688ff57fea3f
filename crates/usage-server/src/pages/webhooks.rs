//! `/webhooks`: who is told of what happens here. Add, try, remove; what was given up, and why. A new one's
//! secret is shown once.

use std::sync::Arc;
use std::time::Instant;

use askama::Template;
use axum::extract::{Form, Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use jiff::Timestamp;
use serde::Deserialize;
use usage_store::Error;
use usage_store::webhook::{Event, Events, GivenUp, NewWebhook, Webhook, WebhookId};

use super::assets::COPY;
use super::figures::{Count, Moment};
use super::json_text;
use super::layout::{Layout, Section};
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
    /// The secret of the one that was added just now, to be shown this once.
    added: Option<String>,
    /// It was added, and its secret shown before.
    shown_before: bool,
    /// A test waits.
    tested: bool,
    script: String,
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
                let (shown, secret) = (&app.account.shown_once, signature::shown(&secret));
                shown.keep(by.session, Once::Webhook(id.0), secret, Instant::now());
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

/// The form of a button beside a webhook or a message.
#[derive(Deserialize)]
pub(super) struct Meant {
    #[serde(default)]
    csrf: String,
    id: i64,
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
        let page = Layout::new(app, &operator, Section::Settings, now)?;
        let once = |id| {
            let shown = &app.account.shown_once;
            shown.take(operator.session, Once::Webhook(id), Instant::now())
        };
        let added = asked.added.and_then(once);
        let hooks = app.store.webhooks()?.into_iter();
        let given_up = app.store.given_up_messages(GIVEN_UP_SHOWN)?.into_iter();
        Ok(Webhooks {
            script: format!("{}{}", page.base, COPY.path()),
            page,
            csrf: operator.csrf,
            shown_before: asked.added.is_some() && added.is_none(),
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
mod tests {
    use super::super::testing::{ACME_OWNER, Answer, HOSTILE, House};
    use super::*;

    const OP: &str = "op@example.com";

    async fn add(house: &House, fields: &[(&str, &str)]) -> Answer {
        let form = house.get("/webhooks").await;
        let ticked = ["first_report", "silent", "registered", "growing"];
        assert!(
            ticked
                .iter()
                .all(|name| form.text.contains(&format!("name=\"{name}\" checked")))
        );
        let ticked = ticked.map(|name| (name, "on"));
        let entered = form.filled(&[fields, &ticked[..]].concat());
        house.post_and_follow("/webhooks", &entered).await
    }

    #[tokio::test]
    async fn a_webhook_is_added_tried_and_removed_and_its_secret_shown_once() {
        let house = House::new().let_in(OP);
        let fields = [
            ("name", "Chat"),
            ("url", "http://chat.example.com/SECRETPATH"),
        ];
        let page = add(&house, &fields).await;
        let secret = page.field_of_id("secret");
        assert!(
            secret.starts_with("whsec_") && secret.len() == 50,
            "{secret}"
        );
        assert!(page.text.contains("chat.example.com") && !page.text.contains("SECRETPATH"));
        let again = house.get(&page.path).await;
        assert!(!again.text.contains(&secret) && again.text.contains("shown before"));

        let hook = house.app.store.webhooks().unwrap().remove(0);
        assert_eq!(hook.events.names().split(", ").count(), 4);
        let csrf = page.field("csrf");
        let id = hook.id.0.to_string();
        let meant = [("csrf", &*csrf), ("id", &*id)];
        let tested = house.post("/webhooks/test", &meant).await;
        assert_eq!(tested.status, 303);
        let page = house.get(&tested.header("location")).await;
        assert!(page.text.contains("within seconds"));
        let due = house.app.store.due_messages(Timestamp::now()).unwrap();
        assert!(due[0].body.contains(OP) && due[0].body.contains("webhook.test"));

        let removed = house.post("/webhooks/remove", &meant).await;
        assert_eq!(removed.header("location"), "/webhooks");
        assert!(house.app.store.webhooks().unwrap().is_empty());
        assert_eq!(house.post("/webhooks/test", &meant).await.status, 404);
        let audit = house.get("/audit").await;
        assert!(audit.text.contains("add webhook") && audit.text.contains("remove webhook"));
    }

    #[tokio::test]
    async fn what_can_not_be_posted_to_is_refused_with_the_reason() {
        let house = House::new().let_in(OP);
        for (fields, said) in [
            ([("name", ""), ("url", "http://a.example/")], "Enter a name"),
            ([("name", "a"), ("url", "ftp://a/")], "must begin with"),
            (
                [("name", "a"), ("url", "http://127.0.0.1:1/")],
                "private address",
            ),
            (
                [("name", "a"), ("url", "http://[::ffff:10.0.0.1]/")],
                "private address",
            ),
        ] {
            let page = add(&house, &fields).await;
            assert_eq!(page.status, 422, "{fields:?}");
            assert!(page.text.contains(said), "{said}");
        }
        let csrf = house.get("/webhooks").await.field("csrf");
        let nothing = [
            ("csrf", &*csrf),
            ("name", "a"),
            ("url", "http://a.example/"),
        ];
        let page = house.post("/webhooks", &nothing).await;
        assert!(page.text.contains("Tick at least one"));
        add(&house, &[("name", HOSTILE), ("url", "http://a.example/")]).await;
        let twice = add(&house, &[("name", HOSTILE), ("url", "http://a.example/")]).await;
        assert!(twice.status == 422 && twice.text.contains("of this name"));
        assert!(!twice.text.contains("<script>alert"));
    }

    #[tokio::test]
    async fn what_was_given_up_is_shown_with_the_reason_and_tried_again() {
        let house = House::new().let_in(OP);
        add(&house, &[("name", "Chat"), ("url", "http://a.example/")]).await;
        let (store, now) = (&house.app.store, Timestamp::now());
        let id = store.webhook_named("Chat").unwrap();
        let news = message::test(OP, now).unwrap();
        store.tell_webhook(id, &news, now).unwrap();
        let due = store.due_messages(now).unwrap().remove(0);
        let cause = format!("503 {HOSTILE}");
        store.message_failed(due.id, &cause, None, now).unwrap();
        assert!(store.due_messages(now).unwrap().is_empty());
        let page = house.get("/webhooks").await;
        assert!(page.text.contains("503 ") && !page.text.contains("<script>alert"));
        let csrf = page.field("csrf");
        let message = due.id.to_string();
        let again = [("csrf", &*csrf), ("id", &*message)];
        assert_eq!(house.post("/webhooks/again", &again).await.status, 303);
        assert_eq!(store.due_messages(Timestamp::now()).unwrap().len(), 1);
    }

    #[tokio::test]
    async fn customers_have_no_business_here() {
        let house = House::with_customers();
        assert_eq!(house.get("/webhooks").await.status, 403);
        let csrf = house.get("/account").await.field("csrf");
        for path in ["", "/test", "/remove", "/again"] {
            let entered = [
                ("csrf", &*csrf),
                ("name", "a"),
                ("url", "http://a/"),
                ("id", "1"),
            ];
            let path = format!("/webhooks{path}");
            assert_eq!(house.post(&path, &entered).await.status, 403, "{path}");
        }
        house.enter_as(ACME_OWNER);
        assert!(house.app.store.webhooks().unwrap().is_empty());
    }
}
