//! How many releases behind the newest the servers are.

use std::collections::BTreeMap;

use super::adoption::share;
use super::asked::{Asked, Per, Window};
use super::ground::Ground;
use super::latest::{Counting, all};
use super::releases::texts;
use super::split::{By, GroupId};
use super::version::Version;
use crate::Result;

/// Servers that are as far behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Behind {
    /// How far.
    pub far: Far,
    /// How many they are.
    pub servers: u64,
    /// Of how many.
    pub of: u64,
}

/// How far a server is behind.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Far {
    /// So many releases that others run are newer than its own.
    Releases {
        /// How many.
        count: u32,
        /// The release that is so far behind the newest; `None` where its own is older than any.
        release: Option<String>,
    },
    /// What it runs is no version.
    NoVersion,
    /// What it runs is not told apart from others.
    Other,
    /// It doesn't say.
    Without,
}

impl Behind {
    /// As a part of 1.
    pub fn share(&self) -> f64 {
        share(self.servers, self.of)
    }
}

/// By the latest usage report of each server in the window; the steps are the releases that any server of
/// the product runs by its own, whatever the filter. None is left out, even if nobody is on it.
pub(crate) fn behind(
    ground: &Ground<'_>,
    asked: &Asked,
    window: Window,
    dimension: &str,
) -> Result<Vec<Behind>> {
    let by = By::Dimension(dimension.to_owned());
    let everybody = Asked::all(asked.product);
    let run = Counting::new(ground, &everybody, (window, Per::Day), &by)?.latest(window)?;
    let counts = Counting::new(ground, asked, (window, Per::Day), &by)?.latest(window)?;
    let texts = texts(ground, &by, [&*run, &*counts].into_iter())?;
    let versions: BTreeMap<&GroupId, Version> = texts
        .iter()
        .filter_map(|(id, text)| Some((id, Version::read(text)?)))
        .collect();
    // What is the same version is one step, by one of its texts.
    let mut steps: BTreeMap<&Version, &str> = BTreeMap::new();
    for (id, _) in run.iter() {
        if let (Some(version), Some(text)) = (versions.get(id), texts.get(id))
            && version.is_release()
        {
            let known = steps.entry(version).or_insert(text);
            *known = (*known).min(text);
        }
    }
    let newest: Vec<(&Version, &str)> = steps.into_iter().rev().collect();
    let far = |count: usize| Far::Releases {
        count: count as u32,
        release: newest.get(count).map(|(_, text)| (*text).to_owned()),
    };
    let mut servers: BTreeMap<Far, u64> = (0..newest.len()).map(|n| (far(n), 0)).collect();
    for (id, count) in counts.iter() {
        let far = match (versions.get(id), id) {
            (Some(own), _) => far(newest.partition_point(|(version, _)| *version > own)),
            (None, GroupId::Without) => Far::Without,
            (None, _) if texts.contains_key(id) => Far::NoVersion,
            (None, _) => Far::Other,
        };
        *servers.entry(far).or_default() += count;
    }
    let of = all(&counts);
    Ok(servers
        .into_iter()
        .map(|(far, servers)| Behind { far, servers, of })
        .collect())
}
