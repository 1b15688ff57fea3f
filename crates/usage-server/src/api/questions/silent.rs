//! Clusters that have gone silent.

use jiff::SignedDuration;
use usage_store::Store;

use crate::api::given::Given;
use crate::api::parameter::Parameter::{Filter, Hours, Limit, Product, Window};
use crate::api::question::Question;
use crate::api::table::{Column, Kind, Row};
use crate::ingest::Refusal;

pub(super) const QUESTION: Question = Question {
    path: "/api/v1/query/silent-clusters",
    id: "silentClusters",
    summary: "Clusters that have gone silent",
    description: "Exact. Clusters that reported within the window, and none of whose servers reported in the last `hours`. \
                  Those heard of last come first.",
    takes: &[
        Product,
        Window { days: 30 },
        Hours { or: 36 },
        Limit { or: 100 },
        Filter,
    ],
    columns: &[
        Column::new("cluster", Kind::Text, "The cluster, as it reports itself."),
        Column::new(
            "organization",
            Kind::Text,
            "The organization that it reports for; null where it is anonymous.",
        ),
        Column::new(
            "servers",
            Kind::Count,
            "Its servers that reported within the window.",
        ),
        Column::new("last_seen", Kind::Time, "Its last report."),
    ],
    example: "hours=48",
    answer,
};

fn answer(store: &Store, given: &Given) -> Result<Vec<Row>, Refusal> {
    let hours = SignedDuration::from_hours(i64::from(given.hours));
    let since = given.now.saturating_sub(hours).unwrap_or(given.now);
    let clusters = store.silent_clusters(&given.asked, given.window, since, given.limit)?;
    let rows = clusters.into_iter().map(|one| {
        vec![
            one.cluster_id.into(),
            one.organization.into(),
            one.servers.into(),
            one.last_seen.into(),
        ]
    });
    Ok(rows.collect())
}
