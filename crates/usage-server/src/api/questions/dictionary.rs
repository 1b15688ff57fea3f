//! The data dictionary: what products report, and what operators noted about it.

use usage_store::Store;
use usage_store::query::{Beyond, DictionaryEntry, Sample};
use usage_store::report::Number;

use crate::api::given::Given;
use crate::api::parameter::Parameter::{AnyProduct, Filter, Window};
use crate::api::question::Question;
use crate::api::table::{Cell, Column, Kind, Row};
use crate::ingest::Refusal;

pub(super) const QUESTION: Question = Question {
    path: "/api/v1/query/dictionary",
    id: "dictionary",
    summary: "What products report: every dimension and value",
    description: "Exact. A row for each dimension and numeric value ever seen, of one product or of all, and for what \
                  operators described or an allowlist removed. Servers count that reported it in their latest usage \
                  report of any day of the window; values and the sample are of the last day of the window that has \
                  any. Descriptions are edited by `usage-server product describe`. Of each product so many dimensions \
                  and as many values are told apart; a row without a name stands for all further ones, where there \
                  are any: its values are how many names these are, in the latest reports of the servers.",
    takes: &[AnyProduct, Window { days: 7 }, Filter],
    columns: &[
        Column::new("product", Kind::Text, "The product."),
        Column::new(
            "kind",
            Kind::Text,
            "dimension (a tag, a text or a boolean), value (a number) or stat (a series of product stats).",
        ),
        Column::new(
            "name",
            Kind::Text,
            "The name, as it is reported; null for all names that are not told apart.",
        ),
        Column::new(
            "first_day",
            Kind::Day,
            "The first day for which it was reported, or on which it was removed.",
        ),
        Column::new(
            "servers",
            Kind::Count,
            "Servers that reported it in the window; null where it is not kept.",
        ),
        Column::new(
            "type",
            Kind::Text,
            "text, int, float, or mixed where both whole and other numbers were seen.",
        ),
        Column::new(
            "values",
            Kind::Count,
            "Different values on that day; without a name, different names.",
        ),
        Column::new(
            "more_values",
            Kind::Flag,
            "Whether there were more, which are not told apart, or not counted.",
        ),
        Column::new(
            "sample",
            Kind::Text,
            "The value that most servers had on that day; its beginning, where it is long.",
        ),
        Column::new("description", Kind::Text, "What it means."),
        Column::new("unit", Kind::Text, "What its numbers count."),
        Column::new("owner", Kind::Text, "Who knows more."),
        Column::new("sensitivity", Kind::Text, "public, internal or personal."),
        Column::new(
            "allowed",
            Kind::Flag,
            "Whether the product's allowlist lets it be kept; null without a list.",
        ),
    ],
    example: "days=28",
    answer,
};

fn answer(store: &Store, given: &Given) -> Result<Vec<Row>, Refusal> {
    let entries = store.dictionary(&given.asked, &given.product, given.window)?;
    let beyond = store.beyond(&given.asked, &given.product, given.window)?;
    let rows = entries.into_iter().map(row);
    Ok(rows.chain(beyond.into_iter().map(row_of_others)).collect())
}

/// All that is not told apart.
fn row_of_others(others: Beyond) -> Row {
    let mut row = vec![Cell::Empty; QUESTION.columns.len()];
    let said = [
        Cell::Text(others.product),
        others.thing.name().into(),
        Cell::Empty,
        Cell::Day(others.first_day),
        others.servers.into(),
        Cell::Empty,
        others.names.into(),
        Cell::Flag(others.more),
    ];
    for (cell, said) in row.iter_mut().zip(said) {
        *cell = said;
    }
    row
}

fn row(entry: DictionaryEntry) -> Row {
    let seen = entry.seen.as_ref();
    let noted = |text: String| match text.is_empty() {
        true => Cell::Empty,
        false => Cell::Text(text),
    };
    let cell = |cell: Option<Cell>| cell.unwrap_or(Cell::Empty);
    vec![
        Cell::Text(entry.product),
        entry.thing.name().into(),
        Cell::Text(entry.name),
        cell(entry.first_day.map(Cell::Day)),
        cell(seen.map(|seen| seen.servers.into())),
        cell(seen.map(|seen| seen.of.name().into())),
        cell(seen.map(|seen| seen.values.into())),
        cell(seen.map(|seen| Cell::Flag(seen.more_values))),
        cell(seen.and_then(|seen| seen.sample.as_ref().map(sample))),
        noted(entry.note.description),
        noted(entry.note.unit),
        noted(entry.note.owner),
        cell(entry.note.sensitivity.map(|one| one.name().into())),
        cell(entry.allowed.map(Cell::Flag)),
    ]
}

/// As a text, as others are.
fn sample(sample: &Sample) -> Cell {
    Cell::Text(match sample {
        Sample::Text(text) => text.clone(),
        Sample::Number(Number::Int(n)) => n.to_string(),
        Sample::Number(Number::UInt(n)) => n.to_string(),
        Sample::Number(Number::Float(n)) => serde_json::json!(n).to_string(),
    })
}
