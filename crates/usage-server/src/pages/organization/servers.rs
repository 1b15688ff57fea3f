//! `/organizations/{id}/servers`: its servers by product and cluster, all, of one cluster, or those that
//! a search finds.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Html;
use jiff::Timestamp;
use serde::Deserialize;
use usage_store::query::{FoundServers, ProductId, ServerId, ServerPlace, ServerSummary};

use super::super::figures::{Count, Moment};
use super::super::layout::{Layout, Part};
use super::super::{Failure, ask, render};
use super::home;
use crate::account::Member;
use crate::app::App;

/// Servers on one page.
const SERVERS_SHOWN: usize = 50;

#[derive(Template)]
#[template(path = "organization/servers.html")]
struct Servers {
    page: Layout,
    home: String,
    q: String,
    /// The one cluster that is shown, and its product's id.
    cluster: Option<(i64, String)>,
    servers: Vec<ServerRow>,
    looked_at: Count,
    further: bool,
    after: Option<u32>,
}

/// A server in a list.
pub(super) struct ServerRow {
    pub(super) id: u32,
    pub(super) product: String,
    pub(super) cluster_id: String,
    pub(super) server_id: Option<String>,
    pub(super) host: Option<String>,
    pub(super) version: Option<String>,
    pub(super) last_seen: Moment,
}

impl ServerRow {
    pub(super) fn new(server: ServerSummary, now: Timestamp) -> ServerRow {
        ServerRow {
            id: server.id.0,
            product: server.product_name,
            cluster_id: server.cluster_id,
            server_id: server.server_id,
            host: server.host,
            version: server.version,
            last_seen: Moment::new(server.last_seen, now),
        }
    }
}

/// Which servers.
#[derive(Deserialize)]
pub(super) struct Which {
    #[serde(default)]
    q: String,
    product: Option<i64>,
    cluster: Option<String>,
    after: Option<u32>,
}

impl Which {
    fn cluster(&self) -> Option<(i64, String)> {
        Some((self.product?, self.cluster.clone()?))
    }

    /// From the store; a server to go on after that is gone meanwhile leads to the beginning.
    fn find(&self, app: &App, member: &Member) -> Result<FoundServers, Failure> {
        let of = member.organization.id;
        let known = match self.after {
            Some(id) => app.store.fleet_server(of, ServerId(id))?,
            None => None,
        };
        let after = known.map(|known| ServerPlace {
            product: known.summary.product,
            cluster_id: known.summary.cluster_id,
            id: known.summary.id,
        });
        Ok(match self.cluster() {
            Some((product, cluster_id)) => {
                let within = ServerPlace {
                    product: ProductId(product),
                    cluster_id,
                    id: ServerId(self.after.unwrap_or(0)),
                };
                app.store.fleet_cluster(of, &within, SERVERS_SHOWN)?
            }
            None => {
                let text = self.q.trim();
                let after = after.as_ref();
                app.store.fleet_servers(of, text, after, SERVERS_SHOWN)?
            }
        })
    }
}

/// `GET /organizations/{id}/servers`
pub(super) async fn show(
    State(app): State<Arc<App>>,
    member: Member,
    Query(which): Query<Which>,
) -> Result<Html<String>, Failure> {
    let now = Timestamp::now();
    let page = ask(&app, move |app| {
        let found = which.find(app, &member)?;
        Ok(Servers {
            page: Layout::of_organization(app, &member, Part::Servers, now)?,
            home: home(app, &member),
            cluster: which.cluster(),
            looked_at: Count(found.looked_at),
            after: found.go_on.map(|place| place.id.0),
            servers: found
                .servers
                .into_iter()
                .map(|server| ServerRow::new(server, now))
                .collect(),
            further: which.after.is_some(),
            q: which.q.trim().to_owned(),
        })
    });
    render(&page.await?)
}
