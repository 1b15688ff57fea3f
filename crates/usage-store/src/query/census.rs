//! Who each server belongs to: its cluster and its organization, by its id. Neither ever changes, so
//! it is kept in memory: 8 bytes a server, loaded when first asked for and then only added to.

use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use roaring::RoaringBitmap;
use rusqlite::Connection;

use crate::Result;
use crate::sqlite::sql;

/// Of every server its cluster and its organization.
#[derive(Default)]
pub(crate) struct Census {
    members: Vec<Member>,
    /// Servers that report without a token.
    anonymous: RoaringBitmap,
    clusters: usize,
    organizations: usize,
}

#[derive(Clone, Copy, Default)]
struct Member {
    cluster: u32,
    /// 0 is none.
    organization: u32,
}

/// How many of what a set of servers are of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Heads {
    /// Servers.
    pub servers: u64,
    /// Clusters they are of.
    pub clusters: u64,
    /// Organizations they report for; the anonymous have none.
    pub organizations: u64,
}

impl Census {
    /// The servers that report without a token, and maybe some that are gone.
    pub(crate) fn anonymous(&self) -> &RoaringBitmap {
        &self.anonymous
    }

    /// The highest number of a cluster.
    pub(crate) fn clusters(&self) -> usize {
        self.clusters
    }

    /// A server's cluster.
    pub(crate) fn cluster(&self, server: u32) -> u32 {
        self.of(server).cluster
    }

    /// A server's organization; 0 is none.
    pub(crate) fn organization(&self, server: u32) -> u32 {
        self.of(server).organization
    }

    fn of(&self, server: u32) -> Member {
        self.members
            .get(server as usize)
            .copied()
            .unwrap_or_default()
    }

    /// How many servers, clusters and organizations a set has.
    pub(crate) fn heads(&self, servers: &RoaringBitmap) -> Heads {
        let mut clusters = Distinct::up_to(self.clusters);
        let mut organizations = Distinct::up_to(self.organizations);
        // None is none of them.
        organizations.seen[0] |= 1;
        for server in servers {
            let member = self.of(server);
            clusters.add(member.cluster);
            organizations.add(member.organization);
        }
        Heads {
            servers: servers.len(),
            clusters: clusters.count,
            organizations: organizations.count,
        }
    }
}

/// Counts each number once.
struct Distinct {
    seen: Vec<u64>,
    count: u64,
}

impl Distinct {
    fn up_to(most: usize) -> Distinct {
        Distinct {
            seen: vec![0; most / 64 + 1],
            count: 0,
        }
    }

    fn add(&mut self, number: u32) {
        let (word, bit) = (number as usize / 64, 1 << (number % 64));
        // Without a branch on what can't be foretold.
        if let Some(word) = self.seen.get_mut(word) {
            self.count += u64::from(*word & bit == 0);
            *word |= bit;
        }
    }
}

/// The census of a store.
#[derive(Default)]
pub(crate) struct Censuses(RwLock<Census>);

impl Censuses {
    /// The census with every server that `db` sees.
    pub(crate) fn current(&self, db: &Connection) -> Result<RwLockReadGuard<'_, Census>> {
        let newest: Option<i64> = db
            .prepare_cached(sql!("query/newest_server"))?
            .query_row([], |row| row.get(0))?;
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if known.members.len() as i64 > newest.unwrap_or(0) {
            return Ok(known);
        }
        drop(known);
        extend(
            &mut self.0.write().unwrap_or_else(PoisonError::into_inner),
            db,
        )?;
        Ok(self.0.read().unwrap_or_else(PoisonError::into_inner))
    }
}

fn extend(census: &mut Census, db: &Connection) -> Result<()> {
    let mut query = db.prepare_cached(sql!("query/census"))?;
    let mut rows = query.query([census.members.len() as i64])?;
    while let Some(row) = rows.next()? {
        let id: u32 = row.get(0)?;
        let member = Member {
            cluster: row.get(1)?,
            organization: row.get(2)?,
        };
        census.members.resize(id as usize + 1, Member::default());
        census.members[id as usize] = member;
        if member.organization == 0 {
            census.anonymous.insert(id);
        }
        census.clusters = census.clusters.max(member.cluster as usize);
        census.organizations = census.organizations.max(member.organization as usize);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_is_counted_by_server_by_cluster_and_by_organization() {
        let of = |cluster, organization| Member {
            cluster,
            organization,
        };
        let census = Census {
            members: vec![of(0, 0), of(1, 0), of(1, 0), of(2, 7), of(64, 7), of(3, 65)],
            anonymous: RoaringBitmap::from_iter([1, 2]),
            clusters: 64,
            organizations: 65,
        };
        let heads = |servers: &[u32]| {
            let heads = census.heads(&servers.iter().copied().collect());
            (heads.servers, heads.clusters, heads.organizations)
        };
        assert_eq!(heads(&[]), (0, 0, 0));
        assert_eq!(heads(&[1, 2]), (2, 1, 0));
        assert_eq!(heads(&[1, 2, 3, 4, 5]), (5, 4, 2));
    }
}
