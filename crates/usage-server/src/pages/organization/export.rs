//! `/organizations/{id}/export`: all reports of its own, or those of a product: a JSON object a line as
//! `usage-server export reports` writes them, or a table as CSV.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;

use super::super::{Failure, ask};
use crate::account::Member;
use crate::app::App;
use crate::export::{self, Format as Sent, TextFormat, Walk};

/// Which reports.
#[derive(Deserialize)]
pub(super) struct Which {
    #[serde(default)]
    product: String,
    #[serde(default)]
    format: Format,
}

/// What a member may choose.
#[derive(Deserialize, Clone, Copy, Default)]
#[serde(rename_all = "lowercase")]
enum Format {
    #[default]
    Jsonl,
    Csv,
}

/// `GET /organizations/{id}/export`
pub(super) async fn download(
    State(app): State<Arc<App>>,
    member: Member,
    Query(asked): Query<Which>,
) -> Result<Response, Failure> {
    let product = asked.product.trim();
    let which = export::Which {
        organization: Some(member.organization.id),
        product: Some(product.to_owned()).filter(|name| !name.is_empty()),
        ..export::Which::default()
    };
    let walk = ask(&app, |app| Ok(Walk::new(&app.store, which)?)).await?;
    let format = match asked.format {
        Format::Jsonl => TextFormat::Jsonl,
        Format::Csv => TextFormat::Csv,
    };
    Ok(export::download(&app, walk, Sent::Text(format), None))
}

#[cfg(test)]
mod tests {
    use usage_store::report::Kind;

    use super::super::super::testing::House;

    #[tokio::test]
    async fn a_table_comes_down_in_which_no_text_is_a_formula() {
        let house = House::with_customers();
        let usage = r#"[{"tags":{"=name":"@x","version":"+1"},"values":{"cluster_id":"-c","n":-7,"host":"=cmd|' /C calc'!A0"}}]"#;
        house.append_for("Acme", Kind::Usage, "=product", usage);
        house.append_for("Umbrella", Kind::Usage, "theirs", usage);
        let path = format!("{}/export?format=csv", house.path_of("Acme"));
        let table = house.get(&path).await;
        assert_eq!(table.header("content-type"), "text/csv; charset=utf-8");
        assert!(table.header("content-disposition").contains("reports.csv"));
        let lines: Vec<&str> = table.text.lines().collect();
        let [head, row] = lines[..] else {
            panic!("{}", table.text)
        };
        assert!(head.ends_with(",series,'=name,n,other"), "{head}");
        let (_, row) = row.split_once(",usage,").unwrap();
        let said = "'=product,Acme,'-c,,'=cmd|' /C calc'!A0,'+1,,'@x,-7,";
        assert_eq!(row, said);
        let wrong = house.get(&format!("{path}&format=xml")).await;
        assert_eq!(wrong.status, 400);
        let page = house
            .get(&format!("{}/reports", house.path_of("Acme")))
            .await;
        assert!(page.text.contains("format=csv"));
    }

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
