//! What lists work out of the roster and keep: who stands where, who is active, what clusters come to. It is told
//! of every server that changes, so that the next page works on those only. At a million servers each order takes
//! 5 MB, and what clusters come to 32 bytes a cluster.

use std::collections::HashMap;

use roaring::RoaringBitmap;

use super::Sort;
use super::clusters::{NOBODY, Sums};
use super::order::Order;
use super::organizations;
use super::roster::Roster;
use super::sorting;
use crate::query::ProductId;
use crate::query::census::Census;
use crate::query::limits::ORDERS_KEPT;

/// All that is kept, for one roster.
#[derive(Default)]
pub(super) struct Kept {
    /// The one that was asked for last comes first.
    orders: Vec<(Sorted, Order)>,
    active: Option<Active>,
    clusters: Option<Clusters>,
    /// What organizations come to, with the servers that counted.
    organizations: HashMap<i64, (RoaringBitmap, Vec<organizations::Sums>)>,
}

/// Which order.
#[derive(Clone, PartialEq)]
pub(super) struct Sorted {
    pub(super) product: ProductId,
    pub(super) sort: Sort,
    pub(super) descending: bool,
}

/// Who of a product was heard of since an instant.
struct Active {
    product: ProductId,
    since: i64,
    servers: RoaringBitmap,
    moved: RoaringBitmap,
}

/// What the servers of each cluster come to.
pub(super) struct Clusters {
    product: ProductId,
    /// Who counts, and who of them is active.
    all: RoaringBitmap,
    active: RoaringBitmap,
    moved: RoaringBitmap,
    /// By cluster.
    pub(super) sums: Vec<Sums>,
    orders: Vec<((Sort, bool), Order)>,
}

impl Kept {
    /// These servers changed in the roster, came or went.
    pub(super) fn moved(&mut self, servers: &RoaringBitmap) {
        self.orders
            .iter_mut()
            .for_each(|(_, order)| order.moved(servers));
        let of_active = self.active.as_mut().map(|active| &mut active.moved);
        let of_clusters = self.clusters.as_mut().map(|clusters| &mut clusters.moved);
        for moved in of_active.into_iter().chain(of_clusters) {
            *moved |= servers;
        }
        self.organizations.clear();
    }

    /// A product's servers in order.
    pub(super) fn order(&mut self, roster: &Roster, wanted: &Sorted) -> &[u32] {
        let all = roster.products.get(&wanted.product.0);
        let key = |id: u32| {
            let known = roster.get(id)?;
            all.filter(|all| all.contains(id))?;
            let by = sorting::of(known, &wanted.sort, roster);
            Some(sorting::directed(by, wanted.descending))
        };
        let order = latest(&mut self.orders, ORDERS_KEPT, wanted, || {
            Order::new(all.into_iter().flatten(), key)
        });
        order.ids(key)
    }

    /// Who of a product was heard of since an instant.
    pub(super) fn active(
        &mut self,
        roster: &Roster,
        product: ProductId,
        since: i64,
    ) -> &RoaringBitmap {
        let of_product = roster.products.get(&product.0);
        let is_active = |id: u32, since| {
            let known = roster.get(id).filter(|known| known.last_seen >= since);
            known.is_some() && of_product.is_some_and(|all| all.contains(id))
        };
        let mut active = match self.active.take() {
            Some(active) if active.product == product => active,
            _ => {
                let all = of_product.into_iter().flatten();
                let servers = all.filter(|id| is_active(*id, since));
                Active {
                    product,
                    since,
                    servers: RoaringBitmap::from_sorted_iter(servers).unwrap_or_default(),
                    moved: RoaringBitmap::new(),
                }
            }
        };
        for id in std::mem::take(&mut active.moved) {
            match is_active(id, active.since) {
                true => active.servers.insert(id),
                false => active.servers.remove(id),
            };
        }
        if since != active.since {
            let newest_first = Sorted {
                product,
                sort: Sort::LastSeen,
                descending: true,
            };
            let order = self.order(roster, &newest_first);
            let up_to = |since| order.partition_point(|id| is_active(*id, since));
            let (then, now) = (up_to(active.since), up_to(since));
            let between = &order[then.min(now)..then.max(now)];
            let between: RoaringBitmap = between.iter().copied().collect();
            match now > then {
                true => active.servers |= between,
                false => active.servers -= between,
            }
            active.since = since;
        }
        &self.active.insert(active).servers
    }

    /// What a product's clusters come to, of some of its servers.
    pub(super) fn clusters(
        &mut self,
        (roster, census): (&Roster, &Census),
        product: ProductId,
        all: RoaringBitmap,
        since: i64,
    ) -> &mut Clusters {
        let active = self.active(roster, product, since) & &all;
        let mut kept = self.clusters.take();
        let mut clusters = match kept.take_if(|kept| kept.product == product) {
            Some(kept) => kept,
            None => Clusters {
                product,
                all: RoaringBitmap::new(),
                active: RoaringBitmap::new(),
                moved: RoaringBitmap::new(),
                sums: Vec::new(),
                orders: Vec::new(),
            },
        };
        clusters.bring_forward(roster, census, all, active);
        self.clusters.insert(clusters)
    }

    /// What a product's organizations come to, of some of its servers: the kept ones, or `sums`.
    pub(super) fn organizations(
        &mut self,
        product: ProductId,
        counted: RoaringBitmap,
        sums: impl FnOnce(&RoaringBitmap) -> Vec<organizations::Sums>,
    ) -> &[organizations::Sums] {
        let kept = self.organizations.entry(product.0).or_default();
        if kept.1.is_empty() || kept.0 != counted {
            kept.1 = sums(&counted);
            kept.0 = counted;
        }
        &kept.1
    }
}

impl Clusters {
    /// Whose servers changed, or count or are active otherwise than before, is summed anew.
    fn bring_forward(
        &mut self,
        roster: &Roster,
        census: &Census,
        all: RoaringBitmap,
        active: RoaringBitmap,
    ) {
        let mut moved = std::mem::take(&mut self.moved);
        moved |= &self.all ^ &all;
        moved |= &self.active ^ &active;
        (self.all, self.active) = (all, active);
        if moved.is_empty() {
            return;
        }
        self.sums.resize(census.clusters() + 1, NOBODY);
        let mut is_moved = vec![false; self.sums.len()];
        for id in &moved {
            is_moved[census.cluster(id) as usize] = true;
        }
        let moved = (0_u32..).zip(&is_moved);
        let moved = moved.filter_map(|(cluster, is_moved)| is_moved.then_some(cluster));
        let moved = RoaringBitmap::from_sorted_iter(moved).unwrap_or_default();
        for cluster in &moved {
            self.sums[cluster as usize] = NOBODY;
        }
        for id in &self.all {
            let cluster = census.cluster(id) as usize;
            if is_moved[cluster]
                && let Some(known) = roster.get(id)
            {
                let is_active = self.active.contains(id);
                self.sums[cluster].add(known, is_active, &roster.versions);
            }
        }
        self.orders
            .iter_mut()
            .for_each(|(_, order)| order.moved(&moved));
    }

    /// Those that have servers, in order, and what they come to.
    pub(super) fn order(
        &mut self,
        wanted: &(Sort, bool),
        key: impl Fn(u32, &Sums) -> Option<u64>,
    ) -> (&[u32], &[Sums]) {
        let sums = &self.sums;
        let key = |cluster: u32| {
            let sums = sums.get(cluster as usize).filter(|sums| sums.servers > 0)?;
            Some(sorting::directed(key(cluster, sums), wanted.1))
        };
        let order = latest(&mut self.orders, ORDERS_KEPT, wanted, || {
            Order::new(0..sums.len() as u32, key)
        });
        (order.ids(key), sums)
    }
}

/// The one of some orders that is wanted, before the others; a new one in place of what was not asked for
/// the longest.
fn latest<'a, K: PartialEq + Clone>(
    orders: &'a mut Vec<(K, Order)>,
    most: usize,
    wanted: &K,
    new: impl FnOnce() -> Order,
) -> &'a mut Order {
    let found = orders.iter().position(|(of, _)| of == wanted);
    match found {
        Some(at) => orders[..=at].rotate_right(1),
        None => {
            orders.truncate(most - 1);
            orders.insert(0, (wanted.clone(), new()));
        }
    }
    &mut orders[0].1
}
