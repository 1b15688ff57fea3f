//! The releases of a product, and how long servers took to move to each.

use usage_store::Store;

use crate::api::given::Given;
use crate::api::parameter::Parameter::{Dimension, Filter, Limit, Product, Window as Days};
use crate::api::question::Question;
use crate::api::table::{Column, Kind, Row};
use crate::ingest::Refusal;

pub(super) const QUESTION: Question = Question {
    path: "/api/v1/query/releases",
    id: "releases",
    summary: "Releases, and days to 10, 50 and 90 % of servers",
    description: "Exact. Lists each version that a server reported in the window: the newest first by the order \
                  of versions (1.10 is newer than 1.9, a pre-release older than its release, what stands behind \
                  a + is no part of it), then what is no version. The days count from the first day on which a \
                  counted server had it, in or before the window, to the first on which it *or a newer version* was \
                  what 10, 50 or 90 % of the servers with a usage report of that day had, by the latest of the \
                  day: who went on to the next version had adopted this one. Now is the last 7 days of the window.",
    takes: &[
        Product,
        Dimension { or: "version" },
        Days { days: 365 },
        Limit { or: 100 },
        Filter,
    ],
    columns: &[
        Column::new("version", Kind::Text, "The version, as it was reported."),
        Column::new(
            "is_version",
            Kind::Flag,
            "Whether it can be put in order with others.",
        ),
        Column::new(
            "first_seen",
            Kind::Day,
            "The first day on which a server had it.",
        ),
        Column::new(
            "days_to_10",
            Kind::Count,
            "Days from then to 10 % of servers; null where it never came to that.",
        ),
        Column::new("days_to_50", Kind::Count, "Days to 50 %."),
        Column::new("days_to_90", Kind::Count, "Days to 90 %."),
        Column::new("servers", Kind::Count, "Servers that have it now."),
        Column::new(
            "share",
            Kind::Share,
            "Their part of all that are counted now, from 0 to 1.",
        ),
    ],
    example: "limit=5",
    answer,
};

fn answer(store: &Store, given: &Given) -> Result<Vec<Row>, Refusal> {
    let releases = store.releases(&given.asked, given.window, &given.dimension, given.limit)?;
    let rows = releases.into_iter().map(|release| {
        let share = release.share();
        let [to_10, to_50, to_90] = release.days_to.map(|days| days.map(u64::from));
        vec![
            release.version.into(),
            release.is_version.into(),
            release.first_seen.into(),
            to_10.into(),
            to_50.into(),
            to_90.into(),
            release.servers.into(),
            share.into(),
        ]
    });
    Ok(rows.collect())
}
