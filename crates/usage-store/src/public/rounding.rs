//! What of a week's counts may be told to anybody: pure arithmetic, and the proof that it keeps what it hides.
//!
//! A group is named only if it has as many customers as the threshold says, and so as many servers: an organization
//! counts once, whatever it runs; of who reports without one each cluster counts. Every published count of servers is
//! rounded down to a multiple of the threshold, the total too. It is not said how many groups are not named, nor how
//! many customers any has.
//!
//! Between the total and the named groups there is what the others have, and rounding.
//!
//! - Are there fewer servers left than the threshold, there is so much rounding that whoever subtracts learns no more
//!   than that: with one named group the rest of a total may be anything from none to the threshold. With many named
//!   groups the roundings add up, and in rare cases bound the rest from below; and where several groups are hidden and
//!   rounding is all that is left for them, who knows how many they are would bound each from above. Then the smallest
//!   named group is hidden, too (complementary suppression), until they don't.
//! - Are there more left, of fewer customers than the threshold, the rest would tell how large these are. Then the
//!   smallest named group is hidden, too: what is left is of enough customers then.

use std::cmp::Ordering;

/// How many some servers are, and of how many customers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Crowd {
    pub(crate) servers: u64,
    /// Counted up to the largest threshold.
    pub(crate) customers: u64,
}

impl Crowd {
    /// Whether it is large enough to be told of.
    pub(crate) fn may_be_told(self, threshold: u64) -> bool {
        self.customers.min(self.servers) >= threshold
    }
}

/// What is left by the groups that may be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Rest {
    pub(crate) customers: u64,
    /// How many groups it is.
    pub(crate) groups: u64,
}

/// What is told of a total and its parts. Servers are multiples of the threshold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Rounded {
    /// The total; 0 where it is hidden.
    pub(crate) total: u64,
    /// The named groups, the largest first; of the same size by name, so that their order tells nothing.
    pub(crate) parts: Vec<(String, Crowd)>,
}

/// The largest first; of the same size by name.
pub(crate) fn largest_first(a: &(String, Crowd), b: &(String, Crowd)) -> Ordering {
    b.1.servers.cmp(&a.1.servers).then_with(|| a.0.cmp(&b.0))
}

/// Rounds a total and those groups of it that have names. What the groups that may be told leave of the total is
/// hidden.
pub(crate) fn rounded(
    total: Crowd,
    groups: Vec<(String, Crowd)>,
    rest: Rest,
    threshold: u64,
) -> Rounded {
    let threshold = threshold.max(1);
    if !total.may_be_told(threshold) {
        return Rounded::default();
    }
    let down = |count: u64| count / threshold * threshold;
    let mut named: Vec<(String, Crowd)> = groups
        .into_iter()
        .filter(|(_, crowd)| crowd.may_be_told(threshold))
        .collect();
    named.sort_unstable_by(largest_first);
    let sum: u64 = named.iter().map(|(_, crowd)| crowd.servers).sum();
    let mut hidden = Crowd {
        servers: total.servers.saturating_sub(sum),
        customers: rest.customers,
    };
    while hidden.servers > 0 && !hidden.may_be_told(threshold) {
        let told: u64 = named.iter().map(|(_, crowd)| down(crowd.servers)).sum();
        let lost_at_most = named.len() as u64 * (threshold - 1);
        let left = down(total.servers).saturating_sub(told);
        let is_covered = left <= lost_at_most + 1 && left + 1 >= rest.groups;
        if hidden.servers < threshold && is_covered {
            break;
        }
        match named.pop() {
            None => break,
            Some((_, crowd)) => {
                hidden.servers += crowd.servers;
                hidden.customers = hidden.customers.max(crowd.customers);
            }
        }
    }
    for (_, crowd) in &mut named {
        crowd.servers = down(crowd.servers);
    }
    named.sort_unstable_by(largest_first);
    Rounded {
        total: down(total.servers),
        parts: named,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::*;

    /// Groups with no customer in common.
    fn of(groups: &[Crowd], threshold: u64) -> Rounded {
        let mut total = Crowd::default();
        let mut rest = Rest::default();
        for group in groups {
            total.servers += group.servers;
            total.customers += group.customers;
            if !group.may_be_told(threshold) {
                rest.customers += group.customers;
                rest.groups += 1;
            }
        }
        let named = groups.iter().enumerate();
        let groups = named.map(|(i, &n)| (format!("g{i}"), n)).collect();
        rounded(total, groups, rest, threshold)
    }

    /// A customer a server.
    fn each(counts: &[u64]) -> Vec<Crowd> {
        let crowds = counts.iter().map(|&servers| Crowd {
            servers,
            customers: servers,
        });
        crowds.collect()
    }

    fn told_of(groups: &[Crowd], threshold: u64) -> (u64, Vec<u64>) {
        let told = of(groups, threshold);
        let parts = told.parts.into_iter();
        (told.total, parts.map(|(_, crowd)| crowd.servers).collect())
    }

    fn told(counts: &[u64], threshold: u64) -> (u64, Vec<u64>) {
        told_of(&each(counts), threshold)
    }

    #[test]
    fn counts_are_rounded_down_and_small_groups_are_not_named() {
        assert_eq!(told(&[500, 301, 4], 10), (800, vec![500, 300]));
        assert_eq!(told(&[9], 10), (0, vec![]));
        assert_eq!(told(&[9, 1], 10), (10, vec![]));
        assert_eq!(told(&[], 10), (0, vec![]));
        let order = of(&each(&[11, 19, 18]), 10).parts;
        let names: Vec<&str> = order.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(
            names,
            ["g0", "g1", "g2"],
            "the order doesn't tell what rounding hides"
        );
    }

    #[test]
    fn what_few_customers_run_is_not_named_however_large_it_is() {
        let crowd = |servers, customers| Crowd { servers, customers };
        let one_customers = crowd(50, 1);
        // Nor may the rest tell how large it is: the smallest of the others hides it.
        let world = [crowd(400, 90), crowd(200, 30), one_customers];
        assert_eq!(told_of(&world, 10), (650, vec![400]));
        // Where others are hidden besides, that is not needed.
        let tail = [crowd(9, 5), crowd(8, 4)];
        let world = [&world[..], &tail].concat();
        assert_eq!(told_of(&world, 10), (660, vec![400, 200]));
        assert_eq!(told_of(&[crowd(400, 9)], 10), (0, vec![]));
        assert_eq!(told_of(&[crowd(40, 10), one_customers], 10), (90, vec![]));
    }

    #[test]
    fn where_roundings_add_up_a_further_group_is_hidden() {
        // 9 x 19 + 9 = 180: who is told 180 and 9 x 10 knows that 90 are left, of which rounding has 81.
        let mut counts = vec![19; 9];
        counts.push(9);
        assert!(told(&counts, 10).1.len() < 9);
        counts.pop();
        assert_eq!(told(&counts, 10).1.len(), 9, "nothing is hidden");
    }

    #[test]
    fn what_was_rounded_stays_so_and_may_be_rounded_further() {
        let counts = [512, 301, 44, 17, 4];
        let once = of(&each(&counts), 10);
        let total = Crowd {
            servers: once.total,
            customers: counts.iter().sum(),
        };
        let rest = |of: &Rounded| Rest {
            customers: of.total - of.parts.iter().map(|(_, n)| n.servers).sum::<u64>(),
            groups: 1,
        };
        let again = rounded(total, once.parts.clone(), rest(&once), 10);
        assert_eq!(again, once);
        // What is not known of the rest is taken for too few.
        let further = rounded(total, once.parts.clone(), Rest::default(), 10);
        assert_eq!((further.total, further.parts.len()), (870, 3));
        let rest = Rest {
            customers: 44,
            groups: 1,
        };
        let further = rounded(total, once.parts.clone(), rest, 100);
        assert_eq!((further.total, further.parts.len()), (800, 2));
        // Nothing but rounding would be left for three.
        let rest = Rest { groups: 3, ..rest };
        let further = rounded(total, once.parts, rest, 100);
        assert_eq!((further.total, further.parts.len()), (800, 1));
    }

    /// All ways to make a total of so many groups at most, the largest first; of a group that is large enough to be
    /// named both where it is of too few customers and where it is of many.
    fn splits(
        total: u64,
        (groups, threshold): (usize, u64),
        most: Crowd,
        before: &mut Vec<Crowd>,
        all: &mut Vec<Vec<Crowd>>,
    ) {
        if total == 0 {
            all.push(before.clone());
        } else if groups > 0 {
            for servers in 1..=total.min(most.servers) {
                let both = [servers, threshold - 1];
                let customers = match servers >= threshold {
                    true => &both[..],
                    false => &both[..1],
                };
                for &customers in customers {
                    let one = Crowd { servers, customers };
                    // Each set of groups once.
                    if servers == most.servers && customers > most.customers {
                        continue;
                    }
                    before.push(one);
                    splits(total - servers, (groups - 1, threshold), one, before, all);
                    before.pop();
                }
            }
        }
    }

    fn worlds(largest: u64, groups: usize, threshold: u64) -> Vec<Vec<Crowd>> {
        let mut all = Vec::new();
        for servers in 0..=largest {
            let most = Crowd {
                servers,
                customers: servers,
            };
            splits(
                servers,
                (groups, threshold),
                most,
                &mut Vec::new(),
                &mut all,
            );
        }
        all
    }

    /// The hidden groups.
    fn hidden(groups: &[Crowd], threshold: u64) -> Vec<Crowd> {
        let told = of(groups, threshold);
        let is_named = |i: usize| told.parts.iter().any(|(name, _)| *name == format!("g{i}"));
        let each = groups.iter().enumerate();
        each.filter(|(i, _)| !is_named(*i))
            .map(|(_, n)| *n)
            .collect()
    }

    /// Whoever knows the rule goes through all worlds and keeps those of which the same would be told. `known`
    /// is what else they know of a world.
    fn what_can_be_found_out<K: Ord>(
        worlds: &[Vec<Crowd>],
        threshold: u64,
        largest: u64,
        known: impl Fn(&[Crowd]) -> Option<K>,
    ) -> usize {
        let mut could_be: BTreeMap<_, (BTreeSet<u64>, bool)> = BTreeMap::new();
        for groups in worlds {
            let hidden = hidden(groups, threshold);
            if let Some(known) = known(&hidden) {
                let told = told_of(groups, threshold);
                let (could, many) = could_be.entry((told, known)).or_default();
                could.extend(hidden.iter().map(|one| one.servers));
                *many |= hidden.iter().map(|one| one.customers).sum::<u64>() >= threshold;
            }
        }
        // Of the largest total not all worlds are there.
        could_be.retain(|(told, _), _| told.0 > 0 && told.0 + threshold <= largest);
        let small: Vec<_> = could_be
            .iter()
            .filter(|(_, (could, _))| could.iter().any(|n| *n < threshold))
            .collect();
        for (key, (could, _)) in &small {
            for count in 1..threshold {
                assert!(
                    could.contains(&count),
                    "{:?}: not {count}, but {could:?}",
                    key.0
                );
            }
        }
        // Where a hidden group can be large, it is never for sure that few customers are behind what is hidden.
        for (key, (could, many)) in &could_be {
            let large = could.iter().any(|n| *n >= threshold);
            assert!(!large || *many, "{:?}: few, of {could:?}", key.0);
        }
        small.len()
    }

    #[test]
    fn a_hidden_group_may_be_anything_below_the_threshold() {
        for (threshold, largest) in [(2, 14), (3, 18), (4, 20)] {
            let worlds = worlds(largest, largest as usize, threshold);
            let tried = what_can_be_found_out(&worlds, threshold, largest, |_| Some(()));
            assert!(tried > 3, "{tried}");
        }
    }

    /// As of operating systems, of which there are few.
    #[test]
    fn also_for_who_knows_that_only_one_or_two_groups_are_hidden() {
        for (threshold, largest) in [(2, 16), (3, 27), (4, 28)] {
            let worlds = worlds(largest, 5, threshold);
            let count = |hidden: &[Crowd]| (hidden.len() <= 2).then_some(hidden.len());
            let tried = what_can_be_found_out(&worlds, threshold, largest, count);
            assert!(tried > 10, "{tried}");
        }
    }

    fn groups() -> impl Strategy<Value = Vec<Crowd>> {
        let servers = prop_oneof![3 => 1..30_u64, 1 => 30..5_000_u64];
        let group = (servers, prop_oneof![2 => Just(5_000), 1 => 1..30_u64]);
        let group = group.prop_map(|(servers, customers)| Crowd {
            servers,
            customers: customers.min(servers),
        });
        prop::collection::vec(group, 1..14)
    }

    /// The ways a group of one week can be bounded from what is told: from the total and the other groups.
    fn bounds(told: &Rounded, threshold: u64, alone: bool) -> (u64, u64) {
        let sum: u64 = told.parts.iter().map(|(_, n)| n.servers).sum();
        let lost = told.parts.len() as u64 * (threshold - 1);
        let least = told.total.saturating_sub(sum + lost);
        let most = told.total + threshold - 1 - sum;
        (if alone { least } else { 0 }, most)
    }

    proptest! {
        /// Weeks are different servers, so that all that can be known of one group in one week is what that
        /// week's total and its other groups leave.
        #[test]
        fn no_week_of_any_size_bounds_a_small_group_tighter(
            weeks in prop::collection::vec(groups(), 1..6),
            threshold in 2..20_u64,
        ) {
            for groups in weeks {
                let told = of(&groups, threshold);
                let servers = || told.parts.iter().map(|(_, n)| n.servers);
                prop_assert!(servers().all(|n| n >= threshold && n % threshold == 0));
                prop_assert!(told.parts.iter().all(|(_, n)| n.customers >= threshold));
                prop_assert!(servers().sum::<u64>() <= told.total);
                let hidden = hidden(&groups, threshold);
                let left: u64 = hidden.iter().map(|one| one.servers).sum();
                let customers: u64 = hidden.iter().map(|one| one.customers).sum();
                prop_assert!(
                    told.total == 0 || left < threshold || customers >= threshold,
                    "{groups:?}: {left} of {customers} customers are left"
                );
                if told.total == 0 || !hidden.iter().any(|one| one.servers < threshold) {
                    continue;
                }
                let (least, most) = bounds(&told, threshold, hidden.len() == 1);
                prop_assert!(least <= 1 && most >= threshold - 1, "{groups:?}: {least} to {most}");
            }
        }
    }
}
