//! Each server once: in the group that its latest usage report of a period puts it in.

use std::collections::BTreeMap;
use std::sync::Arc;

use roaring::RoaringBitmap;

use super::ProductId;
use super::asked::{Asked, Per, Window};
use super::counted::Cut;
use super::ground::{Ground, LazyCut};
use super::memo::Series;
use super::split::{self, By, GroupId, Groups};
use crate::{Day, Result};

/// How many servers each group has, in order of groups.
pub(crate) type Counts = Vec<(GroupId, u64)>;

/// The groups of those who posted usage in a period, each server in one. Its latest such report decides, on
/// whether it counts, too.
pub(crate) fn latest(
    ground: &Ground<'_>,
    cut: &Cut,
    product: ProductId,
    by: &By,
    period: Window,
) -> Result<Groups> {
    let mut groups = Groups::default();
    let mut seen = RoaringBitmap::new();
    for day in period.days().rev() {
        let posted = cut.posted(ground.db, day)? - &seen;
        if posted.is_empty() {
            continue;
        }
        let servers = cut.of(ground.db, day, posted.clone())?;
        groups.add(split::on(ground, product, by, day, &servers)?, servers);
        seen |= posted;
    }
    Ok(groups)
}

/// The same of a period whose newest day goes on changing: what the days before it say is kept.
pub(crate) fn latest_so_far(
    ground: &Ground<'_>,
    asked: &Asked,
    cut: &mut LazyCut<'_>,
    by: &By,
    (period, newest): (Window, Day),
) -> Result<Groups> {
    let (days, today) = period.before_and_from(newest);
    let mut groups = latest(ground, cut.get()?, asked.product, by, today)?;
    if period.from == newest {
        return Ok(groups);
    }
    let kept = ground.series("latest before", format!("{by:?}"), asked, (days, Per::Day))?;
    let before = kept.get(days, || latest(ground, cut.get()?, asked.product, by, days))?;
    groups.add_before(&before, &cut.get()?.posted(ground.db, newest)?);
    Ok(groups)
}

/// How many servers are in each group, period by period; what was counted before is kept.
pub(crate) struct Counting<'a> {
    ground: &'a Ground<'a>,
    asked: &'a Asked,
    by: &'a By,
    cut: LazyCut<'a>,
    kept: Series<'a>,
    /// The last day of the window.
    last: Day,
}

impl<'a> Counting<'a> {
    /// For the whole periods of a window.
    pub(crate) fn new(
        ground: &'a Ground<'a>,
        asked: &'a Asked,
        (window, per): (Window, Per),
        by: &'a By,
    ) -> Result<Counting<'a>> {
        Ok(Counting {
            ground,
            asked,
            by,
            cut: ground.cut(asked),
            kept: ground.series("latest", format!("{by:?}"), asked, (window, per))?,
            last: window.to,
        })
    }

    /// By the latest usage report of each server in a period.
    pub(crate) fn latest(&mut self, period: Window) -> Result<Arc<Counts>> {
        let newest = self.kept.newest(period).filter(|_| period.to >= self.last);
        self.kept.get(period, || {
            let (ground, asked, by) = (self.ground, self.asked, self.by);
            let groups = match newest {
                Some(day) => latest_so_far(ground, asked, &mut self.cut, by, (period, day))?,
                None => latest(ground, self.cut.get()?, asked.product, by, period)?,
            };
            let counts = groups.sets.iter().map(|(id, set)| (*id, set.len()));
            Ok(counts.collect::<Counts>())
        })
    }
}

/// All servers of some counts.
pub(crate) fn all(counts: &Counts) -> u64 {
    counts.iter().map(|(_, servers)| servers).sum()
}

/// The servers of each group over several counts.
pub(crate) fn total<'a>(counts: impl IntoIterator<Item = &'a Counts>) -> BTreeMap<GroupId, u64> {
    let mut totals = BTreeMap::new();
    for (id, servers) in counts.into_iter().flatten() {
        *totals.entry(*id).or_default() += servers;
    }
    totals
}
