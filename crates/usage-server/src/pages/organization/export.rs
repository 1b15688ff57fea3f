//! `/organizations/{id}/export`: all reports of its own, or those of a product, a JSON object a line, as
//! `usage-server export reports` writes them. A piece is read when the one before has been sent, so a slow
//! reader holds neither a thread nor memory.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use hyper::body::Frame;
use serde::Deserialize;
use tokio::task::JoinHandle;
use usage_store::registry::Organization;

use super::super::{Failure, ask};
use crate::account::Member;
use crate::app::App;
use crate::command::export_line;

/// Which reports.
#[derive(Deserialize)]
pub(super) struct Which {
    #[serde(default)]
    product: String,
}

/// `GET /organizations/{id}/export`
pub(super) async fn download(
    State(app): State<Arc<App>>,
    member: Member,
    Query(which): Query<Which>,
) -> Result<Response, Failure> {
    // What is accepted while this runs is for the next download: it ends.
    let end = ask(&app, |app| Ok(app.store.next_seq()?)).await?;
    let lines = Lines {
        app,
        organization: member.organization,
        product: which.product.trim().to_owned(),
        end,
        next: Some(0),
        reading: None,
    };
    let kind = HeaderValue::from_static("application/x-ndjson");
    let name = HeaderValue::from_static("attachment; filename=\"reports.jsonl\"");
    let headers = [(CONTENT_TYPE, kind), (CONTENT_DISPOSITION, name)];
    Ok((headers, Body::new(lines)).into_response())
}

/// Lines, and the place to go on from.
type Piece = Result<(Vec<u8>, Option<u64>), String>;

/// The lines that are still to be sent.
struct Lines {
    app: Arc<App>,
    organization: Organization,
    /// Blank: all.
    product: String,
    end: u64,
    next: Option<u64>,
    reading: Option<JoinHandle<Piece>>,
}

impl Lines {
    fn read(&self, from: u64) -> JoinHandle<Piece> {
        let (app, product) = (Arc::clone(&self.app), self.product.clone());
        let (organization, end) = (self.organization.clone(), self.end);
        tokio::task::spawn_blocking(move || {
            let (reports, next) = app
                .store
                .fleet_reports_from(organization.id, from, end)
                .map_err(|e| e.to_string())?;
            let mut lines = Vec::new();
            let wanted = |name: &str| product.is_empty() || *name == *product;
            for report in reports.iter().filter(|report| wanted(&report.product)) {
                let name = Some(organization.name.as_str());
                export_line(&mut lines, report, name).map_err(|e| e.to_string())?;
            }
            Ok((lines, next))
        })
    }
}

impl hyper::body::Body for Lines {
    type Data = Bytes;
    type Error = String;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, String>>> {
        loop {
            let Some(reading) = &mut self.reading else {
                let Some(from) = self.next else {
                    return Poll::Ready(None);
                };
                self.reading = Some(self.read(from));
                continue;
            };
            let read = ready!(Pin::new(reading).poll(context));
            self.reading = None;
            match read.map_err(|e| e.to_string()).and_then(|piece| piece) {
                Ok((lines, next)) => {
                    self.next = next;
                    if !lines.is_empty() {
                        return Poll::Ready(Some(Ok(Frame::data(Bytes::from(lines)))));
                    }
                }
                Err(cause) => {
                    // The reader sees that the end is missing.
                    tracing::error!(cause, "a download of reports failed");
                    self.next = None;
                    return Poll::Ready(Some(Err(cause)));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use usage_store::report::Kind;

    use super::super::super::testing::House;

    #[tokio::test]
    async fn all_reports_come_down_and_another_server_takes_them() {
        let house = House::with_customers();
        let body = |n: u32| format!(r#"[{{"values":{{"cluster_id":"c","n":{n}}}}}]"#);
        for n in 0..40 {
            let product = if n % 4 == 0 { "influxdb" } else { "kapacitor" };
            house.append_for("Acme", Kind::Usage, product, &body(n));
            house.append_for("Umbrella", Kind::Usage, product, &body(1_000 + n));
        }
        let path = format!("{}/export", house.path_of("Acme"));
        let all = house.get(&path).await;
        assert_eq!(all.header("content-type"), "application/x-ndjson");
        assert!(all.header("content-disposition").contains("reports.jsonl"));
        let lines: Vec<&str> = all.text.lines().collect();
        assert_eq!(lines.len(), 40);
        for (n, line) in lines.iter().enumerate() {
            assert!(
                line.contains(&body(n as u32)) && line.contains("\"Acme\""),
                "{line}"
            );
        }
        let some = house.get(&format!("{path}?product=influxdb")).await;
        assert_eq!(some.text.lines().count(), 10);

        let elsewhere = House::signed_in();
        let form = elsewhere.get("/import").await;
        let fields = [
            ("csrf", &*form.field("csrf")),
            ("organization", "Acme again"),
        ];
        let taken = elsewhere.upload("/import", &fields, &all.text).await;
        assert!(taken.text.contains("40 new"), "{}", taken.text);
        let bodies = |house: &House| {
            let reports = house.app.store.reports_from(0).unwrap();
            let own = reports.into_iter().filter(|one| !one.body.ends_with(b"0}"));
            own.map(|one| one.body).collect::<Vec<_>>()
        };
        let sent = bodies(&house);
        assert!(bodies(&elsewhere).iter().all(|body| sent.contains(body)));
    }
}
