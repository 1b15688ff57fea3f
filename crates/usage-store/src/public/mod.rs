//! Pages about products for anybody: which there are, what is on them, and what of each week was published.
//! Exact counts never leave this room.
//!
//! ```text
//! a week is over, and counted -> total and parts, in one snapshot -> rounding -> public_week, public_part
//!                                                                                  \-> every visit, for good
//! ```
//!
//! - Weeks only, none of which overlap, and the same servers in all charts: no number is part of another one but of its
//!   week's total.
//! - What was published of a week is kept and never worked out again. Two visits can't differ by a late report or
//!   by an erasure.
//! - A part is named where enough customers have it: the servers of one count as one.
//! - The parts are by version, operating system and architecture, none of which is a finer one of another.

pub mod limits;
mod pages;
mod rounding;
mod weeks;

use crate::Day;

/// A product's public page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicPage {
    /// Whether anybody sees it.
    pub shown: bool,
    /// What fewer customers have is hidden, and counts of servers are rounded down to multiples of it. A customer is an
    /// organization or, without a token, a cluster.
    pub threshold: u32,
    /// What is on it, in this order.
    pub charts: Vec<PublicChart>,
}

impl Default for PublicPage {
    /// Nobody sees it.
    fn default() -> PublicPage {
        PublicPage {
            shown: false,
            threshold: limits::PUBLIC_THRESHOLD,
            charts: PublicChart::ALL.to_vec(),
        }
    }
}

/// What a public page can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PublicChart {
    /// How many servers are active.
    Active,
    /// Which parts have which version.
    Versions,
    /// Which parts run on which operating system.
    Systems,
    /// Which parts run on which processors.
    Architectures,
}

impl PublicChart {
    /// All, in the order of the page.
    pub const ALL: [PublicChart; 4] = [
        PublicChart::Active,
        PublicChart::Versions,
        PublicChart::Systems,
        PublicChart::Architectures,
    ];

    /// Its name, as it is kept and stands in addresses.
    pub fn name(self) -> &'static str {
        match self {
            PublicChart::Active => "active",
            PublicChart::Versions => "version",
            PublicChart::Systems => "os",
            PublicChart::Architectures => "arch",
        }
    }

    /// The one with a name.
    pub fn named(name: &str) -> Option<PublicChart> {
        PublicChart::ALL.into_iter().find(|one| one.name() == name)
    }

    /// The dimension that its parts are values of.
    fn dimension(self) -> Option<&'static str> {
        (self != PublicChart::Active).then(|| self.name())
    }
}

/// What is published of a week. All counts are rounded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedWeek {
    /// Its Monday.
    pub from: Day,
    /// Its Sunday.
    pub to: Day,
    /// Active servers; 0 where they are too few to tell.
    pub servers: u64,
    /// The parts that are large enough to be named, by chart, the largest first.
    pub parts: Vec<(PublicChart, String, u64)>,
}

impl PublishedWeek {
    /// The parts that one chart shows.
    pub fn parts_of(&self, chart: PublicChart) -> impl Iterator<Item = (&str, u64)> {
        let those = self.parts.iter().filter(move |(of, ..)| *of == chart);
        those.map(|(_, name, servers)| (name.as_str(), *servers))
    }
}
