//! What a numeric value comes to over the servers: for each day, or the latest of each server; all of them or
//! by groups.

use std::collections::BTreeMap;

use roaring::RoaringBitmap;

use super::asked::{Asked, Per, Window};
use super::ground::Ground;
use super::memo::Weigh;
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
            Ok(Dealt::to(&groups.sets, &numbers).summaries())
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
) -> Result<Vec<(u32, Number)>> {
    let of = |days| -> Result<Latest> {
        let numbers = newest(ground, asked, key, days, |_, _| Ok(()))?;
        let groups = Groups::default();
        Ok(Latest { numbers, groups })
    };
    let latest = so_far(ground, asked, ("latest value", key.to_string()), window, of)?;
    Ok(latest.numbers)
}

/// The same, and the servers in the groups that they were in on the day of that value.
pub(crate) fn latest_in_groups(
    ground: &Ground<'_>,
    asked: &Asked,
    key: u32,
    window: Window,
    by: &By,
) -> Result<(Vec<(u32, Number)>, Groups)> {
    let of = |days| -> Result<Latest> {
        let mut groups = Groups::default();
        let numbers = newest(ground, asked, key, days, |day, servers| {
            let parts = split::on(ground, asked.product, by, day, &servers)?;
            groups.add(parts, servers);
            Ok(())
        })?;
        Ok(Latest { numbers, groups })
    };
    let question = ("latest value by", format!("{key} {by:?}"));
    let latest = so_far(ground, asked, question, window, of)?;
    Ok((latest.numbers, latest.groups))
}

/// The latest values within some days, in order of ids, and the groups of those who have one.
struct Latest {
    numbers: Vec<(u32, Number)>,
    groups: Groups,
}

impl Weigh for Latest {
    fn bytes(&self) -> usize {
        self.numbers.bytes() + self.groups.bytes()
    }
}

/// What `of` makes of the window: of the days before its newest once, as that one goes on changing.
fn so_far(
    ground: &Ground<'_>,
    asked: &Asked,
    (question, about): (&'static str, String),
    window: Window,
    of: impl Fn(Window) -> Result<Latest>,
) -> Result<Latest> {
    let kept = ground.series(question, about, asked, (window, Per::Day))?;
    let newest = match kept.newest(window) {
        Some(newest) if newest > window.from => newest,
        _ => return of(window),
    };
    let (days, today) = window.before_and_from(newest);
    let before = kept.get(days, || of(days))?;
    let mut latest = of(today)?;
    let newer = latest.numbers.iter().map(|(server, _)| *server);
    let newer = RoaringBitmap::from_sorted_iter(newer).unwrap_or_default();
    latest.groups.add_before(&before.groups, &newer);
    let older = before.numbers.iter().copied();
    let older = older.filter(|(server, _)| !newer.contains(*server));
    latest.numbers.extend(older);
    // Two runs, of which a stable sort makes one.
    latest.numbers.sort_by_key(|(server, _)| *server);
    Ok(latest)
}

/// The latest values, from the newest day back; `found` hears of each day whose latest they are.
fn newest(
    ground: &Ground<'_>,
    asked: &Asked,
    key: u32,
    window: Window,
    mut found: impl FnMut(Day, RoaringBitmap) -> Result<()>,
) -> Result<Vec<(u32, Number)>> {
    let mut cut = ground.cut(asked);
    let mut seen = RoaringBitmap::new();
    let mut latest = Vec::new();
    for day in window.days().rev() {
        let servers = cut.get()?.active(ground.db, day)? - &seen;
        let numbers = columns::numbers(ground.db, asked.product, day, key, &servers)?;
        let theirs = numbers.iter().map(|(server, _)| *server);
        let theirs = RoaringBitmap::from_sorted_iter(theirs).unwrap_or_default();
        seen |= &theirs;
        latest.extend(numbers);
        found(day, theirs)?;
    }
    latest.sort_unstable_by_key(|(server, _)| *server);
    Ok(latest)
}

/// Values, those of one group after those of another.
struct Dealt<'a> {
    values: Vec<Number>,
    /// Of each group where its values end.
    ends: Vec<(&'a GroupId, usize)>,
}

impl<'a> Dealt<'a> {
    /// To groups of servers of whom none is in two. One walk over all values, however many groups there are.
    fn to(groups: &'a BTreeMap<GroupId, RoaringBitmap>, numbers: &[(u32, Number)]) -> Dealt<'a> {
        let mut ends: Vec<_> = groups.keys().map(|id| (id, 0)).collect();
        let (Some((first, _)), Some((last, _))) = (numbers.first(), numbers.last()) else {
            return Dealt {
                values: Vec::new(),
                ends,
            };
        };
        // Of each server its group's place in `ends`.
        let mut places = vec![u32::MAX; (last - first) as usize + 1];
        for (place, set) in (0..).zip(groups.values()) {
            for server in set.range(*first..=*last) {
                places[(server - first) as usize] = place;
            }
        }
        let place = |server: u32| places[(server - first) as usize] as usize;
        for (server, _) in numbers {
            if let Some((_, count)) = ends.get_mut(place(*server)) {
                *count += 1;
            }
        }
        // Where each begins, until its values are there.
        let mut all = 0;
        for (_, end) in &mut ends {
            (*end, all) = (all, all + *end);
        }
        let mut values = vec![Number::Int(0); all];
        for (server, number) in numbers {
            if let Some((_, next)) = ends.get_mut(place(*server)) {
                values[*next] = *number;
                *next += 1;
            }
        }
        Dealt { values, ends }
    }

    /// What each group that has values comes to.
    fn summaries(&self) -> Vec<(GroupId, Summary)> {
        let mut begin = 0;
        let each = self.ends.iter().filter_map(|(id, end)| {
            let values = &self.values[begin..*end];
            begin = *end;
            Some((**id, Summary::of(values.iter().copied())?))
        });
        each.collect()
    }
}

/// The values alone.
pub(crate) fn values_of(
    numbers: &[(u32, Number)],
) -> impl ExactSizeIterator<Item = Number> + Clone {
    numbers.iter().map(|(_, number)| *number)
}
