//! `/products/{id}`: one product: how many servers, which versions, on what. Its other pages are beside.

mod around;
pub(super) mod cluster;
pub(super) mod clusters;
pub(super) mod ids;
pub(super) mod retention;
pub(super) mod servers;
pub(super) mod tabs;
pub(super) mod values;

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::response::{Html, IntoResponse, Redirect, Response};
use jiff::Timestamp;

use self::tabs::{Tab, tabs};
use super::figures::{Count, Moment};
use super::layout::{Layout, Section};
use super::panel::{self, Ask, Days, Desk, Shown};
use super::server_rows::moment;
use super::view::{Choice, Controls, View};
use super::{Failure, panels, render};
use crate::account::Operator;
use crate::app::App;

/// Shown first, in this order; then all others by name.
const FIRST_DIMENSIONS: [&str; 3] = ["version", "os", "arch"];
/// A product that tags everything would fill the page.
const DIMENSIONS_SHOWN: usize = 12;
/// Groups that aren't a dimension's, shown after all.
const WHO: [&str; 2] = ["@organization", "@who"];
/// Dimensions that the servers over time can be split by; an address may name any.
const SPLITS_SHOWN: usize = 8;

/// The head's figures.
const GLANCE: Ask = Ask {
    question: "products",
    window: Days::OfPage,
    fixed: &[],
};

const DIMENSIONS: Ask = Ask {
    question: "dimensions",
    window: Days::OfPage,
    fixed: &[],
};

#[derive(Template)]
#[template(path = "product/overview.html")]
struct ProductPage {
    page: Layout,
    name: String,
    adopted: bool,
    tabs: Vec<Choice>,
    controls: Controls,
    figures: Figures,
    splits: Vec<Choice>,
    active: Shown,
    adoption: Shown,
    moves: Vec<Shown>,
    shares: Vec<Shown>,
}

/// `GET /products/{id}`
pub(super) async fn show(
    State(app): State<Arc<App>>,
    operator: Operator,
    Path(id): Path<i64>,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let now = Timestamp::now();
    let view = View::read(query.as_deref());
    let path = format!("/products/{id}");
    if let Some(elsewhere) = tidied(&app, &path, &view) {
        return Ok(elsewhere);
    }
    let product = panel::ask(&app, move |app| {
        let page = Layout::new(app, &operator, Section::Products, now)?;
        let product = super::listed(app, id)?;
        let desk = Desk::new(app, &page.base, &path, &product.name, &view, now);
        let dimensions = dimensions(&desk);
        let shares: Vec<Shown> = dimensions
            .iter()
            .take(DIMENSIONS_SHOWN)
            .map(String::as_str)
            .chain(WHO.into_iter().filter(|_| !dimensions.is_empty()))
            .map(|name| desk.show(&panels::shares::PANEL, &[("by", name)]))
            .collect();
        let values = dimensions.iter().zip(&shares);
        let values = values.map(|(name, panel)| (name.clone(), panel.values()));
        let at = format!("{}{path}", page.base);
        Ok(ProductPage {
            adopted: product.adopted,
            tabs: tabs(&page.base, id, Tab::Overview, &view),
            controls: Controls::new(&view, at.clone(), true).with_values(values.collect()),
            figures: Figures::new(&desk, now),
            splits: splits(&view, &at, &dimensions),
            active: desk.show(&panels::active::PANEL, &[]),
            adoption: desk.show(&panels::adoption::PANEL, &[]),
            moves: [
                &panels::behind::PANEL,
                &panels::releases::PANEL,
                &panels::upgrades::PANEL,
                &panels::paths::PANEL,
            ]
            .map(|panel| desk.show(panel, &[]))
            .into(),
            shares,
            page,
            name: product.name.clone(),
        })
    });
    let html: Html<String> = render(&product.await?)?;
    Ok(html.into_response())
}

/// To the same page by an address that can be kept, where a form has said it in its own way.
fn tidied(app: &App, path: &str, view: &View) -> Option<Response> {
    let tidied = view.tidied()?;
    let base = super::base_path(&app.settings.public_url);
    Some(Redirect::to(&format!("{base}{path}{}", tidied.link())).into_response())
}

/// The product in figures.
#[derive(Default)]
struct Figures {
    active_servers: Count,
    reports_today: Count,
    last_report: Option<Moment>,
}

impl Figures {
    fn new(desk: &Desk<'_>, now: Timestamp) -> Figures {
        let Ok(answer) = desk.ask(&GLANCE, &[]) else {
            return Figures::default();
        };
        let row = answer.rows.first();
        let count = |column| Count(row.and_then(|row| answer.count(row, column)).unwrap_or(0));
        Figures {
            active_servers: count("active"),
            reports_today: count("reports_today"),
            last_report: row.and_then(|row| moment(answer.cell(row, "last_report"), now)),
        }
    }
}

/// A product's dimensions, in the order of the page.
fn dimensions(desk: &Desk<'_>) -> Vec<String> {
    let Ok(answer) = desk.ask(&DIMENSIONS, &[]) else {
        return Vec::new();
    };
    let names = answer.rows.iter();
    let names = names.filter_map(|row| answer.text(row, "dimension").map(str::to_owned));
    let mut dimensions: Vec<String> = names.collect();
    dimensions.sort_by_key(|name| {
        let first = FIRST_DIMENSIONS.iter().position(|first| first == name);
        first.unwrap_or(usize::MAX)
    });
    dimensions
}

/// What the servers over time can be split by.
fn splits(view: &View, at: &str, dimensions: &[String]) -> Vec<Choice> {
    let by = view.said("by");
    let fixed = [
        ("nothing", None),
        ("organization", Some("@organization")),
        ("token", Some("@who")),
    ];
    let dimensions = dimensions.iter().take(SPLITS_SHOWN);
    let dimensions = dimensions.map(|name| (name.as_str(), Some(name.as_str())));
    let (first, rest) = fixed.split_at(1);
    let all = first
        .iter()
        .copied()
        .chain(dimensions)
        .chain(rest.iter().copied());
    let choice = |(name, said): (&str, Option<&str>)| Choice {
        name: name.to_owned(),
        to: format!(
            "{at}{}",
            view.with(&[("by", said), ("before", None)]).link()
        ),
        current: by == said,
    };
    all.map(choice).collect()
}

#[cfg(test)]
mod tests {
    use usage_store::report::Kind;

    use super::super::testing::{HOSTILE, House};

    #[tokio::test]
    async fn every_chart_has_a_title_a_sentence_a_table_and_ways_out() {
        let house = House::signed_in();
        house.settle_demo_fleet(12, 6);
        let page = house.get("/products/1?by=version").await;
        assert_eq!(page.status, 200);
        for part in [
            "<h2 id=\"active-title\">Active servers</h2>",
            "id=\"active-summary\"",
            "has the most servers",
            "aria-labelledby=\"active-title\" aria-describedby=\"active-summary\"",
            "<th scope=\"col\" class=\"number\">",
            "/api/v1/query/active?product=",
            "&#38;format=csv\"",
            "/charts/active.svg?product=",
            "<th scope=\"row\"><a rel=\"nofollow\" href=\"/products/1?by=version&#38;filter%5B",
        ] {
            assert!(page.text.contains(part), "{part}: {}", page.text);
        }
    }

    #[tokio::test]
    async fn what_a_form_left_empty_is_no_part_of_the_address() {
        let house = House::signed_in();
        house.settle_demo_fleet(4, 2);
        let answer = house.get("/products/1?from=&only=os%3Dlinux").await;
        assert_eq!(answer.status, 303);
        let to = answer.header("location");
        assert_eq!(to, "/products/1?filter%5Bos%5D=linux");
        let page = house.get(&to).await;
        assert!(page.text.contains("os is linux"));
    }

    #[tokio::test]
    async fn a_question_that_is_wrong_says_so_in_its_place() {
        let house = House::signed_in();
        house.settle_demo_fleet(4, 2);
        let page = house.get("/products/1?by=nothing").await;
        assert_eq!(page.status, 200);
        assert!(page.text.contains("no dimension is named"));
        assert!(page.text.contains("What they run on"));
    }

    #[tokio::test]
    async fn a_product_without_tags_says_what_to_do() {
        let house = House::signed_in();
        house.append(Kind::Usage, "a", r#"[{"values":{"cluster_id":"c"}}]"#);
        let page = house.get("/products/1?to=2026-01-31").await;
        assert!(
            page.text.contains("Choose a longer window"),
            "{}",
            page.text
        );
    }

    #[tokio::test]
    async fn nothing_that_was_reported_is_markup() {
        let house = House::signed_in();
        let text = serde_json::to_string(HOSTILE).unwrap();
        let body = format!(
            r#"[{{"tags":{{"version":{text},"os":{text}}},"values":{{"cluster_id":{text},"server_id":{text}}}}}]"#
        );
        house.append(Kind::Usage, "a", &body);
        for by in [
            "",
            "?by=version",
            "?by=@who",
            "?filter%5Bos%5D=%3Cscript%3E",
        ] {
            let page = house.get(&format!("/products/1{by}")).await;
            assert_eq!(page.status, 200, "{}", page.text);
            assert!(!page.text.contains("<script>"), "{}", page.text);
            assert!(page.text.contains("script&"), "{}", page.text);
        }
        let file = house.get("/charts/active.svg?product=a&by=version").await;
        assert!(!file.text.contains("<script"), "{}", file.text);
    }

    #[tokio::test]
    async fn a_product_that_is_not_there_is_not_found() {
        let house = House::signed_in();
        assert_eq!(house.get("/products/99").await.status, 404);
        assert_eq!(house.get("/products/none").await.status, 400);
    }
}
