//! How a value is spread over the servers now: a histogram.

use usage_store::Store;

use super::values::GROUP;
use crate::api::given::Given;
use crate::api::parameter::Parameter::{By, Filter, Product, Top, Value, Window};
use crate::api::question::Question;
use crate::api::table::{Cell, Column, Kind, Row};
use crate::ingest::Refusal;

pub(super) const QUESTION: Question = Question {
    path: "/api/v1/query/histogram",
    id: "histogram",
    summary: "How a value is spread over the servers now",
    description: "Exact. Each server counts once, with its latest value within the window. Buckets begin at 1, 2 and 5 \
                  times each power of ten; zero has its own, negative values mirror the positive ones. With `by`, a server is in \
                  the group that it was in on the day of that value. A filter is held against each day, as in `value-now`.",
    takes: &[
        Product,
        Value,
        Window { days: 7 },
        By,
        Top { most: 10 },
        Filter,
    ],
    columns: &[
        GROUP,
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
    example: "value=users",
    answer,
};

fn answer(store: &Store, given: &Given) -> Result<Vec<Row>, Refusal> {
    let by = given.by.as_ref().map(|by| (by, given.top));
    let spreads = store.spread(&given.asked, &given.value, given.window, by)?;
    let rows = spreads.into_iter().flat_map(|spread| {
        let group: Cell = spread.group.map_or(Cell::Empty, Into::into);
        spread.buckets.into_iter().map(move |bucket| {
            vec![
                group.clone(),
                bucket.from.into(),
                bucket.to.into(),
                bucket.servers.into(),
            ]
        })
    });
    Ok(rows.collect())
}
