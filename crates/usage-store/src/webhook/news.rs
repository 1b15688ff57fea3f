//! What is new since webhooks were told last: clusters, organizations, refused reports. Which clusters have gone
//! silent is asked as everybody asks it.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::hooks::Events;
use super::limits::REASONS_TOLD;
use crate::query::ProductId;
use crate::registry::OrganizationId;
use crate::report::Kind;
use crate::sqlite::{millis, sql, timestamp};
use crate::{Result, Store};

/// Up to where it is decided what webhooks hear of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Watched {
    /// The last cluster that was looked at.
    pub clusters: i64,
    /// The last organization.
    pub organizations: i64,
    /// The last refused report that counts no more.
    pub refused: i64,
    /// Since when those after it are counted.
    pub refused_since: Timestamp,
    /// When somebody was told last that many were.
    pub refused_told: Timestamp,
    /// The instant up to which it is decided who has gone silent.
    pub silent_to: Timestamp,
    /// When somebody looked last; noted now and then.
    pub looked_at: Timestamp,
    /// Before this no silence is decided.
    pub hold_until: Timestamp,
}

/// The last ones that ever were.
pub(super) struct Ends {
    pub(super) clusters: i64,
    pub(super) organizations: i64,
    pub(super) refused: i64,
}

/// A cluster that reported for the first time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCluster {
    /// Its number; later ones are higher.
    pub id: i64,
    /// Its product.
    pub product: String,
    /// When an operator adopted that.
    pub adopted_at: Option<Timestamp>,
    /// Its id, as it reports it.
    pub cluster_id: String,
    /// The organization it reports for.
    pub organization: Option<String>,
    /// Its servers so far.
    pub servers: u64,
    /// Its first report that was on time.
    pub first_seen: Option<Timestamp>,
}

/// An organization that is new.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewOrganization {
    /// Its id; later ones are higher.
    pub id: OrganizationId,
    /// Its name.
    pub name: String,
    /// Since when it is there.
    pub created_at: Timestamp,
    /// Whether it chose its name itself.
    pub self_registered: bool,
}

/// How the quarantine grew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Growth {
    /// The last refused report.
    pub newest: i64,
    /// Reports refused since.
    pub refused: u64,
    /// The most frequent reasons, of those that are still kept.
    pub reasons: Vec<Reason>,
}

/// Why reports were refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// The product in the path, where there was one.
    pub product: Option<String>,
    /// What they wanted to be.
    pub kind: Kind,
    /// What the sender was told: the JSON object `{field: [message]}`.
    pub errors: String,
    /// How many of them are still kept.
    pub refused: u64,
}

impl NewCluster {
    fn read(row: &Row<'_>) -> rusqlite::Result<NewCluster> {
        let at = |column| -> rusqlite::Result<Option<Timestamp>> {
            Ok(row.get::<_, Option<i64>>(column)?.map(timestamp))
        };
        Ok(NewCluster {
            id: row.get(0)?,
            product: row.get(1)?,
            adopted_at: at(2)?,
            cluster_id: row.get(3)?,
            organization: row.get(4)?,
            servers: row.get::<_, i64>(5)? as u64,
            first_seen: at(6)?,
        })
    }
}

/// The last ones that ever were, whatever was erased since.
pub(super) fn ends(db: &Connection) -> Result<Ends> {
    let mut query = db.prepare_cached(sql!("webhook/ends"))?;
    Ok(query.query_row([], |row| {
        let end =
            |column| Ok::<i64, rusqlite::Error>(row.get::<_, Option<i64>>(column)?.unwrap_or(0));
        Ok(Ends {
            clusters: end(0)?,
            organizations: end(1)?,
            refused: end(2)?,
        })
    })?)
}

/// Writes down up to where it is decided now.
pub(super) fn note(db: &Connection, watched: &Watched) -> Result<()> {
    db.prepare_cached(sql!("webhook/move_watch"))?
        .execute(params![
            watched.clusters,
            watched.organizations,
            watched.refused,
            millis(watched.refused_since),
            millis(watched.refused_told),
            millis(watched.silent_to),
            millis(watched.looked_at),
            millis(watched.hold_until),
        ])?;
    Ok(())
}

/// What is new.
impl Store {
    /// Up to where it is decided; `None` where there is no webhook.
    pub fn webhook_watch(&self) -> Result<Option<Watched>> {
        self.readers.read(|db| {
            Ok(db
                .prepare_cached(sql!("webhook/watch"))?
                .query_row([], |row| {
                    Ok(Watched {
                        clusters: row.get(0)?,
                        organizations: row.get(1)?,
                        refused: row.get(2)?,
                        refused_since: timestamp(row.get(3)?),
                        refused_told: timestamp(row.get(4)?),
                        silent_to: timestamp(row.get(5)?),
                        looked_at: timestamp(row.get(6)?),
                        hold_until: timestamp(row.get(7)?),
                    })
                })
                .optional()?)
        })
    }

    /// All that some webhook hears of.
    pub fn webhook_events(&self) -> Result<Events> {
        self.readers.read(|db| {
            let mut query = db.prepare_cached(sql!("webhook/wanted"))?;
            let wanted = query.query_map([], |row| row.get(0))?;
            wanted
                .map(|bits| Ok(Events::of_bits(bits?)))
                .try_fold(Events::default(), |all, some: Result<Events>| {
                    Ok(all.and(some?))
                })
        })
    }

    /// The next clusters after one, in the order in which they came.
    pub fn clusters_after(&self, id: i64, limit: usize) -> Result<Vec<NewCluster>> {
        self.readers.read(|db| {
            let mut query = db.prepare_cached(sql!("webhook/new_clusters"))?;
            let found = query.query_map(params![id, limit as i64], NewCluster::read)?;
            Ok(found.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// The newest clusters up to one, of products that were adopted after an instant.
    pub fn clusters_adopted(
        &self,
        after: Timestamp,
        up_to: i64,
        limit: usize,
    ) -> Result<Vec<NewCluster>> {
        self.readers.read(|db| {
            let mut query = db.prepare_cached(sql!("webhook/clusters_adopted"))?;
            let asked = params![up_to, millis(after), limit as i64];
            let found = query.query_map(asked, NewCluster::read)?;
            Ok(found.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// The last cluster there ever was.
    pub fn last_cluster(&self) -> Result<i64> {
        Ok(self.readers.read(ends)?.clusters)
    }

    /// The next organizations after one.
    pub fn organizations_after(&self, id: i64, limit: usize) -> Result<Vec<NewOrganization>> {
        self.readers.read(|db| {
            let mut query = db.prepare_cached(sql!("webhook/new_organizations"))?;
            let found = query.query_map(params![id, limit as i64], |row| {
                Ok(NewOrganization {
                    id: OrganizationId(row.get(0)?),
                    name: row.get(1)?,
                    created_at: timestamp(row.get(2)?),
                    self_registered: row.get(3)?,
                })
            })?;
            Ok(found.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// The adopted products: their ids and names.
    pub fn adopted_products(&self) -> Result<Vec<(ProductId, String)>> {
        self.readers.read(|db| {
            let mut query = db.prepare_cached(sql!("webhook/adopted"))?;
            let found = query.query_map([], |row| Ok((ProductId(row.get(0)?), row.get(1)?)))?;
            Ok(found.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// How much was refused after this one, and why.
    pub fn refused_after(&self, id: i64) -> Result<Growth> {
        self.readers.read(|db| {
            let newest = ends(db)?.refused;
            let mut growth = Growth {
                newest,
                refused: newest.saturating_sub(id).max(0) as u64,
                reasons: Vec::new(),
            };
            if growth.refused > 0 {
                let mut query = db.prepare_cached(sql!("quarantine/reasons_since"))?;
                let found = query.query_map(params![id, REASONS_TOLD], |row| {
                    Ok(Reason {
                        product: row.get(0)?,
                        kind: Kind::from_code(row.get(1)?).unwrap_or(Kind::Usage),
                        errors: row.get(2)?,
                        refused: row.get::<_, i64>(3)? as u64,
                    })
                })?;
                growth.reasons = found.collect::<rusqlite::Result<_>>()?;
            }
            Ok(growth)
        })
    }
}
