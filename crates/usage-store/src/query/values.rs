//! What a numeric value comes to over the servers: for each day, or the latest of each server; all of them or
//! by groups.

use std::collections::BTreeMap;
use std::sync::Arc;

use roaring::RoaringBitmap;

use super::asked::{Asked, Per, Window};
use super::ground::Ground;
use super::numbers::Summary;
use super::split::{self, By, Group, GroupId, Groups};
use crate::model::columns;
use crate::report::Number;
use crate::{Day, Error, Result};

/// A value on a day.
#[derive(Debug, Clone, PartialEq)]
pub struct ValueOnDay {
    /// The day.
    pub day: Day,
    /// Whose, where it was asked by groups.
    pub group: Option<Group>,
    /// What it comes to; `None` where nobody had one.
    pub summary: Option<Summary>,
}

/// The id of a value's name.
pub(crate) fn key(ground: &Ground<'_>, asked: &Asked, name: &str) -> Result<u32> {
    let keys = columns::keys(ground.db, asked.product)?;
    let found = keys.iter().find(|key| key.name == name);
    let known = || keys.iter().map(|key| key.name.as_str()).collect::<Vec<_>>();
    found.map(|key| key.id).ok_or_else(|| {
        Error::NotFound(format!(
            "the value {name:?} (there is: {})",
            known().join(", ")
        ))
    })
}

/// Each day of the window, as its servers' latest reports of the day have it; with `by` in groups.
pub(crate) fn by_day(
    ground: &Ground<'_>,
    asked: &Asked,
    name: &str,
    window: Window,
    by: Option<(&By, usize)>,
) -> Result<Vec<ValueOnDay>> {
    let key = key(ground, asked, name)?;
    let Some((by, top)) = by else {
        return plain(ground, asked, key, window);
    };
    let about = format!("{key} {by:?}");
    let series = ground.series("value by", about, asked, (window, Per::Day))?;
    let mut cut = ground.cut(asked);
    let mut totals: BTreeMap<GroupId, u64> = BTreeMap::new();
    let mut days = Vec::new();
    for day in window.days() {
        let period = Per::Day.around(day);
        let summaries = series.get(period, || {
            let groups = Groups::of(ground, cut.get()?, asked.product, by, period)?;
            let numbers = columns::numbers(ground.db, asked.product, day, key, &groups.all)?;
            let each = dealt(&numbers, &groups.sets).into_iter();
            let each = each.filter_map(|(id, values)| Some((id, Summary::of(values.into_iter())?)));
            Ok(each.collect::<Vec<(GroupId, Summary)>>())
        })?;
        for (id, summary) in summaries.iter() {
            *totals.entry(*id).or_default() += summary.servers;
        }
        days.push((day, summaries));
    }
    let mut shown = split::largest(&totals, top);
    if totals.contains_key(&GroupId::Without) {
        shown.push(GroupId::Without);
    }
    let others = totals.len() > shown.len();
    let names = shown
        .iter()
        .map(|id| split::name(ground, by, *id))
        .collect::<Result<Vec<Group>>>()?;
    let about = format!("{key} {by:?} but {shown:?}");
    let rest = ground.series("value by, the rest", about, asked, (window, Per::Day))?;
    let mut rows = Vec::new();
    for (day, summaries) in days {
        for (id, group) in shown.iter().zip(&names) {
            let found = summaries.iter().find(|(of, _)| of == id);
            rows.push(ValueOnDay {
                day,
                group: Some(group.clone()),
                summary: found.map(|(_, summary)| *summary),
            });
        }
        if !others {
            continue;
        }
        let period = Per::Day.around(day);
        let summary = rest.get(period, || {
            let groups = Groups::of(ground, cut.get()?, asked.product, by, period)?;
            let left = groups.sets.iter().filter(|(id, _)| !shown.contains(id));
            let left = left.fold(RoaringBitmap::new(), |all, (_, set)| all | set);
            let numbers = columns::numbers(ground.db, asked.product, day, key, &left)?;
            Ok(Vec::from_iter(Summary::of(values_of(&numbers))))
        })?;
        rows.push(ValueOnDay {
            day,
            group: Some(Group::Other),
            summary: summary.first().copied(),
        });
    }
    Ok(rows)
}

fn plain(ground: &Ground<'_>, asked: &Asked, key: u32, window: Window) -> Result<Vec<ValueOnDay>> {
    let series = ground.series("value", key.to_string(), asked, (window, Per::Day))?;
    let mut cut = ground.cut(asked);
    let mut days = Vec::new();
    for day in window.days() {
        let summary = series.get(Per::Day.around(day), || {
            let servers = cut.get()?.active(ground.db, day)?;
            let numbers = columns::numbers(ground.db, asked.product, day, key, &servers)?;
            Ok(Vec::from_iter(Summary::of(values_of(&numbers))))
        })?;
        days.push(ValueOnDay {
            day,
            group: None,
            summary: summary.first().copied(),
        });
    }
    Ok(days)
}

/// The latest value of each server within the window, in order of ids.
pub(crate) fn latest(
    ground: &Ground<'_>,
    asked: &Asked,
    key: u32,
    window: Window,
) -> Result<Arc<Vec<(u32, Number)>>> {
    let series = ground.series("latest value", key.to_string(), asked, (window, Per::Day))?;
    series.get(window, || {
        let mut cut = ground.cut(asked);
        let mut seen = RoaringBitmap::new();
        let mut latest = Vec::new();
        for day in window.days().rev() {
            let servers = cut.get()?.active(ground.db, day)? - &seen;
            let numbers = columns::numbers(ground.db, asked.product, day, key, &servers)?;
            seen.extend(numbers.iter().map(|(server, _)| *server));
            latest.extend(numbers);
        }
        latest.sort_unstable_by_key(|(server, _)| *server);
        Ok(latest)
    })
}

/// The values of each group's servers, of whom none is in two. One walk over them all, however many groups.
fn dealt(
    numbers: &[(u32, Number)],
    groups: &BTreeMap<GroupId, RoaringBitmap>,
) -> Vec<(GroupId, Vec<Number>)> {
    let (Some((first, _)), Some((last, _))) = (numbers.first(), numbers.last()) else {
        return Vec::new();
    };
    let mut dealt: Vec<_> = groups.keys().map(|id| (*id, Vec::new())).collect();
    // Of each server its group's place in `dealt`.
    let mut places = vec![usize::MAX; (last - first) as usize + 1];
    for (place, set) in groups.values().enumerate() {
        for server in set.range(*first..=*last) {
            places[(server - first) as usize] = place;
        }
    }
    for (server, number) in numbers {
        if let Some((_, values)) = dealt.get_mut(places[(server - first) as usize]) {
            values.push(*number);
        }
    }
    dealt
}

/// The values alone.
pub(crate) fn values_of(
    numbers: &[(u32, Number)],
) -> impl ExactSizeIterator<Item = Number> + Clone {
    numbers.iter().map(|(_, number)| *number)
}
