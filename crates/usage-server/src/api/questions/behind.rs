//! How many releases behind the newest the servers are.

use usage_store::Store;
use usage_store::query::Far;

use super::shares::SHARE;
use crate::api::given::Given;
use crate::api::parameter::Parameter::{Dimension, Filter, Product, Window as Days};
use crate::api::question::Question;
use crate::api::table::{Cell, Column, Kind, Row};
use crate::ingest::Refusal;

pub(super) const QUESTION: Question = Question {
    path: "/api/v1/query/behind",
    id: "behind",
    summary: "How many versions behind the newest servers are",
    description: "Exact. Counts each server that sent a usage report in the window once, by its latest such \
                  report. It is as many versions behind as there are different releases newer than its own among \
                  those that servers of the product run, by their latest reports in the window, whatever the \
                  filter. Versions are in their order (1.10 is newer than 1.9); pre-releases are no steps: who runs \
                  one is behind the releases that are newer. Last come those that run what is no version, \
                  (no version), those not told apart, (other), and those that don’t say, null.",
    takes: &[
        Product,
        Dimension { or: "version" },
        Days { days: 7 },
        Filter,
    ],
    columns: &[
        Column::new(
            "behind",
            Kind::Count,
            "Newer releases; null where that can’t be said.",
        ),
        Column::new(
            "release",
            Kind::Text,
            "The release that is so far behind the newest; null behind all.",
        ),
        Column::new("servers", Kind::Count, "Servers that are as far behind."),
        SHARE,
    ],
    example: "dimension=version",
    answer,
};

fn answer(store: &Store, given: &Given) -> Result<Vec<Row>, Refusal> {
    let behind = store.behind(&given.asked, given.window, &given.dimension)?;
    let rows = behind.into_iter().map(|one| {
        let share = one.share();
        let (behind, release) = match one.far {
            Far::Releases { count, release } => (Some(u64::from(count)).into(), release.into()),
            Far::NoVersion => (Cell::Empty, "(no version)".into()),
            Far::Other => (Cell::Empty, "(other)".into()),
            Far::Without => (Cell::Empty, Cell::Empty),
        };
        vec![behind, release, one.servers.into(), share.into()]
    });
    Ok(rows.collect())
}
