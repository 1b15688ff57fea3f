//! How many servers were upgraded, and how many downgraded.

use usage_store::Store;

use super::lifecycle::{FROM, TO};
use crate::api::given::Given;
use crate::api::parameter::Parameter::{Dimension, Filter, Per, Product, Window as Days};
use crate::api::question::Question;
use crate::api::table::{Column, Kind, Row};
use crate::ingest::Refusal;

pub(super) const QUESTION: Question = Question {
    path: "/api/v1/query/upgrades",
    id: "upgrades",
    summary: "Servers that were upgraded or downgraded",
    description: "Exact. A server’s version by its latest usage report of a period is compared with the one by \
                  its last usage report before the period, of the 90 days before; who sent none then is not \
                  compared, nor is what a day doesn’t tell apart. Whether a version is newer is told by the order of versions. The filter is held \
                  against the latest report of the period.",
    takes: &[
        Product,
        Dimension { or: "version" },
        Days { days: 30 },
        Per,
        Filter,
    ],
    columns: &[
        FROM,
        TO,
        Column::new(
            "upgraded",
            Kind::Count,
            "Servers that have a newer version than before.",
        ),
        Column::new(
            "downgraded",
            Kind::Count,
            "Servers that have an older version than before.",
        ),
        Column::new(
            "otherwise",
            Kind::Count,
            "Servers that have another, where neither can be said.",
        ),
    ],
    example: "per=week",
    answer,
};

fn answer(store: &Store, given: &Given) -> Result<Vec<Row>, Refusal> {
    let upgrades = store.upgrades(&given.asked, given.window, given.per, &given.dimension)?;
    let rows = upgrades.into_iter().map(|one| {
        vec![
            one.period.from.into(),
            one.period.to.into(),
            one.upgraded.into(),
            one.downgraded.into(),
            one.otherwise.into(),
        ]
    });
    Ok(rows.collect())
}
