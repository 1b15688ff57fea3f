//! `/reports`: the newest reports, of all products or of one; `/reports/{seq}`: one whole body.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::{Html, IntoResponse, Response};
use jiff::Timestamp;
use serde::Deserialize;
use usage_store::StoredReport;

use super::layout::{Layout, Section};
use super::panel::{Ask, Days, Desk};
use super::report_rows::{REPORTS_SHOWN, ReportRow};
use super::view::View;
use super::{Failure, ask, render};
use crate::account::Operator;
use crate::app::App;

/// One more than is shown.
const ASK: Ask = Ask {
    question: "reports",
    window: Days::OfPage,
    fixed: &[("limit", "26")],
};

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
        let view = match which.before {
            None => View::default(),
            Some(before) => View::default().with(&[("before", Some(&before.to_string()))]),
        };
        let answer = Desk::new(app, "", "", &which.product, &view, now).ask(&ASK, &[]);
        // Where nothing has this name, nothing was reported of it.
        let mut reports = answer.map_or_else(|_| Vec::new(), |answer| ReportRow::all(&answer, now));
        let more = reports.len() > REPORTS_SHOWN;
        reports.truncate(REPORTS_SHOWN);
        Ok(Reports {
            page,
            products: app.store.product_names()?,
            older: reports.last().filter(|_| more).map(|report| report.seq),
            reports,
            further: which.before.is_some(),
            product: which.product,
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
