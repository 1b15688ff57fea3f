//! An organization's servers in numbers: how many are active, on which versions. Its servers are a set of
//! ids, cut with the sets of each day.

use std::collections::BTreeMap;

use jiff::Timestamp;
use roaring::RoaringBitmap;
use rusqlite::{Connection, OptionalExtension};

use super::{ACTIVE_WITHIN, ProductId, Share, products, shares};
use crate::model::cells::{ACTIVE, read};
use crate::registry::OrganizationId;
use crate::sqlite::{millis, sql, timestamp};
use crate::{Day, Result};

/// Servers asked for the last report: where more reported on the latest day, others did within seconds
/// of that one.
const SERVERS_ASKED: usize = 10_000;

/// The tag that is shown of every product.
const VERSION: &str = "version";

/// An organization at a glance.
#[derive(Debug, Clone, PartialEq)]
pub struct Fleet {
    /// Servers that reported in the 36 hours before.
    pub active_servers: u64,
    /// Servers that are known.
    pub servers: u64,
    /// Clusters that are known.
    pub clusters: u64,
    /// The latest report of a server.
    pub last_report: Option<Timestamp>,
    /// Servers that reported, on each day.
    pub by_day: Vec<(Day, u64)>,
    /// Its products, those with the most active servers first.
    pub products: Vec<FleetProduct>,
    /// The day that the versions are of.
    pub versions_day: Day,
}

/// An organization's servers of a product.
#[derive(Debug, Clone, PartialEq)]
pub struct FleetProduct {
    /// The product.
    pub id: ProductId,
    /// Its name.
    pub name: String,
    /// Servers that are known.
    pub servers: u64,
    /// Those that reported in the 36 hours before.
    pub active_servers: u64,
    /// The versions of those that posted usage on the day, the most frequent first.
    pub versions: Vec<Share>,
}

/// An organization's servers.
struct Own {
    by_product: BTreeMap<ProductId, RoaringBitmap>,
    clusters: u64,
}

/// All of it: the chart goes from a day up to the one of `now`.
pub(crate) fn fleet(
    db: &Connection,
    organization: OrganizationId,
    from: Day,
    now: Timestamp,
) -> Result<Fleet> {
    let own = own(db, organization)?;
    let today = Day::of(now);
    let mut by_day: BTreeMap<Day, RoaringBitmap> = BTreeMap::new();
    for (product, servers) in &own.by_product {
        for day in (from.0..=today.0).map(Day) {
            let active = read(db, (*product, day, ACTIVE))? & servers;
            *by_day.entry(day).or_default() |= active;
        }
    }
    let since = now.saturating_sub(ACTIVE_WITHIN).unwrap_or(Timestamp::MIN);
    let active = active(db, &by_day, since, today)?;
    let latest = by_day.values().rev().find(|servers| !servers.is_empty());
    let all: RoaringBitmap = own.by_product.values().flatten().collect();
    let last_report = last_seen(db, latest.unwrap_or(&all))?;
    let (versions_day, mut products) = (today.plus(-1), Vec::new());
    let mut versions_of = versions_day;
    for day in [versions_day, today] {
        products = by_product(db, &own, &active, day)?;
        versions_of = day;
        if products.iter().any(|product| !product.versions.is_empty()) {
            break;
        }
    }
    Ok(Fleet {
        active_servers: active.len(),
        servers: all.len(),
        clusters: own.clusters,
        last_report,
        by_day: by_day
            .into_iter()
            .map(|(day, servers)| (day, servers.len()))
            .collect(),
        products,
        versions_day: versions_of,
    })
}

/// Of each product the organization's servers.
pub(crate) fn own_servers(
    db: &Connection,
    organization: OrganizationId,
) -> Result<BTreeMap<ProductId, RoaringBitmap>> {
    Ok(own(db, organization)?.by_product)
}

fn own(db: &Connection, organization: OrganizationId) -> Result<Own> {
    let mut query = db.prepare_cached(sql!("fleet/ids"))?;
    let mut rows = query.query([organization.0])?;
    let mut own = Own {
        by_product: BTreeMap::new(),
        clusters: 0,
    };
    let mut last: Option<(i64, String)> = None;
    while let Some(row) = rows.next()? {
        let product: i64 = row.get(0)?;
        let cluster = row.get_ref(1)?.as_str().unwrap_or_default();
        let same = last
            .as_ref()
            .is_some_and(|(id, name)| *id == product && name == cluster);
        if !same {
            own.clusters += 1;
            last = Some((product, cluster.to_owned()));
        }
        let servers = own.by_product.entry(ProductId(product)).or_default();
        servers.insert(row.get(2)?);
    }
    Ok(own)
}

/// Those that reported since an instant: of its day each is asked, of later ones it is plain.
fn active(
    db: &Connection,
    by_day: &BTreeMap<Day, RoaringBitmap>,
    since: Timestamp,
    today: Day,
) -> Result<RoaringBitmap> {
    let first = Day::of(since);
    let mut active = RoaringBitmap::new();
    for (_, servers) in by_day.range(first.plus(1)..=today) {
        active |= servers;
    }
    let Some(on_the_first) = by_day.get(&first) else {
        return Ok(active);
    };
    let mut query = db.prepare_cached(sql!("query/last_seen"))?;
    for server in on_the_first - &active {
        let at: Option<i64> = query
            .query_row([server], |row| row.get(0))
            .optional()?
            .flatten();
        if at >= Some(millis(since)) {
            active.insert(server);
        }
    }
    Ok(active)
}

fn last_seen(db: &Connection, servers: &RoaringBitmap) -> Result<Option<Timestamp>> {
    let mut query = db.prepare_cached(sql!("query/last_seen"))?;
    let mut last: Option<i64> = None;
    for server in servers.iter().take(SERVERS_ASKED) {
        let at = query.query_row([server], |row| row.get(0)).optional()?;
        last = last.max(at.flatten());
    }
    Ok(last.map(timestamp))
}

fn by_product(
    db: &Connection,
    own: &Own,
    active: &RoaringBitmap,
    day: Day,
) -> Result<Vec<FleetProduct>> {
    let mut all = Vec::new();
    for (id, servers) in &own.by_product {
        let Some(name) = products::name(db, *id)? else {
            continue;
        };
        all.push(FleetProduct {
            id: *id,
            name,
            servers: servers.len(),
            active_servers: servers.intersection_len(active),
            versions: shares::among(db, *id, VERSION, day, servers)?,
        });
    }
    all.sort_by(|a, b| {
        let most = |p: &FleetProduct| (u64::MAX - p.active_servers, u64::MAX - p.servers);
        most(a).cmp(&most(b)).then_with(|| a.name.cmp(&b.name))
    });
    Ok(all)
}
