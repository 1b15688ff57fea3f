//! From which version to which servers went.

use usage_store::Store;
use usage_store::query::Change;

use super::lifecycle::{FROM, TO};
use crate::api::given::Given;
use crate::api::parameter::Parameter::{Dimension, Filter, Per, Product, Top, Window as Days};
use crate::api::question::Question;
use crate::api::table::{Column, Kind, Row};
use crate::ingest::Refusal;

pub(super) const QUESTION: Question = Question {
    path: "/api/v1/query/upgrade-paths",
    id: "upgrade_paths",
    summary: "From which version to which servers went",
    description: "Exact. The same changes as in `upgrades`, by what the servers had and what they have. Shows the \
                  pairs that most servers went over the window, `top` of them, in each period in which any did.",
    takes: &[
        Product,
        Dimension { or: "version" },
        Days { days: 30 },
        Per,
        Top { most: 10 },
        Filter,
    ],
    columns: &[
        FROM,
        TO,
        Column::new("old", Kind::Text, "What they had before the period."),
        Column::new("new", Kind::Text, "What they have at its end."),
        Column::new("change", Kind::Text, "upgrade, downgrade or otherwise."),
        Column::new("servers", Kind::Count, "Servers that went this way."),
    ],
    example: "per=week&top=3",
    answer,
};

fn answer(store: &Store, given: &Given) -> Result<Vec<Row>, Refusal> {
    let Given {
        asked, window, per, ..
    } = given;
    let paths = store.upgrade_paths(asked, *window, *per, &given.dimension, given.top)?;
    let rows = paths.into_iter().map(|path| {
        let change = match path.change {
            Change::Upgrade => "upgrade",
            Change::Downgrade => "downgrade",
            Change::Otherwise => "otherwise",
        };
        vec![
            path.period.from.into(),
            path.period.to.into(),
            path.old.into(),
            path.new.into(),
            change.into(),
            path.servers.into(),
        ]
    });
    Ok(rows.collect())
}
