//! `/`: all products at a glance, and the names that nobody has adopted yet.

use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::response::{Html, Redirect};
use jiff::Timestamp;
use serde::Deserialize;
use usage_store::query::{ProductId, ProductSummary};

use super::figures::{Count, Moment};
use super::layout::{Layout, Section, base_path};
use super::{Failure, ask, render};
use crate::account::Operator;
use crate::app::App;
use crate::command::first_report;

#[derive(Template)]
#[template(path = "overview.html")]
struct Overview {
    page: Layout,
    /// The shell line that sends one.
    first_report: String,
    active_servers: Count,
    reports_today: Count,
    adopted: Vec<ProductRow>,
    new_names: Vec<ProductRow>,
}

struct ProductRow {
    id: i64,
    name: String,
    active_servers: Count,
    reports_today: Count,
    last_report: Option<Moment>,
}

/// `GET /`
pub(super) async fn show(
    State(app): State<Arc<App>>,
    operator: Operator,
) -> Result<Html<String>, Failure> {
    let now = Timestamp::now();
    let overview = ask(&app, move |app| {
        let page = Layout::new(app, &operator, Section::Products, now)?;
        Ok(Overview::new(
            page,
            &app.settings.public_url,
            app.store.products(now)?,
            now,
        ))
    });
    render(&overview.await?)
}

/// The form of an "Adopt" button.
#[derive(Deserialize)]
pub(super) struct Adopt {
    #[serde(default)]
    csrf: String,
}

/// `POST /products/{id}/adopt`
pub(super) async fn adopt(
    State(app): State<Arc<App>>,
    operator: Operator,
    Path(id): Path<i64>,
    Form(form): Form<Adopt>,
) -> Result<Redirect, Failure> {
    operator.check(&form.csrf)?;
    ask(&app, move |app| {
        Ok(app
            .store
            .adopt_product(ProductId(id), &operator.account.email, Timestamp::now())?)
    })
    .await?;
    Ok(Redirect::to(&format!(
        "{}/",
        base_path(&app.settings.public_url)
    )))
}

impl Overview {
    fn new(
        page: Layout,
        public_url: &str,
        products: Vec<ProductSummary>,
        now: Timestamp,
    ) -> Overview {
        let total = |figure: fn(&ProductSummary) -> u64| {
            Count(
                products
                    .iter()
                    .filter(|product| product.adopted)
                    .map(figure)
                    .sum(),
            )
        };
        let (active_servers, reports_today) =
            (total(|p| p.active_servers), total(|p| p.reports_today));
        let (adopted, new_names): (Vec<_>, Vec<_>) =
            products.into_iter().partition(|product| product.adopted);
        let rows = |products: Vec<ProductSummary>| {
            products
                .into_iter()
                .map(|product| ProductRow::new(product, now))
                .collect()
        };
        Overview {
            page,
            first_report: first_report(public_url.trim_end_matches('/')),
            active_servers,
            reports_today,
            adopted: rows(adopted),
            new_names: rows(new_names),
        }
    }
}

impl ProductRow {
    fn new(product: ProductSummary, now: Timestamp) -> ProductRow {
        ProductRow {
            id: product.id.0,
            name: product.name,
            active_servers: Count(product.active_servers),
            reports_today: Count(product.reports_today),
            last_report: product.last_report.map(|at| Moment::new(at, now)),
        }
    }
}

#[cfg(test)]
mod tests {
    use usage_store::report::Kind;

    use super::super::testing::{HOSTILE, House, layout, now};
    use super::*;

    fn product(id: i64, name: &str, adopted: bool) -> ProductSummary {
        ProductSummary {
            id: ProductId(id),
            name: name.to_owned(),
            adopted,
            active_servers: 1_234,
            reports_today: 2_400,
            last_report: Some(now()),
        }
    }

    fn html(products: Vec<ProductSummary>) -> String {
        Overview::new(layout(), "http://127.0.0.1:8087", products, now())
            .render()
            .unwrap()
    }

    #[test]
    fn adopted_products_come_first_and_new_names_wait_below() {
        let html = html(vec![
            product(1, "influxdb", true),
            product(2, "kapicator", false),
        ]);
        let (products, new_names) = html.split_once("New names").unwrap();
        assert!(products.contains(r#"<a href="/products/1">influxdb</a>"#));
        assert!(products.contains("1\u{202f}234") && !products.contains("kapicator"));
        assert!(new_names.contains("kapicator"));
        assert!(new_names.contains(r#"action="/products/2/adopt""#));
    }

    #[test]
    fn an_empty_server_says_how_to_send_the_first_report() {
        let html = html(vec![]);
        assert!(html.contains("No reports yet"));
        assert!(html.contains("curl"));
        assert!(html.contains("http://127.0.0.1:8087/api/v1/usage/"));
    }

    #[test]
    fn a_products_name_is_never_markup() {
        let html = html(vec![product(1, HOSTILE, true), product(2, HOSTILE, false)]);
        assert!(!html.contains("<script>") && html.contains("&#60;script&#62;"));
    }

    #[tokio::test]
    async fn without_signing_in_nobody_sees_it() {
        let house = House::new();
        let answer = house.get("/").await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("location").as_str()),
            (303, "/sign-in")
        );
        let answer = house.get("/reports?product=x&before=4").await;
        assert_eq!(
            answer.header("location"),
            "/sign-in?next=%2Freports%3Fproduct%3Dx%26before%3D4"
        );
        let answer = house.post("/products/1/adopt", &[]).await;
        assert_eq!(answer.header("location"), "/sign-in");
    }

    #[tokio::test]
    async fn adopting_takes_the_pages_own_form() {
        let house = House::signed_in();
        let page = house.get("/").await;
        let csrf = page.field("csrf");
        for wrong in ["", "guess"] {
            let answer = house.post("/products/1/adopt", &[("csrf", wrong)]).await;
            assert_eq!(answer.status, 403, "{wrong}");
        }
        let answer = house.post("/products/1/adopt", &[("csrf", &csrf)]).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("location").as_str()),
            (303, "/")
        );
    }

    #[tokio::test]
    async fn a_first_report_shows_under_new_names_and_moves_up_when_adopted() {
        let house = House::signed_in();
        assert!(house.get("/").await.text.contains("No reports yet"));
        let body = r#"[{"tags":{"version":"1.2.3"},"values":{"cluster_id":"c1","users":3}}]"#;
        house.append(Kind::Usage, "myproduct", body);
        let page = house.get("/").await;
        let (_, new_names) = page.text.split_once("New names").unwrap();
        assert!(new_names.contains("myproduct"));

        let csrf = page.field("csrf");
        let adopt = page
            .text
            .split("action=\"")
            .find_map(|rest| rest.split_once("/adopt\""));
        let adopt = format!("{}/adopt", adopt.unwrap().0);
        house.post(&adopt, &[("csrf", &csrf)]).await;
        let page = house.get("/").await;
        assert!(page.text.contains("myproduct") && !page.text.contains("New names"));

        let product = house.get(&page.link_with("/products/")).await;
        assert!(product.text.contains("1.2.3") && product.text.contains("100.0\u{a0}%"));
        let servers = house.get(&product.link_with("/servers")).await;
        let server = house.get(&servers.link_with("/servers/")).await;
        assert!(server.text.contains("users") && server.text.contains("Its reports"));
    }
}
