//! What parts of the servers have which value of a dimension, now.

use usage_store::Store;
use usage_store::query::Part;

use crate::api::given::Given;
use crate::api::parameter::Parameter::{Filter, Groups, Product, Top, Window as Days};
use crate::api::question::Question;
use crate::api::table::{Cell, Column, Kind, Row};
use crate::ingest::Refusal;

/// The columns of parts; those of a period stand before.
pub(super) const GROUP: Column = Column::new(
    "group",
    Kind::Text,
    "The group; (other) for those not told apart; null where there is none.",
);
pub(super) const SERVERS: Column = Column::new("servers", Kind::Count, "Servers in the group.");
pub(super) const SHARE: Column = Column::new(
    "share",
    Kind::Share,
    "Their part of all that are counted, from 0 to 1.",
);

pub(super) const QUESTION: Question = Question {
    path: "/api/v1/query/shares",
    id: "shares",
    summary: "Current shares of a dimension’s values",
    description: "Exact. Counts each server that sent a usage report in the window once, by its latest \
                  such report: that decides in which group it is, and whether it fits the filter. A group \
                  with no name has no such dimension, or no organization.",
    takes: &[
        Product,
        Groups { or: "version" },
        Days { days: 7 },
        Top { most: 10 },
        Filter,
    ],
    columns: &[GROUP, SERVERS, SHARE],
    example: "by=os&top=3",
    answer,
};

fn answer(store: &Store, given: &Given) -> Result<Vec<Row>, Refusal> {
    let Some(by) = &given.by else {
        return Ok(Vec::new());
    };
    let parts = store.parts(&given.asked, given.window, by, given.top)?;
    Ok(parts.into_iter().map(cells).collect())
}

/// A part in its three columns.
pub(super) fn cells(part: Part) -> Row {
    let share = part.share();
    vec![part.group.into(), part.servers.into(), Cell::Float(share)]
}
