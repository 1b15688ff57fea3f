//! How a value is spread over the servers now: a histogram.

use usage_store::Store;

use crate::api::given::Given;
use crate::api::parameter::Parameter::{Filter, Product, Value, Window};
use crate::api::question::Question;
use crate::api::table::{Column, Kind, Row};
use crate::ingest::Refusal;

pub(super) const QUESTION: Question = Question {
    path: "/api/v1/query/histogram",
    id: "histogram",
    summary: "How a value is spread over the servers now",
    description: "Exact. Each server counts once, with its latest value within the window. Buckets begin at 1, 2 and 5 \
                  times each power of ten; zero has its own, negative values mirror the positive ones.",
    takes: &[Product, Value, Window { days: 7 }, Filter],
    columns: &[
        Column::new(
            "from",
            Kind::Number,
            "Values from this one on; where it is negative, above it.",
        ),
        Column::new(
            "to",
            Kind::Number,
            "Values below this one; where it is negative or zero, with it.",
        ),
        Column::new("servers", Kind::Count, "Servers."),
    ],
    example: "value=VALUE",
    answer,
};

fn answer(store: &Store, given: &Given) -> Result<Vec<Row>, Refusal> {
    let spread = store.spread(&given.asked, &given.value, given.window)?;
    let rows = spread.buckets.into_iter();
    Ok(rows
        .map(|bucket| vec![bucket.from.into(), bucket.to.into(), bucket.servers.into()])
        .collect())
}
