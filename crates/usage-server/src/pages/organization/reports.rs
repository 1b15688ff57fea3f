//! `/organizations/{id}/reports`: every report of its own as raw JSON, the newest first, searched a
//! bounded look at a time; `/organizations/{id}/reports/{seq}`: one whole body, to read or to keep.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{Html, IntoResponse, Response};
use jiff::Timestamp;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use usage_store::query::Wanted;
use usage_store::report::Kind;

use super::super::figures::{Count, Moment};
use super::super::layout::{Layout, Part};
use super::super::report_rows::{REPORTS_SHOWN, ReportRow};
use super::super::{Failure, ask, render};
use super::home;
use crate::account::Member;
use crate::app::App;

#[derive(Template)]
#[template(path = "organization/reports.html")]
struct Reports {
    page: Layout,
    home: String,
    which: Which,
    searching: bool,
    reports: Vec<ReportRow>,
    looked_at: Count,
    back_to: Option<Moment>,
    further: bool,
    go_on: Option<u64>,
}

/// Which reports.
#[derive(Deserialize, Clone)]
pub(super) struct Which {
    #[serde(default)]
    product: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    cluster: String,
    #[serde(default)]
    server: String,
    #[serde(default)]
    q: String,
    before: Option<u64>,
}

impl Which {
    fn wanted(&self) -> Wanted {
        let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        Wanted {
            product: given(self.product.trim()),
            kind: [Kind::Servers, Kind::Stats, Kind::Usage]
                .into_iter()
                .find(|kind| kind.name() == self.kind),
            cluster_id: given(self.cluster.trim()),
            server_id: given(self.server.trim()),
            text: given(&self.q),
        }
    }

    /// The same as a query of an address, but for the place: `product=a&` or nothing.
    fn query(&self) -> String {
        let fields = [
            ("product", &self.product),
            ("kind", &self.kind),
            ("cluster", &self.cluster),
            ("server", &self.server),
            ("q", &self.q),
        ];
        let mut query = String::new();
        for (name, value) in fields {
            if !value.is_empty() {
                let value = utf8_percent_encode(value, NON_ALPHANUMERIC);
                query += &format!("{name}={value}&");
            }
        }
        query
    }
}

/// `GET /organizations/{id}/reports`
pub(super) async fn show(
    State(app): State<Arc<App>>,
    member: Member,
    Query(which): Query<Which>,
) -> Result<Html<String>, Failure> {
    let now = Timestamp::now();
    let page = ask(&app, move |app| {
        let (of, wanted) = (member.organization.id, which.wanted());
        let found = app
            .store
            .fleet_reports(of, &wanted, which.before, REPORTS_SHOWN)?;
        Ok(Reports {
            page: Layout::of_organization(app, &member, Part::Reports, now)?,
            home: home(app, &member),
            searching: wanted != Wanted::default(),
            reports: found
                .reports
                .iter()
                .map(|report| ReportRow::own(report, of, now))
                .collect(),
            looked_at: Count(found.looked_at),
            back_to: found.back_to.map(|at| Moment::new(at, now)),
            further: which.before.is_some(),
            go_on: found.go_on,
            which,
        })
    });
    render(&page.await?)
}

/// Whether it is to be kept.
#[derive(Deserialize)]
pub(super) struct Keep {
    download: Option<String>,
}

/// `GET /organizations/{id}/reports/{seq}`: the body as received.
pub(super) async fn body(
    State(app): State<Arc<App>>,
    member: Member,
    Path((_, seq)): Path<(i64, u64)>,
    Query(keep): Query<Keep>,
) -> Result<Response, Failure> {
    let report = ask(&app, move |app| {
        let found = app.store.fleet_report(member.organization.id, seq)?;
        found.ok_or(Failure::NotFound)
    });
    let how = match keep.download {
        Some(_) => "attachment",
        None => "inline",
    };
    let name = HeaderValue::try_from(format!("{how}; filename=\"report-{seq}.json\""))
        .map_err(|e| Failure::Broken(e.to_string()))?;
    let json = HeaderValue::from_static("application/json");
    let headers = [(CONTENT_TYPE, json), (CONTENT_DISPOSITION, name)];
    Ok((headers, report.await?.body).into_response())
}
