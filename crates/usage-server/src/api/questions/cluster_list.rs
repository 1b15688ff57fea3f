//! A product's clusters, searched, sorted, a page at a time.

use usage_store::Store;

use super::servers::{PLACE, ROW, ROWS};
use crate::api::given::Given;
use crate::api::parameter::Parameter::{Filter, Limit, List, Product, State, Window};
use crate::api::question::Question;
use crate::api::table::{Column, Kind, Row};
use crate::ingest::Refusal;

pub(super) const QUESTION: Question = Question {
    path: "/api/v1/query/clusters",
    id: "clusters",
    summary: "A product’s clusters, as a list",
    description: "Exact. Clusters of servers that reported in the window and fit the filter, as in `servers`; each with all \
                  of these. A cluster is in the list where one of its servers is what was searched for. It is silent \
                  where all of them are. The version that it is sorted by is the newest of its servers.",
    takes: &[
        Product,
        Window { days: 30 },
        List {
            by: &["last_seen", "first_seen", "version", "servers", "value"],
        },
        State,
        Limit { or: 50 },
        Filter,
    ],
    columns: &[
        Column::new(
            "cluster_id",
            Kind::Text,
            "The cluster, as it reports itself.",
        ),
        Column::new(
            "organization",
            Kind::Text,
            "The organization that it reports for; null where it is anonymous.",
        ),
        Column::new("servers", Kind::Count, "Its servers."),
        Column::new(
            "active",
            Kind::Count,
            "Those that reported in the last 36 hours.",
        ),
        Column::new(
            "versions",
            Kind::Text,
            "Their latest versions, the newest first, with commas between them.",
        ),
        Column::new(
            "first_seen",
            Kind::Time,
            "The first report of any; null where all came late.",
        ),
        Column::new("last_seen", Kind::Time, "The last report of any."),
        Column::new(
            "value",
            Kind::Number,
            "The value that the list is sorted by: the latest of its servers together.",
        ),
        PLACE,
        ROW,
        ROWS,
    ],
    example: "sort=servers&limit=10",
    answer,
};

fn answer(store: &Store, given: &Given) -> Result<Vec<Row>, Refusal> {
    let page = store.list_clusters(&given.list())?;
    let (ahead, total) = (page.ahead, page.total);
    let rows = page.rows.into_iter().zip(ahead + 1..).map(|(one, n)| {
        vec![
            one.cluster_id.into(),
            one.organization.into(),
            one.servers.into(),
            one.active.into(),
            one.versions.join(", ").into(),
            one.first_seen.into(),
            one.last_seen.into(),
            one.value.into(),
            one.place.to_string().into(),
            n.into(),
            total.into(),
        ]
    });
    Ok(rows.collect())
}
