//! `/servers/{id}`: all that one server said of itself, and its reports.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Html;
use jiff::Timestamp;
use serde::Deserialize;
use usage_store::query::{ServerDetail, ServerId};

use super::figures::{Moment, Value};
use super::layout::{Layout, Section};
use super::report_rows::{REPORTS_SHOWN, ReportRow};
use super::{Failure, ask, render, reports};
use crate::account::Operator;
use crate::app::App;

#[derive(Template)]
#[template(path = "server.html")]
struct ServerPage {
    page: Layout,
    id: u32,
    product_id: i64,
    product: String,
    organization: Option<String>,
    cluster_id: String,
    server_id: Option<String>,
    host: Option<String>,
    version: Option<String>,
    first_seen: Option<Moment>,
    last_seen: Moment,
    dimensions: Vec<(String, String)>,
    values: Vec<(String, Value)>,
    reports: Vec<ReportRow>,
    further: bool,
    older: Option<u64>,
}

/// Where in the list of its reports.
#[derive(Deserialize)]
pub(super) struct Place {
    before: Option<u64>,
}

/// `GET /servers/{id}`
pub(super) async fn show(
    State(app): State<Arc<App>>,
    operator: Operator,
    Path(id): Path<u32>,
    Query(place): Query<Place>,
) -> Result<Html<String>, Failure> {
    let now = Timestamp::now();
    let server = ask(&app, move |app| {
        let page = Layout::new(app, &operator, Section::Products, now)?;
        let detail = app.store.server(ServerId(id))?.ok_or(Failure::NotFound)?;
        let found = app
            .store
            .server_reports(ServerId(id), place.before, REPORTS_SHOWN + 1)?;
        let mut rows = reports::rows(&app.store, &found, now)?;
        // The page says whose they are.
        rows.iter_mut().for_each(|row| row.sender = None);
        Ok(ServerPage {
            older: reports::older(&found),
            reports: rows,
            further: place.before.is_some(),
            ..ServerPage::new(page, detail, now)
        })
    });
    render(&server.await?)
}

impl ServerPage {
    fn new(page: Layout, detail: ServerDetail, now: Timestamp) -> ServerPage {
        let ServerDetail {
            summary,
            dimensions,
            values,
        } = detail;
        ServerPage {
            page,
            id: summary.id.0,
            product_id: summary.product.0,
            product: summary.product_name,
            organization: summary.organization,
            cluster_id: summary.cluster_id,
            server_id: summary.server_id,
            host: summary.host,
            version: summary.version,
            first_seen: summary.first_seen.map(|at| Moment::new(at, now)),
            last_seen: Moment::new(summary.last_seen, now),
            dimensions,
            values: values
                .into_iter()
                .map(|(key, value)| (key, Value(value)))
                .collect(),
            reports: Vec::new(),
            further: false,
            older: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use usage_store::query::{ProductId, ServerSummary};
    use usage_store::report::{Kind, Number};

    use super::super::testing::{HOSTILE, House, layout, now, stored};
    use super::*;

    fn detail(text: &str) -> ServerDetail {
        ServerDetail {
            summary: ServerSummary {
                id: ServerId(4),
                product: ProductId(7),
                product_name: text.to_owned(),
                organization: Some(text.to_owned()),
                cluster_id: text.to_owned(),
                server_id: None,
                host: Some(text.to_owned()),
                version: Some(text.to_owned()),
                first_seen: None,
                last_seen: now(),
            },
            dimensions: vec![(text.to_owned(), text.to_owned())],
            values: vec![(text.to_owned(), Number::UInt(u64::MAX))],
        }
    }

    #[test]
    fn a_server_shows_what_it_said_last() {
        let html = ServerPage::new(layout(), detail("tide1"), now())
            .render()
            .unwrap();
        assert!(
            html.contains("18\u{202f}446\u{202f}744\u{202f}073\u{202f}709\u{202f}551\u{202f}615")
        );
        assert!(html.contains(r#"href="/products/7""#));
    }

    #[test]
    fn nothing_that_was_reported_is_markup() {
        let mut page = ServerPage::new(layout(), detail(HOSTILE), now());
        page.reports = vec![ReportRow::new(
            &stored(Kind::Usage, HOSTILE, HOSTILE),
            None,
            now(),
        )];
        let html = page.render().unwrap();
        assert!(!html.contains("<script>") && html.contains("&#60;script&#62;"));
    }

    #[tokio::test]
    async fn a_server_that_is_not_there_is_not_found() {
        let house = House::signed_in();
        assert_eq!(house.get("/servers/99").await.status, 404);
    }
}
