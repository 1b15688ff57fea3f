//! How many different servers one address may name in a day without a token: anybody can draw ids, and
//! each new pair of them counts as a server for ever. A company behind one address has
//! thousands; a token lifts the limit. In memory only, as hashes under a key of this process.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};

use jiff::Timestamp;
use usage_store::report::Observation;

use super::throttle::Source;
use crate::limits::SERVERS_REMEMBERED_MAX;

const DAY_SECONDS: i64 = 86_400;

/// What was named today.
#[derive(Debug)]
pub(crate) struct Census {
    servers_max: usize,
    key: RandomState,
    day: i64,
    named: HashSet<u64>,
    of_source: HashMap<Source, usize>,
    told: bool,
}

/// Makes hashes of the servers that a report names.
#[derive(Debug, Clone)]
pub(super) struct Names(RandomState);

impl Names {
    pub(super) fn of(&self, product: &str, observations: &[Observation<'_>]) -> Vec<u64> {
        let one = |seen: &Observation<'_>| {
            let cluster = seen.cluster_id.as_deref()?;
            Some(
                self.0
                    .hash_one((product, cluster, seen.server_id.as_deref())),
            )
        };
        observations.iter().filter_map(one).collect()
    }
}

impl Census {
    pub(crate) fn new(servers_max: u32) -> Census {
        Census {
            servers_max: servers_max as usize,
            key: RandomState::new(),
            day: 0,
            named: HashSet::new(),
            of_source: HashMap::new(),
            told: false,
        }
    }

    pub(super) fn names(&self) -> Names {
        Names(self.key.clone())
    }

    /// Counts the servers that a report names.
    ///
    /// # Errors
    ///
    /// Where they are too many: seconds until the next day, which in UTC begins anew.
    pub(super) fn count(
        &mut self,
        source: Source,
        servers: &[u64],
        now: Timestamp,
    ) -> Result<(), u64> {
        let day = now.as_second().div_euclid(DAY_SECONDS);
        if day != self.day || self.named.len() >= SERVERS_REMEMBERED_MAX {
            self.named.clear();
            self.of_source.clear();
            (self.day, self.told) = (day, false);
        }
        let mut new = Vec::new();
        for server in servers {
            let named = self.key.hash_one((source, server));
            if self.named.insert(named) {
                new.push(named);
            }
        }
        let before = self.of_source.entry(source).or_default();
        if new.is_empty() || *before + new.len() <= self.servers_max {
            *before += new.len();
            return Ok(());
        }
        for named in new {
            self.named.remove(&named);
        }
        if !self.told {
            self.told = true;
            tracing::warn!(
                allowed = self.servers_max,
                "an address named too many different servers today without a token; where it is a \
                 proxy's, set trusted-proxies, where it is a company's, give it a token or raise sender-servers"
            );
        }
        Err((DAY_SECONDS - now.as_second().rem_euclid(DAY_SECONDS)) as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(last: u8) -> Source {
        Source::address([192, 0, 2, last].into())
    }

    #[test]
    fn known_servers_report_on_where_new_ones_are_too_many() {
        let mut census = Census::new(3);
        let evening: Timestamp = "2026-11-22T23:00:00Z".parse().unwrap();
        let mut count = |from, servers: &[u64], at| census.count(source(from), servers, at);
        assert_eq!(count(1, &[1, 2, 2, 1], evening), Ok(()));
        assert_eq!(count(1, &[3, 4], evening), Err(3_600), "all or none");
        assert_eq!(count(1, &[3], evening), Ok(()));
        assert_eq!(count(1, &[4], evening), Err(3_600));
        assert_eq!(count(1, &[3, 2, 1], evening), Ok(()), "they are known");
        assert_eq!(count(2, &[4, 5, 6], evening), Ok(()), "another's");
        let morning: Timestamp = "2026-11-23T00:00:00Z".parse().unwrap();
        assert_eq!(count(1, &[4, 5, 6], morning), Ok(()), "another day");
        assert_eq!(count(1, &[1], morning), Err(86_400));
    }

    #[test]
    fn a_product_a_cluster_and_a_server_make_a_name() {
        let names = Census::new(1).names();
        let seen = |cluster: Option<&'static str>, server: Option<&'static str>| Observation {
            cluster_id: cluster.map(Into::into),
            server_id: server.map(Into::into),
            ..Observation::default()
        };
        let all = [
            names.of("p", &[seen(Some("c"), None)]),
            names.of("q", &[seen(Some("c"), None)]),
            names.of("p", &[seen(Some("d"), None)]),
            names.of("p", &[seen(Some("c"), Some("s"))]),
        ];
        let different: HashSet<_> = all.iter().flatten().collect();
        assert_eq!(different.len(), 4);
        assert!(names.of("p", &[seen(None, Some("s"))]).is_empty());
    }

    #[test]
    fn memory_is_bounded() {
        let mut census = Census::new(u32::MAX);
        let now = Timestamp::UNIX_EPOCH;
        for n in 0..3 * SERVERS_REMEMBERED_MAX as u64 / 1_000 {
            let servers: Vec<u64> = (n * 1_000..(n + 1) * 1_000).collect();
            census.count(source(n as u8), &servers, now).unwrap();
        }
        assert!(census.named.len() <= SERVERS_REMEMBERED_MAX + 1_000);
    }
}
