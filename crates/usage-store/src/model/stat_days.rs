//! Product stats: for each server and UTC day the latest report of them, as it came. The journal has the
//! others, for as long as it has.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use rusqlite::{Connection, OptionalExtension, params};

use super::limits::STATS_BYTES;
use crate::query::ServerId;
use crate::report::compact;
use crate::sqlite::sql;
use crate::{Day, Result};

type Key = (ServerId, Day);

/// The latest of a day.
struct Latest {
    /// When it was made, in milliseconds.
    at: Option<i64>,
    /// `None` where the table has it already.
    stats: Option<Vec<u8>>,
}

/// The days that a chunk touches.
#[derive(Default)]
pub(super) struct StatDays(HashMap<Key, Latest>);

impl StatDays {
    /// A report of stats: kept, if it is the day's latest so far. Ties by the journal's order.
    pub(super) fn observe(
        &mut self,
        db: &Connection,
        key: Key,
        at: i64,
        body: &[u8],
    ) -> Result<()> {
        let latest = match self.0.entry(key) {
            Entry::Occupied(latest) => latest.into_mut(),
            Entry::Vacant(place) => place.insert(Latest {
                at: read(db, key)?,
                stats: None,
            }),
        };
        if latest.at <= Some(at) {
            let mut stats = compact(body).into_owned();
            if stats.len() > STATS_BYTES {
                stats.clear();
            }
            *latest = Latest {
                at: Some(at),
                stats: Some(stats),
            };
        }
        Ok(())
    }

    /// Writes them, in the order of the table.
    pub(super) fn save(self, db: &Connection) -> Result<()> {
        let mut days: Vec<(Key, Latest)> = self.0.into_iter().collect();
        days.sort_unstable_by_key(|(key, _)| *key);
        for ((server, day), latest) in days {
            if let Some(stats) = latest.stats {
                db.prepare_cached(sql!("model/save_stat_day"))?
                    .execute(params![server.0, day.0, latest.at, stats])?;
            }
        }
        Ok(())
    }
}

/// Takes a server's stats of a day out.
pub(super) fn forget(db: &Connection, server: ServerId, day: Day) -> Result<()> {
    db.prepare_cached(sql!("erasure/forget_stat_day"))?
        .execute(params![server.0, day.0])?;
    Ok(())
}

fn read(db: &Connection, (server, day): Key) -> Result<Option<i64>> {
    Ok(db
        .prepare_cached(sql!("model/stat_day"))?
        .query_row(params![server.0, day.0], |row| row.get(0))
        .optional()?)
}
