//! What a question is, for the door, for its description and for whoever adds one.

use usage_store::Store;

use super::given::Given;
use super::parameter::Parameter;
use super::table::{Column, Row};
use crate::ingest::Refusal;

/// A question that can be asked.
pub(crate) struct Question {
    /// Where it is asked.
    pub(crate) path: &'static str,
    /// What generated clients name the call.
    pub(super) id: &'static str,
    /// The question, as an operator would ask it.
    pub(super) summary: &'static str,
    /// What exactly is counted, and how exact it is.
    pub(super) description: &'static str,
    /// What may be said with it.
    pub(super) takes: &'static [Parameter],
    /// What each row of the answer has.
    pub(super) columns: &'static [Column],
    /// A query string that makes sense once the first report was sent that a new server proposes.
    pub(super) example: &'static str,
    /// The answer's rows.
    pub(super) answer: fn(&Store, &Given) -> Result<Vec<Row>, Refusal>,
}

impl Question {
    /// The last part of its path.
    pub(crate) fn name(&self) -> &'static str {
        self.path.rsplit('/').next().unwrap_or(self.path)
    }

    /// Its example for a product.
    pub(crate) fn example_of(&self, product: &str) -> String {
        let product = match self.takes.contains(&Parameter::Product) {
            true => format!("product={product}"),
            false => String::new(),
        };
        let said = [product.as_str(), self.example].into_iter();
        let said: Vec<&str> = said.filter(|said| !said.is_empty()).collect();
        match said.is_empty() {
            true => self.path.to_owned(),
            false => format!("{}?{}", self.path, said.join("&")),
        }
    }
}
