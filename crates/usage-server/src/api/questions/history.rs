//! One server's and one cluster's history. What a cluster's servers count for in any other question is said there,
//! with `cluster`.

use usage_store::Store;

use crate::api::given::Given;
use crate::api::parameter::Parameter::{Cluster, Filter, Limit, Product, Server, Window};
use crate::api::question::Question;
use crate::api::table::{Cell, Column, Kind, Row};
use crate::ingest::Refusal;

pub(super) const SERVER: Question = Question {
    path: "/api/v1/query/server-history",
    id: "serverHistory",
    summary: "One server’s days: what it said, and the gaps",
    description: "A row for each day and each thing that the server’s latest usage report of the day said; one row with \
                  no name where it reported but said nothing, or didn’t report.",
    takes: &[Server, Window { days: 30 }],
    columns: &[
        Column::new("day", Kind::Day, "The day."),
        Column::new("active", Kind::Flag, "Whether it reported anything."),
        Column::new("name", Kind::Text, "The dimension or value."),
        Column::new("text", Kind::Text, "What it said, of a dimension."),
        Column::new("number", Kind::Number, "What it said, of a value."),
    ],
    example: "server=1",
    answer: server,
};

pub(super) const CLUSTER: Question = Question {
    path: "/api/v1/query/cluster-history",
    id: "clusterHistory",
    summary: "One cluster’s days: its servers and their versions",
    description: "Exact. Of all clusters with this id, whatever the organization; `organization` or `who` tells them apart. \
                  What its servers' numbers come to `values` says, as any other question does, with `cluster`.",
    takes: &[Product, Cluster, Window { days: 30 }, Filter],
    columns: &[
        Column::new("day", Kind::Day, "The day."),
        Column::new("servers", Kind::Count, "Its servers that reported."),
        Column::new(
            "versions",
            Kind::Text,
            "The versions that they ran, with commas between them.",
        ),
    ],
    example: "cluster=c1",
    answer: cluster,
};

pub(super) const STATS: Question = Question {
    path: "/api/v1/query/server-stats",
    id: "serverStats",
    summary: "One server’s product stats over time",
    description: "The latest product stats of each day that has some. All of them are in the raw reports.",
    takes: &[Server, Window { days: 30 }],
    columns: &[
        Column::new("day", Kind::Day, "The day."),
        Column::new("at", Kind::Time, "When they were made."),
        Column::new(
            "stats",
            Kind::Text,
            "What was reported, as JSON; empty where it was too large to be kept here.",
        ),
    ],
    example: "server=1",
    answer: stats,
};

pub(super) const CLUSTER_STATS: Question = Question {
    path: "/api/v1/query/cluster-stats",
    id: "clusterStats",
    summary: "One cluster’s product stats over time",
    description: "Of each of its servers the latest product stats of each day that has some, the newest days first. All of \
                  them are in the raw reports.",
    takes: &[
        Product,
        Cluster,
        Window { days: 30 },
        Limit { or: 100 },
        Filter,
    ],
    columns: &[
        Column::new("day", Kind::Day, "The day."),
        Column::new(
            "server",
            Kind::Count,
            "The server’s number, as on its page.",
        ),
        Column::new(
            "server_id",
            Kind::Text,
            "Its own id; null where it is its cluster’s one server.",
        ),
        Column::new("at", Kind::Time, "When they were made."),
        Column::new(
            "stats",
            Kind::Text,
            "What was reported, as JSON; empty where it was too large to be kept here.",
        ),
    ],
    example: "cluster=c1",
    answer: cluster_stats,
};

fn server(store: &Store, given: &Given) -> Result<Vec<Row>, Refusal> {
    let mut rows = Vec::new();
    for one in store.server_days(given.server, given.window)? {
        let mut row = |name: Cell, text: Cell, number: Cell| {
            rows.push(vec![one.day.into(), one.active.into(), name, text, number]);
        };
        if one.dimensions.is_empty() && one.values.is_empty() {
            row(Cell::Empty, Cell::Empty, Cell::Empty);
        }
        for (name, text) in one.dimensions {
            row(name.into(), text.into(), Cell::Empty);
        }
        for (name, number) in one.values {
            row(name.into(), Cell::Empty, number.into());
        }
    }
    Ok(rows)
}

fn cluster(store: &Store, given: &Given) -> Result<Vec<Row>, Refusal> {
    let days = store.cluster_days(&given.asked, &given.cluster, given.window)?;
    let rows = days.into_iter().map(|one| {
        vec![
            one.day.into(),
            one.servers.into(),
            one.versions.join(", ").into(),
        ]
    });
    Ok(rows.collect())
}

fn stats(store: &Store, given: &Given) -> Result<Vec<Row>, Refusal> {
    let days = store.stats_days(given.server, given.window)?;
    let rows = days
        .into_iter()
        .map(|one| vec![one.day.into(), one.at.into(), one.stats.into()]);
    Ok(rows.collect())
}

fn cluster_stats(store: &Store, given: &Given) -> Result<Vec<Row>, Refusal> {
    let (asked, window) = (&given.asked, given.window);
    let all = store.cluster_stats(asked, &given.cluster, window, given.limit)?;
    let rows = all.into_iter().map(|one| {
        vec![
            one.stats.day.into(),
            u64::from(one.server.0).into(),
            one.server_id.into(),
            one.stats.at.into(),
            one.stats.stats.into(),
        ]
    });
    Ok(rows.collect())
}
