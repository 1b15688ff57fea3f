//! What was published of each week: worked out once, when the week is over and counted, and kept.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::limits::{PUBLIC_NAME_MAX_CHARS, PUBLIC_PARTS_MAX, PUBLIC_SETTLED_DAYS, PUBLIC_WEEKS};
use super::rounding::rounded;
use super::{PublicChart, PublishedWeek};
use crate::query::ground::Ground;
use crate::query::limits::TOP_MAX;
use crate::query::{Asked, By, Group, Per, ProductId, Window};
use crate::sqlite::sql;
use crate::{Day, Result, Store};

/// What public pages say.
impl Store {
    /// What a product's public page says of each week, the first first: what was published before as it was, and
    /// weeks that are new. With `keep` those are published from now on; without, nobody is told.
    pub fn published(
        &self,
        product: (ProductId, &str),
        threshold: u32,
        keep: bool,
        now: Timestamp,
    ) -> Result<Vec<PublishedWeek>> {
        let (id, name) = product;
        let last = Per::Week.around(Day::of(now).plus(-6 - PUBLIC_SETTLED_DAYS));
        let window = Window {
            from: last.from.plus(7 * (1 - PUBLIC_WEEKS)),
            to: last.to,
        };
        let mut weeks = self.readers.read(|db| kept(db, name, window.from))?;
        let is_new = |week: &Window| !weeks.contains_key(&week.from);
        let new: Vec<Window> = window
            .periods(Per::Week)
            .into_iter()
            .filter(is_new)
            .collect();
        if let (Some(first), Some(last)) = (new.first(), new.last())
            && self.has_counted(window.to)?
        {
            let span = Window {
                from: first.from,
                to: last.to,
            };
            let counted = self.question(|ground| count(ground, id, span, threshold))?;
            for week in counted {
                weeks.entry(week.from).or_insert(week);
            }
            if keep {
                self.write(|db| {
                    let new = new.iter().filter_map(|week| weeks.get(&week.from));
                    new.into_iter().try_for_each(|week| publish(db, name, week))
                })?;
                // Another process may have been faster.
                weeks = self.readers.read(|db| kept(db, name, window.from))?;
            }
        }
        Ok(weeks
            .into_values()
            .map(|week| week.rounded_to(threshold))
            .collect())
    }

    /// Whether all reports are in the counts that came up to the end of a day.
    fn has_counted(&self, day: Day) -> Result<bool> {
        let fresh = self.freshness()?;
        let over = day.plus(1).start();
        Ok(fresh.behind == 0 || fresh.applied_to.is_some_and(|at| at >= over))
    }
}

impl PublishedWeek {
    /// The same by a threshold that was raised since. By a lower one nothing more is told.
    fn rounded_to(self, threshold: u32) -> PublishedWeek {
        let mut week = PublishedWeek {
            parts: Vec::new(),
            ..self
        };
        for chart in PublicChart::ALL {
            let parts = self.parts.iter().filter(|(of, ..)| *of == chart);
            let parts = parts.map(|(_, name, servers)| (name.clone(), *servers));
            let told = rounded(self.servers, parts.collect(), threshold.into());
            week.servers = told.total;
            let parts = told.parts.into_iter();
            week.parts
                .extend(parts.map(|(name, servers)| (chart, name, servers)));
        }
        week
    }
}

fn around(day: Day) -> Window {
    Per::Week.around(day)
}

/// The weeks of a window that anybody was active in: in one snapshot, so that the parts are parts of the total.
fn count(
    ground: &Ground<'_>,
    product: ProductId,
    window: Window,
    threshold: u32,
) -> Result<Vec<PublishedWeek>> {
    let asked = Asked::all(product);
    let active = crate::query::active::active(ground, &asked, window, Per::Week)?;
    let mut weeks = BTreeMap::new();
    for one in active.iter().filter(|one| one.heads.servers > 0) {
        let told = rounded(one.heads.servers, Vec::new(), threshold.into());
        let week = PublishedWeek {
            from: one.period.from,
            to: one.period.to,
            servers: told.total,
            parts: Vec::new(),
        };
        weeks.insert(one.period.from, (one.heads.servers, week));
    }
    let periods = window.periods(Per::Week);
    for chart in PublicChart::ALL {
        let Some(dimension) = chart.dimension() else {
            continue;
        };
        let by = By::Dimension(dimension.to_owned());
        let parts =
            crate::query::adoption::adoption(ground, &asked, (&periods, Per::Week), &by, TOP_MAX)?;
        let mut groups: BTreeMap<Day, Vec<(String, u64)>> = BTreeMap::new();
        for part in parts {
            if let Group::Named(name) = part.group
                && may_be_told(&name)
            {
                let of_week = groups.entry(part.period.from).or_default();
                of_week.push((name, part.servers));
            }
        }
        for (from, groups) in groups {
            if let Some((total, week)) = weeks.get_mut(&from) {
                let told = rounded(*total, groups, threshold.into()).parts.into_iter();
                let told = told.take(PUBLIC_PARTS_MAX);
                week.parts
                    .extend(told.map(|(name, servers)| (chart, name, servers)));
            }
        }
    }
    Ok(weeks.into_values().map(|(_, week)| week).collect())
}

/// Whether a name looks like a version, a system or a processor: anybody can report under any, and it stands on
/// the operators' page.
fn may_be_told(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-+~".contains(c);
    let letters = name.chars().filter(char::is_ascii_alphabetic).count();
    (1..=PUBLIC_NAME_MAX_CHARS).contains(&name.len()) && name.chars().all(plain) && letters <= 16
}

/// What was published from a day on.
fn kept(db: &Connection, product: &str, from: Day) -> Result<BTreeMap<Day, PublishedWeek>> {
    let mut weeks = BTreeMap::new();
    let mut query = db.prepare_cached(sql!("public/weeks"))?;
    let mut rows = query.query(params![product, from.0])?;
    while let Some(row) = rows.next()? {
        let from = Day(row.get(0)?);
        let week = PublishedWeek {
            from,
            to: around(from).to,
            servers: row.get::<_, i64>(1)? as u64,
            parts: Vec::new(),
        };
        weeks.insert(from, week);
    }
    let mut query = db.prepare_cached(sql!("public/parts"))?;
    let mut rows = query.query(params![product, from.0])?;
    while let Some(row) = rows.next()? {
        let chart: String = row.get(1)?;
        if let Some(week) = weeks.get_mut(&Day(row.get(0)?))
            && let Some(chart) = PublicChart::named(&chart)
        {
            week.parts
                .push((chart, row.get(2)?, row.get::<_, i64>(3)? as u64));
        }
    }
    Ok(weeks)
}

fn publish(db: &Connection, product: &str, week: &PublishedWeek) -> Result<()> {
    let from = week.from.0;
    let added = db
        .prepare_cached(sql!("public/add_week"))?
        .execute(params![product, from, week.servers as i64])?;
    if added == 0 {
        return Ok(());
    }
    let mut add = db.prepare_cached(sql!("public/add_part"))?;
    for (chart, name, servers) in &week.parts {
        add.execute(params![product, from, chart.name(), name, *servers as i64])?;
    }
    Ok(())
}
