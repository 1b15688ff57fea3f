//! Who uses a feature.

use usage_store::Store;

use crate::api::given::Given;
use crate::api::parameter::Parameter::{Filter, Product, Value, Window};
use crate::api::question::Question;
use crate::api::table::{Cell, Column, Kind, Row};
use crate::ingest::Refusal;

pub(super) const QUESTION: Question = Question {
    path: "/api/v1/query/penetration",
    id: "penetration",
    summary: "Share of servers that use a feature, per day",
    description: "Exact. A server uses it if the value is above zero, or the flag true, in its latest usage report of \
                  the day. `value` is the name of a number or of a flag.",
    takes: &[Product, Value, Window { days: 30 }, Filter],
    columns: &[
        Column::new("day", Kind::Day, "The day."),
        Column::new("servers", Kind::Count, "Servers that reported anything."),
        Column::new(
            "saying",
            Kind::Count,
            "Those of them that said anything about the feature.",
        ),
        Column::new("using", Kind::Count, "Those that use it."),
        Column::new(
            "share",
            Kind::Share,
            "Those that use it, of all that reported.",
        ),
    ],
    example: "value=users",
    answer,
};

fn answer(store: &Store, given: &Given) -> Result<Vec<Row>, Refusal> {
    let days = store.penetration(&given.asked, &given.value, given.window)?;
    let rows = days.into_iter().map(|one| {
        let share = match one.servers {
            0 => Cell::Empty,
            servers => Cell::Float(one.using as f64 / servers as f64),
        };
        vec![
            one.day.into(),
            one.servers.into(),
            one.saying.into(),
            one.using.into(),
            share,
        ]
    });
    Ok(rows.collect())
}
