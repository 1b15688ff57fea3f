//! What servers are sorted by, as numbers that are ordered as they are.

use super::paging::{From, Key, NOTHING, Place, Turn};
use super::roster::{Known, Roster};
use super::{List, Sort};
use crate::query::version::Version;
use crate::report::Number;

/// A version's place among texts: what is none comes before all that are; of two that are written in
/// different ways, by text.
pub(super) fn version_key(text: &str) -> (Option<Version>, String) {
    (Version::read(text), text.to_owned())
}

/// Text as it is.
pub(super) fn host_key(text: &str) -> String {
    text.to_owned()
}

/// An instant as a number in the same order.
pub(super) fn instant(millis: i64) -> u64 {
    (millis as u64) ^ (1 << 63)
}

/// A number in the same order as `f64::total_cmp` has it.
pub(super) fn number(n: f64) -> u64 {
    let bits = n.to_bits();
    match bits >> 63 {
        0 => bits | (1 << 63),
        _ => !bits,
    }
}

/// What a number is, as far as it is sorted by.
pub(super) fn float(n: &Number) -> f64 {
    match *n {
        Number::Int(n) => n as f64,
        Number::UInt(n) => n as f64,
        Number::Float(n) => n,
    }
}

/// One way or the other; what has nothing to sort by comes last either way.
pub(super) fn directed(by: Option<u64>, descending: bool) -> u64 {
    match by {
        None => NOTHING,
        // Nothing that is sorted by is as large as the largest number.
        Some(by) if descending => (!by).saturating_sub(1),
        Some(by) => by.min(NOTHING - 1),
    }
}

/// What a server is sorted by.
pub(super) fn of(known: &Known, sort: &Sort, roster: &Roster) -> Option<u64> {
    match sort {
        Sort::FirstSeen => known.first_seen.map(instant),
        Sort::Version => known.version.map(|version| roster.versions.rank(version)),
        Sort::Host => known.host.map(|host| roster.hosts.rank(host)),
        _ => Some(instant(known.last_seen)),
    }
}

/// The key of a row's place, which a link has brought; none where it can't be one of this order.
pub(super) fn key(place: &Place, list: &List, roster: &Roster) -> Option<Key> {
    let by = match &place.by {
        None => None,
        Some(text) => Some(match list.sort {
            Sort::LastSeen | Sort::FirstSeen => instant(text.parse().ok()?),
            Sort::Servers => text.parse().ok()?,
            Sort::Version => roster.versions.place(text, version_key),
            Sort::Host => roster.hosts.place(text, host_key),
            Sort::Value(_) => number(text.parse().ok()?),
            Sort::Name => return None,
        }),
    };
    Some((directed(by, list.descending), place.number))
}

/// Where a page begins. A place that is none is the beginning.
pub(super) fn from(list: &List, key: impl Fn(&Place) -> Option<Key>) -> From {
    let found = match &list.turn {
        Turn::First => None,
        Turn::After(place) => key(place).map(From::After),
        Turn::Before(place) => key(place).map(From::Before),
    };
    found.unwrap_or(From::First)
}

/// What stands in a link for a row.
pub(super) fn written(millis: i64) -> String {
    millis.to_string()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_has_nothing_comes_last_either_way_and_all_others_stay_apart() {
        let keys = |descending| {
            [Some(0), Some(1), Some(u64::MAX - 2), None].map(|by| directed(by, descending))
        };
        assert!(keys(false).is_sorted_by(|a, b| a < b));
        let [zero, one, many, nothing] = keys(true);
        assert!(many < one && one < zero && zero < nothing);
    }

    proptest! {
        #[test]
        fn numbers_are_ordered_as_what_they_stand_for(a in any::<f64>(), b in any::<f64>(), c in any::<i64>(), d in any::<i64>()) {
            prop_assert_eq!(number(a).cmp(&number(b)), a.total_cmp(&b));
            prop_assert_eq!(instant(c).cmp(&instant(d)), c.cmp(&d));
        }
    }
}
