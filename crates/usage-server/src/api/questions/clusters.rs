//! The largest and the fastest-growing clusters by a value.

use usage_store::Store;
use usage_store::query::Order;

use crate::api::given::Given;
use crate::api::parameter::Parameter::{Filter, Limit, Product, Value, Window};
use crate::api::question::Question;
use crate::api::table::{Column, Kind, Row};
use crate::ingest::Refusal;

const COLUMNS: &[Column] = &[
    Column::new("cluster", Kind::Text, "The cluster, as it reports itself."),
    Column::new(
        "organization",
        Kind::Text,
        "The organization that it reports for; null where it is anonymous.",
    ),
    Column::new("servers", Kind::Count, "Its servers with the value."),
    Column::new("value", Kind::Number, "Their latest values together."),
    Column::new(
        "before",
        Kind::Number,
        "The same when the window began; null where there was none.",
    ),
    Column::new("growth", Kind::Number, "The difference."),
];

pub(super) const LARGEST: Question = Question {
    path: "/api/v1/query/largest-clusters",
    id: "largestClusters",
    summary: "The largest clusters by a value",
    description: "Exact. A server counts with its latest value of the last seven days of the window, and for `before` of \
                  the seven that end with its first day. A filter is held against each day, as in `value-now`.",
    takes: &[
        Product,
        Value,
        Window { days: 30 },
        Limit { or: 20 },
        Filter,
    ],
    columns: COLUMNS,
    example: "value=users",
    answer: |store, given| answer(store, given, Order::Largest),
};

pub(super) const GROWING: Question = Question {
    path: "/api/v1/query/growing-clusters",
    id: "growingClusters",
    summary: "The clusters that grew most by a value",
    description: "Exact. Of clusters that had the value when the window began, those that grew most since. A server counts \
                  with its latest value of seven days.",
    takes: &[
        Product,
        Value,
        Window { days: 30 },
        Limit { or: 20 },
        Filter,
    ],
    columns: COLUMNS,
    example: "value=users",
    answer: |store, given| answer(store, given, Order::Growing),
};

fn answer(store: &Store, given: &Given, order: Order) -> Result<Vec<Row>, Refusal> {
    let Given {
        asked,
        value,
        window,
        limit,
        ..
    } = given;
    let clusters = store.clusters_by(asked, value, *window, order, *limit)?;
    let rows = clusters.into_iter().map(|one| {
        let growth = one.before.is_some().then(|| one.growth());
        vec![
            one.cluster_id.into(),
            one.organization.into(),
            one.servers.into(),
            one.value.into(),
            one.before.into(),
            growth.into(),
        ]
    });
    Ok(rows.collect())
}
