//! Every product at a glance: how much of it there is, and what is new since yesterday began.

use jiff::{SignedDuration, Timestamp};
use rusqlite::params;

use super::activity::ACTIVE_WITHIN;
use super::asked::{Asked, Per, Window};
use super::ground::Ground;
use super::{ProductId, ProductSummary, active, products, silent};
use crate::model::OTHER;
use crate::report::fields::VERSION;
use crate::sqlite::sql;
use crate::{Day, Result, Store};

/// A version is new that nobody had in so many days before yesterday.
const VERSIONS_BACK_DAYS: i32 = 28;

/// Clusters that went silent within a day and are counted one by one.
const SILENT_MAX: usize = 100_000;

/// A product at a glance.
#[derive(Debug, Clone, PartialEq)]
pub struct Glance {
    /// What it is.
    pub product: ProductSummary,
    /// What changed; of adopted products only, as anybody can make names up.
    pub recent: Option<Recent>,
}

/// What changed. Days are UTC days, of which today isn't over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recent {
    /// Servers active on the day before yesterday.
    pub before: u64,
    /// Servers active yesterday.
    pub yesterday: u64,
    /// Servers first seen yesterday or today.
    pub new_servers: u64,
    /// Versions that a server had yesterday or today, and none in the 28 days before.
    pub new_versions: u64,
    /// Clusters of which, within the last 24 hours, it had been 36 hours since their last report.
    pub silent: u64,
}

/// One product's days.
fn recent(ground: &Ground<'_>, asked: &Asked, now: Timestamp) -> Result<Recent> {
    let today = Day::of(now);
    let days = Window {
        from: today.plus(-2),
        to: today.plus(-1),
    };
    let active = active::active(ground, asked, days, Per::Day)?;
    let servers = |at: usize| active.get(at).map_or(0, |day| day.heads.servers);
    let since_yesterday = Window {
        from: today.plus(-1),
        to: today,
    };
    let mut cut = ground.cut(asked);
    let new = cut.get()?.new_in(ground.db, since_yesterday)?;
    let gone_at = now.saturating_sub(ACTIVE_WITHIN).unwrap_or(Timestamp::MIN);
    let day = SignedDuration::from_hours(24);
    let gone_from = gone_at.saturating_sub(day).unwrap_or(Timestamp::MIN);
    let seen = Window {
        from: Day::of(gone_from),
        to: today,
    };
    let silent = silent::silent(ground, asked, seen, gone_at, SILENT_MAX)?;
    Ok(Recent {
        before: servers(0),
        yesterday: servers(1),
        new_servers: new.len(),
        new_versions: new_versions(ground, asked, since_yesterday)?,
        silent: silent
            .iter()
            .filter(|one| one.last_seen >= gone_from)
            .count() as u64,
    })
}

fn new_versions(ground: &Ground<'_>, asked: &Asked, days: Window) -> Result<u64> {
    let versions = |days: Window| -> Result<Vec<i64>> {
        let mut query = ground.db.prepare_cached(sql!("query/values_of_days"))?;
        let found = query.query_map(
            params![asked.product.0, VERSION, days.from.0, days.to.0],
            |row| row.get(0),
        )?;
        Ok(found.collect::<rusqlite::Result<_>>()?)
    };
    let before = versions(Window {
        from: days.from.plus(-VERSIONS_BACK_DAYS),
        to: days.from.plus(-1),
    })?;
    let new = versions(days)?.into_iter();
    let new = new.filter(|value| *value != OTHER && !before.contains(value));
    Ok(new.count() as u64)
}

impl Store {
    /// Every product or one, adopted ones first, then by active servers.
    pub fn glances(&self, only: Option<ProductId>, now: Timestamp) -> Result<Vec<Glance>> {
        self.question(|ground| {
            let all = products::products(ground, only, now)?.into_iter();
            all.map(|product| {
                let recent = match product.adopted {
                    true => Some(recent(ground, &Asked::all(product.id), now)?),
                    false => None,
                };
                Ok(Glance { product, recent })
            })
            .collect()
        })
    }
}
