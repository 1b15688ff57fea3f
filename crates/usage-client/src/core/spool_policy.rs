//! What goes when too much waits: bounds in reports and bytes, and whom they cost.

use super::Kind;

/// How much may wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpoolBounds {
    /// Reports.
    pub reports: usize,
    /// Bytes of their lines.
    pub bytes: u64,
}

impl Default for SpoolBounds {
    /// 1,000 reports, a burst that servers take in by default, and 8 MiB.
    fn default() -> Self {
        Self {
            reports: 1000,
            bytes: 8 * 1024 * 1024,
        }
    }
}

/// The places, in an oldest-first list of kinds and sizes, that must go to make the rest fit.
///
/// Stats go first where they fill more than half of either bound: they are many, and would drive out
/// everything else. Then the oldest usage goes, then the oldest of the rest; check-ins last.
pub fn surplus(waiting: &[(Kind, u64)], bounds: SpoolBounds) -> Vec<usize> {
    let mut gone = Vec::new();
    let mut left: Vec<usize> = (0..waiting.len()).collect();
    loop {
        let bytes = |only: Option<Kind>| {
            let counted = left
                .iter()
                .filter(|at| only.is_none_or(|kind| waiting[**at].0 == kind));
            counted.fold((0, 0), |(count, sum), at| (count + 1, sum + waiting[*at].1))
        };
        let (count, sum) = bytes(None);
        if count <= bounds.reports && sum <= bounds.bytes {
            return gone;
        }
        let (stats, stats_bytes) = bytes(Some(Kind::Stats));
        let many = stats > bounds.reports / 2 || stats_bytes > bounds.bytes / 2;
        let order = if many {
            [Kind::Stats, Kind::Usage, Kind::Other, Kind::Servers]
        } else {
            [Kind::Usage, Kind::Stats, Kind::Other, Kind::Servers]
        };
        let oldest = |kind| left.iter().position(|at| waiting[*at].0 == kind);
        let Some(place) = order.into_iter().find_map(oldest) else {
            return gone;
        };
        gone.push(left.remove(place));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: SpoolBounds = SpoolBounds {
        reports: 4,
        bytes: 100,
    };

    #[test]
    fn what_fits_stays() {
        assert!(surplus(&[(Kind::Usage, 25); 4], BOUNDS).is_empty());
        assert!(
            surplus(
                &[],
                SpoolBounds {
                    reports: 0,
                    bytes: 0
                }
            )
            .is_empty()
        );
    }

    #[test]
    fn the_oldest_usage_goes_first_and_check_ins_last() {
        use Kind::{Other, Servers, Stats, Usage};
        let waiting = [
            (Servers, 1),
            (Stats, 1),
            (Usage, 1),
            (Usage, 1),
            (Other, 1),
            (Usage, 1),
        ];
        assert_eq!(surplus(&waiting, BOUNDS), [2, 3]);
        let none = SpoolBounds {
            reports: 0,
            bytes: 0,
        };
        assert_eq!(surplus(&waiting, none), [1, 2, 3, 5, 4, 0]);
    }

    #[test]
    fn many_stats_don_t_drive_out_usage() {
        use Kind::{Stats, Usage};
        let waiting = [(Usage, 1), (Stats, 1), (Stats, 1), (Stats, 1), (Stats, 1)];
        assert_eq!(surplus(&waiting, BOUNDS), [1]);
    }

    #[test]
    fn bytes_count_too() {
        assert_eq!(
            surplus(&[(Kind::Usage, 60), (Kind::Usage, 60)], BOUNDS),
            [0]
        );
        // One that fits nowhere isn't kept.
        assert_eq!(surplus(&[(Kind::Servers, 101)], BOUNDS), [0]);
    }
}
