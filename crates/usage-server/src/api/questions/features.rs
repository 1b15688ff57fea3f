//! What is used, of all that can be.

use usage_store::{Day, Store};

use crate::api::given::Given;
use crate::api::parameter::Parameter::{Filter, Product, Window};
use crate::api::question::Question;
use crate::api::table::{Cell, Column, Kind, Row};
use crate::ingest::Refusal;

pub(super) const QUESTION: Question = Question {
    path: "/api/v1/query/features",
    id: "features",
    summary: "Share of servers that use each feature",
    description: "Exact, of the last day of the window that is over, or of today where it has no other. A row for each \
                  number and flag that any server said anything about in its latest usage report of that day, the \
                  most used first. A server uses it if the number is above zero, or the flag true.",
    takes: &[Product, Window { days: 7 }, Filter],
    columns: &[
        Column::new("day", Kind::Day, "The day."),
        Column::new("name", Kind::Text, "The number’s or the flag’s name."),
        Column::new("kind", Kind::Text, "value (a number) or flag."),
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
    example: "filter%5Bos%5D=linux",
    answer,
};

fn answer(store: &Store, given: &Given) -> Result<Vec<Row>, Refusal> {
    let over = Day::of(given.now).plus(-1);
    let day = given.window.to.min(over).max(given.window.from);
    let features = store.features(&given.asked, day)?;
    let rows = features.into_iter().map(|feature| {
        let of = feature.of;
        let share = match of.servers {
            0 => Cell::Empty,
            servers => Cell::Float(of.using as f64 / servers as f64),
        };
        vec![
            of.day.into(),
            feature.name.into(),
            match feature.flag {
                true => "flag".into(),
                false => "value".into(),
            },
            of.servers.into(),
            of.saying.into(),
            of.using.into(),
            share,
        ]
    });
    Ok(rows.collect())
}
