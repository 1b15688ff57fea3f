//! `/products/{id}/settings`: what is decided about a product: what replies tell its programs, what of its reports is
//! kept, where tokens may go. The forms are in the files beside.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use usage_store::Mode;
use usage_store::registry::{Objection, Severity};

use super::hours;
use super::replies::{EnteredAdvisory, EnteredReplies};
use crate::account::Operator;
use crate::app::App;
use crate::pages::figures::{Count, Moment};
use crate::pages::layout::{Layout, Section};
use crate::pages::product::tabs::{Tab, tabs};
use crate::pages::view::{Choice, View};
use crate::pages::{Failure, ask, listed, render};

#[derive(Template)]
#[template(path = "settings/product.html")]
struct Settings {
    page: Layout,
    id: i64,
    name: String,
    adopted: bool,
    tabs: Vec<Choice>,
    csrf: String,
    replies: EnteredReplies,
    /// Whether it can be compared with what is reported.
    orderly: bool,
    /// As the server is configured.
    interval: String,
    advisories: Vec<AdvisoryRow>,
    severities: Vec<&'static str>,
    advisory: EnteredAdvisory,
    /// One that is there is changed.
    changing: bool,
    problems: Problems,
    mode: Mode,
    listed: Count,
    removed: Count,
    hosts: Vec<String>,
    /// What was typed last is none.
    not_a_host: bool,
}

struct AdvisoryRow {
    id: String,
    severity: &'static str,
    title: String,
    affected: String,
    link: String,
    changed_at: Moment,
}

/// What is wrong with what was entered, by field.
#[derive(Debug, Default)]
pub(super) struct Problems(pub(super) Vec<Objection>);

impl Problems {
    fn of(&self, field: &str) -> Option<&str> {
        let found = self.0.iter().find(|wrong| wrong.field == field);
        found.map(|wrong| wrong.message.as_str())
    }
}

/// What a form that is shown again has in it.
#[derive(Default)]
pub(super) struct Again {
    pub(super) replies: Option<EnteredReplies>,
    pub(super) advisory: Option<EnteredAdvisory>,
    pub(super) problems: Problems,
}

/// `GET /products/{id}/settings`
pub(in crate::pages) async fn show(
    State(app): State<Arc<App>>,
    operator: Operator,
    Path(id): Path<i64>,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let view = View::read(query.as_deref());
    page(&app, operator, id, view, Again::default()).await
}

/// The page once more, with what was entered and what is wrong with it.
pub(super) async fn again(
    app: &Arc<App>,
    operator: Operator,
    id: i64,
    again: Again,
) -> Result<Response, Failure> {
    let page = page(app, operator, id, View::default(), again).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

/// A product's name; the failure says that there is none.
pub(super) fn named(app: &App, id: i64) -> Result<String, Failure> {
    Ok(listed(app, id)?.name)
}

async fn page(
    app: &Arc<App>,
    operator: Operator,
    id: i64,
    view: View,
    again: Again,
) -> Result<Response, Failure> {
    let settings = ask(app, move |app| {
        let now = Timestamp::now();
        let page = Layout::new(app, &operator, Section::Products, now)?;
        let product = listed(app, id)?;
        let news = app.store.news_of(&product.name)?;
        let list = app.store.allowlist(&product.name)?;
        // One of them, to be changed.
        let asked = view.said("advisory").unwrap_or_default();
        let known = news.advisories.iter();
        let known = known.map(|(one, _)| one).find(|one| one.id == asked);
        let advisory = again.advisory.or_else(|| known.map(EnteredAdvisory::of));
        let advisory = advisory.unwrap_or_default();
        let mut ids = news.advisories.iter().map(|(one, _)| &one.id);
        let replies = again.replies.unwrap_or_else(|| EnteredReplies::of(&news));
        Ok(Settings {
            tabs: tabs(&page.base, id, Tab::Settings, &view),
            id,
            adopted: product.adopted,
            csrf: operator.csrf,
            orderly: usage_store::query::is_version(&replies.latest_version),
            replies,
            interval: hours(app.settings.next_report_in),
            changing: ids.any(|id| *id == advisory.id),
            advisory,
            advisories: news
                .advisories
                .into_iter()
                .map(|(one, changed_at)| AdvisoryRow {
                    severity: one.severity.name(),
                    id: one.id,
                    title: one.title,
                    affected: one.affected,
                    link: one.link,
                    changed_at: Moment::new(changed_at, now),
                })
                .collect(),
            severities: Severity::ALL.map(Severity::name).into(),
            problems: again.problems,
            mode: list.mode,
            listed: Count(list.allowed.len() as u64),
            removed: Count(list.removed.len() as u64),
            hosts: app.store.redirect_hosts(&product.name)?,
            not_a_host: view.said("not_a_host").is_some(),
            name: product.name,
            page,
        })
    });
    Ok(render(&settings.await?)?.into_response())
}
