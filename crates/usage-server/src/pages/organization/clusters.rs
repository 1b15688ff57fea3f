//! `/organizations/{id}/clusters`: its clusters by product.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Html;
use jiff::Timestamp;
use serde::Deserialize;
use usage_store::query::{Cluster, ProductId};
use usage_store::registry::Role;

use super::super::figures::{Count, Moment};
use super::super::layout::{Layout, Part};
use super::super::{Failure, ask, render};
use super::home;
use crate::account::Member;
use crate::app::App;

/// Clusters on one page.
const CLUSTERS_SHOWN: usize = 50;

/// Versions named of one cluster; of more it is said how many.
const VERSIONS_SHOWN: usize = 3;

#[derive(Template)]
#[template(path = "organization/clusters.html")]
struct Clusters {
    page: Layout,
    home: String,
    owner: bool,
    clusters: Vec<ClusterRow>,
    further: bool,
    after: Option<(i64, String)>,
}

struct ClusterRow {
    product_id: i64,
    product: String,
    cluster_id: String,
    servers: Count,
    more: bool,
    versions: String,
    last_seen: Moment,
}

impl ClusterRow {
    fn new(cluster: Cluster, now: Timestamp) -> ClusterRow {
        let versions = match cluster.versions.len() {
            0 => "–".to_owned(),
            1..=VERSIONS_SHOWN => cluster.versions.join(", "),
            n => {
                let rest = n - VERSIONS_SHOWN;
                format!("{} and {rest} more", cluster.versions[rest..].join(", "))
            }
        };
        ClusterRow {
            product_id: cluster.product.0,
            product: cluster.product_name,
            cluster_id: cluster.cluster_id,
            servers: Count(cluster.servers),
            more: cluster.more,
            versions,
            last_seen: Moment::new(cluster.last_seen, now),
        }
    }
}

/// After which cluster of which product.
#[derive(Deserialize)]
pub(super) struct Place {
    product: Option<i64>,
    after: Option<String>,
}

/// `GET /organizations/{id}/clusters`
pub(super) async fn show(
    State(app): State<Arc<App>>,
    member: Member,
    Query(place): Query<Place>,
) -> Result<Html<String>, Failure> {
    let now = Timestamp::now();
    let page = ask(&app, move |app| {
        let after = place.product.map(ProductId).zip(place.after.as_deref());
        let of = member.organization.id;
        let mut found = app.store.fleet_clusters(of, after, CLUSTERS_SHOWN)?;
        let more = found.len() > CLUSTERS_SHOWN;
        found.truncate(CLUSTERS_SHOWN);
        let last = found.last().filter(|_| more);
        Ok(Clusters {
            page: Layout::of_organization(app, &member, Part::Servers, now)?,
            home: home(app, &member),
            owner: member.role == Role::Owner,
            after: last.map(|last| (last.product.0, last.cluster_id.clone())),
            clusters: found
                .into_iter()
                .map(|cluster| ClusterRow::new(cluster, now))
                .collect(),
            further: after.is_some(),
        })
    });
    render(&page.await?)
}
