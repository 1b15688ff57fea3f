//! `/products/{id}/retention`: who is new, who stays and who is gone.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use jiff::Timestamp;

use super::super::layout::{Layout, Section};
use super::super::panel::{self, Desk, Shown};
use super::super::view::{Choice, Controls, View};
use super::super::{Failure, base_path, panels, render};
use super::tabs::{Tab, tabs};
use crate::account::Operator;
use crate::app::App;

#[derive(Template)]
#[template(path = "product/retention.html")]
struct RetentionPage {
    page: Layout,
    name: String,
    adopted: bool,
    tabs: Vec<Choice>,
    controls: Controls,
    retention: Shown,
    lifecycle: Shown,
}

/// `GET /products/{id}/retention`
pub(in super::super) async fn show(
    State(app): State<Arc<App>>,
    operator: Operator,
    Path(id): Path<i64>,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let now = Timestamp::now();
    let view = View::read(query.as_deref());
    let path = format!("/products/{id}/retention");
    if let Some(tidied) = view.tidied() {
        let base = base_path(&app.settings.public_url);
        return Ok(Redirect::to(&format!("{base}{path}{}", tidied.link())).into_response());
    }
    let shown = panel::ask(&app, move |app| {
        let page = Layout::new(app, &operator, Section::Products, now)?;
        let product = super::super::listed(app, id)?;
        let desk = Desk::new(app, &page.base, &path, &product.name, &view, now);
        // There are no cohorts of a day: a page of days has those of weeks.
        let cohorts: &[(&str, &str)] = match view.said("per") {
            Some("day") => &[("per", "week")],
            _ => &[],
        };
        Ok(RetentionPage {
            adopted: product.adopted,
            tabs: tabs(&page.base, id, Tab::Retention, &view),
            controls: Controls::new(&view, format!("{}{path}", page.base), true),
            retention: desk.show(&panels::retention::PANEL, cohorts),
            lifecycle: desk.show(&panels::lifecycle::PANEL, &[]),
            name: product.name.clone(),
            page,
        })
    });
    Ok(render(&shown.await?)?.into_response())
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::House;

    #[tokio::test]
    async fn cohorts_are_a_table_whose_cells_are_shaded() {
        let house = House::signed_in();
        house.settle_demo_fleet(30, 60);
        for (query, title) in [
            ("", "Who stays, by the week of being first seen"),
            (
                "?days=90&per=month",
                "Who stays, by the month of being first seen",
            ),
            ("?per=day", "Who stays, by the week of being first seen"),
        ] {
            let page = house.get(&format!("/products/1/retention{query}")).await;
            assert_eq!(page.status, 200);
            for part in [
                title,
                "class=\"numbers heat\"",
                "number h10\">100",
                "<th scope=\"row\">20",
                "New, returned and gone servers",
                "/charts/lifecycle.svg?product=",
                "/api/v1/query/retention?product=",
            ] {
                assert!(page.text.contains(part), "{query} {part}: {}", page.text);
            }
        }
    }

    #[tokio::test]
    async fn where_nobody_was_first_seen_it_says_what_to_do() {
        let house = House::signed_in();
        house.settle_demo_fleet(4, 2);
        let page = house.get("/products/1/retention?to=2020-01-31").await;
        assert!(
            page.text.contains("Choose a longer window"),
            "{}",
            page.text
        );
        assert_eq!(house.get("/products/99/retention").await.status, 404);
    }
}
