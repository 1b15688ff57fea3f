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

#[cfg(test)]
mod tests {
    use usage_store::report::Kind;

    use super::super::super::testing::House;

    #[tokio::test]
    async fn a_report_is_found_read_and_kept() {
        let house = House::with_customers();
        let body = r#"[{"tags":null,"values":{"cluster_id":"c1","Rack":"left","n":18446744073709551615}}]"#;
        let seq = house.append_for("Acme", Kind::Usage, "influxdb", body);
        for n in 0..30 {
            let other = format!(r#"[{{"values":{{"cluster_id":"c2","n":{n}}}}}]"#);
            house.append_for("Acme", Kind::Usage, "kapacitor", &other);
        }
        house.append_for("Umbrella", Kind::Usage, "influxdb", body);
        let home = house.path_of("Acme");
        let own = format!("{home}/reports/{seq}");
        for query in [
            "product=influxdb",
            "cluster=c1",
            "q=RACK",
            "q=LEFT&kind=usage",
        ] {
            let page = house.get(&format!("{home}/reports?{query}")).await;
            let bodies = page.links().into_iter().filter(|link| *link == own).count();
            assert_eq!(bodies, 1, "{query}");
            assert!(page.text.contains("18446744073709551615"));
            assert!(
                !page.text.contains(&format!("/reports/{}\"", seq + 31)),
                "another's"
            );
            assert!(page.text.contains("Looked at 31 of your reports"));
            assert!(page.text.contains("There are no older ones"));
        }
        for nothing in ["q=nowhere", "kind=stats", "cluster=c", "server=s"] {
            let page = house.get(&format!("{home}/reports?{nothing}")).await;
            assert!(page.text.contains("Nothing found."), "{nothing}");
        }
        let first = house.get(&format!("{home}/reports")).await;
        assert!(!first.links().contains(&own));
        let older = house.get(&first.link_with("before=")).await;
        assert!(older.links().contains(&own));
        let found = house.get(&format!("{home}/reports?cluster=c2&q=n")).await;
        let further = house.get(&found.link_with("before=")).await;
        assert!(
            further.path.contains("cluster=c2&q=n&before="),
            "{}",
            further.path
        );

        let read = house.get(&own).await;
        assert_eq!(
            (read.text.as_str(), read.header("content-type").as_str()),
            (body, "application/json")
        );
        assert!(read.header("content-disposition").starts_with("inline"));
        let kept = house.get(&format!("{own}?download=1")).await;
        let name = format!("attachment; filename=\"report-{seq}.json\"");
        assert_eq!(kept.header("content-disposition"), name);
    }
}
