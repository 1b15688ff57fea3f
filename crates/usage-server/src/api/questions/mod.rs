//! Every question, one file each: what it takes, what its answer's columns mean, and the one call of the
//! store that answers it.

mod active;
mod adoption;
mod behind;
mod clones;
mod cluster_list;
mod clusters;
mod dictionary;
mod dimensions;
mod features;
mod histogram;
mod history;
mod ids;
mod lifecycle;
mod organizations;
mod penetration;
mod products;
mod quarantine;
mod releases;
mod reports;
mod retention;
mod server;
mod servers;
mod shares;
mod silent;
mod upgrade_paths;
mod upgrades;
mod value_now;
mod values;

use usage_store::query::Group;

use super::question::Question;
use super::table::Cell;

/// All of them, in the order of the documentation.
pub(crate) static QUESTIONS: &[Question] = &[
    active::QUESTION,
    shares::QUESTION,
    adoption::QUESTION,
    releases::QUESTION,
    behind::QUESTION,
    upgrades::QUESTION,
    upgrade_paths::QUESTION,
    lifecycle::QUESTION,
    retention::QUESTION,
    clones::QUESTION,
    ids::QUESTION,
    values::QUESTION,
    value_now::QUESTION,
    histogram::QUESTION,
    penetration::QUESTION,
    features::QUESTION,
    clusters::LARGEST,
    clusters::GROWING,
    silent::QUESTION,
    servers::QUESTION,
    cluster_list::QUESTION,
    organizations::QUESTION,
    server::ABOUT,
    server::REPORTS,
    server::STARTS,
    history::SERVER,
    history::CLUSTER,
    server::CLUSTER_STARTS,
    history::CLUSTER_STATS,
    history::STATS,
    dictionary::QUESTION,
    dimensions::QUESTION,
    products::QUESTION,
    products::DAILY,
    reports::QUESTION,
    quarantine::QUESTION,
    quarantine::REPORTS,
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
