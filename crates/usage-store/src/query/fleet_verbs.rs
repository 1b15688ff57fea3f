//! What an organization's members ask about their own, as the store's users ask it. Nothing here answers
//! with another's.

use jiff::Timestamp;

use super::fleet_reports::{self, Found, Wanted};
use super::fleet_servers::{self, Cluster, FoundServers, ServerPlace};
use super::{Fleet, ProductId, ServerDetail, ServerId, fleet, servers};
use crate::journal::{Seq, StoredReport};
use crate::registry::OrganizationId;
use crate::{Day, Result, Store};

/// Questions about an organization's own reports.
impl Store {
    /// An organization's servers in numbers; the days begin with `from`.
    pub fn fleet(&self, of: OrganizationId, from: Day, now: Timestamp) -> Result<Fleet> {
        self.readers.read(|db| fleet::fleet(db, of, from, now))
    }

    /// Its servers after a place: all, or those with `text` in an id, host, product or version.
    pub fn fleet_servers(
        &self,
        of: OrganizationId,
        text: &str,
        after: Option<&ServerPlace>,
        limit: usize,
    ) -> Result<FoundServers> {
        self.readers
            .read(|db| fleet_servers::list(db, of, text, after, false, limit))
    }

    /// The servers of one of its clusters, after a place in it.
    pub fn fleet_cluster(
        &self,
        of: OrganizationId,
        after: &ServerPlace,
        limit: usize,
    ) -> Result<FoundServers> {
        self.readers
            .read(|db| fleet_servers::list(db, of, "", Some(after), true, limit))
    }

    /// Its clusters after one, in the order of products and names; one more than `limit` where there are
    /// more.
    pub fn fleet_clusters(
        &self,
        of: OrganizationId,
        after: Option<(ProductId, &str)>,
        limit: usize,
    ) -> Result<Vec<Cluster>> {
        self.readers
            .read(|db| fleet_servers::clusters(db, of, after, limit))
    }

    /// One of its servers; `None` for another's.
    pub fn fleet_server(&self, of: OrganizationId, id: ServerId) -> Result<Option<ServerDetail>> {
        self.readers.read(|db| {
            if !fleet_servers::owns(db, of, id)? {
                return Ok(None);
            }
            Ok(servers::one(db, id)?.map(|(detail, _)| detail))
        })
    }

    /// Its reports that fit, the newest first, from below `before`.
    pub fn fleet_reports(
        &self,
        of: OrganizationId,
        wanted: &Wanted,
        before: Option<Seq>,
        limit: usize,
    ) -> Result<Found> {
        self.readers
            .read(|db| fleet_reports::search(db, of, wanted, before, limit))
    }

    /// Its report at a place; `None` for another's.
    pub fn fleet_report(&self, of: OrganizationId, seq: Seq) -> Result<Option<StoredReport>> {
        self.readers.read(|db| fleet_reports::one(db, of, seq))
    }

    /// Some of its reports in order, from place `from` on and before `end`, and the place to go on from.
    pub fn fleet_reports_from(
        &self,
        of: OrganizationId,
        from: Seq,
        end: Seq,
    ) -> Result<(Vec<StoredReport>, Option<Seq>)> {
        self.readers
            .read(|db| fleet_reports::from(db, of, from, end))
    }
}
