//! What parts of the servers have which version, period by period.

use usage_store::Store;
use usage_store::query::By;

use super::lifecycle::{FROM, TO};
use super::shares::{self, GROUP, SERVERS, SHARE};
use crate::api::given::Given;
use crate::api::parameter::Parameter::{Dimension, Filter, Per, Product, Top, Window as Days};
use crate::api::question::Question;
use crate::api::table::Row;
use crate::ingest::Refusal;

pub(super) const QUESTION: Question = Question {
    path: "/api/v1/query/adoption",
    id: "adoption",
    summary: "Versions’ shares over time",
    description: "Exact. In each period each server that sent a usage report counts once, by its latest such \
                  report of the period: that decides in which group it is, and whether it fits the filter. So \
                  the shares of a period add up to 1. A group with no name has no such dimension.",
    takes: &[
        Product,
        Dimension { or: "version" },
        Days { days: 30 },
        Per,
        Top { most: 10 },
        Filter,
    ],
    columns: &[FROM, TO, GROUP, SERVERS, SHARE],
    example: "per=week&top=3",
    answer,
};

fn answer(store: &Store, given: &Given) -> Result<Vec<Row>, Refusal> {
    let by = By::Dimension(given.dimension.clone());
    let parts = store.adoption(&given.asked, given.window, given.per, &by, given.top)?;
    let rows = parts.into_iter().map(|part| {
        let period = [part.period.from.into(), part.period.to.into()];
        period.into_iter().chain(shares::cells(part)).collect()
    });
    Ok(rows.collect())
}
