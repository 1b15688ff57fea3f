//! Who counts on a day: those that reported, less those that count under another id, cut by the filter.

use roaring::RoaringBitmap;
use rusqlite::{Connection, OptionalExtension, params};

use super::asked::{Asked, Filter, Who, Window};
use super::census::Census;
use super::{ProductId, fleet, history};
use crate::model::cells::{
    ACTIVE, ALL_DAYS, CLONES, NEW, ONCE, POSTED, Place, SHADOWED, common, read,
};
use crate::sqlite::sql;
use crate::{Day, Result};

/// A filter made ready for a product: names have become ids.
pub(crate) struct Cut {
    product: ProductId,
    /// For each dimension the cells of which a server must be in one.
    dimensions: Vec<Vec<Place>>,
    /// Only these.
    only: Option<RoaringBitmap>,
    /// Not these.
    without: RoaringBitmap,
}

impl Cut {
    /// Looks the filter's names up. A value nobody ever had leaves nobody.
    pub(crate) fn new(db: &Connection, census: &Census, asked: &Asked) -> Result<Cut> {
        let Asked { product, filter } = asked;
        let mut without = RoaringBitmap::new();
        for (leave_out, place) in [(filter.without_clones, CLONES), (filter.without_once, ONCE)] {
            if leave_out {
                without |= read(db, (*product, ALL_DAYS, place))?;
            }
        }
        if filter.who == Who::Organizations {
            without |= census.anonymous();
        }
        Ok(Cut {
            product: *product,
            dimensions: places(db, *product, filter)?,
            only: only(db, census, asked)?,
            without,
        })
    }

    /// Those that count on a day, whatever they reported.
    pub(crate) fn active(&self, db: &Connection, day: Day) -> Result<RoaringBitmap> {
        let active = read(db, (self.product, day, ACTIVE))?;
        let active = active - read(db, (self.product, day, SHADOWED))?;
        self.of(db, day, active)
    }

    /// The same of a few servers.
    pub(crate) fn active_of(
        &self,
        db: &Connection,
        day: Day,
        few: &RoaringBitmap,
    ) -> Result<RoaringBitmap> {
        let mut active = common(db, (self.product, day, ACTIVE), few)?;
        if !active.is_empty() {
            active -= common(db, (self.product, day, SHADOWED), &active)?;
        }
        self.of(db, day, active)
    }

    /// Those that posted usage on a day, whatever the filter says.
    pub(crate) fn posted(&self, db: &Connection, day: Day) -> Result<RoaringBitmap> {
        let posted = read(db, (self.product, day, POSTED))?;
        Ok(posted - read(db, (self.product, day, SHADOWED))?)
    }

    /// Those that were first seen in a period, as far as they count on that day.
    pub(crate) fn new_in(&self, db: &Connection, period: Window) -> Result<RoaringBitmap> {
        let mut all = RoaringBitmap::new();
        for day in period.days() {
            let new = read(db, (self.product, day, NEW))?;
            if !new.is_empty() {
                let new = new - read(db, (self.product, day, SHADOWED))?;
                all |= self.of(db, day, new)?;
            }
        }
        Ok(all)
    }

    /// Those that count on any day of a period, whatever they reported.
    pub(crate) fn active_in(&self, db: &Connection, period: Window) -> Result<RoaringBitmap> {
        let mut active = RoaringBitmap::new();
        for day in period.days() {
            active |= self.active(db, day)?;
        }
        Ok(active)
    }

    /// Those of some servers of a day that the filter leaves.
    pub(crate) fn of(
        &self,
        db: &Connection,
        day: Day,
        mut servers: RoaringBitmap,
    ) -> Result<RoaringBitmap> {
        if let Some(only) = &self.only {
            servers &= only;
        }
        servers -= &self.without;
        for places in &self.dimensions {
            if servers.is_empty() {
                break;
            }
            let mut any = RoaringBitmap::new();
            for place in places {
                any |= read(db, (self.product, day, *place))?;
            }
            servers &= any;
        }
        Ok(servers)
    }
}

fn places(db: &Connection, product: ProductId, filter: &Filter) -> Result<Vec<Vec<Place>>> {
    let mut look_up = db.prepare_cached(sql!("query/place"))?;
    let mut all = Vec::new();
    for (dimension, values) in &filter.dimensions {
        let mut places = Vec::new();
        for value in values {
            let place = look_up
                .query_row(params![product.0, dimension, value], |row| {
                    Ok(Place {
                        dimension: row.get(0)?,
                        value: row.get(1)?,
                    })
                })
                .optional()?;
            places.extend(place);
        }
        all.push(places);
    }
    Ok(all)
}

fn only(db: &Connection, census: &Census, asked: &Asked) -> Result<Option<RoaringBitmap>> {
    let owned = owned(db, census, asked)?;
    let Some(cluster) = &asked.filter.cluster else {
        return Ok(owned);
    };
    let cluster = history::servers_of(db, asked.product, cluster)?;
    Ok(Some(match owned {
        Some(owned) => owned & cluster,
        None => cluster,
    }))
}

/// Those of whom the filter says they report for; `None`: all.
fn owned(db: &Connection, census: &Census, asked: &Asked) -> Result<Option<RoaringBitmap>> {
    let anonymous = asked.filter.who == Who::Anonymous;
    let Some(organization) = asked.filter.organization else {
        return Ok(anonymous.then(|| census.anonymous().clone()));
    };
    let mut own = fleet::own_servers(db, organization)?;
    let own = own.remove(&asked.product).unwrap_or_default();
    // Nobody is both.
    Ok(Some(match anonymous {
        true => RoaringBitmap::new(),
        false => own,
    }))
}
