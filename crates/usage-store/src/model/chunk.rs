//! The rules: what one chunk of the journal changes in the read model.

use std::collections::BTreeMap;

use rusqlite::{Connection, params};

use super::cells::{ACTIVE, Cells, Place, SHADOWED};
use super::servers::{Seen, Servers};
use super::{DaySet, Dictionary};
use crate::journal::{StoredReport, mark};
use crate::query::{ProductId, ServerId};
use crate::report::{Kind, Observation, decode};
use crate::sqlite::{millis, sql};
use crate::{Day, Result};

/// What a chunk has touched so far.
#[derive(Default)]
struct Touched {
    servers: Servers,
    days: DaySet,
    cells: Cells,
    /// By product, day and kind: how many reports, and when the last one was received.
    reports: BTreeMap<(ProductId, Day, u8), (i64, i64)>,
}

/// Takes reports in, in the journal's order, and moves the mark; all in the caller's transaction.
pub(super) fn take_in(
    db: &Connection,
    dictionary: &mut Dictionary,
    reports: &[StoredReport],
) -> Result<()> {
    let mut touched = Touched::default();
    for report in reports {
        touched.take_in(db, dictionary, report)?;
    }
    touched.servers.save(db)?;
    touched.days.save(db)?;
    touched.cells.save(db)?;
    for ((product, day, kind), (count, last)) in touched.reports {
        db.prepare_cached(sql!("model/count_reports"))?
            .execute(params![product.0, day.0, kind, count, last])?;
    }
    if let Some(last) = reports.last() {
        mark::set(db, mark::MODEL, last.seq + 1, Some(last.received_at))?;
    }
    Ok(())
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
        let at = report.reported_at.unwrap_or(report.received_at);
        let day = Day::of(at);
        let received_at = millis(report.received_at);
        let count = self
            .reports
            .entry((product, day, report.kind.code()))
            .or_insert((0, 0));
        *count = (count.0 + 1, count.1.max(received_at));
        // Only what was found right is in the journal; if the rules have become stricter since,
        // the report stays counted and says nothing of a server.
        let Ok(decoded) = decode(report.kind, &report.body) else {
            return Ok(());
        };
        let seen = Seen {
            at: millis(at),
            seq: report.seq,
            late: day < Day::of(report.received_at),
            usage: report.kind == Kind::Usage,
        };
        for observation in &decoded.observations {
            let Some(cluster_id) = &observation.cluster_id else {
                continue;
            };
            let server_id = observation.server_id.as_deref().unwrap_or("");
            let organization = report.organization;
            let server = dictionary.server(db, product, organization, cluster_id, server_id)?;
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
        }
        Ok(())
    }

    /// An anonymous server is left out of a day's counts if the same ids also report under a token
    /// on that day, whichever came first.
    fn shadow(
        &mut self,
        db: &Connection,
        product: ProductId,
        day: Day,
        server: ServerId,
        anonymous: bool,
    ) -> Result<()> {
        let mut query = db.prepare_cached(sql!("model/twins"))?;
        let twins = query
            .query_map([server.0], |row| {
                Ok((ServerId(row.get(0)?), row.get::<_, i64>(1)? == 0))
            })?
            .collect::<rusqlite::Result<Vec<_>>>()?;
        for (twin, twin_is_anonymous) in twins {
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
