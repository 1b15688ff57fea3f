//! Who is new, who came back and who is gone.

use usage_store::query::Window;
use usage_store::{Day, Store};

use crate::api::given::Given;
use crate::api::parameter::Parameter::{Filter, Per, Product, Window as Days};
use crate::api::question::Question;
use crate::api::table::{Cell, Column, Kind, Row};
use crate::ingest::Refusal;

/// The columns of a period.
pub(super) const FROM: Column = Column::new("from", Kind::Day, "The period’s first day.");
pub(super) const TO: Column = Column::new("to", Kind::Day, "The period’s last day.");

pub(super) const QUESTION: Question = Question {
    path: "/api/v1/query/lifecycle",
    id: "lifecycle",
    summary: "New, returning and gone servers",
    description: "Exact. A server is active in a period in which it reported anything. It is new in the one in \
                  which it was first seen: by a report that was on time, as a late one makes no first seen. Any other \
                  stayed, if it was active in the period before, too; or returned, if it wasn’t but had been first seen \
                  before; or is known by late reports only. These four are all that are active. Gone is who was \
                  active in the period before and isn’t in this one: null while the period isn’t over. With a \
                  filter on a dimension, who comes to have the value counts as returned, who loses it as gone.",
    takes: &[Product, Days { days: 30 }, Per, Filter],
    columns: &[
        FROM,
        TO,
        Column::new(
            "active",
            Kind::Count,
            "Servers that reported in the period.",
        ),
        Column::new("new", Kind::Count, "Those first seen in it."),
        Column::new(
            "stayed",
            Kind::Count,
            "Others, also active in the period before.",
        ),
        Column::new("returned", Kind::Count, "Others, first seen before."),
        Column::new(
            "late",
            Kind::Count,
            "Others, of which only late reports tell.",
        ),
        Column::new(
            "gone",
            Kind::Count,
            "Servers active in the period before and not in this one.",
        ),
    ],
    example: "per=week",
    answer,
};

fn answer(store: &Store, given: &Given) -> Result<Vec<Row>, Refusal> {
    let lives = store.lifecycle(&given.asked, given.window, given.per)?;
    let rows = lives.into_iter().map(|one| {
        let gone = is_over(one.period, given).then_some(one.gone);
        vec![
            one.period.from.into(),
            one.period.to.into(),
            one.active.into(),
            one.new.into(),
            one.stayed.into(),
            one.returned.into(),
            one.late.into(),
            Cell::from(gone),
        ]
    });
    Ok(rows.collect())
}

fn is_over(period: Window, given: &Given) -> bool {
    period.to < Day::of(given.now)
}
