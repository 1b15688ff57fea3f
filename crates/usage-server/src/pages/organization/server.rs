//! `/organizations/{id}/servers/{server}`: all that one of its servers said of itself, and its reports.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Html;
use jiff::Timestamp;
use serde::Deserialize;
use usage_store::query::{ServerDetail, ServerId};
use usage_store::registry::Role;

use super::super::figures::{Moment, Value};
use super::super::layout::{Layout, Part};
use super::super::report_rows::{REPORTS_SHOWN, ReportRow};
use super::super::{Failure, ask, render, reports};
use super::home;
use super::servers::ServerRow;
use crate::account::Member;
use crate::app::App;

#[derive(Template)]
#[template(path = "organization/server.html")]
struct ServerPage {
    page: Layout,
    home: String,
    owner: bool,
    product_id: i64,
    server: ServerRow,
    first_seen: Option<Moment>,
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

/// `GET /organizations/{id}/servers/{server}`
pub(super) async fn show(
    State(app): State<Arc<App>>,
    member: Member,
    Path((_, server)): Path<(i64, u32)>,
    Query(place): Query<Place>,
) -> Result<Html<String>, Failure> {
    let now = Timestamp::now();
    let page = ask(&app, move |app| {
        let (of, id) = (member.organization.id, ServerId(server));
        let known = app.store.fleet_server(of, id)?;
        let ServerDetail {
            summary,
            dimensions,
            values,
        } = known.ok_or(Failure::NotFound)?;
        let found = app
            .store
            .server_reports(id, place.before, REPORTS_SHOWN + 1)?;
        let own = |report| ReportRow {
            // The page says whose they are.
            sender: None,
            ..ReportRow::own(report, of, now)
        };
        Ok(ServerPage {
            page: Layout::of_organization(app, &member, Part::Servers, now)?,
            home: home(app, &member),
            owner: member.role == Role::Owner,
            product_id: summary.product.0,
            first_seen: summary.first_seen.map(|at| Moment::new(at, now)),
            server: ServerRow::new(summary, now),
            dimensions,
            values: values
                .into_iter()
                .map(|(key, value)| (key, Value(value)))
                .collect(),
            older: reports::older(&found),
            reports: found.iter().take(REPORTS_SHOWN).map(own).collect(),
            further: place.before.is_some(),
        })
    });
    render(&page.await?)
}
