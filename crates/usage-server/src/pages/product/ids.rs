//! `/products/{id}/ids`: ids that don't say how many servers there are: those that several probably share, with
//! the evidence, and those that were seen once.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;

use super::super::figures::{Count, Moment};
use super::super::layout::Layout;
use super::super::listing::Listing;
use super::super::panel::{Ask, Days, Shown};
use super::super::server_rows::{SERVERS, ServerRow, moment};
use super::super::view::{Choice, Controls, View};
use super::super::{Failure, ask, panels, render};
use super::around::Around;
use super::servers::ASK;
use super::tabs::Tab;
use crate::account::Operator;
use crate::api::{Answered, Row};
use crate::app::App;

/// Clones on the page.
const CLONES_SHOWN: usize = 50;

const CLONES: Ask = Ask {
    question: "clones",
    window: Days::OfPage,
    fixed: &[("limit", "51")],
};

#[derive(Template)]
#[template(path = "product/ids.html")]
struct Ids {
    page: Layout,
    name: String,
    adopted: bool,
    tabs: Vec<Choice>,
    controls: Controls,
    steadiness: Shown,
    clones: Vec<Suspect>,
    more_clones: bool,
    refused: Option<String>,
    listing: Listing,
    servers: Vec<ServerRow>,
}

/// A suspected one, and why.
struct Suspect {
    id: u64,
    cluster_id: String,
    server_id: Option<String>,
    organization: Option<String>,
    by_hosts: bool,
    by_counters: bool,
    host: String,
    other_host: String,
    host_returns: Count,
    backwards: Count,
    starts: Count,
    reports: Count,
    last_seen: Option<Moment>,
}

/// `GET /products/{id}/ids`
pub(in super::super) async fn show(
    State(app): State<Arc<App>>,
    operator: Operator,
    Path(id): Path<i64>,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let now = Timestamp::now();
    let view = View::read(query.as_deref());
    if let Some(elsewhere) = super::tidied(&app, &format!("/products/{id}/ids"), &view) {
        return Ok(elsewhere);
    }
    let ids = ask(&app, move |app| {
        let around = Around::new(app, &operator, (id, "/ids", Tab::Ids), &view, now)?;
        let desk = around.desk(app, &view, now);
        // The list below is of those alone.
        let of_once = view.with(&[("state", Some("once")), ("once", None)]);
        let once = around.desk(app, &of_once, now);
        let answer = once.ask(&ASK, &[]);
        let listing = around.listing(&SERVERS, &of_once, &answer);
        let (mut clones, refused) = match desk.ask(&CLONES, &[]) {
            Ok(answer) => (Suspect::all(&answer, now), None),
            Err(why) => (Vec::new(), Some(why)),
        };
        let more_clones = clones.len() > CLONES_SHOWN;
        clones.truncate(CLONES_SHOWN);
        Ok(Ids {
            steadiness: desk.show(&panels::ids::PANEL, &[]),
            clones,
            more_clones,
            refused,
            listing,
            servers: answer.map_or_else(|_| Vec::new(), |answer| ServerRow::all(&answer, now)),
            page: around.page,
            name: around.name,
            adopted: around.adopted,
            tabs: around.tabs,
            controls: around.controls,
        })
    });
    Ok(render(&ids.await?)?.into_response())
}

impl Suspect {
    fn all(answer: &Answered, now: Timestamp) -> Vec<Suspect> {
        let rows = answer.rows.iter();
        rows.map(|row| Suspect::new(answer, row, now)).collect()
    }

    fn new(answer: &Answered, row: &Row, now: Timestamp) -> Suspect {
        let text = |column| answer.text(row, column).map(str::to_owned);
        let count = |column| Count(answer.count(row, column).unwrap_or(0));
        let reasons = answer.text(row, "reasons").unwrap_or_default();
        Suspect {
            id: answer.count(row, "server").unwrap_or(0),
            cluster_id: text("cluster_id").unwrap_or_default(),
            server_id: text("server_id"),
            organization: text("organization"),
            by_hosts: reasons.contains("hosts"),
            by_counters: reasons.contains("counters"),
            host: text("host").unwrap_or_else(|| "–".to_owned()),
            other_host: text("other_host").unwrap_or_else(|| "–".to_owned()),
            host_returns: count("host_returns"),
            backwards: count("backwards"),
            starts: count("starts"),
            reports: count("reports"),
            last_seen: moment(answer.cell(row, "last_seen"), now),
        }
    }
}

#[cfg(test)]
mod tests {
    use usage_store::report::Kind;

    use super::super::super::testing::House;

    #[tokio::test]
    async fn a_clone_is_shown_with_its_evidence_and_leads_to_its_server() {
        let house = House::signed_in();
        for host in ["one", "two", "one", "two", "one"] {
            let body = format!(
                r#"{{"cluster_id":"twins","server_id":"t","host":"{host}.example","product":"a","version":"1"}}"#
            );
            house.append(Kind::Servers, "a", &body);
        }
        house.append(Kind::Usage, "a", r#"[{"values":{"cluster_id":"lonely"}}]"#);
        let page = house.get("/products/1/ids").await;
        for part in [
            "<strong>one.example</strong> and <strong>two.example</strong> took turns 3 times",
            "/servers/1\">twins",
            "/servers/2\">lonely",
            "1–1 of 1 server",
        ] {
            assert!(page.text.contains(part), "{part}: {}", page.text);
        }
    }
}
