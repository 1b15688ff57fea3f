//! A part of a long order: the rows behind one or before one. The order is walked through as a whole, in
//! memory, and the few rows of the page are kept: no matter how far behind they stand.

use std::collections::BinaryHeap;

/// Which part of a list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Turn {
    /// The first rows.
    #[default]
    First,
    /// Those behind a place.
    After(Place),
    /// Those before it.
    Before(Place),
}

/// A row's place in a list: what it is sorted by, as text, and its number. Good for as long as one likes:
/// where the row is gone or has moved, the list goes on where it stood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The row's number.
    pub number: u64,
    /// What it was sorted by; none where it had none.
    pub by: Option<String>,
}

impl Place {
    /// As it is read from a link.
    pub fn read(text: &str) -> Option<Place> {
        let (number, by) = match text.split_once('.') {
            Some((number, by)) => (number, Some(by.to_owned())),
            None => (text, None),
        };
        Some(Place {
            number: number.parse().ok()?,
            by,
        })
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.by {
            Some(by) => write!(f, "{}.{by}", self.number),
            None => write!(f, "{}", self.number),
        }
    }
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed<T> {
    /// The rows, in order.
    pub rows: Vec<T>,
    /// How many rows come before.
    pub ahead: u64,
    /// How many rows there are.
    pub total: u64,
}

/// Where a row stands: by what comes first, then by number.
pub(super) type Key = (u64, u64);

/// What a key has of a row that has nothing to sort by: it comes last.
pub(super) const NOTHING: u64 = u64::MAX;

/// A turn, with the key of its place.
#[derive(Debug, Clone, Copy)]
pub(super) enum From {
    First,
    After(Key),
    Before(Key),
}

/// The keys of a page, in order, out of all in any order.
pub(super) fn page(all: impl Iterator<Item = Key>, from: From, limit: usize) -> Listed<Key> {
    let mut kept = BinaryHeap::new();
    let (mut total, mut before, mut seen) = (0, 0, 0);
    for key in all {
        total += 1;
        // The largest in the heap is the one that goes.
        let ranked = match from {
            From::First => key,
            From::After(place) if key > place => key,
            From::Before(place) if key < place => (!key.0, !key.1),
            From::After(_) => {
                before += 1;
                continue;
            }
            From::Before(_) => continue,
        };
        seen += 1;
        if kept.len() < limit {
            kept.push(ranked);
        } else if let Some(mut last) = kept.peek_mut()
            && ranked < *last
        {
            *last = ranked;
        }
    }
    let mut rows = kept.into_sorted_vec();
    if let From::Before(_) = from {
        before = seen - rows.len() as u64;
        rows.reverse();
        rows.iter_mut().for_each(|key| *key = (!key.0, !key.1));
    }
    Listed {
        rows,
        ahead: before,
        total,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn pages_are_parts_of_the_plain_order(
            keys in proptest::collection::btree_map(0u64..40, prop_oneof![0u64..5, Just(NOTHING)], 0..40),
            place in (prop_oneof![0u64..5, Just(NOTHING)], 0u64..40),
            limit in 1usize..12,
        ) {
            let mut sorted: Vec<Key> = keys.into_iter().map(|(number, by)| (by, number)).collect();
            sorted.sort_unstable();
            let shuffled = || sorted.iter().rev().copied();
            let total = sorted.len() as u64;
            let first = page(shuffled(), From::First, limit);
            prop_assert_eq!(&first.rows[..], &sorted[..limit.min(sorted.len())]);
            prop_assert_eq!((first.ahead, first.total), (0, total));
            let behind = sorted.partition_point(|key| *key <= place);
            let after = page(shuffled(), From::After(place), limit);
            prop_assert_eq!(&after.rows[..], &sorted[behind..(behind + limit).min(sorted.len())]);
            prop_assert_eq!((after.ahead, after.total), (behind as u64, total));
            let until = sorted.partition_point(|key| *key < place);
            let from = until.saturating_sub(limit);
            let before = page(shuffled(), From::Before(place), limit);
            prop_assert_eq!(&before.rows[..], &sorted[from..until]);
            prop_assert_eq!((before.ahead, before.total), (from as u64, total));
        }
    }

    #[test]
    fn a_place_is_read_as_it_was_written() {
        for (text, number, by) in [
            ("7", 7, None),
            ("7.", 7, Some("")),
            ("7.1.8.2", 7, Some("1.8.2")),
        ] {
            let place = Place::read(text).unwrap();
            assert_eq!((place.number, place.by.as_deref()), (number, by));
            assert_eq!(place.to_string(), text);
        }
        for text in ["", "x", ".1", "-1", "1e3"] {
            assert_eq!(Place::read(text), None, "{text}");
        }
    }
}
