//! What a numeric value comes to: per day, and by groups.

use usage_store::Store;
use usage_store::query::Summary;

use crate::api::given::Given;
use crate::api::parameter::Parameter::{By, Filter, Product, Top, Value, Window};
use crate::api::question::Question;
use crate::api::table::{Cell, Column, Kind, Row};
use crate::ingest::Refusal;

pub(super) const QUESTION: Question = Question {
    path: "/api/v1/query/values",
    id: "values",
    summary: "Sum, mean, percentiles of a value, per day",
    description: "Exact. Each server counts with its latest usage report of the day. A percentile is a value that \
                  some server has: the smallest that so many of the servers are at or below. A sum of whole \
                  numbers is exact; with others among them it is correct to the last digits of a double.",
    takes: &[
        Product,
        Value,
        Window { days: 30 },
        By,
        Top { most: 10 },
        Filter,
    ],
    columns: &[
        Column::new("day", Kind::Day, "The day."),
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
    example: "value=users&by=version&top=3",
    answer,
};

/// Whose value it is.
pub(super) const GROUP: Column = Column::new(
    "group",
    Kind::Text,
    "The group; (other) for those not told apart; null without `by`, or where there is none.",
);

fn answer(store: &Store, given: &Given) -> Result<Vec<Row>, Refusal> {
    let by = given.by.as_ref().map(|by| (by, given.top));
    let days = store.values(&given.asked, &given.value, given.window, by)?;
    let rows = days.into_iter().map(|one| {
        let mut row: Row = vec![one.day.into(), one.group.map_or(Cell::Empty, Into::into)];
        match one.summary {
            None => {
                row.push(0.into());
                row.resize(QUESTION.columns.len(), Cell::Empty);
            }
            Some(summary) => row.extend(cells(summary)),
        }
        row
    });
    Ok(rows.collect())
}

/// What a summary comes to, in the order of the columns from `servers` on.
pub(super) fn cells(summary: Summary) -> [Cell; 8] {
    [
        summary.servers.into(),
        summary.sum.into(),
        summary.mean.into(),
        summary.min.into(),
        summary.median.into(),
        summary.p90.into(),
        summary.p99.into(),
        summary.max.into(),
    ]
}
