//! `/servers/{id}`: all that one server said of itself: its days, its values over time, and its reports.

mod series;

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use jiff::Timestamp;

use self::series::Lines;
use super::figures::{Count, Moment};
use super::layout::{Layout, Section};
use super::panel::{Ask, Days, Desk, Shown};
use super::report_rows::{REPORTS_SHOWN, ReportRow};
use super::server_rows::moment;
use super::view::{Choice, Controls, View};
use super::{Failure, ask, asked, panels, render};
use crate::account::Operator;
use crate::api::Answered;
use crate::app::App;

const HISTORY: Ask = Ask {
    question: "server-history",
    window: Days::OfPage,
    fixed: &[],
};

const STATS: Ask = Ask {
    question: "server-stats",
    window: Days::OfPage,
    fixed: &[],
};

/// One more than is shown.
const REPORTS: Ask = Ask {
    question: "server-reports",
    window: Days::OfPage,
    fixed: &[("limit", "26")],
};

#[derive(Template)]
#[template(path = "server.html")]
struct ServerPage {
    page: Layout,
    about: About,
    windows: Vec<Choice>,
    days: Shown,
    values: Lines,
    dimensions: Vec<(String, String)>,
    stats: Lines,
    reports: Vec<ReportRow>,
    refused: Option<String>,
    /// The newest reports, where others are shown.
    newest: Option<String>,
    older: Option<String>,
}

/// What is known of it.
#[derive(Default)]
struct About {
    product_id: u64,
    product: String,
    organization: Option<String>,
    organization_id: Option<u64>,
    cluster_id: String,
    server_id: Option<String>,
    host: Option<String>,
    previous_host: Option<String>,
    version: Option<String>,
    first_seen: Option<Moment>,
    last_seen: Option<Moment>,
    reports: Count,
    starts: Count,
    host_returns: Count,
    backwards: Count,
}

/// `GET /servers/{id}`
pub(super) async fn show(
    State(app): State<Arc<App>>,
    operator: Operator,
    Path(id): Path<u32>,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let now = Timestamp::now();
    let view = View::read(query.as_deref());
    let path = format!("/servers/{id}");
    if let Some(tidied) = view.tidied() {
        let base = super::base_path(&app.settings.public_url);
        return Ok(Redirect::to(&format!("{base}{path}{}", tidied.link())).into_response());
    }
    let server = ask(&app, move |app| {
        let page = Layout::new(app, &operator, Section::Products, now)?;
        let number = id.to_string();
        let known = asked(app, "server", &[("server", &number)], now)?;
        let about = About::new(&known, now);
        let also = [("server", number.as_str())];
        let desk = Desk::new(app, &page.base, &path, "", &view, now);
        let at = format!("{}{path}", page.base);
        let (values, stats) = (desk.ask(&HISTORY, &also), desk.ask(&STATS, &also));
        let reports = desk.ask(&REPORTS, &also);
        let (reports, refused) = match &reports {
            Ok(answer) => (rows(answer, &about, now), None),
            Err(why) => (Vec::new(), Some(why.clone())),
        };
        let link = |before: Option<&str>| {
            format!("{at}{}#reports", view.with(&[("before", before)]).link())
        };
        let more = reports.len() > REPORTS_SHOWN;
        let last = reports.get(REPORTS_SHOWN - 1).filter(|_| more);
        let older = last.map(|last| link(Some(&last.seq.to_string())));
        Ok(ServerPage {
            windows: Controls::new(&view, at.clone(), false).windows,
            days: desk.show(&panels::server::PANEL, &also),
            values: values.map_or_else(|_| Lines::default(), |answer| series::values(&answer)),
            dimensions: dimensions(&known),
            stats: stats.map_or_else(|_| Lines::default(), |answer| series::stats(&answer)),
            reports: reports.into_iter().take(REPORTS_SHOWN).collect(),
            refused,
            newest: view.said("before").map(|_| link(None)),
            older,
            about,
            page,
        })
    });
    Ok(render(&server.await?)?.into_response())
}

impl About {
    fn new(known: &Answered, now: Timestamp) -> About {
        let row = |name: &str| {
            let mut rows = known.rows.iter();
            rows.find(|row| {
                known.text(row, "kind") == Some("about") && known.text(row, "name") == Some(name)
            })
        };
        let text = |name| row(name).and_then(|row| known.text(row, "text").map(str::to_owned));
        let number = |name| row(name).and_then(|row| known.count(row, "number"));
        let count = |name| Count(number(name).unwrap_or(0));
        let at = |name| row(name).and_then(|row| moment(known.cell(row, "at"), now));
        About {
            product_id: number("product_number").unwrap_or(0),
            product: text("product").unwrap_or_default(),
            organization: text("organization"),
            organization_id: number("organization_id"),
            cluster_id: text("cluster_id").unwrap_or_default(),
            server_id: text("server_id"),
            host: text("host"),
            previous_host: text("previous_host"),
            version: text("version"),
            first_seen: at("first_seen"),
            last_seen: at("last_seen"),
            reports: count("reports"),
            starts: count("starts"),
            host_returns: count("host_returns"),
            backwards: count("backwards"),
        }
    }
}

/// What it said last that is no number.
fn dimensions(known: &Answered) -> Vec<(String, String)> {
    let rows = known.rows.iter().filter_map(|row| {
        let is_one = known.text(row, "kind") == Some("dimension");
        let (name, text) = (known.text(row, "name")?, known.text(row, "text")?);
        is_one.then(|| (name.to_owned(), text.to_owned()))
    });
    rows.collect()
}

/// Its reports; the page says whose they are.
fn rows(answer: &Answered, about: &About, now: Timestamp) -> Vec<ReportRow> {
    let rows = ReportRow::all(answer, now).into_iter();
    let rows = rows.map(|row| ReportRow {
        product: about.product.clone(),
        organization: about.organization.clone(),
        sender: None,
        ..row
    });
    rows.collect()
}

#[cfg(test)]
mod tests {
    use usage_store::report::Kind;

    use super::super::testing::House;
    use super::*;

    #[tokio::test]
    async fn a_server_shows_what_it_said_and_its_reports_page_by_page() {
        let house = House::signed_in();
        for n in 1..=30 {
            let body = format!(
                r#"[{{"tags":{{"version":"1.{n}","os":"linux"}},"values":{{"cluster_id":"c","server_id":"s","many":{},"n":{n}}}}}]"#,
                u64::MAX
            );
            house.append(Kind::Usage, "a", &body);
        }
        let stats = r#"{"cluster_id":"c","server_id":"s","stats":[{"name":"db","tags":{"name":"x"},"values":{"series":7}}]}"#;
        house.append(Kind::Stats, "a", stats);
        let page = house.get("/servers/1").await;
        for part in [
            "18\u{202f}446\u{202f}744\u{202f}073\u{202f}709\u{202f}551\u{202f}615",
            "href=\"/products/1\"",
            "1.30",
            "It reported on 1 of 30 days",
            "db series",
            "name=x",
            "class=\"sparkline\"",
            "/api/v1/query/server-history?server=1",
        ] {
            assert!(page.text.contains(part), "{part}: {}", page.text);
        }
        assert_eq!(page.text.matches("The body as received").count(), 25);
        let older = page.link_with("before=");
        let rest = house.get(older.split('#').next().unwrap()).await;
        assert_eq!(rest.text.matches("The body as received").count(), 6);
        assert!(!rest.text.contains("before=") && rest.text.contains(">Newest<"));
    }

    #[tokio::test]
    async fn a_server_that_was_erased_is_on_no_page() {
        use usage_store::erasure::{ErasureRequest, Whose};
        let house = House::signed_in();
        let body = r#"[{"values":{"cluster_id":"forget-me","server_id":"s"}}]"#;
        house.append(Kind::Usage, "tidewater", body);
        let paths = ["/", "/products/1", "/reports", "/servers/1"];
        for path in &paths[2..] {
            assert!(house.get(path).await.text.contains("forget-me"), "{path}");
        }
        let request = ErasureRequest {
            product: "tidewater".to_owned(),
            cluster_id: "forget-me".to_owned(),
            server_id: None,
            whose: Whose::Everybodys,
            actor: "test".to_owned(),
        };
        let store = &house.app.store;
        let now = Timestamp::now();
        store.request_erasure(&request, "code", now).unwrap();
        assert!(store.erase_next(now).unwrap());
        for path in paths {
            let page = house.get(path).await;
            assert!(!page.text.contains("forget-me"), "{path}");
        }
        assert_eq!(house.get("/servers/1").await.status, 404);
    }

    #[tokio::test]
    async fn a_server_that_is_not_there_is_not_found() {
        let house = House::signed_in();
        assert_eq!(house.get("/servers/99").await.status, 404);
    }
}
