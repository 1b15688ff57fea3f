//! `/products/{id}`: one product: how many servers, which versions, on what; and its servers.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Html;
use jiff::Timestamp;
use serde::Deserialize;
use usage_store::query::{ProductId, ProductSummary, ServerId, ServerSummary};
use usage_store::{Day, Store};

use super::chart::{DayBars, Shares};
use super::figures::{Count, Moment};
use super::layout::{Layout, Section};
use super::{Failure, ask, render};
use crate::account::Operator;
use crate::app::App;

/// Days that the chart of active servers goes back, today included.
const CHART_DAYS: i32 = 30;
/// Servers on one page.
const SERVERS_SHOWN: usize = 50;
/// Shown first, in this order; then all others by name.
const FIRST_DIMENSIONS: [&str; 3] = ["version", "os", "arch"];
/// A product that tags everything would fill the page.
const DIMENSIONS_SHOWN: usize = 12;

#[derive(Template)]
#[template(path = "product.html")]
struct ProductPage {
    page: Layout,
    id: i64,
    name: String,
    adopted: bool,
    active_servers: Count,
    reports_today: Count,
    last_report: Option<Moment>,
    active: DayBars,
    shares_day: Day,
    shares_day_is_over: bool,
    shares: Vec<Shares>,
    servers: Vec<ServerRow>,
    csrf: String,
    /// Where tokens may go without a person's vouching for it.
    hosts: Vec<String>,
    /// What was typed last is none.
    not_a_host: bool,
    /// Not the first page of servers.
    further: bool,
    older: Option<u32>,
}

struct ServerRow {
    id: u32,
    cluster_id: String,
    server_id: Option<String>,
    organization: Option<String>,
    host: Option<String>,
    version: Option<String>,
    last_seen: Moment,
}

/// Where in the list of servers.
#[derive(Deserialize)]
pub(super) struct Place {
    before: Option<u32>,
    #[serde(default)]
    not_a_host: String,
}

/// `GET /products/{id}`
pub(super) async fn show(
    State(app): State<Arc<App>>,
    operator: Operator,
    Path(id): Path<i64>,
    Query(place): Query<Place>,
) -> Result<Html<String>, Failure> {
    let now = Timestamp::now();
    let product = ask(&app, move |app| {
        let page = Layout::new(app, &operator, Section::Products, now)?;
        let csrf = operator.csrf;
        let summary = app
            .store
            .product(ProductId(id), now)?
            .ok_or(Failure::NotFound)?;
        let (shares_day, shares) = shares(&app.store, summary.id, Day::of(now))?;
        let today = Day::of(now);
        let from = today.plus(1 - CHART_DAYS);
        let active = DayBars::new(
            &app.store.active_by_day(summary.id, from, today)?,
            from,
            today,
        );
        let before = place.before.map(ServerId);
        let servers = app.store.servers(summary.id, before, SERVERS_SHOWN + 1)?;
        let hosts = app.store.redirect_hosts(&summary.name)?;
        let shown = ProductPage {
            csrf,
            hosts,
            not_a_host: !place.not_a_host.is_empty(),
            ..ProductPage::new(page, summary, active, shares_day, shares, now)
        };
        Ok(shown.with_servers(servers, place.before.is_some(), now))
    });
    render(&product.await?)
}

/// The distributions of the last full day, or of today where there was none before.
fn shares(store: &Store, product: ProductId, today: Day) -> Result<(Day, Vec<Shares>), Failure> {
    let mut dimensions = store.dimensions(product)?;
    dimensions.sort_by_key(|name| {
        FIRST_DIMENSIONS
            .iter()
            .position(|first| first == name)
            .unwrap_or(usize::MAX)
    });
    dimensions.truncate(DIMENSIONS_SHOWN);
    for day in [today.plus(-1), today] {
        let mut shares = Vec::new();
        for dimension in &dimensions {
            let found = store.distribution(product, dimension, day)?;
            if !found.is_empty() {
                shares.push(Shares::new(dimension.clone(), found));
            }
        }
        if !shares.is_empty() {
            return Ok((day, shares));
        }
    }
    Ok((today, Vec::new()))
}

impl ProductPage {
    fn new(
        page: Layout,
        summary: ProductSummary,
        active: DayBars,
        shares_day: Day,
        shares: Vec<Shares>,
        now: Timestamp,
    ) -> ProductPage {
        ProductPage {
            page,
            id: summary.id.0,
            name: summary.name,
            adopted: summary.adopted,
            active_servers: Count(summary.active_servers),
            reports_today: Count(summary.reports_today),
            last_report: summary.last_report.map(|at| Moment::new(at, now)),
            active,
            shares_day,
            shares_day_is_over: shares_day != Day::of(now),
            shares,
            servers: Vec::new(),
            further: false,
            older: None,
            csrf: String::new(),
            hosts: Vec::new(),
            not_a_host: false,
        }
    }

    /// `servers` has one more than is shown where there are more.
    fn with_servers(
        mut self,
        mut servers: Vec<ServerSummary>,
        further: bool,
        now: Timestamp,
    ) -> ProductPage {
        let more = servers.len() > SERVERS_SHOWN;
        servers.truncate(SERVERS_SHOWN);
        self.older = servers.last().filter(|_| more).map(|server| server.id.0);
        self.further = further;
        self.servers = servers
            .into_iter()
            .map(|server| ServerRow::new(server, now))
            .collect();
        self
    }
}

impl ServerRow {
    fn new(server: ServerSummary, now: Timestamp) -> ServerRow {
        ServerRow {
            id: server.id.0,
            cluster_id: server.cluster_id,
            server_id: server.server_id,
            organization: server.organization,
            host: server.host,
            version: server.version,
            last_seen: Moment::new(server.last_seen, now),
        }
    }
}

#[cfg(test)]
mod tests {
    use usage_store::query::Share;

    use super::super::testing::{HOSTILE, House, layout, now};
    use super::*;

    fn page(name: &str) -> ProductPage {
        let today = Day::of(now());
        let summary = ProductSummary {
            id: ProductId(7),
            name: name.to_owned(),
            adopted: true,
            active_servers: 213,
            reports_today: 1_004,
            last_report: Some(now()),
        };
        let active = DayBars::new(
            &[(today.plus(-1), 200), (today, 120)],
            today.plus(-29),
            today,
        );
        let shares = vec![
            Shares::new(
                "version".to_owned(),
                vec![Share {
                    value: "2.5.1".to_owned(),
                    servers: 150,
                }],
            ),
            Shares::new(
                name.to_owned(),
                vec![Share {
                    value: name.to_owned(),
                    servers: 3,
                }],
            ),
        ];
        ProductPage::new(layout(), summary, active, today.plus(-1), shares, now())
    }

    fn server(id: u32, text: &str) -> ServerSummary {
        ServerSummary {
            id: ServerId(id),
            product: ProductId(7),
            product_name: text.to_owned(),
            organization: Some(text.to_owned()),
            cluster_id: text.to_owned(),
            server_id: Some(text.to_owned()),
            host: Some(text.to_owned()),
            version: Some(text.to_owned()),
            first_seen: None,
            last_seen: now(),
        }
    }

    #[test]
    fn every_chart_has_a_title_a_sentence_and_a_table() {
        let html = page("tidewater").render().unwrap();
        assert!(html.contains("Active servers per day"));
        assert!(html.contains("the most were 200 on 2026-11-21"));
        assert!(
            html.contains("<th scope=\"row\"><time datetime=\"2026-11-21\">2026-11-21</time></th>")
        );
        assert!(html.contains("2.5.1") && html.contains("150"));
    }

    #[test]
    fn a_page_of_servers_leads_to_the_older_ones() {
        let servers = (1..=51).rev().map(|id| server(id, "x")).collect();
        let html = page("tidewater")
            .with_servers(servers, false, now())
            .render()
            .unwrap();
        assert!(html.contains(r#"href="/products/7?before=2#servers""#));
        assert!(html.contains(r#"href="/servers/2""#) && !html.contains(r#"href="/servers/1""#));
        let last = page("tidewater")
            .with_servers(vec![server(1, "x")], true, now())
            .render()
            .unwrap();
        assert!(!last.contains("before=") && last.contains(r#"href="/products/7#servers""#));
    }

    #[test]
    fn nothing_that_was_reported_is_markup() {
        let html = page(HOSTILE)
            .with_servers(vec![server(1, HOSTILE)], false, now())
            .render()
            .unwrap();
        assert!(!html.contains("<script>") && html.contains("&#60;script&#62;"));
    }

    #[tokio::test]
    async fn a_product_that_is_not_there_is_not_found() {
        let house = House::signed_in();
        assert_eq!(house.get("/products/99").await.status, 404);
        assert_eq!(house.get("/products/none").await.status, 400);
    }
}
