//! `/products/{id}/public`: an operator chooses whether a product has a public page and what is on it, and sees
//! it as others would.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Form, Path, Query, State};
use axum::response::{Html, IntoResponse, Redirect, Response};
use jiff::Timestamp;
use serde::Deserialize;
use usage_store::public::limits::{PUBLIC_THRESHOLD_MAX, PUBLIC_THRESHOLD_MIN};
use usage_store::public::{PublicChart, PublicPage};

use super::super::layout::{Layout, Section};
use super::super::panel::Shown;
use super::super::product::tabs::{Tab, tabs};
use super::super::view::{Choice, View};
use super::super::{Failure, ask, base_path, render};
use super::drawing::title;
use super::encoded_part;
use crate::account::Operator;
use crate::app::App;

#[derive(Template)]
#[template(path = "public/settings.html")]
struct SettingsPage {
    page: Layout,
    id: i64,
    name: String,
    adopted: bool,
    tabs: Vec<Choice>,
    csrf: String,
    /// As it is, for everybody.
    shown: bool,
    /// Where everybody finds it.
    address: String,
    /// As it would be, in the form and below it.
    threshold: u32,
    charts: Vec<Choice>,
    previewed: bool,
    wrong_threshold: bool,
    least: u32,
    most: u32,
    panels: Vec<Shown>,
}

/// What somebody tries out: nothing, or what the form had.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(in super::super) struct Tried {
    charts: Option<String>,
    threshold: Option<u32>,
    wrong_threshold: String,
}

/// `GET /products/{id}/public`
pub(in super::super) async fn show(
    State(app): State<Arc<App>>,
    operator: Operator,
    Path(id): Path<i64>,
    Query(tried): Query<Tried>,
) -> Result<Html<String>, Failure> {
    let now = Timestamp::now();
    let shown = ask(&app, move |app| {
        let page = Layout::new(app, &operator, Section::Products, now)?;
        let product = super::super::listed(app, id)?;
        let known = app.store.public_page(&product.name)?.unwrap_or_default();
        let would_be = tried.of(&known);
        let which = (product.id, product.name.as_str());
        let weeks = app.store.published(which, would_be.threshold, false, now)?;
        let charts = PublicChart::ALL.map(|chart| Choice {
            name: title(chart).to_owned(),
            to: chart.name().to_owned(),
            current: would_be.charts.contains(&chart),
        });
        let url = app.settings.public_url.trim_end_matches('/');
        Ok(SettingsPage {
            id,
            adopted: product.adopted,
            tabs: tabs(&page.base, id, Tab::Public, &View::default()),
            csrf: operator.csrf,
            shown: known.shown,
            address: format!("{url}/public/{}", encoded_part(&product.name)),
            threshold: would_be.threshold,
            charts: charts.into(),
            previewed: would_be != known,
            wrong_threshold: !tried.wrong_threshold.is_empty(),
            least: PUBLIC_THRESHOLD_MIN,
            most: PUBLIC_THRESHOLD_MAX,
            panels: super::panels(&would_be, &weeks, None),
            name: product.name.clone(),
            page,
        })
    });
    render(&shown.await?)
}

impl Tried {
    fn of(&self, known: &PublicPage) -> PublicPage {
        let mut page = known.clone();
        if let Some(charts) = &self.charts {
            page.charts = charts.split(',').filter_map(PublicChart::named).collect();
        }
        if let Some(threshold) = self.threshold {
            page.threshold = threshold.clamp(PUBLIC_THRESHOLD_MIN, PUBLIC_THRESHOLD_MAX);
        }
        page
    }
}

/// What the form sends.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(in super::super) struct Entered {
    csrf: String,
    /// `look`, `show`, `hide`.
    action: String,
    threshold: String,
    active: String,
    version: String,
    os: String,
    arch: String,
}

/// `POST /products/{id}/public`
pub(in super::super) async fn submit(
    State(app): State<Arc<App>>,
    operator: Operator,
    Path(id): Path<i64>,
    Form(entered): Form<Entered>,
) -> Result<Response, Failure> {
    operator.check(&entered.csrf)?;
    let base = base_path(&app.settings.public_url).to_owned();
    let back =
        move |end: &str| Redirect::to(&format!("{base}/products/{id}/public{end}")).into_response();
    let threshold = entered.threshold.trim().parse::<u32>();
    let within = PUBLIC_THRESHOLD_MIN..=PUBLIC_THRESHOLD_MAX;
    let Some(threshold) = threshold.ok().filter(|n| within.contains(n)) else {
        return Ok(back("?wrong_threshold=1"));
    };
    let ticked = [
        &entered.active,
        &entered.version,
        &entered.os,
        &entered.arch,
    ];
    let charts = PublicChart::ALL.into_iter().zip(ticked);
    let charts: Vec<PublicChart> = charts
        .filter(|(_, ticked)| !ticked.is_empty())
        .map(|(chart, _)| chart)
        .collect();
    if entered.action == "look" {
        let names: Vec<&str> = charts.iter().map(|chart| chart.name()).collect();
        let names = names.join(",");
        return Ok(back(&format!("?charts={names}&threshold={threshold}#look")));
    }
    let page = PublicPage {
        shown: entered.action == "show",
        threshold,
        charts,
    };
    ask(&app, move |app| {
        let now = Timestamp::now();
        let product = super::super::listed(app, id)?;
        let by = &operator.account.email;
        app.store.set_public_page(&product.name, &page, by, now)?;
        app.public.forget();
        Ok(())
    })
    .await?;
    Ok(back(""))
}
