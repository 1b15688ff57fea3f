//! An organization's servers and clusters, by product and cluster, a bounded look at a time.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::fleet_reports::contains;
use super::servers::summary;
use super::version::Version;
use super::{ProductId, ServerId, ServerSummary};
use crate::Result;
use crate::registry::OrganizationId;
use crate::sqlite::{sql, timestamp};

/// Servers looked at for one page of a search: some ten milliseconds.
const SERVERS_LOOKED_AT: usize = 5_000;

/// Servers looked at for one cluster of a list.
const SERVERS_OF_CLUSTER: usize = 1_000;

/// A place in the list: after the server with this id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerPlace {
    /// Its product.
    pub product: ProductId,
    /// Its cluster.
    pub cluster_id: String,
    /// Its id; 0 is before the first of the cluster.
    pub id: ServerId,
}

/// Servers of a list, and how far it looked.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FoundServers {
    /// In the list's order.
    pub servers: Vec<ServerSummary>,
    /// How many were looked at.
    pub looked_at: u64,
    /// After which to go on; `None` at the end.
    pub go_on: Option<ServerPlace>,
}

/// A cluster of a product.
#[derive(Debug, Clone, PartialEq)]
pub struct Cluster {
    /// The product.
    pub product: ProductId,
    /// Its name.
    pub product_name: String,
    /// The cluster.
    pub cluster_id: String,
    /// Its servers that are known.
    pub servers: u64,
    /// There may be more servers than were counted.
    pub more: bool,
    /// Their versions, the newest last; what is none comes first.
    pub versions: Vec<String>,
    /// The latest report of any of them.
    pub last_seen: Timestamp,
}

impl ServerPlace {
    fn of(server: &ServerSummary) -> ServerPlace {
        ServerPlace {
            product: server.product,
            cluster_id: server.cluster_id.clone(),
            id: server.id,
        }
    }
}

/// The servers after a place: all, or those with `text` in an id, host, product or version. With `within`,
/// only those of the place's cluster.
pub(crate) fn list(
    db: &Connection,
    organization: OrganizationId,
    text: &str,
    after: Option<&ServerPlace>,
    within: bool,
    limit: usize,
) -> Result<FoundServers> {
    let (product, cluster, id) = after.map_or((0, "", 0), |place| {
        (place.product.0, &*place.cluster_id, place.id.0)
    });
    let mut query = db.prepare_cached(sql!("fleet/servers"))?;
    let at_most = (SERVERS_LOOKED_AT + 1) as i64;
    let mut rows = query.query(params![organization.0, product, cluster, id, at_most])?;
    let mut found = FoundServers::default();
    let mut last = None;
    while let Some(row) = rows.next()? {
        let server = summary(row)?;
        if within && (server.product.0 != product || server.cluster_id != cluster) {
            break;
        }
        if found.servers.len() == limit || found.looked_at as usize == SERVERS_LOOKED_AT {
            found.go_on = last;
            break;
        }
        found.looked_at += 1;
        last = Some(ServerPlace::of(&server));
        if fits(&server, text) {
            found.servers.push(server);
        }
    }
    Ok(found)
}

fn fits(server: &ServerSummary, text: &str) -> bool {
    [
        Some(&server.cluster_id),
        Some(&server.product_name),
        server.server_id.as_ref(),
        server.host.as_ref(),
        server.version.as_ref(),
    ]
    .into_iter()
    .flatten()
    .any(|said| contains(said.as_bytes(), text.as_bytes()))
}

/// The clusters after one; one more than `limit` where there are more.
pub(crate) fn clusters(
    db: &Connection,
    organization: OrganizationId,
    after: Option<(ProductId, &str)>,
    limit: usize,
) -> Result<Vec<Cluster>> {
    let (mut product, mut cluster) = after.map_or((0, String::new()), |(product, cluster)| {
        (product.0, cluster.to_owned())
    });
    let mut clusters = Vec::new();
    while clusters.len() <= limit {
        let next: Option<(i64, String, String)> = db
            .prepare_cached(sql!("fleet/next_cluster"))?
            .query_row(params![organization.0, product, cluster], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })
            .optional()?;
        let Some((id, product_name, cluster_id)) = next else {
            break;
        };
        (product, cluster) = (id, cluster_id.clone());
        clusters.push(one_cluster(db, organization, id, product_name, cluster_id)?);
    }
    Ok(clusters)
}

fn one_cluster(
    db: &Connection,
    organization: OrganizationId,
    product: i64,
    product_name: String,
    cluster_id: String,
) -> Result<Cluster> {
    let mut query = db.prepare_cached(sql!("fleet/cluster"))?;
    let at_most = SERVERS_OF_CLUSTER as i64;
    let mut rows = query.query(params![organization.0, product, cluster_id, at_most])?;
    let (mut servers, mut last_seen, mut versions) = (0, i64::MIN, Vec::new());
    while let Some(row) = rows.next()? {
        servers += 1;
        last_seen = last_seen.max(row.get(1)?);
        versions.extend(row.get::<_, Option<String>>(0)?);
    }
    versions.sort_by_cached_key(|text: &String| (Version::read(text), text.clone()));
    versions.dedup();
    Ok(Cluster {
        product: ProductId(product),
        product_name,
        cluster_id,
        servers,
        more: servers as usize == SERVERS_OF_CLUSTER,
        versions,
        last_seen: timestamp(last_seen),
    })
}

/// Whether a server is the organization's.
pub(crate) fn owns(db: &Connection, organization: OrganizationId, id: ServerId) -> Result<bool> {
    let owner: Option<i64> = db
        .prepare_cached(sql!("fleet/owner"))?
        .query_row([id.0], |row| row.get(0))
        .optional()?;
    Ok(owner == Some(organization.0))
}
