//! A product's servers, searched, sorted, a page at a time.

use usage_store::Store;

use crate::api::given::Given;
use crate::api::parameter::Parameter::{AnyCluster, Filter, Limit, List, Product, State, Window};
use crate::api::question::Question;
use crate::api::table::{Cell, Column, Kind, Row};
use crate::ingest::Refusal;

pub(super) const PLACE: Column = Column::new(
    "place",
    Kind::Text,
    "Where the row stands: as `after` it leads to the next rows, as `before` to those above.",
);
pub(super) const ROW: Column =
    Column::new("row", Kind::Count, "The row’s number in the whole list.");
pub(super) const ROWS: Column = Column::new("rows", Kind::Count, "How many rows the list has.");

pub(super) const QUESTION: Question = Question {
    path: "/api/v1/query/servers",
    id: "servers",
    summary: "A product’s servers, as a list",
    description: "Exact. Servers that reported in the window and fit the filter, which goes by the latest usage report \
                  in it where it names dimensions. Versions are sorted as versions: 1.10 is newer than 1.9; other texts \
                  come before them.",
    takes: &[
        Product,
        Window { days: 30 },
        List {
            by: &["last_seen", "first_seen", "version", "host", "value"],
        },
        State,
        AnyCluster,
        Limit { or: 50 },
        Filter,
    ],
    columns: &[
        Column::new(
            "server",
            Kind::Count,
            "The server’s number, as on its page.",
        ),
        Column::new("cluster_id", Kind::Text, "Its cluster’s id."),
        Column::new(
            "server_id",
            Kind::Text,
            "Its own id; null where it is its cluster’s one server.",
        ),
        Column::new(
            "organization",
            Kind::Text,
            "Whose token it reports with; null without.",
        ),
        Column::new("organization_id", Kind::Count, "The organization’s number."),
        Column::new("host", Kind::Text, "The host of its latest check-in."),
        Column::new("version", Kind::Text, "Its latest version."),
        Column::new(
            "first_seen",
            Kind::Time,
            "Its first report; null where all came late.",
        ),
        Column::new("last_seen", Kind::Time, "Its last report."),
        Column::new(
            "active",
            Kind::Flag,
            "Whether it reported in the last 36 hours.",
        ),
        Column::new("reports", Kind::Count, "All its reports."),
        Column::new(
            "value",
            Kind::Number,
            "The value that the list is sorted by.",
        ),
        PLACE,
        ROW,
        ROWS,
    ],
    example: "sort=version&limit=10",
    answer,
};

fn answer(store: &Store, given: &Given) -> Result<Vec<Row>, Refusal> {
    let page = store.list_servers(&given.list())?;
    let (ahead, total) = (page.ahead, page.total);
    let rows = page.rows.into_iter().zip(ahead + 1..).map(|(one, n)| {
        let server = one.summary;
        vec![
            u64::from(server.id.0).into(),
            server.cluster_id.into(),
            server.server_id.into(),
            server.organization.into(),
            one.organization.map(|id| Cell::Int(id.0)).into(),
            server.host.into(),
            server.version.into(),
            server.first_seen.into(),
            server.last_seen.into(),
            one.active.into(),
            one.reports.into(),
            one.value.into(),
            one.place.to_string().into(),
            n.into(),
            total.into(),
        ]
    });
    Ok(rows.collect())
}
