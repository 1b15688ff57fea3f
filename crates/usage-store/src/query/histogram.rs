//! How a value is spread: how many servers have one between 1 and 2, 2 and 5, 5 and 10, and so on.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::asked::{Asked, Per, Window};
use super::ground::Ground;
use super::memo::Weigh;
use super::numbers::Summary;
use super::split::{self, By, Group, GroupId};
use super::values::{key, latest, latest_in_groups, values_of};
use crate::Result;
use crate::report::Number;

/// The latest values of servers within a window.
#[derive(Debug, Clone, PartialEq)]
pub struct Spread {
    /// Whose, where it was asked by groups.
    pub group: Option<Group>,
    /// What they come to; `None` where nobody has one.
    pub summary: Option<Summary>,
    /// How many lie where, the smallest first. Empty ones between others are there.
    pub buckets: Vec<Bucket>,
}

/// A part of the number line and who is in it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bucket {
    /// Values from this one on.
    pub from: f64,
    /// Up to, not with, this one; for zero, with it, and for negative ones this is included and `from` not.
    pub to: f64,
    /// Servers.
    pub servers: u64,
}

/// Each server once, by its latest value within the window; with `by` in groups, by the day of that value.
pub(crate) fn spread(
    ground: &Ground<'_>,
    asked: &Asked,
    name: &str,
    window: Window,
    by: Option<(&By, usize)>,
) -> Result<Vec<Spread>> {
    let key = key(ground, asked, name)?;
    let about = format!("{key} {by:?}");
    let series = ground.series("spread", about, asked, (window, Per::Day))?;
    let parts = series.get(window, || {
        let Some((by, top)) = by else {
            return Ok(Parts(vec![(
                None,
                all(&latest(ground, asked, key, window)?),
            )]));
        };
        let (numbers, groups) = latest_in_groups(ground, asked, key, window, by)?;
        let parts = split::parts(groups, top).into_iter().map(|(id, set)| {
            let its = numbers.iter().filter(|(server, _)| set.contains(*server));
            (Some(id), all(&its.copied().collect::<Vec<_>>()))
        });
        Ok(Parts(parts.collect()))
    })?;
    // Names are no part of what is kept: organizations are renamed.
    let named = parts.0.iter().map(|(id, spread)| {
        let group = match (by, id) {
            (Some((by, _)), Some(id)) => Some(split::name(ground, by, *id)?),
            _ => None,
        };
        Ok(Spread {
            group,
            ..spread.clone()
        })
    });
    named.collect()
}

/// What is kept of an answer.
struct Parts(Vec<(Option<GroupId>, Spread)>);

impl Weigh for Parts {
    fn bytes(&self) -> usize {
        let parts = self.0.iter();
        parts
            .map(|(_, spread)| size_of::<Spread>() + spread.buckets.bytes())
            .sum()
    }
}

/// Of all these values.
fn all(numbers: &[(u32, Number)]) -> Spread {
    let mut counts: BTreeMap<i32, u64> = BTreeMap::new();
    for (_, number) in numbers {
        *counts.entry(step(as_f64(*number))).or_default() += 1;
    }
    let first = counts.keys().next().copied().unwrap_or(0);
    let steps = counts
        .keys()
        .next_back()
        .map_or(first..first, |last| first..*last + 1);
    let buckets = steps.map(|step| {
        let (from, to) = bounds(step);
        Bucket {
            from,
            to,
            servers: counts.get(&step).copied().unwrap_or(0),
        }
    });
    // Between 0 and the next there are as many steps as floats have digits: only what has somebody.
    let buckets = buckets
        .filter(|bucket| bucket.servers > 0 || bucket.from.abs().min(bucket.to.abs()) >= 1.0);
    Spread {
        group: None,
        summary: Summary::of(values_of(numbers)),
        buckets: buckets.collect(),
    }
}

fn as_f64(number: Number) -> f64 {
    match number {
        Number::Int(n) => n as f64,
        Number::UInt(n) => n as f64,
        Number::Float(n) => n,
    }
}

/// Steps for positive numbers begin here: 1e-324 is the smallest there is.
const SMALLEST: i32 = 3 * 325;

/// So many steps reach beyond the largest, 1.8e308.
const STEPS: i32 = SMALLEST + 3 * 310;

/// Which bucket a number is in: 0 is zero's; above it 1, 2 and 5 times each power of ten; below it the same.
fn step(number: f64) -> i32 {
    if number == 0.0 {
        return 0;
    }
    let size = number.abs();
    let mut step = (size.log10().floor() as i32 * 3 + SMALLEST).max(1);
    // The logarithm may be off by a bit.
    while step > 1 && size < edge(step) {
        step -= 1;
    }
    while size >= edge(step + 1) {
        step += 1;
    }
    match number < 0.0 {
        true => -step,
        false => step,
    }
}

/// Where a positive step begins: exactly what the decimal says.
fn edge(step: i32) -> f64 {
    // Reading one takes longer than all else that is done with a value.
    static EDGES: LazyLock<Vec<f64>> = LazyLock::new(|| (0..STEPS).map(read_edge).collect());
    let edge = usize::try_from(step).ok().and_then(|step| EDGES.get(step));
    edge.copied().unwrap_or(f64::INFINITY)
}

fn read_edge(step: i32) -> f64 {
    let (power, digit) = (step.div_euclid(3) - SMALLEST / 3, step.rem_euclid(3));
    let digit = [1, 2, 5][digit as usize];
    format!("{digit}e{power}").parse().unwrap_or(f64::INFINITY)
}

fn bounds(step: i32) -> (f64, f64) {
    match step {
        0 => (0.0, 0.0),
        1.. => (edge(step), edge(step + 1)),
        _ => (-edge(1 - step), -edge(-step)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn buckets_begin_at_one_two_and_five() {
        for (number, from, to) in [
            (0.0, 0.0, 0.0),
            (1.0, 1.0, 2.0),
            (1.99, 1.0, 2.0),
            (2.0, 2.0, 5.0),
            (5.0, 5.0, 10.0),
            (999.0, 500.0, 1_000.0),
            (1_000.0, 1_000.0, 2_000.0),
            (0.3, 0.2, 0.5),
            (-1.0, -2.0, -1.0),
            (-3.0, -5.0, -2.0),
        ] {
            assert_eq!(bounds(step(number)), (from, to), "{number}");
        }
    }

    proptest! {
        #[test]
        fn every_number_is_in_its_bucket(number in any::<f64>().prop_filter("finite", |n| n.is_finite())) {
            let (from, to) = bounds(step(number));
            let inside = match number {
                n if n > 0.0 => (from <= n || n < 1e-320) && n < to,
                n if n < 0.0 => from < n && (n <= to || n > -1e-320),
                _ => from == 0.0 && to == 0.0,
            };
            prop_assert!(inside, "{number} in {from} to {to}");
        }
    }
}
