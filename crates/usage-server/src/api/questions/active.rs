//! How many servers, clusters and organizations are active, per day, week or month, and by groups.

use usage_store::Store;
use usage_store::query::{Heads, Window};

use crate::api::given::Given;
use crate::api::parameter::Parameter::{By, Filter, Per, Product, Top, Window as Days};
use crate::api::question::Question;
use crate::api::table::{Cell, Column, Kind, Row};
use crate::ingest::Refusal;

pub(super) const QUESTION: Question = Question {
    path: "/api/v1/query/active",
    id: "active",
    summary: "Active servers, clusters and organizations",
    description: "Exact. A server is active on a day on which it reported anything. Over a week or a month \
                  each counts once. With `by`, the groups of a day are a partition of its servers by their \
                  latest usage report of that day; over longer periods a server counts in each group that it \
                  was in on any day. A group with no name has no such dimension, or no organization.",
    takes: &[
        Product,
        Days { days: 30 },
        Per,
        By,
        Top { most: 10 },
        Filter,
    ],
    columns: &[
        Column::new("from", Kind::Day, "The period's first day."),
        Column::new("to", Kind::Day, "The period's last day."),
        Column::new(
            "group",
            Kind::Text,
            "The group; (other) for those not told apart; null without `by`, or where there is none.",
        ),
        Column::new(
            "servers",
            Kind::Count,
            "Servers that reported in the period.",
        ),
        Column::new("clusters", Kind::Count, "Clusters with such a server."),
        Column::new(
            "organizations",
            Kind::Count,
            "Organizations with such a server.",
        ),
    ],
    example: "by=version&top=3",
    answer,
};

fn answer(store: &Store, given: &Given) -> Result<Vec<Row>, Refusal> {
    let Given {
        asked, window, per, ..
    } = given;
    let row = |period: Window, group: Cell, heads: Heads| {
        vec![
            period.from.into(),
            period.to.into(),
            group,
            heads.servers.into(),
            heads.clusters.into(),
            heads.organizations.into(),
        ]
    };
    Ok(match &given.by {
        None => store
            .active(asked, *window, *per)?
            .into_iter()
            .map(|one| row(one.period, Cell::Empty, one.heads))
            .collect(),
        Some(by) => store
            .active_by(asked, *window, *per, by, given.top)?
            .into_iter()
            .map(|one| row(one.period, one.group.into(), one.heads))
            .collect(),
    })
}
