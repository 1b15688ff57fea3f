//! Of the servers that were first seen in a week or month: how many are active in each later one.

use roaring::RoaringBitmap;

use super::adoption::share;
use super::asked::{Asked, Filter, Per, Window};
use super::counted::Cut;
use super::ground::Ground;
use crate::Result;

/// Servers that were first seen in one period, in that period or a later one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retained {
    /// The days in which they were first seen.
    pub cohort: Window,
    /// How many were.
    pub servers: u64,
    /// How many periods later; 0 is the one in which they were first seen.
    pub after: u32,
    /// The days looked at.
    pub period: Window,
    /// How many of them are active in it.
    pub active: u64,
}

impl Retained {
    /// As a part of 1.
    pub fn share(&self) -> f64 {
        share(self.active, self.servers)
    }
}

/// For each period of the window a cohort, and for each cohort all periods from its own on. The filter says
/// who is in a cohort, by the day of being first seen; whatever becomes of them, they stay in it.
pub(crate) fn retention(
    ground: &Ground<'_>,
    asked: &Asked,
    window: Window,
    per: Per,
) -> Result<Vec<Retained>> {
    let periods = window.periods(per);
    let (Some(first), Some(last)) = (periods.first(), periods.last()) else {
        return Ok(Vec::new());
    };
    let whole = Window {
        from: first.from,
        to: last.to,
    };
    let everybody = Asked {
        product: asked.product,
        filter: Filter {
            dimensions: Vec::new(),
            ..asked.filter.clone()
        },
    };
    let everybody = Cut::new(ground.db, ground.census, &everybody)?;
    let series = ground.series("retention", per.name().to_owned(), asked, (whole, per))?;
    let mut cut = ground.cut(asked);
    let mut cohorts: Vec<RoaringBitmap> = Vec::new();
    // For each period how many of each cohort up to its own are active.
    let mut active = Vec::new();
    for (n, period) in periods.iter().enumerate() {
        let days = Window {
            from: whole.from,
            to: period.to,
        };
        active.push(series.get(days, || {
            let cut = cut.get()?;
            for cohort in &periods[cohorts.len()..=n] {
                cohorts.push(cut.new_in(ground.db, *cohort)?);
            }
            let active = everybody.active_in(ground.db, *period)?;
            let of = |cohort| active.intersection_len(cohort);
            Ok(cohorts.iter().map(of).collect::<Vec<u64>>())
        })?);
    }
    let mut rows = Vec::new();
    for (n, cohort) in periods.iter().enumerate() {
        for (after, period) in periods[n..].iter().enumerate() {
            rows.push(Retained {
                cohort: *cohort,
                // Who is new is active.
                servers: active[n][n],
                after: after as u32,
                period: *period,
                active: active[n + after][n],
            });
        }
    }
    Ok(rows)
}
