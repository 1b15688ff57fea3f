//! What a numeric value comes to now: each server once, by its latest.

use usage_store::Store;

use super::values::{GROUP, cells};
use crate::api::given::Given;
use crate::api::parameter::Parameter::{By, Filter, Product, Top, Value, Window};
use crate::api::question::Question;
use crate::api::table::{Cell, Column, Kind, Row};
use crate::ingest::Refusal;

pub(super) const QUESTION: Question = Question {
    path: "/api/v1/query/value-now",
    id: "valueNow",
    summary: "Sum, mean, percentiles of a value now",
    description: "Exact. Each server counts once, with its latest value within the window. Percentiles and sums are as \
                  those per day. With `by`, a server is in the group that it was in on the day of that value. \
                  A filter on a dimension is held against each day: the value is the latest of a day on which it fitted.",
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
        Column::new("servers", Kind::Count, "Servers with the value."),
        Column::new("sum", Kind::Number, "All values together."),
        Column::new("mean", Kind::Number, "The sum by the servers."),
        Column::new("min", Kind::Number, "The smallest."),
        Column::new(
            "median",
            Kind::Number,
            "Half of the servers are at it or below.",
        ),
        Column::new(
            "p90",
            Kind::Number,
            "90 % of the servers are at it or below.",
        ),
        Column::new(
            "p99",
            Kind::Number,
            "99 % of the servers are at it or below.",
        ),
        Column::new("max", Kind::Number, "The largest."),
    ],
    example: "value=users",
    answer,
};

fn answer(store: &Store, given: &Given) -> Result<Vec<Row>, Refusal> {
    let by = given.by.as_ref().map(|by| (by, given.top));
    let spreads = store.spread(&given.asked, &given.value, given.window, by)?;
    let rows = spreads.into_iter().filter_map(|spread| {
        let mut row: Row = vec![spread.group.map_or(Cell::Empty, Into::into)];
        row.extend(cells(spread.summary?));
        Some(row)
    });
    Ok(rows.collect())
}
