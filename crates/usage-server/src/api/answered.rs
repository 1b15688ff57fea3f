//! Questions asked in this process, for pages: the same questions, said in the same way, answered by the same
//! call of the store. So a page can show nothing that the API can't.

use jiff::Timestamp;
use usage_store::{Day, Store};

use super::answer::Fresh;
use super::given::Given;
use super::kept;
use super::question::Question;
use super::questions::QUESTIONS;
use super::table::{self, Cell, Column, Row};
use crate::ingest::Refusal;

/// A question with its answer.
pub(crate) struct Answered {
    pub(crate) question: &'static Question,
    pub(crate) given: Given,
    pub(crate) fresh: Fresh,
    /// The first day of which all is kept that it rests on; `None` where nothing has gone yet.
    pub(crate) complete_from: Option<Day>,
    pub(crate) rows: Vec<Row>,
}

/// Asks the question of this name, as `GET /api/v1/query/NAME?QUERY` does.
pub(crate) fn ask(
    store: &Store,
    name: &str,
    query: &str,
    now: Timestamp,
) -> Result<Answered, Refusal> {
    let Some(question) = question(name) else {
        tracing::error!(name, "a page asks what is no question");
        return Err(Refusal::Failed);
    };
    answered(store, question, query, now)
}

/// Works out an answer.
pub(super) fn answered(
    store: &Store,
    question: &'static Question,
    query: &str,
    now: Timestamp,
) -> Result<Answered, Refusal> {
    let given = Given::read(store, question.takes, query, now)?;
    // Before the answer is worked out, so that it is at least so fresh.
    let fresh = Fresh::of(store.freshness()?);
    let rows = (question.answer)(store, &given)?;
    // And after it, as days may have gone meanwhile.
    let complete_from = kept::complete_from(store, question)?;
    Ok(Answered {
        question,
        given,
        fresh,
        complete_from,
        rows,
    })
}

/// Where a question is asked; `None` where there is no such question.
pub(crate) fn path(name: &str) -> Option<&'static str> {
    question(name).map(|question| question.path)
}

/// Whether a question of this name understands what is said under that name: `from`, `filter[os]`.
pub(crate) fn takes(name: &str, said: &str) -> bool {
    let said = match said.starts_with("filter[") && said.ends_with(']') {
        true => "filter[DIMENSION]",
        false => said,
    };
    question(name).is_some_and(|question| {
        let mut names = question.takes.iter().flat_map(|one| one.names());
        names.any(|name| *name == said)
    })
}

fn question(name: &str) -> Option<&'static Question> {
    QUESTIONS.iter().find(|question| question.name() == name)
}

impl Answered {
    /// The first day of which it has all, where its window begins before.
    pub(crate) fn lacks_before(&self) -> Option<Day> {
        self.complete_from
            .filter(|from| self.given.window.from < *from)
    }

    /// What the rows have.
    pub(crate) fn columns(&self) -> &'static [Column] {
        self.question.columns
    }

    /// What stands in a row in the column of this name; nothing where there is no such column.
    pub(crate) fn cell<'a>(&self, row: &'a Row, column: &str) -> &'a Cell {
        let at = self.columns().iter().position(|one| one.name == column);
        at.and_then(|at| row.get(at)).unwrap_or(&Cell::Empty)
    }

    /// A text in a row.
    pub(crate) fn text<'a>(&self, row: &'a Row, column: &str) -> Option<&'a str> {
        match self.cell(row, column) {
            Cell::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A number in a row.
    pub(crate) fn number(&self, row: &Row, column: &str) -> Option<f64> {
        match *self.cell(row, column) {
            Cell::Int(n) => Some(n as f64),
            Cell::UInt(n) => Some(n as f64),
            Cell::Float(n) => Some(n),
            _ => None,
        }
    }

    /// A number of something in a row.
    pub(crate) fn count(&self, row: &Row, column: &str) -> Option<u64> {
        match *self.cell(row, column) {
            Cell::UInt(n) => Some(n),
            Cell::Int(n) => u64::try_from(n).ok(),
            _ => None,
        }
    }

    /// A day in a row.
    pub(crate) fn day(&self, row: &Row, column: &str) -> Option<Day> {
        match *self.cell(row, column) {
            Cell::Day(day) => Some(day),
            _ => None,
        }
    }

    /// All of it as CSV.
    pub(crate) fn csv(&self) -> String {
        table::csv(self.columns(), &self.rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_says_what_it_takes() {
        assert!(takes("active", "per") && takes("active", "filter[os]"));
        assert!(!takes("shares", "per") && !takes("nothing", "from"));
        assert_eq!(path("upgrade-paths"), Some("/api/v1/query/upgrade-paths"));
        assert_eq!(path("upgrade"), None);
    }
}
