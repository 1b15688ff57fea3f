//! `/products/{id}/clusters`: a product's clusters, searched, sorted, a page at a time.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;

use super::super::figures::{Count, Moment, Value};
use super::super::layout::Layout;
use super::super::listing::{By, Kind, Listing, ROWS_SHOWN};
use super::super::panel::{Ask, Days};
use super::super::server_rows::{moment, value};
use super::super::view::{Choice, Controls, View};
use super::super::{Failure, ask, render};
use super::around::Around;
use super::servers::numbers;
use super::tabs::Tab;
use crate::account::Operator;
use crate::api::Answered;
use crate::app::App;

const ASK: Ask = Ask {
    question: "clusters",
    window: Days::OfPage,
    fixed: &[("limit", ROWS_SHOWN)],
};

const CLUSTERS: Kind = Kind {
    question: "clusters",
    names: ("cluster", "clusters"),
    searched: "Id, host, version or organization",
    by: &[
        By {
            word: "last_seen",
            name: "Last report",
            descending: true,
        },
        By {
            word: "first_seen",
            name: "First report",
            descending: true,
        },
        By {
            word: "version",
            name: "Versions",
            descending: true,
        },
        By {
            word: "servers",
            name: "Servers",
            descending: true,
        },
        By {
            word: "value",
            name: "A value",
            descending: true,
        },
    ],
    states: &[("All", ""), ("Active", "active"), ("Silent", "silent")],
};

#[derive(Template)]
#[template(path = "product/cluster_list.html")]
struct Clusters {
    page: Layout,
    id: i64,
    name: String,
    adopted: bool,
    tabs: Vec<Choice>,
    controls: Controls,
    listing: Listing,
    clusters: Vec<ClusterRow>,
}

struct ClusterRow {
    cluster_id: String,
    organization: Option<String>,
    servers: Count,
    active: Count,
    versions: Option<String>,
    first_seen: Option<Moment>,
    last_seen: Option<Moment>,
    value: Option<Value>,
}

/// `GET /products/{id}/clusters`
pub(in super::super) async fn show(
    State(app): State<Arc<App>>,
    operator: Operator,
    Path(id): Path<i64>,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let now = Timestamp::now();
    let view = View::read(query.as_deref());
    if let Some(elsewhere) = super::tidied(&app, &format!("/products/{id}/clusters"), &view) {
        return Ok(elsewhere);
    }
    let clusters = ask(&app, move |app| {
        let around = Around::new(app, &operator, (id, "/clusters", Tab::Clusters), &view, now)?;
        let desk = around.desk(app, &view, now);
        let answer = desk.ask(&ASK, &[]);
        let listing = around.listing(&CLUSTERS, &view, &answer);
        Ok(Clusters {
            listing: listing.with_values(numbers(app, &around.name, now)),
            clusters: answer.map_or_else(|_| Vec::new(), |answer| rows(&answer, now)),
            page: around.page,
            id,
            name: around.name,
            adopted: around.adopted,
            tabs: around.tabs,
            controls: around.controls,
        })
    });
    Ok(render(&clusters.await?)?.into_response())
}

fn rows(answer: &Answered, now: Timestamp) -> Vec<ClusterRow> {
    let rows = answer.rows.iter().map(|row| {
        let text = |column| answer.text(row, column).map(str::to_owned);
        let count = |column| Count(answer.count(row, column).unwrap_or(0));
        ClusterRow {
            cluster_id: text("cluster_id").unwrap_or_default(),
            organization: text("organization"),
            servers: count("servers"),
            active: count("active"),
            versions: text("versions").filter(|versions| !versions.is_empty()),
            first_seen: moment(answer.cell(row, "first_seen"), now),
            last_seen: moment(answer.cell(row, "last_seen"), now),
            value: value(answer.cell(row, "value")),
        }
    });
    rows.collect()
}
