//! The organizations, and what reports for them.

use std::collections::BTreeMap;

use usage_store::Store;

use super::servers::{PLACE, ROW, ROWS};
use crate::api::given::Given;
use crate::api::parameter::Parameter::{AnyProduct, Limit, List, Window};
use crate::api::question::Question;
use crate::api::table::{Cell, Column, Kind, Row};
use crate::ingest::Refusal;

pub(super) const QUESTION: Question = Question {
    path: "/api/v1/query/organizations",
    id: "organizations",
    summary: "The organizations, and what reports for them",
    description: "Exact. A row for each organization and each product that ever reported for it; one without a product \
                  where nothing did. Servers and clusters are those that reported in the window.",
    takes: &[
        AnyProduct,
        Window { days: 30 },
        List {
            by: &["last_seen", "name", "servers", "first_seen"],
        },
        Limit { or: 50 },
    ],
    columns: &[
        Column::new("organization_id", Kind::Count, "The organization’s number."),
        Column::new("organization", Kind::Text, "Its name."),
        Column::new(
            "product",
            Kind::Text,
            "The product that reports for it; null where none ever did.",
        ),
        Column::new(
            "product_number",
            Kind::Count,
            "The product’s number, as on its page.",
        ),
        Column::new("servers", Kind::Count, "Its servers of that product."),
        Column::new("clusters", Kind::Count, "The clusters they are of."),
        Column::new("first_seen", Kind::Time, "The first report of any server."),
        Column::new(
            "last_seen",
            Kind::Time,
            "The last report of any server, in the window or before.",
        ),
        PLACE,
        ROW,
        ROWS,
    ],
    example: "sort=name",
    answer,
};

fn answer(store: &Store, given: &Given) -> Result<Vec<Row>, Refusal> {
    let page = store.list_organizations(&given.list())?;
    let (ahead, total) = (page.ahead, page.total);
    let mut numbers: BTreeMap<String, Cell> = BTreeMap::new();
    let products = page.rows.iter().filter_map(|one| one.product.as_deref());
    for product in products {
        if !numbers.contains_key(product) {
            let number = store.product_named(product)?;
            numbers.insert(
                product.to_owned(),
                number.map(|number| Cell::Int(number.0)).into(),
            );
        }
    }
    let rows = page.rows.into_iter().zip(ahead + 1..).map(|(one, n)| {
        let number = one.product.as_ref().and_then(|name| numbers.get(name));
        let number = number.cloned().into();
        vec![
            Cell::Int(one.id.0),
            one.name.into(),
            one.product.into(),
            number,
            one.servers.into(),
            one.clusters.into(),
            one.first_seen.into(),
            one.last_seen.into(),
            one.place.to_string().into(),
            n.into(),
            total.into(),
        ]
    });
    Ok(rows.collect())
}
