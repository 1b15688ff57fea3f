//! `/reports`: the newest reports, of all products or of one; `/reports/{seq}`: one whole body.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::{Html, IntoResponse, Response};
use jiff::Timestamp;
use serde::Deserialize;
use usage_store::{Store, StoredReport};

use super::layout::{Layout, Section};
use super::report_rows::{REPORTS_SHOWN, ReportRow};
use super::{Failure, ask, render};
use crate::account::Operator;
use crate::app::App;

#[derive(Template)]
#[template(path = "reports.html")]
struct Reports {
    page: Layout,
    /// The product that the list is limited to; blank for all.
    product: String,
    products: Vec<String>,
    reports: Vec<ReportRow>,
    further: bool,
    older: Option<u64>,
}

/// Which reports.
#[derive(Deserialize)]
pub(super) struct Which {
    #[serde(default)]
    product: String,
    before: Option<u64>,
}

/// `GET /reports`
pub(super) async fn show(
    State(app): State<Arc<App>>,
    operator: Operator,
    Query(which): Query<Which>,
) -> Result<Html<String>, Failure> {
    let now = Timestamp::now();
    let reports = ask(&app, move |app| {
        let page = Layout::new(app, &operator, Section::Reports, now)?;
        let product = Some(which.product.as_str()).filter(|product| !product.is_empty());
        let found = app
            .store
            .newest_reports(product, which.before, REPORTS_SHOWN + 1)?;
        let products = app
            .store
            .products(now)?
            .into_iter()
            .map(|product| product.name)
            .collect();
        let older = older(&found);
        let reports = rows(&app.store, &found, now)?;
        let further = which.before.is_some();
        Ok(Reports {
            page,
            product: which.product,
            products,
            reports,
            further,
            older,
        })
    });
    render(&reports.await?)
}

/// `GET /reports/{seq}`: the body as received.
pub(super) async fn body(
    State(app): State<Arc<App>>,
    _operator: Operator,
    Path(seq): Path<u64>,
) -> Result<Response, Failure> {
    let report = ask(&app, move |app| {
        let newest = app
            .store
            .newest_reports(None, Some(seq.saturating_add(1)), 1)?;
        newest
            .into_iter()
            .find(|report| report.seq == seq)
            .ok_or(Failure::NotFound)
    });
    let json = HeaderValue::from_static("application/json");
    Ok(([(CONTENT_TYPE, json)], report.await?.body).into_response())
}

/// The place below which the next page begins, if `found` has one more than a page shows.
pub(super) fn older(found: &[StoredReport]) -> Option<u64> {
    (found.len() > REPORTS_SHOWN).then(|| found.get(REPORTS_SHOWN - 1).map(|report| report.seq))?
}

/// The rows of a page, with the organizations' names.
pub(super) fn rows(
    store: &Store,
    found: &[StoredReport],
    now: Timestamp,
) -> Result<Vec<ReportRow>, Failure> {
    let mut names = BTreeMap::new();
    let mut rows = Vec::new();
    for report in found.iter().take(REPORTS_SHOWN) {
        let name = match report.organization {
            None => None,
            Some(id) => match names.get(&id) {
                Some(name) => Option::clone(name),
                None => {
                    let name = store.organization_name(id)?;
                    names.insert(id, name.clone());
                    name
                }
            },
        };
        rows.push(ReportRow::new(report, name, now));
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use usage_store::report::Kind;

    use super::super::testing::{HOSTILE, House, layout, now, stored};
    use super::*;

    #[tokio::test]
    async fn a_report_is_shown_and_its_body_is_one_link_away() {
        let house = House::signed_in();
        let body = r#"[{"tags":null,"values":{"cluster_id":"c1","n":18446744073709551615}}]"#;
        let seq = house.append(Kind::Usage, "influxdb", body);
        let page = house.get("/reports").await;
        assert!(page.text.contains("18446744073709551615"));
        assert!(page.text.contains(&format!("href=\"/reports/{seq}\"")));
        let whole = house.get(&format!("/reports/{seq}")).await;
        assert_eq!(
            (whole.text.as_str(), whole.header("content-type").as_str()),
            (body, "application/json")
        );
        assert_eq!(
            house.get(&format!("/reports/{}", seq + 1)).await.status,
            404
        );
    }

    #[tokio::test]
    async fn pages_lead_back_in_time() {
        let house = House::signed_in();
        for n in 0..30 {
            house.append(
                Kind::Usage,
                "influxdb",
                &format!(r#"[{{"values":{{"number":"n{n}."}}}}]"#),
            );
        }
        let first = house.get("/reports").await;
        assert!(
            first.text.contains("n29.")
                && first.text.contains("n5.")
                && !first.text.contains("n4.")
        );
        let older = first.link_with("before=");
        let second = house.get(&older).await;
        assert!(
            second.text.contains("n4.")
                && second.text.contains("n0.")
                && !second.text.contains("n5.")
        );
        assert!(!second.text.contains("before="));
    }

    #[test]
    fn nothing_that_was_reported_is_markup() {
        let report = stored(
            Kind::Usage,
            HOSTILE,
            &format!(r#"[{{"values":{{"cluster_id":"{HOSTILE}"}}}}]"#),
        );
        let reports = Reports {
            page: layout(),
            product: HOSTILE.to_owned(),
            products: vec![HOSTILE.to_owned()],
            reports: vec![ReportRow::new(&report, Some(HOSTILE.to_owned()), now())],
            further: true,
            older: Some(3),
        };
        let html = reports.render().unwrap();
        assert!(!html.contains("<script>") && html.contains("&#60;script&#62;"));
    }
}
