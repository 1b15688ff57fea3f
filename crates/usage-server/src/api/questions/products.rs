//! Every product at a glance, and how many servers each had day by day.

use usage_store::Store;
use usage_store::query::{Asked, Glance, Per};

use crate::api::given::Given;
use crate::api::parameter::Parameter::{AnyProduct, Window};
use crate::api::question::Question;
use crate::api::table::{Cell, Column, Kind, Row};
use crate::ingest::Refusal;

pub(super) const QUESTION: Question = Question {
    path: "/api/v1/query/products",
    id: "products",
    summary: "Every product at a glance or one, and what changed since yesterday",
    description: "Exact. Adopted products first, then by active servers. What changed is told of adopted products \
                  only, as anybody can report under any name; it is null for the others. Days are UTC days, of which \
                  today isn’t over.",
    takes: &[AnyProduct],
    columns: &[
        Column::new("product", Kind::Text, "The product."),
        Column::new("number", Kind::Count, "Its number, as on its page."),
        Column::new("adopted", Kind::Flag, "Whether an operator adopted it."),
        Column::new(
            "active",
            Kind::Count,
            "Servers that reported in the last 36 hours.",
        ),
        Column::new("reports_today", Kind::Count, "Reports that count today."),
        Column::new("last_report", Kind::Time, "Its newest report."),
        Column::new("yesterday", Kind::Count, "Servers active yesterday."),
        Column::new(
            "day_before",
            Kind::Count,
            "Servers active on the day before yesterday.",
        ),
        Column::new(
            "new_servers",
            Kind::Count,
            "Servers first seen yesterday or today.",
        ),
        Column::new(
            "new_versions",
            Kind::Count,
            "Versions that a server had yesterday or today, and none in the 28 days before.",
        ),
        Column::new(
            "silent_clusters",
            Kind::Count,
            "Clusters that reached 36 hours without a report within the last 24 hours.",
        ),
        Column::new(
            "refused",
            Kind::Count,
            "Reports refused in the last 24 hours that name it and are still kept; of those alike at most 100.",
        ),
    ],
    example: "",
    answer,
};

pub(super) const DAILY: Question = Question {
    path: "/api/v1/query/products-daily",
    id: "productsDaily",
    summary: "How many servers of each product are active, day by day",
    description: "Exact. A row for each day of the window and each adopted product.",
    takes: &[Window { days: 28 }],
    columns: &[
        Column::new("product", Kind::Text, "The product."),
        Column::new("day", Kind::Day, "The day."),
        Column::new("servers", Kind::Count, "Servers that reported on it."),
    ],
    example: "days=28",
    answer: daily,
};

fn answer(store: &Store, given: &Given) -> Result<Vec<Row>, Refusal> {
    let day_ago = given
        .now
        .saturating_sub(jiff::SignedDuration::from_hours(24));
    let refused = store.refused_since(day_ago.unwrap_or(given.now))?;
    let only = Some(given.asked.product).filter(|_| !given.product.is_empty());
    let rows = store.glances(only, given.now)?.into_iter().map(|glance| {
        let Glance { product, recent } = glance;
        let of = |figure: fn(&usage_store::query::Recent) -> u64| {
            recent
                .as_ref()
                .map_or(Cell::Empty, |recent| figure(recent).into())
        };
        let refused = match product.adopted {
            true => Cell::UInt(
                refused
                    .get(&Some(product.name.clone()))
                    .copied()
                    .unwrap_or(0),
            ),
            false => Cell::Empty,
        };
        vec![
            Cell::Text(product.name),
            Cell::Int(product.id.0),
            Cell::Flag(product.adopted),
            product.active_servers.into(),
            product.reports_today.into(),
            product.last_report.map_or(Cell::Empty, Cell::Time),
            of(|recent| recent.yesterday),
            of(|recent| recent.before),
            of(|recent| recent.new_servers),
            of(|recent| recent.new_versions),
            of(|recent| recent.silent),
            refused,
        ]
    });
    Ok(rows.collect())
}

fn daily(store: &Store, given: &Given) -> Result<Vec<Row>, Refusal> {
    let mut rows = Vec::new();
    for (product, name) in store.adopted_products()? {
        for day in store.active(&Asked::all(product), given.window, Per::Day)? {
            rows.push(vec![
                Cell::Text(name.clone()),
                Cell::Day(day.period.from),
                day.heads.servers.into(),
            ]);
        }
    }
    Ok(rows)
}
