//! How long what was derived is kept. Each server's days (rows, numbers, stats) may go before the days' cells
//! do; a day without cells has no rows either. What comes late for a day whose rows are gone counts as
//! active on it, and no more; for one without cells it doesn't count.

use rusqlite::{Connection, OptionalExtension, params};

use super::cells::{ACTIVE, ALL_DAYS, POSTED, Place, change_day, read};
use super::{Model, applied, begin, leaving, stat_days, unused};
use crate::journal::next_seq;
use crate::query::{ProductId, ServerId};
use crate::sqlite::sql;
use crate::{Day, Result, Store};

/// The first days that are kept: by default all.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Tiers {
    /// Of which each server's rows are.
    pub(crate) days: Day,
    /// Of which the cells are; not after `days`.
    pub(crate) cells: Day,
}

impl Default for Tiers {
    fn default() -> Tiers {
        let first = ALL_DAYS.plus(1);
        Tiers {
            days: first,
            cells: first,
        }
    }
}

impl Tiers {
    pub(crate) fn read(db: &Connection) -> Result<Tiers> {
        Ok(db
            .prepare_cached(sql!("tiers/tiers"))?
            .query_row([], |row| {
                Ok(Tiers {
                    days: Day(row.get(0)?),
                    cells: Day(row.get(1)?),
                })
            })?)
    }

    /// Whether a day has cells; what is of no day is always kept.
    pub(super) fn has_cells(&self, day: Day) -> bool {
        day == ALL_DAYS || day >= self.cells
    }
}

/// Which tier is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tier {
    /// Each server's days.
    Days,
    /// Days as a whole.
    Cells,
}

impl Store {
    /// Takes one of a product's days before `before` out of a tier; whether there was one. Nothing goes while
    /// the read model is being made anew: what goes with a day could not be told then.
    pub fn age(&self, tier: Tier, before: Day) -> Result<bool> {
        if self.is_being_rebuilt()? {
            return Ok(false);
        }
        let mut model = self.model();
        let step = begin(&mut model.db)?;
        if is_incomplete(&step)? {
            return Ok(false);
        }
        let query = match tier {
            Tier::Days => sql!("tiers/old_rows"),
            Tier::Cells => sql!("tiers/old_cells"),
        };
        let old = step
            .prepare_cached(query)?
            .query_row([before.0], |row| {
                Ok((ProductId(row.get(0)?), Day(row.get(1)?)))
            })
            .optional()?;
        let Some((product, day)) = old else {
            return Ok(false);
        };
        raise(&step, tier, before)?;
        forget_rows(&step, product, day)?;
        if tier == Tier::Cells {
            forget_cells(&step, product, day)?;
        }
        step.commit()?;
        Ok(true)
    }

    /// Forgets the texts of values and names that nobody has said on any day that is kept: after days went.
    pub fn forget_unused(&self) -> Result<()> {
        if self.is_being_rebuilt()? {
            return Ok(());
        }
        let Model { db, dictionary } = &mut *self.model();
        dictionary.clear();
        let step = begin(db)?;
        unused::forget_unused(&step)?;
        step.commit()?;
        Ok(())
    }

    /// The first day of which a tier has all; `None` where nothing has left it.
    pub fn tier_begins(&self, tier: Tier) -> Result<Option<Day>> {
        let tiers = self.readers.read(Tiers::read)?;
        let begins = match tier {
            Tier::Days => tiers.days,
            Tier::Cells => tiers.cells,
        };
        Ok(Some(begins).filter(|day| *day > Tiers::default().cells))
    }
}

/// Whether it was emptied and hasn't come again to where it was; where the journal is an older one, to its
/// end.
fn is_incomplete(db: &Connection) -> Result<bool> {
    let emptied_at: i64 = db
        .prepare_cached(sql!("tiers/emptied_at"))?
        .query_row([], |row| row.get(0))?;
    Ok(applied::read(db)?.seq < (emptied_at as u64).min(next_seq(db)?))
}

fn raise(db: &Connection, tier: Tier, before: Day) -> Result<()> {
    let mut tiers = Tiers::read(db)?;
    tiers.days = tiers.days.max(before);
    if tier == Tier::Cells {
        tiers.cells = tiers.cells.max(before);
    }
    db.prepare_cached(sql!("tiers/raise"))?
        .execute([tiers.days.0, tiers.cells.0])?;
    Ok(())
}

/// Each server's rows of a day. What is folded can't be told apart any more: texts that were nowhere else go.
fn forget_rows(db: &Connection, product: ProductId, day: Day) -> Result<()> {
    let active = read(db, (product, day, ACTIVE))?;
    let mut going = leaving::folded_places(db, product, day, &active)?;
    // And numbers do, with their names.
    going.push(POSTED);
    unused::doubt(db, product, &going)?;
    for server in active.iter().map(ServerId) {
        stat_days::forget(db, server, day)?;
    }
    for query in [
        sql!("tiers/forget_rows"),
        sql!("tiers/forget_packed_rows"),
        sql!("tiers/forget_overlay"),
        sql!("tiers/forget_columns"),
        sql!("tiers/forget_folds"),
    ] {
        db.prepare_cached(query)?
            .execute(params![product.0, day.0])?;
    }
    change_day(db, product, day)?;
    db.prepare_cached(sql!("tiers/rows_gone"))?
        .execute(params![product.0, day.0])?;
    Ok(())
}

fn forget_cells(db: &Connection, product: ProductId, day: Day) -> Result<()> {
    let mut query = db.prepare_cached(sql!("tiers/values"))?;
    let values = query.query_map(params![product.0, day.0], |row| {
        Ok(Place {
            dimension: row.get(0)?,
            value: row.get(1)?,
        })
    })?;
    let values = values.collect::<rusqlite::Result<Vec<_>>>()?;
    unused::doubt(db, product, &values)?;
    for query in [sql!("tiers/forget_cells"), sql!("tiers/day_gone")] {
        db.prepare_cached(query)?
            .execute(params![product.0, day.0])?;
    }
    // The day itself can't tell any more that it changed.
    change_day(db, product, ALL_DAYS)
}
