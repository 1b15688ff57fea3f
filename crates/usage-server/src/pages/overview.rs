//! `/`: the number one came for, all products at a glance with what changed since yesterday, the names that nobody
//! has adopted yet, and the newest reports.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::response::{Html, Redirect};
use jiff::Timestamp;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use usage_store::query::ProductId;

use super::assets::LIVE;
use super::figures::{Change, Count, Moment};
use super::layout::{Layout, Section, base_path};
use super::{Failure, ask, asked, render};
use crate::account::Operator;
use crate::api::{Answered, Cell, Row};
use crate::app::App;
use crate::chart;
use crate::command::first_report;
use crate::live::{self, LINES_SHOWN, Line};

#[derive(Template)]
#[template(path = "overview.html")]
struct Overview {
    page: Layout,
    /// The shell line that sends one.
    first_report: String,
    total: Figures,
    adopted: Vec<ProductRow>,
    new_names: Vec<ProductRow>,
    /// Nothing has reported yet.
    quiet: bool,
    /// The newest reports, the newest first.
    lines: Vec<Line>,
    /// Lines that the script keeps.
    most: usize,
    script: String,
}

/// Of a product, or of all adopted ones together.
struct Figures {
    active: Count,
    reports_today: Count,
    yesterday: Count,
    /// Of yesterday against the day before.
    change: Change,
    new_servers: Count,
    new_versions: Count,
    silent: Count,
    refused: Count,
    any_refused: bool,
}

struct ProductRow {
    id: i64,
    name: String,
    /// The same as a part of an address.
    encoded: String,
    figures: Figures,
    /// The active servers of some weeks.
    sparkline: String,
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
        let answers = [
            asked(app, "products", &[], now)?,
            asked(app, "products-daily", &[], now)?,
        ];
        let lines = live::newest(&app.store, LINES_SHOWN)?;
        let url = &app.settings.public_url;
        Ok(Overview::new(page, url, &answers, lines, now))
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

impl Figures {
    /// Of these rows together.
    fn of(products: &Answered, rows: &[&Row]) -> Figures {
        let sum = |column: &str| -> u64 {
            let counts = rows.iter().filter_map(|row| products.count(row, column));
            counts.sum()
        };
        let (yesterday, before) = (sum("yesterday"), sum("day_before"));
        Figures {
            active: Count(sum("active")),
            reports_today: Count(sum("reports_today")),
            yesterday: Count(yesterday),
            change: Change::between(before, yesterday),
            new_servers: Count(sum("new_servers")),
            new_versions: Count(sum("new_versions")),
            silent: Count(sum("silent_clusters")),
            refused: Count(sum("refused")),
            any_refused: sum("refused") > 0,
        }
    }
}

impl Overview {
    fn new(
        page: Layout,
        public_url: &str,
        [products, daily]: &[Answered; 2],
        lines: Vec<Line>,
        now: Timestamp,
    ) -> Overview {
        let mut days: BTreeMap<&str, Vec<Option<f64>>> = BTreeMap::new();
        for row in &daily.rows {
            let of = days.entry(daily.text(row, "product").unwrap_or_default());
            of.or_default().push(daily.number(row, "servers"));
        }
        let is_adopted = |row: &&Row| *products.cell(row, "adopted") == Cell::Flag(true);
        let (adopted, new_names): (Vec<&Row>, Vec<&Row>) =
            products.rows.iter().partition(is_adopted);
        let rows = |some: &[&Row]| {
            let rows = some.iter().map(|row| {
                let name = products.text(row, "product").unwrap_or_default();
                let values = days.get(name).map_or(&[][..], Vec::as_slice);
                ProductRow {
                    id: products.count(row, "number").unwrap_or(0) as i64,
                    name: name.to_owned(),
                    encoded: utf8_percent_encode(name, NON_ALPHANUMERIC).to_string(),
                    figures: Figures::of(products, &[*row]),
                    sparkline: chart::sparkline(values),
                    last_report: match products.cell(row, "last_report") {
                        Cell::Time(at) => Some(Moment::new(*at, now)),
                        _ => None,
                    },
                }
            });
            rows.collect()
        };
        Overview {
            script: format!("{}{}", page.base, LIVE.path()),
            page,
            first_report: first_report(public_url.trim_end_matches('/')),
            quiet: products
                .rows
                .iter()
                .all(|row| *products.cell(row, "last_report") == Cell::Empty),
            total: Figures::of(products, &adopted),
            adopted: rows(&adopted),
            new_names: rows(&new_names),
            lines,
            most: LINES_SHOWN,
        }
    }
}

#[cfg(test)]
mod tests {
    use usage_store::report::Kind;

    use super::super::testing::{HOSTILE, House};

    const BODY: &str = r#"[{"tags":{"version":"1.2.3"},"values":{"cluster_id":"c1","users":3}}]"#;

    #[tokio::test]
    async fn adopted_products_come_first_and_new_names_wait_below() {
        let house = House::signed_in();
        for (name, clusters) in [("influxdb", 1_234), ("kapicator", 2)] {
            let elements: Vec<String> = (0..clusters)
                .map(|n| {
                    format!(
                        r#"{{"tags":{{"version":"1.{}"}},"values":{{"cluster_id":"c{n}"}}}}"#,
                        n % 2
                    )
                })
                .collect();
            house.append(Kind::Usage, name, &format!("[{}]", elements.join(",")));
        }
        house
            .app
            .store
            .adopt_products(&["influxdb"], jiff::Timestamp::now())
            .unwrap();
        let page = house.get("/").await;
        let (products, new_names) = page.text.split_once("New names").unwrap();
        assert!(
            products.contains(r#"<a href="/products/1">influxdb</a>"#),
            "{products}"
        );
        assert!(products.contains("1\u{202f}234") && !products.contains("kapicator"));
        assert!(products.contains(r#"class="sparkline""#));
        assert!(new_names.contains("kapicator"));
        assert!(new_names.contains(r#"action="/products/2/adopt""#));
        let changes = house.get("/").await.text;
        for told in ["New servers", "New versions", "Gone silent", "Refused"] {
            assert!(changes.contains(told), "{told}");
        }
    }

    #[tokio::test]
    async fn an_empty_server_says_how_to_send_the_first_report() {
        let house = House::signed_in();
        let page = house.get("/").await;
        assert!(page.text.contains("No reports yet"));
        assert!(page.text.contains("curl"));
        assert!(page.text.contains("http://127.0.0.1:8087/api/v1/usage/"));
    }

    #[tokio::test]
    async fn nothing_that_was_reported_is_markup() {
        let house = House::signed_in();
        let body = serde_json::json!([{"values": {"cluster_id": HOSTILE}}]);
        house.append(Kind::Usage, HOSTILE, &body.to_string());
        house.append(Kind::Usage, "fine", BODY);
        let store = &house.app.store;
        for name in [HOSTILE, "fine"] {
            let page = house.get("/").await;
            assert!(!page.text.contains("<script>alert"), "{name}");
            assert!(page.text.contains("&#60;script&#62;"));
            store
                .adopt_products(&[name], jiff::Timestamp::now())
                .unwrap();
        }
        let page = house.get("/").await;
        assert!(!page.text.contains("<script>alert"));
    }

    #[tokio::test]
    async fn the_newest_reports_are_there_without_a_script_and_lead_to_themselves() {
        let house = House::signed_in();
        for n in 0..25 {
            let body = format!(r#"[{{"values":{{"cluster_id":"cluster{n}."}}}}]"#);
            house.append(Kind::Usage, "influxdb", &body);
        }
        let page = house.get("/").await;
        assert!(page.text.contains("cluster24.") && page.text.contains("cluster5."));
        assert!(!page.text.contains("cluster4."));
        let newest = house.get(&page.link_with("/reports?before=")).await;
        assert!(newest.text.contains("cluster24."));
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
