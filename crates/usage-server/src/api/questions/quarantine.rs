//! What was refused: by reason and sender, and one by one.

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use usage_store::quarantine::Alike;
use usage_store::{Error, Store};

use crate::api::given::Given;
use crate::api::parameter::Parameter::{AnyName, Before, Group, Limit};
use crate::api::question::Question;
use crate::api::table::{Cell, Column, Kind, Row};
use crate::ingest::Refusal;

/// Groups looked at for one that is named: as many as there can be.
const GROUPS_MAX: usize = 10_000;

const PRODUCT: Column = Column::new(
    "product",
    Kind::Text,
    "The product, of the path or as a check-in names it; null where none is named.",
);
const KIND: Column = Column::new("kind", Kind::Text, "servers, stats or usage.");
const CLUSTER: Column = Column::new(
    "cluster",
    Kind::Text,
    "The cluster that they name; null where that can’t be read.",
);

pub(super) const QUESTION: Question = Question {
    path: "/api/v1/query/quarantine",
    id: "quarantine",
    summary: "What was refused, by reason and sender",
    description: "Exact of what is kept: 10,000 refused reports at most, of those alike the newest 100, none for longer \
                  than 30 days. A row for reports of one product, kind and cluster that were refused for the same \
                  reasons but for numbers in them, the one refused last first. What they name proves nothing. Their \
                  bodies are in `quarantine-reports`.",
    takes: &[AnyName, Group, Before, Limit { or: 100 }],
    columns: &[
        PRODUCT,
        KIND,
        CLUSTER,
        Column::new(
            "reasons",
            Kind::Text,
            "What the sender of the last one was told: a JSON object of fields and messages, which may quote what came.",
        ),
        Column::new("refused", Kind::Count, "How many of them are kept."),
        Column::new("first", Kind::Time, "When the first of those was refused."),
        Column::new("last", Kind::Time, "When the last one was."),
        Column::new(
            "newest",
            Kind::Count,
            "The last one’s number; as `before` it leads to what was refused before.",
        ),
        Column::new("group", Kind::Text, "What the group is called."),
    ],
    example: "limit=10",
    answer,
};

pub(super) const REPORTS: Question = Question {
    path: "/api/v1/query/quarantine-reports",
    id: "quarantineReports",
    summary: "What was refused, one by one",
    description: "Of what is kept, the newest first: of a group, or all. A body is cut off where it is long.",
    takes: &[Group, Before, Limit { or: 25 }],
    columns: &[
        Column::new(
            "report",
            Kind::Count,
            "The refused report’s number; as `before` it leads to older ones.",
        ),
        PRODUCT,
        KIND,
        CLUSTER,
        Column::new("refused_at", Kind::Time, "When it was refused."),
        Column::new(
            "reasons",
            Kind::Text,
            "What the sender was told: a JSON object of fields and messages.",
        ),
        Column::new("bytes", Kind::Count, "How long the body was."),
        Column::new("body", Kind::Text, "What came, or its beginning."),
    ],
    example: "limit=10",
    answer: reports,
};

/// What a group is called: its reasons may be long, and it has no number.
fn code(group: &Alike) -> String {
    let named = serde_json::json!([group.product, group.kind.name(), group.alike, group.cluster]);
    let digest = Sha256::digest(named.to_string().as_bytes());
    HEXLOWER.encode(digest.get(..12).unwrap_or_default())
}

/// The group of this name.
fn named(store: &Store, group: &str) -> Result<Alike, Refusal> {
    let groups = store.quarantine_groups(None, None, GROUPS_MAX)?;
    let found = groups.into_iter().find(|one| code(one) == group);
    Ok(found.ok_or_else(|| Error::NotFound("the group of refused reports".to_owned()))?)
}

/// A report's number, as the quarantine has it.
fn before(given: &Given) -> Option<i64> {
    given
        .before
        .map(|before| i64::try_from(before).unwrap_or(i64::MAX))
}

fn answer(store: &Store, given: &Given) -> Result<Vec<Row>, Refusal> {
    let product = Some(given.product.as_str()).filter(|product| !product.is_empty());
    let groups = match given.group.as_str() {
        "" => store.quarantine_groups(product, before(given), given.limit)?,
        group => vec![named(store, group)?],
    };
    let rows = groups.into_iter().map(|group| {
        let code = code(&group);
        vec![
            group.product.into(),
            Cell::Text(group.kind.name().to_owned()),
            group.cluster.into(),
            Cell::Text(group.errors),
            group.refused.into(),
            group.first.into(),
            group.last.into(),
            Cell::Int(group.newest),
            Cell::Text(code),
        ]
    });
    Ok(rows.collect())
}

fn reports(store: &Store, given: &Given) -> Result<Vec<Row>, Refusal> {
    let found = match given.group.as_str() {
        "" => store.quarantined(before(given), given.limit)?,
        group => store.quarantined_alike(&named(store, group)?, before(given), given.limit)?,
    };
    let rows = found.into_iter().map(|one| {
        let refused = one.refused;
        vec![
            Cell::Int(one.id),
            refused.product.into(),
            refused.kind.name().into(),
            one.cluster.into(),
            refused.at.into(),
            Cell::Text(refused.errors),
            refused.body_bytes.into(),
            String::from_utf8_lossy(&refused.body).into_owned().into(),
        ]
    });
    Ok(rows.collect())
}
