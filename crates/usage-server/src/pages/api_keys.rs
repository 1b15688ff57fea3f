//! `/api-keys`: the keys by which programs ask and export in an operator's name. A new one is shown once.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Form, Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use jiff::Timestamp;
use serde::Deserialize;
use usage_store::registry::{ApiKey, ApiKeyId, NewApiKey, Scope, Scopes};

use super::button::Meant;
use super::figures::{Hour, Moment};
use super::layout::{Layout, Section};
use super::shown_once::{self, Shown};
use super::sign_in::go_to;
use super::{Failure, ask, render};
use crate::account::{Once, Operator, api_key, draw_api_key};
use crate::app::App;

#[derive(Template)]
#[template(path = "api_keys.html")]
struct ApiKeys {
    page: Layout,
    csrf: String,
    /// The one that was issued just now.
    issued: Shown,
    valid: Vec<KeyRow>,
    revoked: Vec<KeyRow>,
    entered: Entered,
    problems: Problems,
}

struct KeyRow {
    id: i64,
    name: String,
    prefix: String,
    scopes: String,
    made_by: String,
    created_at: Moment,
    used: Option<Hour>,
    expires_at: Option<Moment>,
    /// It has ended by itself.
    expired: bool,
    revoked_at: Option<Moment>,
}

impl KeyRow {
    fn new(key: ApiKey, now: Timestamp) -> KeyRow {
        KeyRow {
            id: key.id.0,
            name: key.name,
            prefix: key.prefix,
            scopes: key.scopes.names(),
            made_by: key.made_by,
            created_at: Moment::new(key.created_at, now),
            used: key.used_at.map(Hour),
            expires_at: key.expires_at.map(|at| Moment::new(at, now)),
            expired: key.expires_at.is_some_and(|at| at <= now),
            revoked_at: key.revoked_at.map(|at| Moment::new(at, now)),
        }
    }
}

/// What the page is asked for.
#[derive(Deserialize, Default)]
pub(super) struct Asked {
    issued: Option<i64>,
}

/// What the form sends.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Entered {
    csrf: String,
    name: String,
    read: Option<String>,
    export: Option<String>,
    admin: Option<String>,
    expires: String,
}

impl Entered {
    fn scopes(&self) -> Scopes {
        let ticked = [&self.read, &self.export, &self.admin];
        let offered = Scope::ALL.into_iter().zip(ticked);
        offered
            .filter(|(_, ticked)| ticked.is_some())
            .map(|(scope, _)| scope)
            .collect()
    }
}

/// What is wrong with what was entered.
#[derive(Default)]
struct Problems {
    name: Option<String>,
    scopes: bool,
    expires: Option<String>,
}

/// `GET /api-keys`
pub(super) async fn show(
    State(app): State<Arc<App>>,
    operator: Operator,
    Query(asked): Query<Asked>,
) -> Result<Html<String>, Failure> {
    let (entered, problems) = (Entered::default(), Problems::default());
    page(&app, operator, asked, entered, problems).await
}

/// `POST /api-keys`
pub(super) async fn issue(
    State(app): State<Arc<App>>,
    operator: Operator,
    Form(entered): Form<Entered>,
) -> Result<Response, Failure> {
    operator.check(&entered.csrf)?;
    let now = Timestamp::now();
    let scopes = entered.scopes();
    let (name, expires) = (
        api_key::name(&entered.name),
        api_key::expiry(&entered.expires, now),
    );
    let (name, expires_at) = match (name, expires) {
        (Ok(name), Ok(expires)) if !scopes.is_empty() => (name, expires),
        (name, expires) => {
            let problems = Problems {
                name: name.err(),
                scopes: scopes.is_empty(),
                expires: expires.err(),
            };
            let page = page(&app, operator, Asked::default(), entered, problems).await?;
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
        }
    };
    ask(&app, move |app| {
        let secret = draw_api_key()?;
        let new = NewApiKey {
            secret: secret.as_bytes(),
            name: &name,
            scopes,
            expires_at,
            by: &operator.account.email,
        };
        let id = app.store.add_api_key(&new, now)?.0;
        shown_once::keep(app, operator.session, Once::ApiKey(id), secret);
        Ok(go_to(app, None, &format!("/api-keys?issued={id}")))
    })
    .await
}

/// `POST /api-keys/revoke`
pub(super) async fn revoke(
    State(app): State<Arc<App>>,
    operator: Operator,
    Form(meant): Form<Meant>,
) -> Result<Response, Failure> {
    operator.check(&meant.csrf)?;
    let revoked = ask(&app, move |app| {
        let (id, by) = (ApiKeyId(meant.id), &operator.account.email);
        Ok(app.store.revoke_api_key(id, by, Timestamp::now())?)
    });
    revoked.await?;
    Ok(go_to(&app, None, "/api-keys"))
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
        let issued = asked.issued.map(Once::ApiKey);
        let issued = Shown::on(&mut page, app, operator.session, issued);
        let keys = app.store.api_keys()?.into_iter();
        let (revoked, valid) = keys
            .map(|key| KeyRow::new(key, now))
            .partition(|key| key.revoked_at.is_some());
        Ok(ApiKeys {
            page,
            csrf: operator.csrf,
            issued,
            valid,
            revoked,
            entered,
            problems,
        })
    });
    render(&page.await?)
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::super::testing::{ACME_OWNER, HOSTILE, House};
    use super::*;

    const OP: &str = "op@example.com";

    async fn issue(house: &House, fields: &[(&str, &str)]) -> super::super::testing::Answer {
        let form = house.get("/api-keys").await;
        let answer = house.post_form("/api-keys", &form.filled(fields)).await;
        assert_eq!(answer.status, 303, "{}", answer.text);
        house.get(&answer.header("location")).await
    }

    fn grant(house: &House, key: &str) -> Option<Scopes> {
        let (store, now) = (&house.app.store, Timestamp::now());
        Some(store.api_grant(key.as_bytes(), now).unwrap()?.scopes)
    }

    #[tokio::test]
    async fn a_key_is_shown_once_and_holds_until_it_is_revoked() {
        let house = House::new().let_in(OP);
        let fields = [("name", "Grafana"), ("read", "on"), ("export", "on")];
        let page = issue(&house, &fields).await;
        let key = page.field_of_id("key");
        assert!(key.starts_with("uak_") && key.len() == 47, "{key}");
        let scopes = grant(&house, &key).expect("valid");
        assert_eq!(scopes.names(), "read, export");
        assert!(!scopes.allow(Scope::Admin));

        let again = house.get(&page.path).await;
        assert!(!again.text.contains(&key) && again.text.contains("shown before"));
        assert!(again.text.contains(&key[..16]) && again.text.contains("not yet"));
        let at = "2026-11-22T12:03:04Z".parse().unwrap();
        let id = house.app.store.api_keys().unwrap()[0].id;
        house.app.store.note_api_key_use(id, at);
        assert!(house.app.store.save_api_key_uses().unwrap());
        assert!(!house.app.store.save_api_key_uses().unwrap());
        let used = house.get("/api-keys").await;
        assert!(used.text.contains("2026-11-22 12:00"));

        let id = id.0.to_string();
        let form = used.filled(&[("id", &id)]);
        let done = house.post_form("/api-keys/revoke", &form).await;
        assert_eq!(done.header("location"), "/api-keys");
        assert_eq!(grant(&house, &key), None);
        let list = house.get("/api-keys").await;
        assert!(list.text.contains("Revoked keys"), "{}", list.text);
        let none = house
            .post_form("/api-keys/revoke", &used.filled(&[("id", "99")]))
            .await;
        assert_eq!(none.status, 404);
        let log = house.get("/audit").await;
        assert!(log.text.contains("issue api key") && log.text.contains("revoke api key"));
        assert!(!log.text.contains(&key));
    }

    #[tokio::test]
    async fn what_is_wrong_is_told_beside_its_field() {
        let house = House::new().let_in(OP);
        let form = house.get("/api-keys").await;
        let entered = form.filled(&[("name", HOSTILE), ("expires", "2001-01-01")]);
        let answer = house.post_form("/api-keys", &entered).await;
        assert_eq!(answer.status, 422);
        assert!(answer.text.contains("Tick at least one") && answer.text.contains("day is over"));
        assert!(!answer.text.contains("<script>alert"));
        assert!(house.app.store.api_keys().unwrap().is_empty());
    }

    #[tokio::test]
    async fn a_key_ends_on_its_day_and_with_the_operator_who_made_it() {
        let house = House::new().let_in(OP);
        let tomorrow = Timestamp::now() + SignedDuration::from_hours(24);
        let day = tomorrow.strftime("%Y-%m-%d").to_string();
        let fields = [("name", "a"), ("admin", "on"), ("expires", &day)];
        let key = issue(&house, &fields).await.field_of_id("key");
        let scopes = grant(&house, &key).unwrap();
        assert!(Scope::ALL.iter().all(|scope| scopes.allow(*scope)));
        let later = tomorrow + SignedDuration::from_hours(24);
        let store = &house.app.store;
        assert_eq!(store.api_grant(key.as_bytes(), later).unwrap(), None);

        let house = house.let_in("second@example.com");
        let anothers = issue(&house, &[("name", "b"), ("read", "on")]).await;
        let anothers = anothers.field_of_id("key");
        let id = house.account_of(OP);
        let by = "second@example.com";
        let store = &house.app.store;
        store.remove_operator(id, by, Timestamp::now()).unwrap();
        assert_eq!(grant(&house, &key), None, "as theirs");
        assert!(grant(&house, &anothers).is_some());
    }

    #[tokio::test]
    async fn customers_have_no_business_here() {
        let house = House::with_customers();
        assert_eq!(house.get("/api-keys").await.status, 403);
        let csrf = house.get("/account").await.field("csrf");
        for path in ["/api-keys", "/api-keys/revoke"] {
            let entered = [("csrf", &*csrf), ("name", "a"), ("read", "on"), ("id", "1")];
            assert_eq!(house.post(path, &entered).await.status, 403, "{path}");
        }
        house.enter_as(ACME_OWNER);
        assert!(house.app.store.api_keys().unwrap().is_empty());
    }
}
