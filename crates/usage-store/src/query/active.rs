//! How many servers, clusters and organizations are active in each period, and that by groups.

use std::collections::BTreeMap;

use roaring::RoaringBitmap;

use super::asked::{Asked, Per, Window};
use super::census::Heads;
use super::ground::Ground;
use super::split::{self, By, Group, GroupId, Groups};
use crate::Result;

/// How many are active in a period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Active {
    /// The period's days.
    pub period: Window,
    /// How many reported on any of them.
    pub heads: Heads,
}

/// How many of a group are active in a period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActiveOf {
    /// The period's days.
    pub period: Window,
    /// What they have in common.
    pub group: Group,
    /// How many had it on any of the days.
    pub heads: Heads,
}

/// Each period of the window.
pub(crate) fn active(
    ground: &Ground<'_>,
    asked: &Asked,
    window: Window,
    per: Per,
) -> Result<Vec<Active>> {
    let series = ground.series("active", String::new(), asked, (window, per))?;
    let mut cut = ground.cut(asked);
    let mut periods = Vec::new();
    for period in window.periods(per) {
        let heads = series.get(period, || {
            let servers = cut.get()?.active_in(ground.db, period)?;
            Ok(vec![ground.census.heads(&servers)])
        })?;
        periods.push(Active {
            period,
            heads: heads.first().copied().unwrap_or_default(),
        });
    }
    Ok(periods)
}

/// Each period of the window, and in it each of the `top` groups that have most servers over all of it, what
/// is left as one, and who has none; the largest first.
pub(crate) fn active_by(
    ground: &Ground<'_>,
    asked: &Asked,
    (window, per): (Window, Per),
    by: &By,
    top: usize,
) -> Result<Vec<ActiveOf>> {
    let periods = window.periods(per);
    let mut cut = ground.cut(asked);
    let series = ground.series("active by", format!("{by:?}"), asked, (window, per))?;
    let mut totals: BTreeMap<GroupId, u64> = BTreeMap::new();
    let mut counted = Vec::new();
    for period in &periods {
        let groups = series.get(*period, || {
            let groups = Groups::of(ground, cut.get()?, asked.product, by, *period)?;
            let heads = |set| ground.census.heads(set);
            let each = groups.sets.iter().map(|(id, set)| (*id, heads(set)));
            Ok(each.collect::<Vec<(GroupId, Heads)>>())
        })?;
        for (id, heads) in groups.iter() {
            *totals.entry(*id).or_default() += heads.servers;
        }
        counted.push(groups);
    }
    let mut shown = split::largest(&totals, top);
    let is_shown = |id: &GroupId| shown.contains(id) || *id == GroupId::Without;
    let others = totals.keys().any(|id| !is_shown(id));
    if totals.contains_key(&GroupId::Without) {
        shown.push(GroupId::Without);
    }
    let names = shown
        .iter()
        .map(|id| split::name(ground, by, *id))
        .collect::<Result<Vec<Group>>>()?;
    let about = format!("{by:?} but {shown:?}");
    let rest = ground.series("active by, the rest", about, asked, (window, per))?;
    let mut rows = Vec::new();
    for (period, groups) in periods.into_iter().zip(counted) {
        let of = |id: &GroupId| groups.iter().find(|(of, _)| of == id).map(|(_, n)| *n);
        for (id, group) in shown.iter().zip(&names) {
            rows.push(ActiveOf {
                period,
                group: group.clone(),
                heads: of(id).unwrap_or_default(),
            });
        }
        if !others {
            continue;
        }
        let heads = rest.get(period, || {
            let groups = Groups::of(ground, cut.get()?, asked.product, by, period)?;
            let rest = groups.sets.iter().filter(|(id, _)| !shown.contains(id));
            let rest: RoaringBitmap = rest.fold(RoaringBitmap::new(), |all, (_, set)| all | set);
            Ok(vec![ground.census.heads(&rest)])
        })?;
        rows.push(ActiveOf {
            period,
            group: Group::Other,
            heads: heads.first().copied().unwrap_or_default(),
        });
    }
    Ok(rows)
}
