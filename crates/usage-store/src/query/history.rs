//! One server's and one cluster's history: on which days they reported, what they said, when they started.

use std::collections::BTreeSet;

use jiff::Timestamp;
use roaring::RoaringBitmap;
use rusqlite::{Connection, OptionalExtension, params};

use super::asked::{Asked, Per, Window};
use super::ground::Ground;
use super::memo::Weigh;
use super::{ProductId, ServerId};
use crate::model::cells::{ACTIVE, common, common_with};
use crate::model::columns::{self, Key, Picking};
use crate::model::days::places_on;
use crate::report::Number;
use crate::sqlite::{sql, timestamp};
use crate::{Day, Error, Result};

/// A server's day.
#[derive(Debug, Clone, PartialEq)]
pub struct ServerDay {
    /// The day.
    pub day: Day,
    /// Whether it reported anything.
    pub active: bool,
    /// What its latest usage report of the day said that isn't a number, in order of names.
    pub dimensions: Vec<(String, String)>,
    /// And what is, in order of names.
    pub values: Vec<(String, Number)>,
}

/// A cluster's day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterDay {
    /// The day.
    pub day: Day,
    /// Its servers that reported.
    pub servers: u64,
    /// The versions that they ran, in order of text.
    pub versions: Vec<String>,
}

/// A server's latest product stats of a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatsDay {
    /// The day.
    pub day: Day,
    /// When they were made.
    pub at: Timestamp,
    /// What came, as JSON; empty where it was too large to keep a day's.
    pub stats: String,
}

/// The same of one of a cluster's servers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterStats {
    /// The server.
    pub server: ServerId,
    /// Its own id; `None` where it is its cluster's one server.
    pub server_id: Option<String>,
    /// What it had that day.
    pub stats: StatsDay,
}

/// The dimension that a release is told by.
const VERSION: &str = "version";

/// Each day of the window, the gaps too.
pub(crate) fn server(ground: &Ground<'_>, id: ServerId, window: Window) -> Result<Vec<ServerDay>> {
    let asked = Asked::all(product_of(ground, id)?);
    let about = id.0.to_string();
    let series = ground.series("server's day", about, &asked, (window, Per::Day))?;
    let mut words = Words::new(ground, asked.product)?;
    let only = RoaringBitmap::from_iter([id.0]);
    let mut days = Vec::new();
    for day in window.days() {
        let one = series.get(Per::Day.around(day), || {
            let active = common(ground.db, (asked.product, day, ACTIVE), &only)?;
            let (dimensions, values) = match active.is_empty() {
                true => (Vec::new(), Vec::new()),
                false => words.said(day, id)?,
            };
            Ok(ServerDay {
                day,
                active: !active.is_empty(),
                dimensions,
                values,
            })
        })?;
        days.push(ServerDay::clone(&one));
    }
    Ok(days)
}

impl Weigh for ServerDay {
    fn bytes(&self) -> usize {
        let dimensions = self.dimensions.iter();
        let dimensions = dimensions.map(|(name, text)| name.len() + text.len() + 48);
        let values = self.values.iter().map(|(name, _)| name.len() + 40);
        size_of::<ServerDay>() + dimensions.sum::<usize>() + values.sum::<usize>()
    }
}

type Said = (Vec<(String, String)>, Vec<(String, Number)>);

/// What a server said, in words.
struct Words<'a> {
    db: &'a Connection,
    product: ProductId,
    keys: Vec<Key>,
    picking: Picking,
}

impl<'a> Words<'a> {
    fn new(ground: &Ground<'a>, product: ProductId) -> Result<Words<'a>> {
        Ok(Words {
            db: ground.db,
            product,
            keys: columns::keys(ground.db, product)?,
            picking: Picking::default(),
        })
    }

    fn said(&mut self, day: Day, id: ServerId) -> Result<Said> {
        let mut texts = self.db.prepare_cached(sql!("query/place_texts"))?;
        let mut dimensions = Vec::new();
        for place in places_on(self.db, &mut self.picking, (self.product, day, id))? {
            let said = texts.query_row(params![place.dimension, place.value], |row| {
                let value: Option<String> = row.get(1)?;
                Ok((row.get(0)?, value.unwrap_or_else(|| "(other)".to_owned())))
            });
            dimensions.extend(said.optional()?);
        }
        let name = |id: u32| {
            let found = self.keys.iter().find(|key| key.id == id);
            found.map(|key| key.name.clone())
        };
        let numbers = columns::of_server(self.db, &mut self.picking, self.product, day, id)?;
        let mut values: Vec<(String, Number)> = numbers
            .into_iter()
            .filter_map(|(key, number)| Some((name(key)?, number)))
            .collect();
        dimensions.sort();
        values.sort_by(|one, other| one.0.cmp(&other.0));
        Ok((dimensions, values))
    }
}

/// The product that a server runs.
fn product_of(ground: &Ground<'_>, id: ServerId) -> Result<ProductId> {
    let product: Option<i64> = ground
        .db
        .prepare_cached(sql!("query/product_of_server"))?
        .query_row([id.0], |row| row.get(0))
        .optional()?;
    product
        .map(ProductId)
        .ok_or_else(|| Error::NotFound(format!("server {}", id.0)))
}

/// The servers of all clusters with this id, whatever the organization.
pub(crate) fn servers_of_cluster(
    ground: &Ground<'_>,
    asked: &Asked,
    cluster_id: &str,
) -> Result<RoaringBitmap> {
    let servers = servers_of(ground.db, asked.product, cluster_id)?;
    match servers.is_empty() {
        true => Err(Error::NotFound(format!("the cluster {cluster_id:?}"))),
        false => Ok(servers),
    }
}

/// The same; none where no cluster has this id.
pub(crate) fn servers_of(
    db: &Connection,
    product: ProductId,
    cluster_id: &str,
) -> Result<RoaringBitmap> {
    let mut query = db.prepare_cached(sql!("query/servers_of_cluster"))?;
    let ids = query.query_map(params![product.0, cluster_id], |row| row.get::<_, u32>(0))?;
    Ok(ids.collect::<rusqlite::Result<_>>()?)
}

/// Each day of the window.
pub(crate) fn cluster(
    ground: &Ground<'_>,
    asked: &Asked,
    cluster_id: &str,
    window: Window,
) -> Result<Vec<ClusterDay>> {
    let servers = servers_of_cluster(ground, asked, cluster_id)?;
    let about = cluster_id.to_owned();
    let series = ground.series("cluster's day", about, asked, (window, Per::Day))?;
    let mut cut = ground.cut(asked);
    let mut days = Vec::new();
    for day in window.days() {
        let one = series.get(Per::Day.around(day), || {
            let active = cut.get()?.active_of(ground.db, day, &servers)?;
            Ok(ClusterDay {
                day,
                servers: active.len(),
                versions: versions(ground, asked.product, day, active)?,
            })
        })?;
        days.push(ClusterDay::clone(&one));
    }
    Ok(days)
}

impl Weigh for ClusterDay {
    fn bytes(&self) -> usize {
        let texts = self.versions.iter().map(|one| one.len() + 24);
        size_of::<ClusterDay>() + texts.sum::<usize>()
    }
}

/// What some servers ran on a day.
fn versions(
    ground: &Ground<'_>,
    product: ProductId,
    day: Day,
    mut servers: RoaringBitmap,
) -> Result<Vec<String>> {
    let mut versions = BTreeSet::new();
    let mut query = ground.db.prepare_cached(sql!("query/shares"))?;
    let mut rows = query.query(params![product.0, VERSION, day.0])?;
    // Each is in one cell.
    while !servers.is_empty()
        && let Some(row) = rows.next()?
    {
        let theirs = common_with(row.get_ref(1)?, &servers)?;
        if !theirs.is_empty() {
            let version: Option<String> = row.get(0)?;
            versions.insert(version.unwrap_or_else(|| "(other)".to_owned()));
            servers -= theirs;
        }
    }
    Ok(versions.into_iter().collect())
}

/// A server's product stats: the latest of each day of the window that has some.
pub(crate) fn stats(ground: &Ground<'_>, id: ServerId, window: Window) -> Result<Vec<StatsDay>> {
    product_of(ground, id)?;
    stats_of(ground.db, id, window)
}

/// The same of a cluster's servers, as the filter leaves them: the newest days first, so many rows at most.
pub(crate) fn cluster_stats(
    ground: &Ground<'_>,
    asked: &Asked,
    cluster_id: &str,
    window: Window,
    limit: usize,
) -> Result<Vec<ClusterStats>> {
    let servers = servers_of_cluster(ground, asked, cluster_id)?;
    let mut cut = ground.cut(asked);
    let mut all = Vec::new();
    for day in window.days().rev() {
        let active = cut.get()?.active_of(ground.db, day, &servers)?;
        for server in active.iter().map(ServerId) {
            for stats in stats_of(ground.db, server, Window { from: day, to: day })? {
                if all.len() == limit {
                    return Ok(all);
                }
                let known = super::servers::one(ground.db, server)?;
                all.push(ClusterStats {
                    server,
                    server_id: known.and_then(|(detail, _)| detail.summary.server_id),
                    stats,
                });
            }
        }
    }
    Ok(all)
}

fn stats_of(db: &Connection, id: ServerId, window: Window) -> Result<Vec<StatsDay>> {
    let mut query = db.prepare_cached(sql!("query/stats_of_server"))?;
    let mut rows = query.query(params![id.0, window.from.0, window.to.0])?;
    let mut days = Vec::new();
    while let Some(row) = rows.next()? {
        let stats: Vec<u8> = row.get(2)?;
        days.push(StatsDay {
            day: Day(row.get(0)?),
            at: timestamp(row.get(1)?),
            stats: String::from_utf8_lossy(&stats).into_owned(),
        });
    }
    Ok(days)
}
