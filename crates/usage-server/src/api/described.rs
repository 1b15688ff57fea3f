//! What the query API says of itself in the API's document: all of it is in the questions.

use serde_json::{Value, json};

use super::LIST;
use super::question::Question;
use super::questions::QUESTIONS;
use crate::app::Settings;
use crate::openapi::{Access, Answer, Content, Operation};

/// The product of the first report that a new server proposes.
const EXAMPLE_PRODUCT: &str = "myproduct";

/// Every question, and the list of them.
pub(crate) fn operations(_: &Settings) -> Vec<Operation> {
    let mut all = vec![Operation {
        path: LIST,
        method: "get",
        id: "questions",
        summary: "What can be asked",
        description: "The questions, each with its path and its parameters.".to_owned(),
        parameters: Vec::new(),
        body: None,
        access: Access::ApiKey,
        answers: vec![
            Answer {
                status: 200,
                description: "The questions.".to_owned(),
                content: Content::AnyJson,
                headers: Vec::new(),
            },
            not_allowed(),
        ],
    }];
    all.extend(QUESTIONS.iter().map(described));
    all
}

fn described(question: &'static Question) -> Operation {
    let example = question.example_of(EXAMPLE_PRODUCT);
    let mut parameters: Vec<Value> = Vec::new();
    for mut one in question.takes.iter().flat_map(|one| one.described()) {
        // What a question takes as its own it doesn't take as a filter.
        if parameters.iter().any(|known| known["name"] == one["name"]) {
            continue;
        }
        let said = example
            .split(['?', '&'])
            .filter_map(|pair| pair.split_once('='));
        if let Some((_, value)) = said.into_iter().find(|(name, _)| one["name"] == *name) {
            one["example"] = match value.parse::<u32>() {
                Ok(number) => number.into(),
                Err(_) => value.into(),
            };
        }
        parameters.push(one);
    }
    parameters.push(json!({
        "name": "format",
        "in": "query",
        "description": "json or csv; without it by Accept, else json. In CSV, texts that a spreadsheet would take for a formula begin with '.",
        "schema": {"type": "string", "enum": ["json", "csv"]},
    }));
    Operation {
        path: question.path,
        method: "get",
        id: question.id,
        summary: question.summary,
        description: format!("{} For example `{example}`.", question.description),
        parameters,
        body: None,
        access: Access::ApiKey,
        answers: vec![
            Answer {
                status: 200,
                description: "The rows, what they are about and how fresh they are.".to_owned(),
                content: Content::Shape(shape(question)),
                headers: vec![
                    ("Usage-Fresh-To", "With CSV: `fresh_to`, unless it is null."),
                    ("Usage-Behind", "With CSV: `behind`."),
                    (
                        "Usage-Complete-From",
                        "With CSV: `complete_from`, unless it is null.",
                    ),
                ],
            },
            not_allowed(),
            Answer::json(
                422,
                "Something said with it is wrong, or unknown.",
                "FieldErrors",
                json!({"errors": {"product": ["is needed"]}}),
            ),
        ],
    }
}

fn not_allowed() -> Answer {
    Answer::json(
        401,
        "No API key, or none that may.",
        "Error",
        json!({"error": "an API key is needed"}),
    )
}

/// The schema of an answer.
pub(super) fn shape(question: &Question) -> Value {
    let columns = question.columns.iter();
    let fields: serde_json::Map<String, Value> = columns
        .map(|column| (column.name.to_owned(), column.schema()))
        .collect();
    let names: Vec<&str> = question.columns.iter().map(|column| column.name).collect();
    json!({
        "type": "object",
        "required": ["question", "product", "window", "fresh_to", "behind", "complete_from", "rows"],
        "properties": {
            "question": {"type": "string"},
            "product": {"type": ["string", "null"]},
            "window": {"type": "object", "properties": {
                "from": {"type": "string", "format": "date"},
                "to": {"type": "string", "format": "date"},
            }},
            "fresh_to": {"type": ["string", "null"], "format": "date-time", "description": "When the newest report was received that the answer includes."},
            "behind": {"type": "integer", "description": "Reports accepted that it doesn't include yet."},
            "complete_from": {"type": ["string", "null"], "format": "date", "description": "The first day of which all is kept that the question rests on; what was before, and isn't kept, is not in the answer. null where nothing has gone yet."},
            "rows": {"type": "array", "items": {"type": "object", "required": names, "properties": fields}},
        },
    })
}
