//! A product's clusters as a list: what their servers come to.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use jiff::Timestamp;
use roaring::RoaringBitmap;

use super::paging::{self, Listed, Place};
use super::roster::{Known, Roster};
use super::texts::Texts;
use super::{List, Sort, State, counted, matching, order, servers, sorting};
use crate::query::clusters::by_cluster;
use crate::query::ground::Ground;
use crate::query::history::servers_of_cluster;
use crate::query::numbers::Total;
use crate::sqlite::timestamp;
use crate::{Error, Result};

/// A cluster in a list.
#[derive(Debug, Clone, PartialEq)]
pub struct ListedCluster {
    /// Its number.
    pub cluster: u32,
    /// Its id, as it reports it.
    pub cluster_id: String,
    /// The organization it reports for.
    pub organization: Option<String>,
    /// Its servers that count.
    pub servers: u64,
    /// Those that reported within [`ACTIVE_WITHIN`](crate::query::ACTIVE_WITHIN).
    pub active: u64,
    /// Their versions, the newest first.
    pub versions: Vec<String>,
    /// The first report of any.
    pub first_seen: Option<Timestamp>,
    /// The last report of any.
    pub last_seen: Timestamp,
    /// The value that the list is sorted by, over its servers.
    pub value: Option<Total>,
    /// Where it stands.
    pub place: Place,
}

/// What a cluster's servers come to.
#[derive(Clone, Copy)]
pub(super) struct Sums {
    pub(super) servers: u32,
    active: u32,
    first_seen: i64,
    last_seen: i64,
    /// The newest version's number.
    version: Option<u32>,
}

/// Of no server.
pub(super) const NOBODY: Sums = Sums {
    servers: 0,
    active: 0,
    first_seen: i64::MAX,
    last_seen: i64::MIN,
    version: None,
};

impl Sums {
    pub(super) fn add(&mut self, known: &Known, is_active: bool, versions: &Texts) {
        self.servers += 1;
        self.active += u32::from(is_active);
        self.first_seen = self.first_seen.min(known.first_seen.unwrap_or(i64::MAX));
        self.last_seen = self.last_seen.max(known.last_seen);
        let rank = |version: &u32| versions.rank(*version);
        self.version = self
            .version
            .into_iter()
            .chain(known.version)
            .max_by_key(rank);
    }
}

/// A page of the list. A cluster counts with all its servers that the filter leaves, and is in the list where
/// one of them is in the state that is wanted and is what was searched for; silent is one whose servers all are.
pub(crate) fn list(ground: &Ground<'_>, list: &List) -> Result<Listed<ListedCluster>> {
    let roster = ground.roster()?;
    let all = counted::servers(ground, list)?;
    let meant = meant(ground, &roster, list, &all)?;
    let values = by_cluster(ground, &servers::latest_values(ground, list)?);
    let value = |cluster: u32| {
        let found = values.binary_search_by_key(&cluster, |sum| sum.cluster);
        found.ok().map(|at| values[at].value)
    };
    let by = |cluster: u32, sums: &Sums| match list.sort {
        Sort::FirstSeen => (sums.first_seen < i64::MAX).then(|| sorting::instant(sums.first_seen)),
        Sort::Version => sums.version.map(|version| roster.versions.rank(version)),
        Sort::Servers => Some(u64::from(sums.servers)),
        Sort::Value(_) => value(cluster).map(|total| sorting::number(total.as_f64())),
        _ => Some(sorting::instant(sums.last_seen)),
    };
    let is_there = |cluster: u32, sums: &Sums| {
        sums.servers > 0
            && meant.as_ref().is_none_or(|meant| meant.contains(cluster))
            && match list.state {
                State::Active => sums.active > 0,
                State::Silent => sums.active == 0,
                State::All | State::Clones | State::Once => true,
            }
    };
    let from = sorting::from(list, |place| sorting::key(place, list, &roster));
    let (page, sums) = {
        let mut kept = roster.kept();
        let of = (&*roster, ground.census);
        let since = servers::since(list.now);
        let clusters = kept.clusters(of, list.asked.product, all.clone(), since);
        let numbered = (0_u32..).zip(&clusters.sums);
        let there = numbered.filter(|(cluster, sums)| is_there(*cluster, sums));
        let key = |cluster, sums: &Sums| sorting::directed(by(cluster, sums), list.descending);
        let page = if let Sort::Value(_) = list.sort {
            let keys = there.map(|(cluster, sums)| (key(cluster, sums), u64::from(cluster)));
            paging::page(keys, from, list.limit)
        } else {
            let total = there.count() as u64;
            let sorted = (list.sort.clone(), list.descending);
            let (ids, sums) = clusters.order(&sorted, by);
            let key = |cluster: u32| Some(key(cluster, sums.get(cluster as usize)?));
            let is_wanted = |cluster: u32| is_there(cluster, &sums[cluster as usize]);
            order::page(ids, key, (is_wanted, total), (from, list.limit))
        };
        let shown = page.rows.iter();
        let sums = shown.map(|(_, cluster)| clusters.sums[*cluster as usize]);
        let sums: Vec<Sums> = sums.collect();
        (page, sums)
    };
    let mut rows = Vec::new();
    for ((_, cluster), sums) in page.rows.iter().zip(sums) {
        let cluster = *cluster as u32;
        let (cluster_id, organization) = ground.cluster_name(cluster)?;
        let value = value(cluster);
        let by = match list.sort {
            Sort::FirstSeen => {
                (sums.first_seen < i64::MAX).then(|| sorting::written(sums.first_seen))
            }
            Sort::Version => sums
                .version
                .map(|number| roster.versions.get(number).to_owned()),
            Sort::Servers => Some(sums.servers.to_string()),
            Sort::Value(_) => value.map(|total| total.as_f64().to_string()),
            _ => Some(sorting::written(sums.last_seen)),
        };
        rows.push(ListedCluster {
            cluster,
            versions: versions(ground, &roster, list, &all, (cluster, &cluster_id))?,
            cluster_id,
            organization,
            servers: u64::from(sums.servers),
            active: u64::from(sums.active),
            first_seen: (sums.first_seen < i64::MAX).then(|| timestamp(sums.first_seen)),
            last_seen: timestamp(sums.last_seen),
            value,
            place: Place {
                number: u64::from(cluster),
                by,
            },
        });
    }
    Ok(Listed {
        rows,
        ahead: page.ahead,
        total: page.total,
    })
}

/// The clusters of the servers that are searched for; none where nothing is.
fn meant(
    ground: &Ground<'_>,
    roster: &Roster,
    list: &List,
    all: &RoaringBitmap,
) -> Result<Option<RoaringBitmap>> {
    if list.search.trim().is_empty() {
        return Ok(None);
    }
    let found = matching::servers(ground, roster, list, all.clone())?;
    let clusters = found.iter().map(|server| ground.census.cluster(server));
    Ok(Some(clusters.collect()))
}

/// The versions of a cluster's servers, the newest first.
fn versions(
    ground: &Ground<'_>,
    roster: &Roster,
    list: &List,
    all: &RoaringBitmap,
    (cluster, cluster_id): (u32, &str),
) -> Result<Vec<String>> {
    // Others' clusters may have the same id.
    let servers = match servers_of_cluster(ground, &list.asked, cluster_id) {
        Err(Error::NotFound(_)) => RoaringBitmap::new(),
        found => found?,
    };
    let own = servers.iter();
    let own = own.filter(|id| all.contains(*id) && ground.census.cluster(*id) == cluster);
    let versions = own.filter_map(|id| roster.get(id)?.version);
    let newest_first: BTreeSet<Reverse<(u64, u32)>> = versions
        .map(|version| Reverse((roster.versions.rank(version), version)))
        .collect();
    let texts = newest_first.iter();
    let texts = texts.map(|Reverse((_, version))| roster.versions.get(*version).to_owned());
    Ok(texts.collect())
}
