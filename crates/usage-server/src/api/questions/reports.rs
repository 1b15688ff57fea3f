//! The raw reports, as they came.

use std::collections::BTreeMap;

use usage_store::Store;

use crate::api::given::Given;
use crate::api::parameter::Parameter::{AnyProduct, Before, Limit};
use crate::api::question::Question;
use crate::api::table::{Cell, Column, Kind, Row};
use crate::ingest::Refusal;

pub(super) const QUESTION: Question = Question {
    path: "/api/v1/query/reports",
    id: "reports",
    summary: "The newest raw reports, of all products or of one",
    description: "As they were received, the newest first, as far as they are kept. Of a product that has not reported \
                  for long only the newest half a million or so reports of all products are looked through. To have \
                  all of them, use the export.",
    takes: &[AnyProduct, Before, Limit { or: 25 }],
    columns: &[
        Column::new(
            "report",
            Kind::Count,
            "The report’s number; as `before` it leads to older ones.",
        ),
        Column::new("product", Kind::Text, "The product."),
        Column::new(
            "organization",
            Kind::Text,
            "Who it reports for; null without a token.",
        ),
        Column::new("kind", Kind::Text, "servers (a check-in), stats or usage."),
        Column::new("received_at", Kind::Time, "When it came."),
        Column::new(
            "reported_at",
            Kind::Time,
            "When it was made, where it came later.",
        ),
        Column::new("body", Kind::Text, "The JSON as received."),
    ],
    example: "limit=5",
    answer,
};

fn answer(store: &Store, given: &Given) -> Result<Vec<Row>, Refusal> {
    let product = Some(given.product.as_str()).filter(|product| !product.is_empty());
    let mut names = BTreeMap::new();
    let mut rows = Vec::new();
    for report in store.newest_reports(product, given.before, given.limit)? {
        let organization = match report.organization {
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
        rows.push(vec![
            report.seq.into(),
            Cell::Text(report.product.to_string()),
            organization.into(),
            report.kind.name().into(),
            report.received_at.into(),
            report.reported_at.into(),
            String::from_utf8_lossy(&report.body).into_owned().into(),
        ]);
    }
    Ok(rows)
}
