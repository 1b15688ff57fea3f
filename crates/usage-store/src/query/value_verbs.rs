//! The questions about values, clusters and one server, as the store's users ask them.

use jiff::Timestamp;

use super::{
    Asked, Beyond, By, ClusterDay, ClusterStats, ClusterValue, DictionaryEntry, Feature, Order,
    Penetration, ProductId, ServerDay, ServerId, SilentCluster, Spread, StartsDay, StatsDay,
    ValueOnDay, Window, beyond, clusters, dictionary, histogram, history, penetration, silent,
    starts, values,
};
use crate::{Day, Result, Store};

/// Questions about values, and about clusters and servers by themselves.
impl Store {
    /// All that a product reports or, with its name left empty, every product.
    pub fn dictionary(
        &self,
        asked: &Asked,
        product: &str,
        window: Window,
    ) -> Result<Vec<DictionaryEntry>> {
        self.question(|ground| match product {
            "" => dictionary::all(ground, asked, window),
            product => dictionary::dictionary(ground, asked, product, window),
        })
    }

    /// What of that is not told apart, as there are too many names: with an empty name of every product.
    pub fn beyond(&self, asked: &Asked, product: &str, window: Window) -> Result<Vec<Beyond>> {
        self.question(|ground| beyond::beyond(ground, asked, product, window))
    }

    /// What a numeric value comes to on each day; with `by` in that many largest groups and the rest.
    pub fn values(
        &self,
        asked: &Asked,
        name: &str,
        window: Window,
        by: Option<(&By, usize)>,
    ) -> Result<Vec<ValueOnDay>> {
        self.question(|ground| values::by_day(ground, asked, name, window, by))
    }

    /// How a value is spread over the servers, each by its latest within the window: one answer, or with `by` one
    /// for each of that many largest groups and for the rest.
    pub fn spread(
        &self,
        asked: &Asked,
        name: &str,
        window: Window,
        by: Option<(&By, usize)>,
    ) -> Result<Vec<Spread>> {
        self.question(|ground| histogram::spread(ground, asked, name, window, by))
    }

    /// On how many servers a value is above zero, or a flag true, on each day.
    pub fn penetration(
        &self,
        asked: &Asked,
        name: &str,
        window: Window,
    ) -> Result<Vec<Penetration>> {
        self.question(|ground| penetration::penetration(ground, asked, name, window))
    }

    /// Everything that can be used and that was said anything about on a day: numbers and flags, the most used
    /// first.
    pub fn features(&self, asked: &Asked, day: Day) -> Result<Vec<Feature>> {
        self.question(|ground| penetration::features(ground, asked, day))
    }

    /// The first `limit` clusters by a value.
    pub fn clusters_by(
        &self,
        asked: &Asked,
        name: &str,
        window: Window,
        order: Order,
        limit: usize,
    ) -> Result<Vec<ClusterValue>> {
        self.question(|ground| clusters::clusters(ground, asked, name, window, (order, limit)))
    }

    /// Clusters that reported within the window and not since an instant.
    pub fn silent_clusters(
        &self,
        asked: &Asked,
        window: Window,
        since: Timestamp,
        limit: usize,
    ) -> Result<Vec<SilentCluster>> {
        self.question(|ground| silent::silent(ground, asked, window, since, limit))
    }

    /// A server's days, with those on which it didn't report.
    pub fn server_days(&self, server: ServerId, window: Window) -> Result<Vec<ServerDay>> {
        self.question(|ground| history::server(ground, server, window))
    }

    /// A server's starts, day by day, as far as its reports are kept and may be looked through.
    pub fn starts_days(&self, server: ServerId, window: Window) -> Result<Vec<StartsDay>> {
        self.readers.read(|db| starts::starts(db, server, window))
    }

    /// Whether any server of a product is of a cluster with this id.
    pub fn has_cluster(&self, product: ProductId, cluster_id: &str) -> Result<bool> {
        let servers = self
            .readers
            .read(|db| history::servers_of(db, product, cluster_id))?;
        Ok(!servers.is_empty())
    }

    /// A cluster's starts, day by day: those of its servers that fit the filter.
    pub fn cluster_starts(
        &self,
        asked: &Asked,
        cluster_id: &str,
        window: Window,
    ) -> Result<Vec<StartsDay>> {
        self.question(|ground| starts::of_cluster(ground, asked, cluster_id, window))
    }

    /// The product stats of a cluster's servers, the newest days first, so many at most.
    pub fn cluster_stats(
        &self,
        asked: &Asked,
        cluster_id: &str,
        window: Window,
        limit: usize,
    ) -> Result<Vec<ClusterStats>> {
        self.question(|ground| history::cluster_stats(ground, asked, cluster_id, window, limit))
    }

    /// A cluster's days.
    pub fn cluster_days(
        &self,
        asked: &Asked,
        cluster_id: &str,
        window: Window,
    ) -> Result<Vec<ClusterDay>> {
        self.question(|ground| history::cluster(ground, asked, cluster_id, window))
    }

    /// A server's product stats, the latest of each day that has some.
    pub fn stats_days(&self, server: ServerId, window: Window) -> Result<Vec<StatsDay>> {
        self.question(|ground| history::stats(ground, server, window))
    }
}
