//! `/settings`: what operators decide, product by product and for all of the server, and where it is changed.
//! Below it, one file each: a product's settings and their forms, and its data dictionary.

pub(super) mod adding;
pub(super) mod allowlist;
pub(super) mod dictionary;
mod entries;
pub(super) mod hosts;
pub(super) mod note;
pub(super) mod product;
pub(super) mod replies;

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::{Html, IntoResponse, Redirect, Response};
use jiff::Timestamp;
use usage_store::Mode;

use super::figures::Count;
use super::layout::{Layout, Section, base_path};
use super::{Failure, ask, render};
use crate::account::Operator;
use crate::app::App;

/// Products in the list: those that operators adopted, and some more.
const PRODUCTS_SHOWN: usize = 200;

#[derive(Template)]
#[template(path = "settings/hub.html")]
struct Hub {
    page: Layout,
    csrf: String,
    /// What was entered of a product to be added.
    entered: adding::Entered,
    products: Vec<Row>,
    more_products: Count,
    /// What is kept how long, and the setting that says it.
    kept: Vec<Kept>,
    /// As the server is configured.
    interval: String,
    operators: Count,
    api_keys: Count,
}

struct Row {
    /// `None` before its first report.
    id: Option<i64>,
    name: String,
    adopted: bool,
    latest_version: Option<String>,
    advisories: Count,
    interval: Option<String>,
    allowlist: &'static str,
}

struct Kept {
    what: &'static str,
    days: Option<u32>,
    setting: &'static str,
}

/// `GET /settings`
pub(super) async fn show(
    State(app): State<Arc<App>>,
    operator: Operator,
) -> Result<Html<String>, Failure> {
    page(&app, operator, adding::Entered::default()).await
}

async fn page(
    app: &Arc<App>,
    operator: Operator,
    entered: adding::Entered,
) -> Result<Html<String>, Failure> {
    let hub = ask(app, move |app| {
        let now = Timestamp::now();
        let mut products = rows(app)?;
        let more = products.len().saturating_sub(PRODUCTS_SHOWN);
        products.truncate(PRODUCTS_SHOWN);
        let retention = app.settings.retention;
        let kept = |what, days, setting| Kept {
            what,
            days,
            setting,
        };
        let keys = app.store.api_keys()?.into_iter();
        let valid = keys
            .filter(|key| key.revoked_at.is_none() && key.expires_at.is_none_or(|end| end > now));
        Ok(Hub {
            page: Layout::new(app, &operator, Section::Settings, now)?,
            csrf: operator.csrf,
            entered,
            products,
            more_products: Count(more as u64),
            kept: vec![
                kept("Reports as they came", retention.reports, "retention-days"),
                kept(
                    "What single servers reported each day",
                    retention.days,
                    "days-retention-days",
                ),
                kept(
                    "Counts by day and value",
                    retention.cells,
                    "cells-retention-days",
                ),
            ],
            interval: hours(app.settings.next_report_in),
            operators: Count(app.store.operators()?.len() as u64),
            api_keys: Count(valid.count() as u64),
        })
    });
    render(&hub.await?)
}

/// Every product that reports, adopted ones first, then those that only have settings so far.
fn rows(app: &App) -> Result<Vec<Row>, Failure> {
    let mut news: BTreeMap<_, _> = app.store.all_news()?.products.into_iter().collect();
    let lists = app.store.allowlists()?.into_iter();
    let mut modes: BTreeMap<_, _> = lists.map(|list| (list.product, list.mode)).collect();
    let row = |id, name: String, adopted, news: usage_store::registry::ProductNews, mode| Row {
        id,
        name,
        adopted,
        latest_version: news.latest_version,
        advisories: Count(news.advisories.len() as u64),
        interval: news.report_interval.map(hours),
        allowlist: mode_word(mode),
    };
    let mut rows = Vec::new();
    for product in app.store.listed_products()? {
        let told = news.remove(&product.name).unwrap_or_default();
        let mode = modes.remove(&product.name).unwrap_or_default();
        rows.push(row(
            Some(product.id.0),
            product.name,
            product.adopted,
            told,
            mode,
        ));
    }
    let names: Vec<String> = news.keys().chain(modes.keys()).cloned().collect();
    for name in names {
        let told = news.remove(&name);
        let mode = modes.remove(&name);
        if told.is_some() || mode.is_some() {
            let (told, mode) = (told.unwrap_or_default(), mode.unwrap_or_default());
            rows.push(row(None, name, false, told, mode));
        }
    }
    Ok(rows)
}

fn mode_word(mode: Mode) -> &'static str {
    match mode {
        Mode::Off => "everything",
        Mode::Drop => "what is listed",
        Mode::Mask => "what is listed, the rest masked",
    }
}

/// Seconds as people say them: `12 hours`, `1.5 hours`.
fn hours(seconds: u32) -> String {
    match seconds {
        3_600 => "1 hour".to_owned(),
        seconds => format!("{} hours", in_hours(seconds)),
    }
}

/// Seconds as hours, with as many decimals as it takes, up to four.
fn in_hours(seconds: u32) -> String {
    let hours = format!("{:.4}", f64::from(seconds) / 3_600.0);
    hours.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Back to a part of a product's settings.
fn back(app: &App, id: i64, to: &str) -> Response {
    let base = base_path(&app.settings.public_url);
    Redirect::to(&format!("{base}/products/{id}/settings{to}")).into_response()
}

/// Changes something about a product that reports; 404 where none has this id.
async fn change<T: Send + 'static>(
    app: &Arc<App>,
    id: i64,
    change: impl FnOnce(&App, &str, Timestamp) -> usage_store::Result<T> + Send + 'static,
) -> Result<T, Failure> {
    ask(app, move |app| {
        let now = Timestamp::now();
        let product = product::named(app, id)?;
        Ok(change(app, &product, now)?)
    })
    .await
}

#[cfg(test)]
mod tests {
    use usage_store::registry::COMMAND_LINE;
    use usage_store::report::Kind;

    use super::super::testing::{ACME_OWNER, House, now};
    use super::*;

    #[test]
    fn an_interval_is_said_in_hours() {
        for (seconds, said) in [
            (43_200, "12 hours"),
            (3_600, "1 hour"),
            (5_400, "1.5 hours"),
            (1, "0.0003 hours"),
            (604_800, "168 hours"),
        ] {
            assert_eq!(hours(seconds), said);
        }
    }

    #[tokio::test]
    async fn all_that_operators_decide_is_found_from_one_page() {
        let house = House::signed_in();
        house.append(Kind::Usage, "jambox", r#"[{"values":{"cluster_id":"c"}}]"#);
        let store = &house.app.store;
        store
            .set_latest_version("jambox", Some("1.8.4"), COMMAND_LINE, now())
            .unwrap();
        store
            .set_report_interval("early", Some(7_200), COMMAND_LINE, now())
            .unwrap();
        store
            .set_allowlist("listed", Mode::Drop, COMMAND_LINE, now())
            .unwrap();
        let page = house.get("/settings").await;
        let links = page.links();
        for link in [
            "/products/1/settings",
            "/products/1/dictionary",
            "/operators",
            "/api-keys",
            "/audit",
            "/import",
        ] {
            assert!(links.iter().any(|found| found == link), "{link}: {links:?}");
        }
        for part in [
            "1.8.4",
            "early",
            "2 hours",
            "listed",
            "what is listed",
            "retention-days",
        ] {
            assert!(page.text.contains(part), "{part}: {}", page.text);
        }
        assert_eq!(page.text.matches("not reported yet").count(), 2);
    }

    #[tokio::test]
    async fn customers_see_none_of_it() {
        let house = House::with_customers();
        house.append(Kind::Usage, "jambox", r#"[{"values":{"cluster_id":"c"}}]"#);
        house.enter_as(ACME_OWNER);
        for path in [
            "/settings",
            "/products/1/settings",
            "/products/1/dictionary",
        ] {
            assert_eq!(house.get(path).await.status, 403, "{path}");
        }
        house.leave();
        for path in [
            "/settings",
            "/products/1/settings",
            "/products/1/dictionary",
        ] {
            let answer = house.get(path).await;
            assert!(answer.header("location").starts_with("/sign-in"), "{path}");
        }
    }
}
