//! How many ids are suspected to be shared by several servers, and how many were seen once.

use usage_store::Store;

use super::lifecycle::{FROM, TO};
use crate::api::given::Given;
use crate::api::parameter::Parameter::{Filter, Per, Product, Window as Days};
use crate::api::question::Question;
use crate::api::table::{Column, Kind, Row};
use crate::ingest::Refusal;

pub(super) const QUESTION: Question = Question {
    path: "/api/v1/query/ids",
    id: "ids",
    summary: "Unstable ids: suspected clones, and ids seen once",
    description: "Counts exactly, what is suspected: a server is one by its ids. It is a suspected clone if two \
                  hosts took turns at least twice under its ids, or if values that only grow went down more often \
                  than its starts explain (`clones` lists them). It was seen once if a single report ever came; of \
                  products that draw new ids at each start these are starts, not servers. Any other question leaves \
                  both out with `clones=out` and `once=out`.",
    takes: &[Product, Days { days: 30 }, Per, Filter],
    columns: &[
        FROM,
        TO,
        Column::new(
            "servers",
            Kind::Count,
            "Servers that reported in the period.",
        ),
        Column::new("clones", Kind::Count, "Those that are suspected clones."),
        Column::new(
            "once",
            Kind::Count,
            "Those that reported once, in it, and never else.",
        ),
        Column::new("steady", Kind::Count, "Those that are neither."),
    ],
    example: "per=month",
    answer,
};

fn answer(store: &Store, given: &Given) -> Result<Vec<Row>, Refusal> {
    let periods = store.steadiness(&given.asked, given.window, given.per)?;
    let rows = periods.into_iter().map(|one| {
        vec![
            one.period.from.into(),
            one.period.to.into(),
            one.servers.into(),
            one.clones.into(),
            one.once.into(),
            one.steady.into(),
        ]
    });
    Ok(rows.collect())
}
