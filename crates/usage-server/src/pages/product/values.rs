//! `/products/{id}/values`: what a number that servers report comes to, whole or split; and what of all that can
//! be used is used.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use jiff::Timestamp;

use super::super::layout::{Layout, Section};
use super::super::panel::{self, Ask, Days, Desk, Shown};
use super::super::view::{Choice, Controls, View};
use super::super::{Failure, base_path, panels, render};
use super::tabs::{Tab, tabs};
use super::{dimensions, splits};
use crate::account::Operator;
use crate::api::{Answered, Row};
use crate::app::App;
use crate::chart::Unit;

/// What there is, and how many report it.
const DICTIONARY: Ask = Ask {
    question: "dictionary",
    window: Days::UpToItsEnd,
    fixed: &[],
};

/// What the chosen one comes to.
const NOW: Ask = Ask {
    question: "value-now",
    window: Days::UpToItsEnd,
    fixed: panels::histogram::ALL_TOGETHER,
};

/// What is shown of it in figures: a column, and what it is called.
const FIGURES: [(&str, &str, &str); 5] = [
    ("median", "Median", "half have this or less"),
    ("p90", "p90", "90 % have this or less"),
    ("p99", "p99", "99 % have this or less"),
    ("max", "Largest", "that any server has"),
    ("sum", "Sum", "of all servers"),
];

#[derive(Template)]
#[template(path = "product/values.html")]
struct ValuesPage {
    page: Layout,
    name: String,
    adopted: bool,
    tabs: Vec<Choice>,
    controls: Controls,
    numbers: Vec<Choice>,
    /// What the form that chooses hands on.
    kept: Vec<(String, String)>,
    at: String,
    chosen: Option<Chosen>,
    features: Shown,
}

/// The number that is looked at.
struct Chosen {
    name: String,
    /// What operators noted about it.
    description: String,
    unit: String,
    figures: Vec<(&'static str, String, &'static str)>,
    splits: Vec<Choice>,
    panels: Vec<Shown>,
}

/// `GET /products/{id}/values`
pub(in super::super) async fn show(
    State(app): State<Arc<App>>,
    operator: Operator,
    Path(id): Path<i64>,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let now = Timestamp::now();
    let view = View::read(query.as_deref());
    let path = format!("/products/{id}/values");
    if let Some(tidied) = view.tidied() {
        let base = base_path(&app.settings.public_url);
        return Ok(Redirect::to(&format!("{base}{path}{}", tidied.link())).into_response());
    }
    let shown = panel::ask(&app, move |app| {
        let page = Layout::new(app, &operator, Section::Products, now)?;
        let product = super::super::listed(app, id)?;
        let at = format!("{}{path}", page.base);
        let desk = Desk::new(app, &page.base, &path, &product.name, &view, now);
        let dictionary = desk.ask(&DICTIONARY, &[]).ok();
        let numbers = dictionary.as_deref().map(numbers).unwrap_or_default();
        let said = view.said("value").map(str::to_owned);
        let name = said.or_else(|| most_reported(&numbers));
        let chosen = match name {
            None => None,
            Some(name) => {
                let dimensions = dimensions(&desk);
                let number = numbers.iter().find(|one| one.name == name);
                Some(chosen(&desk, &view, &at, number, &name, &dimensions))
            }
        };
        let kept = view.with(&[("value", None)]).pairs().to_vec();
        let current = chosen.as_ref().map(|one: &Chosen| one.name.clone());
        Ok(ValuesPage {
            adopted: product.adopted,
            tabs: tabs(&page.base, id, Tab::Values, &view),
            controls: Controls::new(&view, at.clone(), false),
            numbers: choices(&numbers, current.as_deref()),
            kept,
            features: desk.show(&panels::features::PANEL, &[]),
            chosen,
            at,
            name: product.name.clone(),
            page,
        })
    });
    Ok(render(&shown.await?)?.into_response())
}

/// A number that servers report.
#[derive(Debug, Clone, PartialEq, Eq)]
struct NumberName {
    name: String,
    servers: u64,
    description: String,
    unit: String,
}

fn numbers(dictionary: &Answered) -> Vec<NumberName> {
    let is_number = |row: &&Row| {
        dictionary.text(row, "kind") == Some("value") && dictionary.text(row, "name").is_some()
    };
    let text = |row, column| dictionary.text(row, column).unwrap_or_default().to_owned();
    let rows = dictionary.rows.iter().filter(is_number);
    let numbers = rows.map(|row| NumberName {
        name: text(row, "name"),
        servers: dictionary.count(row, "servers").unwrap_or(0),
        description: text(row, "description"),
        unit: text(row, "unit"),
    });
    numbers.collect()
}

/// What is shown first: that most servers report; of several the first by name.
fn most_reported(numbers: &[NumberName]) -> Option<String> {
    let most = numbers.iter().rev().max_by_key(|one| one.servers)?;
    Some(most.name.clone())
}

fn choices(numbers: &[NumberName], current: Option<&str>) -> Vec<Choice> {
    let known = numbers.iter().map(|one| one.name.as_str());
    let choices = known.map(|name| Choice {
        name: name.to_owned(),
        to: name.to_owned(),
        current: current == Some(name),
    });
    choices.collect()
}

fn chosen(
    desk: &Desk<'_>,
    view: &View,
    at: &str,
    number: Option<&NumberName>,
    name: &str,
    dimensions: &[String],
) -> Chosen {
    let value = [("value", name)];
    let now = desk.ask(&NOW, &value).ok();
    let row = now
        .as_deref()
        .and_then(|now| Some((now, now.rows.first()?)));
    let figures = FIGURES.iter().filter_map(|(column, title, note)| {
        let (now, row) = row?;
        Some((*title, Unit::Number.exact(now.number(row, column)?), *note))
    });
    let mut panels = vec![desk.show(&panels::values::PANEL, &value)];
    if view.said("by").is_some() {
        panels.push(desk.show(&panels::value_groups::PANEL, &value));
    }
    panels.push(desk.show(&panels::histogram::PANEL, &value));
    panels.push(desk.show(&panels::penetration::PANEL, &value));
    Chosen {
        name: name.to_owned(),
        description: number.map_or(String::new(), |one| one.description.clone()),
        unit: number.map_or(String::new(), |one| one.unit.clone()),
        figures: figures.collect(),
        splits: splits(view, at, dimensions),
        panels,
    }
}

#[cfg(test)]
mod tests {
    use usage_store::report::Kind;

    use super::super::super::testing::{ACME_OWNER, HOSTILE, House};

    #[tokio::test]
    async fn a_number_is_chosen_and_split_and_the_window_stays() {
        let house = House::signed_in();
        house.settle_demo_fleet(20, 10);
        let page = house.get("/products/1/values?days=7").await;
        assert_eq!(page.status, 200);
        assert!(page.text.contains("id=\"values-"), "{}", page.text);
        assert!(page.text.contains(" over the servers</h2>") && page.text.contains(">p99<"));
        let page = house
            .get("/products/1/values?days=7&value=stored_bytes&by=os")
            .await;
        for part in [
            "Median of stored_bytes per day, by os",
            "<option value=\"stored_bytes\" selected>",
            "<input type=\"hidden\" name=\"days\" value=\"7\">",
            "<input type=\"hidden\" name=\"by\" value=\"os\">",
            "/charts/values.svg?product=",
            "/api/v1/query/values?product=",
            "What is used",
            "linux",
        ] {
            assert!(page.text.contains(part), "{part}: {}", page.text);
        }
        let file = house
            .get("/charts/values.svg?product=tidewater&value=stored_bytes&by=os&days=7")
            .await;
        assert!(file.text.contains("Median of stored_bytes per day, by os"));
    }

    #[tokio::test]
    async fn a_number_that_is_not_there_says_so_in_its_place() {
        let house = House::signed_in();
        house.settle_demo_fleet(4, 2);
        let page = house.get("/products/1/values?value=nothing").await;
        assert_eq!(page.status, 200);
        assert!(page.text.contains("was not found"), "{}", page.text);
        assert!(page.text.contains("What is used"));
        assert_eq!(house.get("/products/99/values").await.status, 404);
    }

    #[tokio::test]
    async fn where_no_number_was_reported_it_says_what_to_do() {
        let house = House::signed_in();
        house.append(Kind::Usage, "a", r#"[{"values":{"cluster_id":"c"}}]"#);
        let page = house.get("/products/1/values").await;
        assert!(page.text.contains("No numbers yet"), "{}", page.text);
    }

    #[tokio::test]
    async fn nothing_that_was_reported_is_markup_and_nobody_else_sees_it() {
        let house = House::signed_in();
        let text = serde_json::to_string(HOSTILE).unwrap();
        let body =
            format!(r#"[{{"tags":{{{text}:"true"}},"values":{{"cluster_id":"c",{text}:3}}}}]"#);
        house.append(Kind::Usage, "a", &body);
        let body = format!(r#"[{{"values":{{"cluster_id":"c",{text}:3}}}}]"#);
        house.append(Kind::Usage, "a", &body);
        let page = house.get("/products/1/values").await;
        assert_eq!(page.status, 200);
        assert!(!page.text.contains("<script>"), "{}", page.text);
        assert!(page.text.contains("script&"), "{}", page.text);
        house.customer("Acme", ACME_OWNER);
        house.enter_as(ACME_OWNER);
        for path in ["/products/1/values", "/products/1/retention"] {
            assert_eq!(house.get(path).await.status, 403, "{path}");
        }
    }
}
