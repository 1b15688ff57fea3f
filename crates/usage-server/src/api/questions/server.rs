//! One server: what is known of it, and its raw reports.

use usage_store::{Error, Store};

use crate::api::given::Given;
use crate::api::parameter::Parameter::{Before, Cluster, Filter, Limit, Product, Server, Window};
use crate::api::question::Question;
use crate::api::table::{Cell, Column, Kind, Row};
use crate::ingest::Refusal;

pub(super) const ABOUT: Question = Question {
    path: "/api/v1/query/server",
    id: "server",
    summary: "One server: what is known of it, and what it said last",
    description: "Exact. A row for each thing: what it is (`about`), and the dimensions and values of its latest usage \
                  report.",
    takes: &[Server],
    columns: &[
        Column::new("kind", Kind::Text, "about, dimension or value."),
        Column::new(
            "name",
            Kind::Text,
            "Of what is known: product, product_number, cluster_id, server_id, organization, organization_id, host, previous_host, \
             version, first_seen, last_seen, reports, starts, host_returns, backwards.",
        ),
        Column::new("text", Kind::Text, "What it is, of a text."),
        Column::new("number", Kind::Number, "What it is, of a number."),
        Column::new("at", Kind::Time, "When, of a time."),
    ],
    example: "server=1",
    answer: about,
};

pub(super) const REPORTS: Question = Question {
    path: "/api/v1/query/server-reports",
    id: "serverReports",
    summary: "One server’s raw reports",
    description: "As they were received, the newest first, as far as they are kept. A usage report may speak of other \
                  servers, too.",
    takes: &[Server, Before, Limit { or: 25 }],
    columns: &[
        Column::new(
            "report",
            Kind::Count,
            "The report’s number; as `before` it leads to older ones.",
        ),
        Column::new("kind", Kind::Text, "servers (a check-in), stats or usage."),
        Column::new("received_at", Kind::Time, "When it came."),
        Column::new(
            "reported_at",
            Kind::Time,
            "When it was made, where it came later.",
        ),
        Column::new("body", Kind::Text, "The JSON as received."),
    ],
    example: "server=1",
    answer: reports,
};

pub(super) const STARTS: Question = Question {
    path: "/api/v1/query/server-starts",
    id: "serverStarts",
    summary: "How often one server started, day by day",
    description: "Counted in its raw reports: each check-in is a start, on the day it was made. The newest of them are \
                  looked through as far as they are kept, up to some 20,000 reports of all servers; \
                  before that it is not known.",
    takes: &[Server, Window { days: 30 }],
    columns: &[
        Column::new("day", Kind::Day, "The day."),
        Column::new(
            "starts",
            Kind::Count,
            "Starts on it; null where that is not known.",
        ),
    ],
    example: "server=1",
    answer: starts,
};

pub(super) const CLUSTER_STARTS: Question = Question {
    path: "/api/v1/query/cluster-starts",
    id: "clusterStarts",
    summary: "How often one cluster’s servers started, day by day",
    description: "Counted in the raw reports, as in `server-starts`, of those of its servers that reported in the window and fit \
                  the filter.",
    takes: &[Product, Cluster, Window { days: 30 }, Filter],
    columns: STARTS.columns,
    example: "cluster=c1",
    answer: cluster_starts,
};

fn about(store: &Store, given: &Given) -> Result<Vec<Row>, Refusal> {
    let none = || Error::NotFound(format!("server {}", given.server.0));
    let known = store.listed_server(given.server, given.now)?;
    let known = known.ok_or_else(none)?;
    let detail = store.server(given.server)?.ok_or_else(none)?;
    let server = known.summary;
    let text = |name: &str, text: Cell| about_row(name, [text, Cell::Empty, Cell::Empty]);
    let number = |name: &str, n: u64| about_row(name, [Cell::Empty, n.into(), Cell::Empty]);
    let time = |name: &str, at: Cell| about_row(name, [Cell::Empty, Cell::Empty, at]);
    let mut rows = vec![
        text("product", server.product_name.into()),
        about_row(
            "product_number",
            [Cell::Empty, Cell::Int(server.product.0), Cell::Empty],
        ),
        text("cluster_id", server.cluster_id.into()),
        text("server_id", server.server_id.into()),
        text("organization", server.organization.into()),
        about_row(
            "organization_id",
            [
                Cell::Empty,
                known.organization.map(|id| Cell::Int(id.0)).into(),
                Cell::Empty,
            ],
        ),
        text("host", server.host.into()),
        text("previous_host", known.previous_host.into()),
        text("version", server.version.into()),
        time("first_seen", server.first_seen.into()),
        time("last_seen", server.last_seen.into()),
        number("reports", known.reports),
        number("starts", known.starts),
        number("host_returns", known.host_returns),
        number("backwards", known.backwards),
    ];
    let said = |kind: &str, name: String, text: Cell, number: Cell| {
        vec![kind.into(), name.into(), text, number, Cell::Empty]
    };
    for (name, text) in detail.dimensions {
        rows.push(said("dimension", name, text.into(), Cell::Empty));
    }
    for (name, number) in detail.values {
        rows.push(said("value", name, Cell::Empty, number.into()));
    }
    Ok(rows)
}

fn about_row(name: &str, [text, number, at]: [Cell; 3]) -> Row {
    vec!["about".into(), name.into(), text, number, at]
}

fn reports(store: &Store, given: &Given) -> Result<Vec<Row>, Refusal> {
    let reports = store.server_reports(given.server, given.before, given.limit)?;
    let rows = reports.into_iter().map(|report| {
        vec![
            report.seq.into(),
            report.kind.name().into(),
            report.received_at.into(),
            report.reported_at.into(),
            String::from_utf8_lossy(&report.body).into_owned().into(),
        ]
    });
    Ok(rows.collect())
}

fn starts(store: &Store, given: &Given) -> Result<Vec<Row>, Refusal> {
    let days = store.starts_days(given.server, given.window)?;
    let rows = days
        .into_iter()
        .map(|one| vec![one.day.into(), one.starts.into()]);
    Ok(rows.collect())
}

fn cluster_starts(store: &Store, given: &Given) -> Result<Vec<Row>, Refusal> {
    let days = store.cluster_starts(&given.asked, &given.cluster, given.window)?;
    Ok(days
        .into_iter()
        .map(|one| vec![one.day.into(), one.starts.into()])
        .collect())
}
