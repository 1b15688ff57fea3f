//! The rules: what one chunk of the journal changes in the read model.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::applied::{self, Mark};
use super::cells::{ACTIVE, Cells, POSTED, Place, SHADOWED};
use super::columns::{self, Numbers};
use super::limits::OBSERVATIONS_AT_ONCE;
use super::servers::{Seen, Servers};
use super::stat_days::StatDays;
use super::tiers::Tiers;
use super::{DaySet, Dictionary};
use crate::journal::retention::{self, Kept};
use crate::journal::walk::Stretch;
use crate::journal::{SPAN_REPORTS, Seq, StoredReport};
use crate::query::{ProductId, ServerId};
use crate::registry::OrganizationId;
use crate::report::{Kind, Observation, decode};
use crate::sqlite::{millis, sql};
use crate::{Day, Result};

/// What a chunk has touched so far.
#[derive(Default)]
pub(super) struct Touched {
    pub(super) servers: Servers,
    days: DaySet,
    stats: StatDays,
    pub(super) cells: Cells,
    /// By product, day and kind.
    reports: BTreeMap<(ProductId, Day, u8), Counted>,
    /// Organizations, and the spans that have reports of theirs.
    spans: BTreeSet<(OrganizationId, u64)>,
    /// What is counted already although it is taken in again.
    kept: Option<Kept>,
    tiers: Tiers,
}

/// How many reports, and the last of them in the journal's order.
pub(super) struct Counted {
    reports: i64,
    last_seq: Seq,
    last_received_at: Timestamp,
}

/// Takes a stretch's reports in, in the journal's order, from the mark on and up to a bounded number of
/// elements, and moves the mark; all in the caller's transaction. Where it is then.
pub(super) fn take_in(
    db: &Connection,
    dictionary: &mut Dictionary,
    from: Mark,
    stretch: &Stretch,
) -> Result<Mark> {
    let mut taking = Taking::new(db, from, OBSERVATIONS_AT_ONCE)?;
    taking.take(db, dictionary, stretch)?;
    taking.finish(db)
}

/// Reports that are being taken in.
struct Taking {
    touched: Touched,
    mark: Mark,
    /// Elements for which there is room.
    room: usize,
    received_at: Option<Timestamp>,
}

impl Taking {
    fn new(db: &Connection, from: Mark, room: usize) -> Result<Taking> {
        Ok(Taking {
            touched: Touched {
                kept: retention::kept(db)?,
                ..Touched::new(db)?
            },
            mark: from,
            room,
            received_at: None,
        })
    }

    /// Whether nothing more fits.
    fn is_full(&self) -> bool {
        self.room == 0
    }

    /// Takes in what of the stretch comes behind the mark, as far as there is room.
    fn take(
        &mut self,
        db: &Connection,
        dictionary: &mut Dictionary,
        stretch: &Stretch,
    ) -> Result<()> {
        let from = self.mark.seq;
        for report in stretch.reports.iter().filter(|report| report.seq >= from) {
            if self.is_full() {
                return Ok(());
            }
            if report.seq > self.mark.seq {
                self.mark = Mark {
                    seq: report.seq,
                    element: 0,
                };
            }
            let element = self.mark.element;
            let room = &mut self.room;
            let done = self
                .touched
                .take_in(db, dictionary, report, element, room)?;
            self.received_at = self.received_at.max(Some(report.received_at));
            self.mark = match done {
                Some(element) => Mark {
                    seq: report.seq,
                    element,
                },
                None => Mark {
                    seq: report.seq + 1,
                    element: 0,
                },
            };
        }
        if self.room > 0 {
            let end = Mark {
                seq: stretch.next,
                element: 0,
            };
            self.mark = self.mark.max(end);
        }
        Ok(())
    }

    /// Writes all of it, and the mark.
    fn finish(self, db: &Connection) -> Result<Mark> {
        self.touched.save(db)?;
        applied::set(db, self.mark, self.received_at)?;
        Ok(self.mark)
    }
}

impl Touched {
    pub(super) fn new(db: &Connection) -> Result<Touched> {
        let tiers = Tiers::read(db)?;
        Ok(Touched {
            cells: Cells::new(tiers),
            tiers,
            ..Touched::default()
        })
    }

    /// Takes a report in from an element on; the element to go on with, where there was no room for
    /// all.
    fn take_in(
        &mut self,
        db: &Connection,
        dictionary: &mut Dictionary,
        report: &StoredReport,
        from: usize,
        room: &mut usize,
    ) -> Result<Option<usize>> {
        if let Some(organization) = report.organization {
            self.spans.insert((organization, report.seq / SPAN_REPORTS));
        }
        let product = match report.unlisted {
            true => None,
            false => dictionary.product(db, &report.product)?,
        };
        let Some(product) = product else {
            *room -= 1;
            return Ok(None);
        };
        if from == 0 {
            self.count(product, report);
        }
        // Only what was found right is in the journal; if the rules have become stricter since,
        // the report stays counted and says nothing of a server.
        let decoded = decode(report.kind, &report.body).unwrap_or_default();
        if decoded.observations.is_empty() {
            // It costs something even so.
            *room -= 1;
        }
        for (element, observation) in decoded.observations.iter().enumerate().skip(from) {
            if *room == 0 {
                return Ok(Some(element));
            }
            *room -= 1;
            let place = Mark {
                seq: report.seq,
                element,
            };
            let known = self.kept.is_some_and(|kept| place < kept.known);
            self.observe(db, dictionary, product, (report, known), observation)?;
        }
        Ok(None)
    }

    fn count(&mut self, product: ProductId, report: &StoredReport) {
        if self.kept.is_some_and(|kept| kept.has_counted(report)) {
            return;
        }
        let key = (product, report.day(), report.kind.code());
        count(&mut self.reports, key, report);
    }

    /// What one element says about the server that its ids name; nothing where they name none. `known`
    /// are those that the server's counters have already.
    pub(super) fn observe(
        &mut self,
        db: &Connection,
        dictionary: &mut Dictionary,
        product: ProductId,
        (report, known): (&StoredReport, bool),
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
            kind: report.kind,
            known,
        };
        self.servers.observe(db, server, seen, observation)?;
        let first_of_day = self.cells.insert(db, (product, day, ACTIVE), server)?;
        if first_of_day {
            let ids = (product, &**cluster_id, server_id);
            self.shadow(db, ids, day, server, organization.is_none())?;
        }
        match report.kind {
            _ if day < self.tiers.days => Ok(()),
            Kind::Usage => {
                let places = places(db, dictionary, (product, day), observation)?;
                let numbers = numbers(db, dictionary, (product, day), observation)?;
                let key = (product, day, server);
                let said = (places, numbers);
                if first_of_day {
                    self.days.begin(key);
                }
                self.days.observe(db, &mut self.cells, key, seen.at, said)
            }
            Kind::Stats => {
                let key = (server, day);
                self.stats.observe(db, key, seen.at, &report.body)
            }
            Kind::Servers => Ok(()),
        }
    }

    /// Writes all that was touched.
    pub(super) fn save(mut self, db: &Connection) -> Result<()> {
        for (key, counted) in &self.reports {
            save_count(db, *key, counted)?;
        }
        save_spans(db, &self.spans)?;
        self.servers.save(db, &mut self.cells)?;
        self.days.save(db)?;
        self.stats.save(db)?;
        self.cells.save(db)
    }

    /// An anonymous server is left out of a day's counts if the same ids also report under a token
    /// on that day, whichever came first.
    pub(super) fn shadow(
        &mut self,
        db: &Connection,
        ids: Ids<'_>,
        day: Day,
        server: ServerId,
        anonymous: bool,
    ) -> Result<()> {
        let product = ids.0;
        for (twin, organization) in twins(db, ids)? {
            if (organization == 0) != anonymous
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
        ids: Ids<'_>,
        day: Day,
    ) -> Result<()> {
        let product = ids.0;
        for (twin, organization) in twins(db, ids)? {
            if organization == 0 && self.cells.contains(db, (product, day, ACTIVE), twin)? {
                self.cells.remove(db, (product, day, SHADOWED), twin)?;
                self.shadow(db, ids, day, twin, true)?;
            }
        }
        Ok(())
    }
}

/// Counts a report to its day.
pub(super) fn count<K: Ord>(reports: &mut BTreeMap<K, Counted>, key: K, report: &StoredReport) {
    let counted = reports.entry(key).or_insert(Counted {
        reports: 0,
        last_seq: report.seq,
        last_received_at: report.received_at,
    });
    counted.reports += 1;
    counted.last_seq = report.seq;
    counted.last_received_at = report.received_at;
}

/// Writes how many reports more a day has.
pub(super) fn save_count(
    db: &Connection,
    (product, day, kind): (ProductId, Day, u8),
    counted: &Counted,
) -> Result<()> {
    db.prepare_cached(sql!("model/count_reports"))?
        .execute(params![
            product.0,
            day.0,
            kind,
            counted.reports,
            counted.last_seq as i64,
            millis(counted.last_received_at)
        ])?;
    Ok(())
}

/// Writes which spans have reports of organizations.
pub(super) fn save_spans<'a>(
    db: &Connection,
    spans: impl IntoIterator<Item = &'a (OrganizationId, u64)>,
) -> Result<()> {
    let mut add = db.prepare_cached(sql!("model/add_organization_span"))?;
    for (organization, span) in spans {
        add.execute(params![organization.0, *span as i64])?;
    }
    Ok(())
}

/// What names a server, but for its organization.
pub(super) type Ids<'a> = (ProductId, &'a str, &'a str);

/// The servers with these ids, and their organizations; 0 is none.
pub(super) fn twins(
    db: &Connection,
    (product, cluster_id, server_id): Ids<'_>,
) -> Result<Vec<(ServerId, i64)>> {
    let mut query = db.prepare_cached(sql!("model/twins"))?;
    let twins = query
        .query_map(params![product.0, cluster_id, server_id], |row| {
            Ok((ServerId(row.get(0)?), row.get(1)?))
        })?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    Ok(twins)
}

/// The cells that a usage observation puts its server in: one for each dimension, and one for all.
fn places(
    db: &Connection,
    dictionary: &mut Dictionary,
    (product, day): (ProductId, Day),
    observation: &Observation<'_>,
) -> Result<Vec<Place>> {
    let mut places = Vec::with_capacity(1 + observation.dimensions.len());
    places.push(POSTED);
    for (name, value) in &observation.dimensions {
        places.push(dictionary.place(db, (product, day), (name, value))?);
    }
    Ok(places)
}

/// What an observation says in numbers, in order of keys.
fn numbers(
    db: &Connection,
    dictionary: &mut Dictionary,
    (product, day): (ProductId, Day),
    observation: &Observation<'_>,
) -> Result<Numbers> {
    let mut keys = Vec::with_capacity(observation.values.len());
    for (name, number) in &observation.values {
        let key = dictionary.number_key(db, (product, day), (name, *number))?;
        keys.push((key, *number));
    }
    let mut numbers = Numbers::with_capacity(keys.len());
    columns::told_apart(keys.into_iter(), |key, number| numbers.push((key, number)));
    numbers.sort_unstable_by_key(|(key, _)| *key);
    Ok(numbers)
}
