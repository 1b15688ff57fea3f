//! A product's dimensions: by what its servers can be split and filtered.

use usage_store::Store;

use crate::api::given::Given;
use crate::api::parameter::Parameter::Product;
use crate::api::question::Question;
use crate::api::table::{Cell, Column, Kind, Row};
use crate::ingest::Refusal;

pub(super) const QUESTION: Question = Question {
    path: "/api/v1/query/dimensions",
    id: "dimensions",
    summary: "By what a product’s servers can be split and filtered",
    description: "A row for each dimension that was ever reported, by name. What each has in it is the dictionary’s to say.",
    takes: &[Product],
    columns: &[Column::new(
        "dimension",
        Kind::Text,
        "The name, as it is reported.",
    )],
    example: "",
    answer,
};

fn answer(store: &Store, given: &Given) -> Result<Vec<Row>, Refusal> {
    let names = store.dimensions(given.asked.product)?.into_iter();
    Ok(names.map(|name| vec![Cell::Text(name)]).collect())
}
