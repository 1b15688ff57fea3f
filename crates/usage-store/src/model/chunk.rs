//! The rules: what one chunk of the journal changes in the read model.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::cells::{ACTIVE, Cells, Place, SHADOWED};
use super::servers::{Seen, Servers};
use super::{DaySet, Dictionary};
use crate::journal::walk::Stretch;
use crate::journal::{Seq, StoredReport, mark};
use crate::query::{ProductId, ServerId};
use crate::report::{Kind, Observation, decode};
use crate::sqlite::{millis, sql};
use crate::{Day, Result};

/// What a chunk has touched so far.
#[derive(Default)]
pub(super) struct Touched {
    servers: Servers,
    days: DaySet,
    pub(super) cells: Cells,
    /// By product, day and kind.
    reports: BTreeMap<(ProductId, Day, u8), Counted>,
}

/// How many reports, and the last of them in the journal's order.
struct Counted {
    reports: i64,
    last_seq: Seq,
    last_received_at: Timestamp,
}

/// Takes reports in, in the journal's order, and moves the mark; all in the caller's transaction.
pub(super) fn take_in(
    db: &Connection,
    dictionary: &mut Dictionary,
    stretch: &Stretch,
) -> Result<()> {
    let mut touched = Touched::default();
    for report in &stretch.reports {
        touched.take_in(db, dictionary, report)?;
    }
    for ((product, day, kind), counted) in std::mem::take(&mut touched.reports) {
        db.prepare_cached(sql!("model/count_reports"))?
            .execute(params![
                product.0,
                day.0,
                kind,
                counted.reports,
                counted.last_seq as i64,
                millis(counted.last_received_at)
            ])?;
    }
    touched.save(db)?;
    let received_at = stretch.reports.last().map(|report| report.received_at);
    mark::set(db, mark::MODEL, stretch.next, received_at)
}

impl Touched {
    fn take_in(
        &mut self,
        db: &Connection,
        dictionary: &mut Dictionary,
        report: &StoredReport,
    ) -> Result<()> {
        let Some(product) = dictionary.product(db, &report.product)? else {
            return Ok(());
        };
        let so_far = self
            .reports
            .get(&(product, report.day(), report.kind.code()));
        let counted = Counted {
            reports: so_far.map_or(0, |counted| counted.reports) + 1,
            last_seq: report.seq,
            last_received_at: report.received_at,
        };
        self.reports
            .insert((product, report.day(), report.kind.code()), counted);
        // Only what was found right is in the journal; if the rules have become stricter since,
        // the report stays counted and says nothing of a server.
        let Ok(decoded) = decode(report.kind, &report.body) else {
            return Ok(());
        };
        for observation in &decoded.observations {
            self.observe(db, dictionary, product, report, observation)?;
        }
        Ok(())
    }

    /// What one element says about the server that its ids name; nothing where they name none.
    pub(super) fn observe(
        &mut self,
        db: &Connection,
        dictionary: &mut Dictionary,
        product: ProductId,
        report: &StoredReport,
        observation: &Observation<'_>,
    ) -> Result<()> {
        let Some(cluster_id) = &observation.cluster_id else {
            return Ok(());
        };
        let server_id = observation.server_id.as_deref().unwrap_or("");
        let organization = report.organization;
        let server = dictionary.server(db, product, organization, cluster_id, server_id)?;
        let day = report.day();
        let seen = Seen {
            at: millis(report.at()),
            seq: report.seq,
            late: day < Day::of(report.received_at),
            usage: report.kind == Kind::Usage,
        };
        self.servers.observe(db, server, seen, observation)?;
        if self.cells.insert(db, (product, day, ACTIVE), server)? {
            self.shadow(db, product, day, server, organization.is_none())?;
        }
        if seen.usage {
            let places = places(db, dictionary, product, observation)?;
            let key = (product, day, server);
            self.days
                .observe(db, &mut self.cells, key, seen.at, places)?;
        }
        Ok(())
    }

    /// Writes all that was touched.
    pub(super) fn save(self, db: &Connection) -> Result<()> {
        self.servers.save(db)?;
        self.days.save(db)?;
        self.cells.save(db)
    }

    /// An anonymous server is left out of a day's counts if the same ids also report under a token
    /// on that day, whichever came first.
    pub(super) fn shadow(
        &mut self,
        db: &Connection,
        product: ProductId,
        day: Day,
        server: ServerId,
        anonymous: bool,
    ) -> Result<()> {
        for (twin, twin_is_anonymous) in twins(db, server)? {
            if twin_is_anonymous != anonymous
                && self.cells.contains(db, (product, day, ACTIVE), twin)?
            {
                let anonymous = if anonymous { server } else { twin };
                self.cells.insert(db, (product, day, SHADOWED), anonymous)?;
            }
        }
        Ok(())
    }
}

impl Touched {
    /// After a server of an organization is gone from a day: its anonymous twin counts again, unless
    /// another organization reports under the same ids on that day.
    pub(super) fn reconsider_twin(
        &mut self,
        db: &Connection,
        product: ProductId,
        day: Day,
        server: ServerId,
    ) -> Result<()> {
        for (twin, anonymous) in twins(db, server)? {
            if anonymous && self.cells.contains(db, (product, day, ACTIVE), twin)? {
                self.cells.remove(db, (product, day, SHADOWED), twin)?;
                self.shadow(db, product, day, twin, true)?;
            }
        }
        Ok(())
    }
}

/// The servers with the same ids, itself included, and which of them are anonymous.
fn twins(db: &Connection, server: ServerId) -> Result<Vec<(ServerId, bool)>> {
    let mut query = db.prepare_cached(sql!("model/twins"))?;
    let twins = query
        .query_map([server.0], |row| {
            Ok((ServerId(row.get(0)?), row.get::<_, i64>(1)? == 0))
        })?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    Ok(twins)
}

/// The cells that an observation puts its server in: one for each dimension.
fn places(
    db: &Connection,
    dictionary: &mut Dictionary,
    product: ProductId,
    observation: &Observation<'_>,
) -> Result<Vec<Place>> {
    let mut places = Vec::with_capacity(observation.dimensions.len());
    for (name, value) in &observation.dimensions {
        if let Some(dimension) = dictionary.dimension(db, product, name)? {
            places.push(Place {
                dimension,
                value: dictionary.value(db, dimension, value)?,
            });
        }
    }
    Ok(places)
}
