//! The lists, as the store's users ask for them.

use super::{List, Listed, ListedCluster, ListedOrganization, ListedServer};
use super::{clusters, organizations, servers};
use jiff::Timestamp;

use crate::query::ServerId;
use crate::{Result, Store};

/// Lists of what reports.
impl Store {
    /// A page of a product's servers.
    pub fn list_servers(&self, list: &List) -> Result<Listed<ListedServer>> {
        self.question(|ground| servers::list(ground, list))
    }

    /// One server, as a list shows it.
    pub fn listed_server(&self, id: ServerId, now: Timestamp) -> Result<Option<ListedServer>> {
        self.readers.read(|db| servers::read(db, id.0, now))
    }

    /// A page of a product's clusters.
    pub fn list_clusters(&self, list: &List) -> Result<Listed<ListedCluster>> {
        self.question(|ground| clusters::list(ground, list))
    }

    /// A page of the organizations and their products; of all products where the list's is 0.
    pub fn list_organizations(&self, list: &List) -> Result<Listed<ListedOrganization>> {
        self.question(|ground| organizations::list(ground, list))
    }
}
