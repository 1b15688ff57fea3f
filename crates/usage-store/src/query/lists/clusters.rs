//! A product's clusters as a list: what their servers come to.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use roaring::RoaringBitmap;

use super::paging::{self, Key, Listed, Place};
use super::roster::Roster;
use super::{List, Sort, State, counted, matching, servers, sorting};
use crate::Result;
use crate::query::clusters::name_of;
use crate::query::ground::Ground;
use crate::query::numbers::{Total, sum};
use crate::report::Number;
use crate::sqlite::timestamp;

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
struct Sums {
    servers: u32,
    active: u32,
    first_seen: i64,
    last_seen: i64,
    /// The newest version's place, and its number.
    version: Option<(u64, u32)>,
}

const NOBODY: Sums = Sums {
    servers: 0,
    active: 0,
    first_seen: i64::MAX,
    last_seen: i64::MIN,
    version: None,
};

/// A page of the list. A cluster counts with all its servers that the filter leaves, and is in the list where
/// one of them is in the state that is wanted and is what was searched for; silent is one whose servers all are.
pub(crate) fn list(ground: &Ground<'_>, list: &List) -> Result<Listed<ListedCluster>> {
    let roster = ground.roster()?;
    let all = counted::servers(ground, list)?;
    let meant = meant(ground, &roster, list, &all)?;
    let values = by_cluster(ground, &servers::latest_values(ground, list)?);
    let sums = sums(ground, &roster, list, &all);
    let by = |cluster: u32, sums: &Sums| match list.sort {
        Sort::FirstSeen => (sums.first_seen < i64::MAX).then(|| sorting::instant(sums.first_seen)),
        Sort::Version => sums.version.map(|(rank, _)| rank),
        Sort::Servers => Some(u64::from(sums.servers)),
        Sort::Value(_) => values
            .get(&cluster)
            .map(|total| sorting::number(total.as_f64())),
        _ => Some(sorting::instant(sums.last_seen)),
    };
    let keys = sums.iter().enumerate().filter_map(|(cluster, sums)| {
        let cluster = cluster as u32;
        let is_there = sums.servers > 0
            && meant.as_ref().is_none_or(|meant| meant.contains(cluster))
            && match list.state {
                State::Active => sums.active > 0,
                State::Silent => sums.active == 0,
                State::All | State::Clones | State::Once => true,
            };
        let key = sorting::directed(by(cluster, sums), list.descending);
        is_there.then_some((key, u64::from(cluster)))
    });
    let from = sorting::from(list, |place| sorting::key(place, list, &roster));
    let page = paging::page(keys, from, list.limit);
    let mut versions = versions(ground, &roster, &all, &page.rows);
    let mut rows = Vec::new();
    for (_, cluster) in &page.rows {
        let cluster = *cluster as u32;
        let sums = &sums[cluster as usize];
        let (cluster_id, organization) = name_of(ground, cluster)?;
        let value = values.get(&cluster).copied();
        let by = match list.sort {
            Sort::FirstSeen => {
                (sums.first_seen < i64::MAX).then(|| sorting::written(sums.first_seen))
            }
            Sort::Version => sums
                .version
                .map(|(_, number)| roster.versions.get(number).to_owned()),
            Sort::Servers => Some(sums.servers.to_string()),
            Sort::Value(_) => value.map(|total| total.as_f64().to_string()),
            _ => Some(sorting::written(sums.last_seen)),
        };
        rows.push(ListedCluster {
            cluster,
            cluster_id,
            organization,
            servers: u64::from(sums.servers),
            active: u64::from(sums.active),
            versions: versions.remove(&cluster).unwrap_or_default(),
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

/// What the servers of each cluster come to, by its number.
fn sums(ground: &Ground<'_>, roster: &Roster, list: &List, all: &RoaringBitmap) -> Vec<Sums> {
    let since = servers::since(list.now);
    let mut sums: Vec<Sums> = Vec::new();
    for id in all {
        let Some(known) = roster.get(id) else {
            continue;
        };
        let cluster = ground.census.cluster(id) as usize;
        if sums.len() <= cluster {
            sums.resize(cluster + 1, NOBODY);
        }
        let sum = &mut sums[cluster];
        sum.servers += 1;
        sum.active += u32::from(known.last_seen >= since);
        sum.first_seen = sum.first_seen.min(known.first_seen.unwrap_or(i64::MAX));
        sum.last_seen = sum.last_seen.max(known.last_seen);
        let version = known
            .version
            .map(|version| (roster.versions.rank(version), version));
        sum.version = sum.version.max(version);
    }
    sums
}

/// The versions of a page's clusters.
fn versions(
    ground: &Ground<'_>,
    roster: &Roster,
    all: &RoaringBitmap,
    page: &[Key],
) -> HashMap<u32, Vec<String>> {
    let shown: RoaringBitmap = page.iter().map(|(_, cluster)| *cluster as u32).collect();
    let mut sets: BTreeMap<u32, BTreeSet<(u64, u32)>> = BTreeMap::new();
    for id in all {
        let cluster = ground.census.cluster(id);
        if shown.contains(cluster)
            && let Some(version) = roster.get(id).and_then(|known| known.version)
        {
            let set = sets.entry(cluster).or_default();
            set.insert((roster.versions.rank(version), version));
        }
    }
    sets.into_iter()
        .map(|(cluster, set)| {
            let texts = set.iter().rev();
            let texts = texts.map(|(_, number)| roster.versions.get(*number).to_owned());
            (cluster, texts.collect())
        })
        .collect()
}

fn by_cluster(ground: &Ground<'_>, values: &HashMap<u32, Number>) -> HashMap<u32, Total> {
    let mut of: Vec<(u32, u32, Number)> = values
        .iter()
        .map(|(server, number)| (ground.census.cluster(*server), *server, *number))
        .collect();
    of.sort_unstable_by_key(|(cluster, server, _)| (*cluster, *server));
    of.chunk_by(|a, b| a.0 == b.0)
        .map(|one| {
            let numbers: Vec<Number> = one.iter().map(|(.., number)| *number).collect();
            (one[0].0, sum(&numbers))
        })
        .collect()
}
