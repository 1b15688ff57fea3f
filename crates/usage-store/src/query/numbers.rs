//! Numbers together: put in order across whole ones and others, summed without loss, summarized.

use std::borrow::Borrow;
use std::cmp::Ordering;

use crate::report::Number;

/// What a set of values comes to. Percentiles are values that some server has: the smallest that so many of
/// the servers are at or below.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Summary {
    /// Servers with a value.
    pub servers: u64,
    /// All values together.
    pub sum: Total,
    /// The sum by the number of servers.
    pub mean: f64,
    /// The smallest.
    pub min: Number,
    /// Half of the servers are at it or below.
    pub median: Number,
    /// 90 of 100 are.
    pub p90: Number,
    /// 99 of 100 are.
    pub p99: Number,
    /// The largest.
    pub max: Number,
}

/// A sum: exact as long as all that is summed is whole.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Total {
    /// Of whole numbers.
    Whole(i128),
    /// With others among them; correct to the last digits.
    Float(f64),
}

impl Total {
    /// As a float.
    pub fn as_f64(self) -> f64 {
        match self {
            Total::Whole(n) => n as f64,
            Total::Float(n) => n,
        }
    }
}

impl Summary {
    /// Of some values; `None` where there is none.
    pub(crate) fn of(values: impl ExactSizeIterator<Item = Number> + Clone) -> Option<Summary> {
        let servers = values.len();
        let sum = sum(values.clone());
        // Most are of one kind, and those are put in order some times faster.
        let mut wholes = Vec::with_capacity(servers);
        wholes.extend(values.clone().map_while(|value| match value {
            Number::Int(n) => Some(n),
            _ => None,
        }));
        let places = match wholes.len() == servers {
            true => Places::of(&mut wholes, i64::cmp)?.map(Number::Int),
            false => Places::of(&mut values.collect::<Vec<Number>>(), compare)?,
        };
        Some(Summary {
            servers: servers as u64,
            sum,
            mean: sum.as_f64() / servers as f64,
            min: places.min,
            median: places.median,
            p90: places.p90,
            p99: places.p99,
            max: places.max,
        })
    }
}

/// What lies where among values in order.
struct Places<T> {
    min: T,
    median: T,
    p90: T,
    p99: T,
    max: T,
}

impl<T: Copy> Places<T> {
    /// `None` of nothing. Puts the values in another order.
    fn of(values: &mut [T], order: impl Fn(&T, &T) -> Ordering + Copy) -> Option<Places<T>> {
        let rank = |of_hundred: usize| (values.len() * of_hundred).div_ceil(100).checked_sub(1);
        let (half, at_90, at_99) = (rank(50)?, rank(90)?, rank(99)?);
        // Each time only what is below the last needs a look.
        let (_, p99, above) = values.select_nth_unstable_by(at_99, order);
        let p99 = *p99;
        let max = above.iter().copied().max_by(order).unwrap_or(p99);
        let values = &mut values[..=at_99];
        let p90 = *values.select_nth_unstable_by(at_90, order).1;
        let values = &mut values[..=at_90];
        let median = *values.select_nth_unstable_by(half, order).1;
        let min = values[..=half].iter().copied().min_by(order);
        Some(Places {
            min: min.unwrap_or(median),
            median,
            p90,
            p99,
            max,
        })
    }

    fn map<U>(self, as_other: impl Fn(T) -> U) -> Places<U> {
        Places {
            min: as_other(self.min),
            median: as_other(self.median),
            p90: as_other(self.p90),
            p99: as_other(self.p99),
            max: as_other(self.max),
        }
    }
}

/// The sum, in the order given; floats by Neumaier's way, which keeps what small ones lose to large ones.
pub(crate) fn sum(values: impl IntoIterator<Item = impl Borrow<Number>>) -> Total {
    let (mut whole, mut float, mut lost, mut floats) = (0_i128, 0.0_f64, 0.0_f64, false);
    for value in values {
        match *value.borrow() {
            Number::Int(n) => whole += i128::from(n),
            Number::UInt(n) => whole += i128::from(n),
            Number::Float(n) => {
                floats = true;
                let next = float + n;
                lost += match float.abs() >= n.abs() {
                    true => (float - next) + n,
                    false => (n - next) + float,
                };
                float = next;
            }
        }
    }
    match floats {
        false => Total::Whole(whole),
        true => Total::Float(whole as f64 + float + lost),
    }
}

/// The order of numbers, exact between whole ones and others.
pub(crate) fn compare(one: &Number, other: &Number) -> Ordering {
    match (whole(*one), whole(*other)) {
        (Ok(one), Ok(other)) => one.cmp(&other),
        (Err(one), Err(other)) => one.total_cmp(&other),
        (Ok(one), Err(other)) => whole_to_float(one, other),
        (Err(one), Ok(other)) => whole_to_float(other, one).reverse(),
    }
}

/// Whether it is more than nothing.
pub(crate) fn is_positive(number: Number) -> bool {
    match number {
        Number::Int(n) => n > 0,
        Number::UInt(n) => n > 0,
        Number::Float(_) => compare(&number, &Number::Int(0)) == Ordering::Greater,
    }
}

fn whole(number: Number) -> Result<i128, f64> {
    match number {
        Number::Int(n) => Ok(n.into()),
        Number::UInt(n) => Ok(n.into()),
        // -0 is 0.
        Number::Float(n) => Err(n + 0.0),
    }
}

/// The float's whole part decides, unless they are the same.
fn whole_to_float(whole: i128, float: f64) -> Ordering {
    // Saturates, far from what a whole number here can be.
    whole
        .cmp(&(float.trunc() as i128))
        .then_with(|| 0.0_f64.total_cmp(&(float.fract() + 0.0)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn number() -> impl Strategy<Value = Number> {
        prop_oneof![
            any::<i64>().prop_map(Number::Int),
            (-5_i64..5).prop_map(Number::Int),
            (i64::MAX as u64 + 1..).prop_map(Number::UInt),
            (-5.0..5.0).prop_map(Number::Float),
            (-1e30..1e30).prop_map(Number::Float),
        ]
    }

    #[test]
    fn whole_numbers_and_others_are_in_one_order() {
        let in_order = [
            Number::Float(-1e300),
            Number::Int(i64::MIN),
            Number::Float(-1.5),
            Number::Int(-1),
            Number::Float(-0.5),
            Number::Int(0),
            Number::Float(0.5),
            Number::Int(1),
            Number::Float(1.5),
            Number::Int(9_007_199_254_740_993),
            Number::UInt(u64::MAX),
            Number::Float(1e300),
        ];
        for (i, one) in in_order.iter().enumerate() {
            for (j, other) in in_order.iter().enumerate() {
                assert_eq!(compare(one, other), i.cmp(&j), "{one:?} {other:?}");
            }
        }
        let same = [Number::Int(2), Number::Float(2.0)];
        assert_eq!(compare(&same[0], &same[1]), Ordering::Equal);
        assert!(is_positive(Number::Float(0.1)) && !is_positive(Number::Float(-0.0)));
    }

    #[test]
    fn whole_sums_are_exact_and_others_lose_little() {
        let most = [
            Number::UInt(u64::MAX),
            Number::UInt(u64::MAX),
            Number::Int(-1),
        ];
        assert_eq!(sum(most), Total::Whole(i128::from(u64::MAX) * 2 - 1));
        let lost = [
            Number::Float(1e100),
            Number::Float(1.0),
            Number::Float(-1e100),
        ];
        assert_eq!(sum(lost), Total::Float(1.0));
        assert_eq!(sum([] as [Number; 0]), Total::Whole(0));
    }

    proptest! {
        #[test]
        fn a_summary_is_what_the_sorted_values_say(values in prop::collection::vec(number(), 1..300)) {
            let summary = Summary::of(values.iter().copied()).unwrap();
            let mut sorted = values.clone();
            sorted.sort_by(compare);
            let at = |of_hundred: usize| {
                let needed = sorted.len() * of_hundred;
                let place = (0..sorted.len()).find(|place| (place + 1) * 100 >= needed).unwrap();
                sorted[place]
            };
            let same = |one: Number, other: Number| compare(&one, &other) == Ordering::Equal;
            prop_assert_eq!(summary.servers, values.len() as u64);
            prop_assert!(same(summary.min, sorted[0]));
            prop_assert!(same(summary.median, at(50)));
            prop_assert!(same(summary.p90, at(90)));
            prop_assert!(same(summary.p99, at(99)));
            prop_assert!(same(summary.max, sorted[sorted.len() - 1]));
        }
    }
}
