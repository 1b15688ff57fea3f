//! Lists of servers, clusters and organizations: searched, sorted, and paged through by what stands in the
//! last row, so that no page is dearer than another. What is sorted by is in memory (`roster.rs`), and so are orders
//! (`kept.rs`); a page's rows are read from the tables.

mod clusters;
mod counted;
mod kept;
mod matching;
mod order;
mod organizations;
mod paging;
pub(crate) mod roster;
mod servers;
mod sorting;
mod texts;
mod verbs;

pub use clusters::ListedCluster;
pub use organizations::ListedOrganization;
pub use paging::{Listed, Place, Turn};
pub use servers::ListedServer;

use jiff::Timestamp;

use super::asked::{Asked, Window};

/// What a list is of, and which part of it.
#[derive(Debug, Clone)]
pub struct List {
    /// The product, and which of its servers.
    pub asked: Asked,
    /// They reported on one of these days. A filter by a dimension goes by the latest usage report in them.
    pub window: Window,
    /// What stands in an id, a host, a version or an organization's name; empty is all.
    pub search: String,
    /// Only servers in this state.
    pub state: State,
    /// Only servers of clusters with this id.
    pub cluster: Option<String>,
    /// The order.
    pub sort: Sort,
    /// The other way round.
    pub descending: bool,
    /// Which part.
    pub turn: Turn,
    /// Rows at most.
    pub limit: usize,
    /// When it was asked: what is active and what is silent goes by it.
    pub now: Timestamp,
}

/// What a list is sorted by. Who has no such thing comes last, either way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sort {
    /// The last report.
    LastSeen,
    /// The first report.
    FirstSeen,
    /// The version: as versions are ordered, other texts before them.
    Version,
    /// The host's name; of servers only.
    Host,
    /// How many servers; of clusters and organizations only.
    Servers,
    /// The name; of organizations only.
    Name,
    /// The latest of a numeric value of the last seven days of the window.
    Value(String),
}

/// Which servers by when they reported, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum State {
    /// All.
    #[default]
    All,
    /// Reported within [`ACTIVE_WITHIN`](super::ACTIVE_WITHIN).
    Active,
    /// Didn't.
    Silent,
    /// Their ids are probably those of several.
    Clones,
    /// They reported once, and never else.
    Once,
}
