//! How many servers are active now.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use roaring::RoaringBitmap;
use rusqlite::Connection;

use super::ProductId;
use super::asked::{Asked, Per, Window};
use super::ground::Ground;
use crate::model::cells::{ACTIVE, SHADOWED, read};
use crate::sqlite::{millis, sql};
use crate::{Day, Result};

/// A server is active if it reported within this long: three usage intervals of 12 hours.
pub const ACTIVE_WITHIN: SignedDuration = SignedDuration::from_hours(36);

/// Servers that reported within [`ACTIVE_WITHIN`] before `now`. Anonymous ones are left out on days on
/// which their ids also report under a token.
pub(crate) fn active_servers(
    ground: &Ground<'_>,
    product: ProductId,
    now: Timestamp,
) -> Result<u64> {
    let since = now.saturating_sub(ACTIVE_WITHIN).unwrap_or(Timestamp::MIN);
    let (first, today) = (Day::of(since), Day::of(now));
    let (mut active, mut later) = (RoaringBitmap::new(), RoaringBitmap::new());
    for day in (first.0 + 1..=today.0).map(Day) {
        let all = read(ground.db, (product, day, ACTIVE))?;
        active |= &all - read(ground.db, (product, day, SHADOWED))?;
        later |= all;
    }
    // Of the first day only those count whose last report came after the window began; who
    // reported on a later day is in already.
    let left = counted(ground.db, product, first)? - &active;
    let kept = last_reports(ground, product, (first, today), &(&left - &later))?;
    let mut kept = kept.iter().peekable();
    let mut query = ground.db.prepare_cached(sql!("query/last_seen"))?;
    for server in left {
        while kept.next_if(|(known, _)| *known < server).is_some() {}
        let at = match kept.peek() {
            // A later report that isn't counted may be its last.
            Some((known, at)) if *known == server && !later.contains(server) => Some(*at),
            _ => query.query_row([server], |row| row.get(0))?,
        };
        if at >= Some(millis(since)) {
            active.insert(server);
        }
    }
    Ok(active.len())
}

/// When servers of a day that didn't report later last did, in order of ids. Kept until somebody reports for
/// that day: of who does so later, nobody asks it any more.
fn last_reports(
    ground: &Ground<'_>,
    product: ProductId,
    (first, today): (Day, Day),
    servers: &RoaringBitmap,
) -> Result<Arc<Vec<(u32, i64)>>> {
    let asked = Asked::all(product);
    // Only where clocks are wrong is there a day after today.
    let future = Window {
        from: today.plus(1),
        to: Day(i32::MAX),
    };
    let about = ground.series("later", String::new(), &asked, (future, Per::Day))?;
    let about = format!("{today} {}", about.version(future));
    let day = Per::Day.around(first);
    let series = ground.series("last reports", about, &asked, (day, Per::Day))?;
    series.get(day, || {
        let mut query = ground.db.prepare_cached(sql!("query/last_seen"))?;
        let mut last = Vec::with_capacity(servers.len() as usize);
        for server in servers {
            let at: Option<i64> = query.query_row([server], |row| row.get(0))?;
            last.extend(at.map(|at| (server, at)));
        }
        Ok(last)
    })
}

/// The servers of a day that operators' counts include.
fn counted(db: &Connection, product: ProductId, day: Day) -> Result<RoaringBitmap> {
    Ok(read(db, (product, day, ACTIVE))? - read(db, (product, day, SHADOWED))?)
}
