//! Every question, one file each: what it takes, what its answer's columns mean, and the one call of the
//! store that answers it.

mod active;
mod clusters;
mod dictionary;
mod histogram;
mod history;
mod penetration;
mod silent;
mod value_now;
mod values;

use usage_store::query::Group;

use super::question::Question;
use super::table::Cell;

/// All of them, in the order of the documentation.
pub(crate) static QUESTIONS: &[Question] = &[
    active::QUESTION,
    values::QUESTION,
    value_now::QUESTION,
    histogram::QUESTION,
    penetration::QUESTION,
    clusters::LARGEST,
    clusters::GROWING,
    silent::QUESTION,
    history::SERVER,
    history::CLUSTER,
    history::STATS,
    dictionary::QUESTION,
];

/// A group's name in a cell: what is not told apart is `(other)`, what has none is empty.
impl From<Group> for Cell {
    fn from(group: Group) -> Cell {
        match group {
            Group::Named(name) => Cell::Text(name),
            Group::Other => Cell::Text("(other)".to_owned()),
            Group::Without => Cell::Empty,
        }
    }
}
