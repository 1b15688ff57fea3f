//! What was refused, by reason and sender.

use usage_store::Store;

use crate::api::given::Given;
use crate::api::parameter::Parameter::{AnyProduct, Limit};
use crate::api::question::Question;
use crate::api::table::{Cell, Column, Kind, Row};
use crate::ingest::Refusal;

pub(super) const QUESTION: Question = Question {
    path: "/api/v1/query/quarantine",
    id: "quarantine",
    summary: "What was refused, by reason and sender",
    description: "Exact of what is kept: 10,000 refused reports at most, of those alike the newest 100, none for longer \
                  than 30 days. A row for reports of one product, kind and cluster that were refused for the same \
                  reasons but for numbers in them, the one refused last first. What they name proves nothing. Their bodies aren’t told here; \
                  the page of the quarantine shows them.",
    takes: &[AnyProduct, Limit { or: 100 }],
    columns: &[
        Column::new(
            "product",
            Kind::Text,
            "The product, of the path or as a check-in names it; null where none is named.",
        ),
        Column::new("kind", Kind::Text, "servers, stats or usage."),
        Column::new(
            "cluster",
            Kind::Text,
            "The cluster that they name; null where that can’t be read.",
        ),
        Column::new(
            "reasons",
            Kind::Text,
            "What the sender of the last one was told: a JSON object of fields and messages, which may quote what came.",
        ),
        Column::new("refused", Kind::Count, "How many of them are kept."),
        Column::new("first", Kind::Time, "When the first of those was refused."),
        Column::new("last", Kind::Time, "When the last one was."),
        Column::new("newest", Kind::Count, "The last one’s number."),
    ],
    example: "limit=10",
    answer,
};

fn answer(store: &Store, given: &Given) -> Result<Vec<Row>, Refusal> {
    let product = Some(given.product.as_str()).filter(|product| !product.is_empty());
    let groups = store.quarantine_groups(product, None, given.limit)?;
    let rows = groups.into_iter().map(|group| {
        vec![
            group.product.into(),
            Cell::Text(group.kind.name().to_owned()),
            group.cluster.into(),
            Cell::Text(group.errors),
            group.refused.into(),
            group.first.into(),
            group.last.into(),
            Cell::Int(group.newest),
        ]
    });
    Ok(rows.collect())
}
