//! The releases of a product: since when each is there, and how long the servers took to move to it.

use std::collections::BTreeMap;

use rusqlite::params;

use super::ProductId;
use super::adoption::share;
use super::asked::{Asked, Per, Window};
use super::ground::Ground;
use super::latest::{Counting, Counts, all, total};
use super::limits::{NOW_DAYS, WINDOW_MAX_DAYS};
use super::split::{self, By, Group, GroupId};
use super::version::Version;
use crate::sqlite::sql;
use crate::{Day, Result};

/// Parts of the servers, in hundredths.
const ADOPTED: [u64; 3] = [10, 50, 90];

/// A value of the dimension that says the version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// Its text.
    pub version: String,
    /// Whether it can be put in order with others.
    pub is_version: bool,
    /// The first day on which a server had it.
    pub first_seen: Day,
    /// Days from then to the first on which 10, 50 and 90 of 100 servers had it or a newer one; `None` where
    /// there was no such day, and for what is no version.
    pub days_to: [Option<u32>; 3],
    /// Servers that have it now.
    pub servers: u64,
    /// Of how many.
    pub of: u64,
}

/// Releases that a server had in the window: the newest first, then what is no version, the most
/// frequent first.
pub(crate) fn releases(
    ground: &Ground<'_>,
    asked: &Asked,
    window: Window,
    dimension: &str,
    limit: usize,
) -> Result<Vec<Release>> {
    let by = By::Dimension(dimension.to_owned());
    let history = history(ground, asked.product, window)?;
    let mut counting = Counting::new(ground, asked, (history, Per::Day), &by)?;
    let mut days = Vec::new();
    for day in history.days() {
        days.push((day, counting.latest(Per::Day.around(day))?));
    }
    // Who has one that nobody had in the window is beyond the older ones, too.
    let texts = texts(ground, &by, days.iter().map(|(_, counts)| &**counts))?;
    let ranks = Ranks::of(&texts);
    let in_window = days.iter().filter(|(day, _)| *day >= window.from);
    let listed = total(in_window.map(|(_, counts)| &**counts));
    let mut found: BTreeMap<GroupId, Release> = BTreeMap::new();
    for (day, counts) in &days {
        for (id, _) in counts.iter().filter(|(id, _)| listed.contains_key(id)) {
            if let Some(text) = texts.get(id) {
                found.entry(*id).or_insert_with(|| Release::new(text, *day));
            }
        }
        let (beyond, all) = (ranks.at_or_beyond(counts), all(counts));
        for (id, release) in &mut found {
            if let Some(rank) = ranks.0.get(id) {
                release.is_version = true;
                release.reach(*day, beyond[*rank], all);
            }
        }
    }
    let now = Window::last(NOW_DAYS, window.to);
    let now = Counting::new(ground, asked, (now, Per::Day), &by)?.latest(now)?;
    for (id, servers) in now.iter() {
        if let Some(release) = found.get_mut(id) {
            release.servers = *servers;
        }
    }
    let rank = |id: &GroupId| ranks.0.get(id).copied();
    let mut sorted: Vec<(GroupId, Release)> = found.into_iter().collect();
    sorted.sort_by(|(a, a_is), (b, b_is)| {
        let newest_first = rank(b).cmp(&rank(a));
        let largest_first = newest_first.then(b_is.servers.cmp(&a_is.servers));
        largest_first.then_with(|| a_is.version.cmp(&b_is.version))
    });
    let of = all(&now);
    let releases = sorted.into_iter().take(limit);
    Ok(releases
        .map(|(_, release)| Release { of, ..release })
        .collect())
}

/// All days up to the window's last of which anything is kept.
pub(super) fn history(ground: &Ground<'_>, product: ProductId, window: Window) -> Result<Window> {
    let earliest = window.to.plus(1 - WINDOW_MAX_DAYS);
    let first: Option<i32> = ground
        .db
        .prepare_cached(sql!("query/first_day"))?
        .query_row(params![product.0, earliest.0], |row| row.get(0))?;
    Ok(Window {
        from: window.from.min(first.map_or(window.from, Day)),
        to: window.to,
    })
}

/// The texts of a dimension's values that are told apart.
pub(super) fn texts<'a>(
    ground: &Ground<'_>,
    by: &By,
    counts: impl Iterator<Item = &'a Counts>,
) -> Result<BTreeMap<GroupId, String>> {
    let mut texts = BTreeMap::new();
    for id in total(counts).into_keys() {
        if let Group::Named(text) = split::name(ground, by, id)? {
            texts.insert(id, text);
        }
    }
    Ok(texts)
}

impl Release {
    /// What part of the servers has it, of 1.
    pub fn share(&self) -> f64 {
        share(self.servers, self.of)
    }

    fn new(version: &str, first_seen: Day) -> Release {
        Release {
            version: version.to_owned(),
            is_version: false,
            first_seen,
            days_to: [None; 3],
            servers: 0,
            of: 0,
        }
    }

    /// On a day so many of all servers had it or a newer one.
    fn reach(&mut self, day: Day, servers: u64, of: u64) {
        for (reached, hundredths) in self.days_to.iter_mut().zip(ADOPTED) {
            if reached.is_none() && of > 0 && servers * 100 >= of * hundredths {
                *reached = Some((day.0 - self.first_seen.0) as u32);
            }
        }
    }
}

/// Of each value that is a version its place among all, the oldest first; what is the same version has the
/// same.
struct Ranks(BTreeMap<GroupId, usize>);

impl Ranks {
    fn of(texts: &BTreeMap<GroupId, String>) -> Ranks {
        let mut ids: BTreeMap<Version, Vec<GroupId>> = BTreeMap::new();
        for (id, text) in texts {
            if let Some(version) = Version::read(text) {
                ids.entry(version).or_default().push(*id);
            }
        }
        let ranked = ids.into_values().enumerate();
        Ranks(
            ranked
                .flat_map(|(rank, ids)| ids.into_iter().map(move |id| (id, rank)))
                .collect(),
        )
    }

    /// How many servers have each version or a newer one.
    fn at_or_beyond(&self, counts: &Counts) -> Vec<u64> {
        let ranks = self.0.values().max().map_or(0, |newest| newest + 1);
        let mut servers = vec![0; ranks];
        for (id, count) in counts {
            if let Some(rank) = self.0.get(id) {
                servers[*rank] += count;
            }
        }
        for rank in (1..ranks).rev() {
            servers[rank - 1] += servers[rank];
        }
        servers
    }
}
