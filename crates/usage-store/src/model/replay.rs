//! Making one server anew from the reports that are left of it, after some were erased: out
//! of every cell and day it was in, and in again by the same rules as ever.

use roaring::RoaringBitmap;
use rusqlite::{Connection, params};

use super::applied::{self, Mark};
use super::cells::{ACTIVE, SHADOWED, bitmap};
use super::changes;
use super::chunk::Touched;
use super::columns::Picking;
use super::days::{self, places_on};
use super::tiers::Tiers;
use super::{Dictionary, leaving, unused};
use crate::journal::{StoredReport, walk};
use crate::query::{ProductId, ServerId};
use crate::registry::OrganizationId;
use crate::report::{Observation, decode};
use crate::sqlite::sql;
use crate::{Day, Result};

/// A server, and where its reports were.
pub(crate) struct Subject {
    pub(crate) product: ProductId,
    pub(crate) product_name: String,
    pub(crate) cluster_id: String,
    pub(crate) server_id: String,
    pub(crate) organization: Option<OrganizationId>,
    pub(crate) server: ServerId,
    pub(crate) spans: Vec<u64>,
}

impl Subject {
    /// Whether an observation of a report is of this server.
    fn is_of(&self, report: &StoredReport, observation: &Observation<'_>) -> bool {
        *report.product == *self.product_name
            && report.organization == self.organization
            && observation.cluster_id.as_deref() == Some(&self.cluster_id)
            && observation.server_id.as_deref().unwrap_or("") == self.server_id
    }
}

/// Takes the server out of the read model, and what is left of its reports in again. All in the
/// caller's transaction. Texts that only it had said go with [`unused::forget_unused`].
pub(crate) fn server(
    db: &Connection,
    dictionary: &mut Dictionary,
    subject: &Subject,
) -> Result<()> {
    dictionary.refresh(db)?;
    let places = remove(db, subject)?;
    let mut touched = Touched::new(db)?;
    let applied = applied::read(db)?;
    let mut left = false;
    for span in &subject.spans {
        walk::each_block(db, *span, |_, reports| {
            for report in reports.iter().filter(|report| report.seq <= applied.seq) {
                let Ok(decoded) = decode(report.kind, &report.body) else {
                    continue;
                };
                for (element, observation) in decoded.observations.iter().enumerate() {
                    let place = Mark {
                        seq: report.seq,
                        element,
                    };
                    if place < applied && subject.is_of(report, observation) {
                        let new = (report, false);
                        touched.observe(db, dictionary, subject.product, new, observation)?;
                        left = true;
                    }
                }
            }
            Ok(())
        })?;
    }
    touched.save(db)?;
    if !left {
        forget(db, subject)?;
    }
    unused::doubt(db, subject.product, &places)?;
    // It may remember the server.
    dictionary.clear();
    Ok(())
}

/// Out of every day; the places it was in.
fn remove(db: &Connection, subject: &Subject) -> Result<Vec<super::cells::Place>> {
    let (product, server) = (subject.product, subject.server);
    let mut touched = Touched::new(db)?;
    let mut places = Vec::new();
    let only = RoaringBitmap::from_iter([server.0]);
    let kept = Tiers::read(db)?.days;
    let mut picking = Picking::default();
    for day in days_of(db, product, server)? {
        if day < kept {
            // No row tells which cells it is in.
            leaving::day(db, product, day, &only)?;
            continue;
        }
        touched.cells.remove(db, (product, day, ACTIVE), server)?;
        touched.cells.remove(db, (product, day, SHADOWED), server)?;
        for place in places_on(db, &mut picking, (product, day, server))? {
            touched.cells.leave(db, (product, day, place), server)?;
            places.push(place);
        }
        days::forget(db, (product, day), &only)?;
        if subject.organization.is_some() {
            let ids = (product, &*subject.cluster_id, &*subject.server_id);
            touched.reconsider_twin(db, ids, day)?;
        }
    }
    touched.servers.forget(db, server)?;
    touched.save(db)?;
    Ok(places)
}

/// A server that no report names any more goes, and its cluster where it was the last of it.
pub(crate) fn forget(db: &Connection, subject: &Subject) -> Result<()> {
    changes::note(db, &RoaringBitmap::from_iter([subject.server.0]))?;
    db.prepare_cached(sql!("erasure/forget_server"))?
        .execute([subject.server.0])?;
    db.prepare_cached(sql!("erasure/forget_cluster"))?
        .execute(params![
            subject.product.0,
            subject.cluster_id,
            subject.organization.map_or(0, |id| id.0)
        ])?;
    Ok(())
}

/// The days on which the server was active.
fn days_of(db: &Connection, product: ProductId, server: ServerId) -> Result<Vec<Day>> {
    let mut query = db.prepare_cached(sql!("erasure/days"))?;
    let mut rows = query.query([product.0])?;
    let mut days = Vec::new();
    while let Some(row) = rows.next()? {
        if bitmap(row.get_ref(1)?)?.contains(server.0) {
            days.push(Day(row.get(0)?));
        }
    }
    Ok(days)
}
