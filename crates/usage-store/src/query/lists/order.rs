//! An order that is kept: sorted once; from then on what changed is put in its place again. A page is then found
//! where it stands, instead of looking at all that might stand there.

use std::cell::{Cell, OnceCell};

use roaring::RoaringBitmap;

use super::paging::{From, Key, Listed};
use crate::query::limits::LOOKS_IN_A_SET;

/// Servers or clusters, by their numbers.
pub(super) struct Order {
    ids: Vec<u32>,
    /// Those that came, went or may stand elsewhere since.
    moved: RoaringBitmap,
}

impl Order {
    /// Of all that have a key.
    pub(super) fn new(
        all: impl IntoIterator<Item = u32>,
        key: impl Fn(u32) -> Option<u64>,
    ) -> Order {
        Order {
            ids: sorted(all, key).into_iter().map(|(_, id)| id).collect(),
            moved: RoaringBitmap::new(),
        }
    }

    /// These may have another key now, or none, or a first one. The others' keys may be others, too, as long as
    /// their order is the same.
    pub(super) fn moved(&mut self, some: &RoaringBitmap) {
        self.moved |= some;
    }

    /// All in order, of equal keys the smaller number first.
    pub(super) fn ids(&mut self, key: impl Fn(u32) -> Option<u64>) -> &[u32] {
        let moved = std::mem::take(&mut self.moved);
        if moved.len() > self.ids.len() as u64 / MANY {
            let all: RoaringBitmap = &moved | self.ids.iter().copied().collect::<RoaringBitmap>();
            *self = Order::new(&all, key);
        } else if !moved.is_empty() {
            self.put(&moved, key);
        }
        &self.ids
    }

    /// Few come between many.
    fn put(&mut self, moved: &RoaringBitmap, key: impl Fn(u32) -> Option<u64>) {
        let mut is_moved = vec![false; moved.max().map_or(0, |last| last as usize + 1)];
        moved.iter().for_each(|id| is_moved[id as usize] = true);
        let stayed = |id: &u32| !is_moved.get(*id as usize).copied().unwrap_or(false);
        self.ids.retain(stayed);
        let mut left = &self.ids[..];
        let mut ids = Vec::with_capacity(left.len() + moved.len() as usize);
        for (by, id) in sorted(moved, &key) {
            let is_before = |other: &u32| (key(*other), *other) < (Some(by), id);
            let (before, after) = left.split_at(left.partition_point(is_before));
            ids.extend_from_slice(before);
            ids.push(id);
            left = after;
        }
        ids.extend_from_slice(left);
        self.ids = ids;
    }
}

/// Whether servers are in a set. A page far behind asks that of a million.
pub(super) struct Members<'a> {
    set: &'a RoaringBitmap,
    looks: Cell<usize>,
    bits: OnceCell<Vec<u64>>,
}

impl<'a> Members<'a> {
    pub(super) fn of(set: &'a RoaringBitmap) -> Members<'a> {
        Members {
            set,
            looks: Cell::new(0),
            bits: OnceCell::new(),
        }
    }

    pub(super) fn contain(&self, id: u32) -> bool {
        let looks = self.looks.replace(self.looks.get() + 1);
        if looks < LOOKS_IN_A_SET {
            return self.set.contains(id);
        }
        let bits = self.bits.get_or_init(|| {
            let mut bits = vec![0; self.set.max().map_or(0, |last| last as usize / 64 + 1)];
            for id in self.set {
                bits[id as usize / 64] |= 1 << (id % 64);
            }
            bits
        });
        let word = bits.get(id as usize / 64).copied().unwrap_or(0_u64);
        word >> (id % 64) & 1 == 1
    }
}

/// Where more than one of so many moved, all are sorted again.
const MANY: u64 = 8;

fn sorted(all: impl IntoIterator<Item = u32>, key: impl Fn(u32) -> Option<u64>) -> Vec<(u64, u32)> {
    let keys = all.into_iter().filter_map(|id| Some((key(id)?, id)));
    let mut keys: Vec<(u64, u32)> = keys.collect();
    keys.sort_unstable();
    keys
}

/// The keys of a page of those that are wanted, of which there are `total`.
pub(super) fn page(
    ids: &[u32],
    key: impl Fn(u32) -> Option<u64>,
    (is_wanted, total): (impl Fn(u32) -> bool, u64),
    (from, limit): (From, usize),
) -> Listed<Key> {
    let key = |id: u32| (key(id).unwrap_or(u64::MAX), u64::from(id));
    let wanted = |ids: &[u32]| ids.iter().filter(|id| is_wanted(**id)).count() as u64;
    let at = match from {
        From::First => 0,
        From::After(place) => ids.partition_point(|id| key(*id) <= place),
        From::Before(place) => ids.partition_point(|id| key(*id) < place),
    };
    // From the nearer end.
    let mut ahead = match at <= ids.len() / 2 {
        true => wanted(&ids[..at]),
        false => total - wanted(&ids[at..]),
    };
    let row = |id: &u32| is_wanted(*id).then(|| key(*id));
    let rows = match from {
        From::Before(_) => {
            let mut rows: Vec<Key> = ids[..at].iter().rev().filter_map(row).take(limit).collect();
            rows.reverse();
            ahead -= rows.len() as u64;
            rows
        }
        From::First | From::After(_) => ids[at..].iter().filter_map(row).take(limit).collect(),
    };
    Listed { rows, ahead, total }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::super::paging;
    use super::*;

    fn keys() -> impl Strategy<Value = BTreeMap<u32, u64>> {
        prop::collection::btree_map(0u32..60, prop_oneof![0u64..5, Just(u64::MAX)], 0..60)
    }

    #[test]
    fn a_set_has_the_same_members_however_often_it_is_asked() {
        let set: RoaringBitmap = (0..30_000)
            .filter(|id| id % 3 == 0)
            .chain([70_000])
            .collect();
        let members = Members::of(&set);
        for id in (0..80_000).chain([u32::MAX]) {
            assert_eq!(members.contain(id), set.contains(id), "{id}");
        }
        assert!(members.bits.get().is_some());
    }

    proptest! {
        #[test]
        fn what_moved_stands_where_it_would_in_a_new_order(
            mut keys in keys(),
            changes in prop::collection::vec((keys(), prop::collection::vec(0u32..60, 0..4)), 0..6),
        ) {
            let mut order = Order::new(keys.keys().copied(), |id| keys.get(&id).copied());
            for (new, gone) in changes {
                let changed = new.keys().chain(&gone).copied().collect();
                keys.extend(new);
                gone.iter().for_each(|id| { keys.remove(id); });
                order.moved(&changed);
                let mut plain: Vec<(u64, u32)> = keys.iter().map(|(id, by)| (*by, *id)).collect();
                plain.sort_unstable();
                let plain: Vec<u32> = plain.into_iter().map(|(_, id)| id).collect();
                prop_assert_eq!(order.ids(|id| keys.get(&id).copied()), &plain[..]);
            }
        }

        #[test]
        fn a_page_is_the_one_that_looking_at_all_finds(
            keys in keys(),
            odd in any::<bool>(),
            (by, number) in (prop_oneof![0u64..5, Just(u64::MAX)], 0u64..60),
            limit in 1usize..12,
        ) {
            let key = |id: u32| keys.get(&id).copied();
            let is_wanted = |id: u32| !odd || id % 2 == 1;
            let mut order = Order::new(keys.keys().copied(), key);
            let wanted = || keys.iter().filter(|(id, _)| is_wanted(**id));
            let total = wanted().count() as u64;
            for from in [From::First, From::After((by, number)), From::Before((by, number))] {
                let all = wanted().map(|(id, by)| (*by, u64::from(*id)));
                let found = page(order.ids(key), key, (is_wanted, total), (from, limit));
                prop_assert_eq!(found, paging::page(all, from, limit));
            }
        }
    }
}
