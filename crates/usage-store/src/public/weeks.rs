//! What was published of each week: worked out once, when the week is over and counted, and kept.

use std::collections::{BTreeMap, HashSet};

use jiff::Timestamp;
use roaring::RoaringBitmap;
use rusqlite::{Connection, params};

use super::limits::{
    PUBLIC_NAME_MAX_CHARS, PUBLIC_PARTS_MAX, PUBLIC_SETTLED_DAYS, PUBLIC_THRESHOLD_MAX,
    PUBLIC_WEEKS,
};
use super::rounding::{Crowd, Rest, largest_first, rounded};
use super::{PublicChart, PublishedWeek};
use crate::query::census::Census;
use crate::query::counted::Cut;
use crate::query::ground::Ground;
use crate::query::latest::latest;
use crate::query::split::name;
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
        if !new.is_empty() && self.has_counted(window.to)? {
            let counted = self.question(|ground| count(ground, id, &new, threshold))?;
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
            .map(|week| week.told(threshold))
            .collect())
    }

    /// Whether all reports are in the counts that came up to the end of a day.
    fn has_counted(&self, day: Day) -> Result<bool> {
        let fresh = self.freshness()?;
        let over = day.plus(1).start();
        Ok(fresh.behind == 0 || fresh.applied_to.is_some_and(|at| at >= over))
    }
}

/// A week as it is kept: what is told of it, and of how many customers that is.
#[derive(Debug, Clone)]
struct Week {
    from: Day,
    total: Crowd,
    /// By which it was made ready; `None` where that was by servers alone.
    threshold: Option<u32>,
    parts: Vec<(PublicChart, String, Crowd)>,
}

impl Week {
    /// What is told of it: by a threshold that was raised since, less. By a lower one nothing more is told.
    fn told(self, threshold: u32) -> PublishedWeek {
        let mut week = PublishedWeek {
            from: self.from,
            to: Per::Week.around(self.from).to,
            servers: self.total.servers,
            parts: Vec::new(),
        };
        for chart in PublicChart::ALL {
            let parts = self.parts.iter().filter(|(of, ..)| *of == chart);
            let parts = parts.map(|(_, name, crowd)| (name.clone(), *crowd));
            let mut parts: Vec<(String, Crowd)> = parts.collect();
            if self.threshold.is_none_or(|by| by < threshold) {
                let told = rounded(
                    self.total,
                    parts,
                    self.rest(chart, threshold),
                    threshold.into(),
                );
                week.servers = told.total;
                parts = told.parts;
            }
            parts.sort_by(largest_first);
            let parts = parts.into_iter();
            week.parts
                .extend(parts.map(|(name, crowd)| (chart, name, crowd.servers)));
        }
        week
    }

    /// What a threshold hides. Of what was hidden before it is not known.
    fn rest(&self, chart: PublicChart, threshold: u32) -> Rest {
        if self.threshold.is_some() {
            return Rest {
                customers: 0,
                groups: 2,
            };
        }
        let parts = self.parts.iter().filter(|(of, ..)| *of == chart);
        let told = parts.filter(|(.., crowd)| crowd.may_be_told(threshold.into()));
        let told: u64 = told.map(|(.., crowd)| crowd.servers).sum();
        Rest {
            customers: self.total.servers.saturating_sub(told),
            groups: 1,
        }
    }
}

/// The weeks that anybody was active in, in one snapshot, so that the parts are parts of the total. What was worked out
/// for one who looks is kept for a while.
fn count(
    ground: &Ground<'_>,
    product: ProductId,
    weeks: &[Window],
    threshold: u32,
) -> Result<Vec<Week>> {
    let (Some(first), Some(last)) = (weeks.first(), weeks.last()) else {
        return Ok(Vec::new());
    };
    let asked = Asked::all(product);
    let window = Window {
        from: first.from,
        to: last.to,
    };
    let about = threshold.to_string();
    let kept = ground.series("public", about, &asked, (window, Per::Week))?;
    let mut cut = ground.cut(&asked);
    let mut counted = Vec::new();
    for week in weeks {
        let known = kept.get(*week, || {
            let week = one(ground, cut.get()?, product, *week, threshold)?;
            Ok(Vec::from_iter(week))
        })?;
        counted.extend(known.iter().cloned());
    }
    Ok(counted)
}

/// One week; nothing where nobody was active in it.
fn one(
    ground: &Ground<'_>,
    cut: &Cut,
    product: ProductId,
    week: Window,
    threshold: u32,
) -> Result<Option<Week>> {
    let everybody = cut.active_in(ground.db, week)?;
    if everybody.is_empty() {
        return Ok(None);
    }
    let crowd = |servers: &RoaringBitmap| Crowd {
        servers: servers.len(),
        customers: customers(ground.census, servers),
    };
    let total = crowd(&everybody);
    let mut published = Week {
        from: week.from,
        total,
        threshold: Some(threshold),
        parts: Vec::new(),
    };
    for chart in PublicChart::ALL {
        let by = chart.dimension().map(|one| By::Dimension(one.to_owned()));
        let mut groups = Vec::new();
        let mut hidden = 0;
        // What no group takes that may be told, and what none takes at all.
        let (mut rest, mut left) = (everybody.clone(), everybody.clone());
        if let Some(by) = &by {
            for (id, servers) in latest(ground, cut, product, by, week)?.sets {
                hidden += 1;
                left -= &servers;
                // Most are too small to be looked at more closely.
                if !id.is_named() || servers.len() < u64::from(threshold) {
                    continue;
                }
                let of = crowd(&servers);
                if of.may_be_told(threshold.into())
                    && let Group::Named(name) = name(ground, by, id)?
                    && may_be_told(&name)
                {
                    hidden -= 1;
                    rest -= servers;
                    groups.push((name, of));
                }
            }
        }
        let rest = Rest {
            customers: customers(ground.census, &rest),
            groups: hidden + u64::from(!left.is_empty()),
        };
        let told = rounded(total, groups, rest, threshold.into());
        published.total = Crowd {
            servers: told.total,
            ..total
        };
        let parts = told.parts.into_iter().take(PUBLIC_PARTS_MAX);
        published
            .parts
            .extend(parts.map(|(name, crowd)| (chart, name, crowd)));
    }
    Ok(Some(published))
}

/// How many customers' these servers are, as far as can be told: an organization is one, and of who reports without a
/// token each cluster. Not more than can matter.
fn customers(census: &Census, servers: &RoaringBitmap) -> u64 {
    let mut known = HashSet::new();
    for server in servers {
        known.insert(match census.organization(server) {
            0 => (0, census.cluster(server)),
            organization => (organization, 0),
        });
        if known.len() == PUBLIC_THRESHOLD_MAX as usize {
            break;
        }
    }
    known.len() as u64
}

/// Whether a name looks like a version, a system or a processor: anybody can report under any, and it stands on
/// the operators' page.
fn may_be_told(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-+~".contains(c);
    let letters = name.chars().filter(char::is_ascii_alphabetic).count();
    (1..=PUBLIC_NAME_MAX_CHARS).contains(&name.len()) && name.chars().all(plain) && letters <= 16
}

/// What was published from a day on.
fn kept(db: &Connection, product: &str, from: Day) -> Result<BTreeMap<Day, Week>> {
    let mut weeks = BTreeMap::new();
    let mut query = db.prepare_cached(sql!("public/weeks"))?;
    let mut rows = query.query(params![product, from.0])?;
    // Where customers were not counted, each server was one.
    let crowd = |servers: i64, customers: Option<i64>| Crowd {
        servers: servers as u64,
        customers: customers.unwrap_or(servers) as u64,
    };
    while let Some(row) = rows.next()? {
        let from = Day(row.get(0)?);
        let week = Week {
            from,
            total: crowd(row.get(1)?, row.get(2)?),
            threshold: row.get(3)?,
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
            let crowd = crowd(row.get(3)?, row.get(4)?);
            week.parts.push((chart, row.get(2)?, crowd));
        }
    }
    Ok(weeks)
}

fn publish(db: &Connection, product: &str, week: &Week) -> Result<()> {
    let (from, total) = (week.from.0, week.total);
    let added = db
        .prepare_cached(sql!("public/add_week"))?
        .execute(params![
            product,
            from,
            total.servers as i64,
            total.customers as i64,
            week.threshold
        ])?;
    if added == 0 {
        return Ok(());
    }
    let mut add = db.prepare_cached(sql!("public/add_part"))?;
    for (chart, name, crowd) in &week.parts {
        add.execute(params![
            product,
            from,
            chart.name(),
            name,
            crowd.servers as i64,
            crowd.customers as i64
        ])?;
    }
    Ok(())
}
