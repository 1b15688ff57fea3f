//! What of a week's counts may be told to anybody: pure arithmetic, and the proof that it keeps what it hides.
//!
//! Every published count is rounded down to a multiple of the threshold, the total too; groups below the
//! threshold are not named, nor is it said how many they are. Between the total and the named groups there
//! is so much rounding that whoever subtracts learns of a hidden group no more than that it is below the
//! threshold: with one named group the rest of a total may be anything from none to the threshold. With many
//! named groups the roundings add up, and in rare cases bound the rest from below. Then the smallest named group is hidden,
//! too (complementary suppression), until they don't.

/// What is told of a total and its parts. All are multiples of the threshold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Rounded {
    /// The total; 0 where it is hidden.
    pub(crate) total: u64,
    /// The named groups, the largest first; of the same size by name, so that their order tells nothing.
    pub(crate) parts: Vec<(String, u64)>,
}

/// Rounds a total and those groups of it that have names. What the groups leave of the total counts as hidden.
pub(crate) fn rounded(total: u64, groups: Vec<(String, u64)>, threshold: u64) -> Rounded {
    let threshold = threshold.max(1);
    if total < threshold {
        return Rounded::default();
    }
    let down = |count: u64| count / threshold * threshold;
    let mut named: Vec<(String, u64)> = groups
        .into_iter()
        .filter(|(_, servers)| *servers >= threshold)
        .collect();
    named.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let sum = |named: &[(String, u64)]| named.iter().map(|(_, servers)| *servers).sum::<u64>();
    let mut hidden = total.saturating_sub(sum(&named));
    while (1..threshold).contains(&hidden) {
        let told: u64 = named.iter().map(|(_, servers)| down(*servers)).sum();
        let lost_at_most = named.len() as u64 * (threshold - 1);
        if down(total) <= told + lost_at_most + 1 {
            break;
        }
        match named.pop() {
            None => break,
            Some((_, servers)) => hidden += servers,
        }
    }
    for (_, servers) in &mut named {
        *servers = down(*servers);
    }
    named.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    Rounded {
        total: down(total),
        parts: named,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::*;

    fn of(counts: &[u64], threshold: u64) -> Rounded {
        let named = counts.iter().enumerate();
        let groups = named.map(|(i, &n)| (format!("g{i}"), n)).collect();
        rounded(counts.iter().sum(), groups, threshold)
    }

    fn told(counts: &[u64], threshold: u64) -> (u64, Vec<u64>) {
        let told = of(counts, threshold);
        (told.total, told.parts.into_iter().map(|(_, n)| n).collect())
    }

    #[test]
    fn counts_are_rounded_down_and_small_groups_are_not_named() {
        assert_eq!(told(&[500, 301, 4], 10), (800, vec![500, 300]));
        assert_eq!(told(&[9], 10), (0, vec![]));
        assert_eq!(told(&[9, 1], 10), (10, vec![]));
        assert_eq!(told(&[], 10), (0, vec![]));
        let order = of(&[11, 19, 18], 10).parts;
        let names: Vec<&str> = order.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(
            names,
            ["g0", "g1", "g2"],
            "the order doesn't tell what rounding hides"
        );
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
        let once = of(&[512, 301, 44, 17, 4], 10);
        assert_eq!(rounded(once.total, once.parts.clone(), 10), once);
        let further = rounded(once.total, once.parts, 100);
        assert_eq!((further.total, further.parts.len()), (800, 2));
    }

    /// All ways to make a total of so many groups at most, the largest first.
    fn splits(
        total: u64,
        groups: usize,
        most: u64,
        before: &mut Vec<u64>,
        all: &mut Vec<Vec<u64>>,
    ) {
        if total == 0 {
            all.push(before.clone());
        } else if groups > 0 {
            for one in 1..=total.min(most) {
                before.push(one);
                splits(total - one, groups - 1, one, before, all);
                before.pop();
            }
        }
    }

    fn worlds(largest: u64, groups: usize) -> Vec<Vec<u64>> {
        let mut all = Vec::new();
        for total in 0..=largest {
            splits(total, groups, total, &mut Vec::new(), &mut all);
        }
        all
    }

    /// Counts of the hidden groups.
    fn hidden(counts: &[u64], threshold: u64) -> Vec<u64> {
        let told = of(counts, threshold);
        let is_named = |i: usize| told.parts.iter().any(|(name, _)| *name == format!("g{i}"));
        let each = counts.iter().enumerate();
        each.filter(|(i, _)| !is_named(*i))
            .map(|(_, n)| *n)
            .collect()
    }

    /// Whoever knows the rule goes through all worlds and keeps those of which the same would be told. `known`
    /// is what else they know of a world.
    fn what_can_be_found_out<K: Ord>(
        worlds: &[Vec<u64>],
        threshold: u64,
        largest: u64,
        known: impl Fn(&[u64]) -> Option<K>,
    ) -> usize {
        let mut could_be: BTreeMap<_, BTreeSet<u64>> = BTreeMap::new();
        for counts in worlds {
            let hidden = hidden(counts, threshold);
            if let Some(known) = known(&hidden) {
                let told = told(counts, threshold);
                could_be.entry((told, known)).or_default().extend(hidden);
            }
        }
        // Of the largest total not all worlds are there.
        could_be.retain(|(told, _), _| told.0 > 0 && told.0 + threshold <= largest);
        let small: Vec<_> = could_be
            .iter()
            .filter(|(_, could)| could.iter().any(|n| *n < threshold))
            .collect();
        for (key, could) in &small {
            for count in 1..threshold {
                assert!(
                    could.contains(&count),
                    "{:?}: not {count}, but {could:?}",
                    key.0
                );
            }
        }
        small.len()
    }

    #[test]
    fn a_hidden_group_may_be_anything_below_the_threshold() {
        for (threshold, largest) in [(2, 16), (3, 20), (4, 20)] {
            let worlds = worlds(largest, largest as usize);
            let tried = what_can_be_found_out(&worlds, threshold, largest, |_| Some(()));
            assert!(tried > 3, "{tried}");
        }
    }

    /// As of operating systems, of which there are few.
    #[test]
    fn also_for_who_knows_that_only_one_group_is_hidden() {
        for (threshold, largest) in [(2, 20), (3, 36), (4, 32)] {
            let worlds = worlds(largest, 7);
            let alone = |hidden: &[u64]| (hidden.len() == 1).then_some(());
            let tried = what_can_be_found_out(&worlds, threshold, largest, alone);
            assert!(tried > 20, "{tried}");
        }
    }

    fn counts() -> impl Strategy<Value = Vec<u64>> {
        let small = 1..30_u64;
        prop::collection::vec(prop_oneof![3 => small, 1 => 30..5_000_u64], 1..14)
    }

    /// The ways a group of one week can be bounded from what is told: from the total and the other groups.
    fn bounds(told: &Rounded, threshold: u64, alone: bool) -> (u64, u64) {
        let sum: u64 = told.parts.iter().map(|(_, n)| *n).sum();
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
            weeks in prop::collection::vec(counts(), 1..6),
            threshold in 2..20_u64,
        ) {
            for counts in weeks {
                let told = of(&counts, threshold);
                prop_assert!(told.parts.iter().all(|(_, n)| *n >= threshold && n % threshold == 0));
                prop_assert!(told.parts.iter().map(|(_, n)| *n).sum::<u64>() <= told.total);
                let hidden = hidden(&counts, threshold);
                if told.total == 0 || !hidden.iter().any(|n| *n < threshold) {
                    continue;
                }
                let (least, most) = bounds(&told, threshold, hidden.len() == 1);
                prop_assert!(least <= 1 && most >= threshold - 1, "{counts:?}: {least} to {most}");
            }
        }

        #[test]
        fn rounding_twice_is_rounding_once(counts in counts(), threshold in 2..20_u64) {
            let once = of(&counts, threshold);
            prop_assert_eq!(rounded(once.total, once.parts.clone(), threshold), once);
        }
    }
}
