//! `/products/{id}/cluster?cluster=...`: one cluster: its servers over time, their versions, and the servers.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;

use super::super::layout::Layout;
use super::super::listing::Listing;
use super::super::panel::Shown;
use super::super::server_rows::{SERVERS, ServerRow};
use super::super::view::{Controls, View};
use super::super::{Failure, ask, panels, render};
use super::around::Around;
use super::servers::{ASK, numbers};
use super::tabs::Tab;
use crate::account::Operator;
use crate::app::App;

#[derive(Template)]
#[template(path = "product/cluster.html")]
struct Cluster {
    page: Layout,
    id: i64,
    name: String,
    cluster: String,
    controls: Controls,
    servers_over_time: Shown,
    versions: Shown,
    listing: Listing,
    servers: Vec<ServerRow>,
}

/// `GET /products/{id}/cluster`
pub(in super::super) async fn show(
    State(app): State<Arc<App>>,
    operator: Operator,
    Path(id): Path<i64>,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let now = Timestamp::now();
    let view = View::read(query.as_deref());
    if let Some(elsewhere) = super::tidied(&app, &format!("/products/{id}/cluster"), &view) {
        return Ok(elsewhere);
    }
    let cluster = view.said("cluster").unwrap_or_default().to_owned();
    if cluster.is_empty() {
        return Err(Failure::NotFound);
    }
    let cluster = ask(&app, move |app| {
        let around = Around::new(app, &operator, (id, "/cluster", Tab::Clusters), &view, now)?;
        // Whether it is there at all, whatever the page filters.
        let known = [
            ("product".to_owned(), around.name.clone()),
            ("cluster".to_owned(), cluster.clone()),
            ("days".to_owned(), "1".to_owned()),
        ];
        let known = super::super::view::encoded(&known);
        if crate::api::ask(&app.store, "cluster-history", &known, now).is_err() {
            return Err(Failure::NotFound);
        }
        let desk = around.desk(app, &view, now);
        let answer = desk.ask(&ASK, &[]);
        let listing = around.listing(&SERVERS, &view, &answer);
        Ok(Cluster {
            servers_over_time: desk.show(&panels::cluster::SERVERS, &[]),
            versions: desk.show(&panels::cluster::VERSIONS, &[]),
            listing: listing.with_values(numbers(app, &around.name, now)),
            servers: answer.map_or_else(|_| Vec::new(), |answer| ServerRow::all(&answer, now)),
            page: around.page,
            id,
            name: around.name,
            cluster,
            controls: around.controls,
        })
    });
    Ok(render(&cluster.await?)?.into_response())
}

#[cfg(test)]
mod tests {
    use usage_store::report::Kind;

    use super::super::super::testing::House;

    #[tokio::test]
    async fn a_cluster_shows_its_servers_and_what_they_ran() {
        let house = House::signed_in();
        for (server, version) in [("s1", "1.8"), ("s2", "1.9")] {
            let body = format!(
                r#"[{{"tags":{{"version":"{version}"}},"values":{{"cluster_id":"c &1","server_id":"{server}"}}}}]"#
            );
            house.append(Kind::Usage, "a", &body);
        }
        house.append(Kind::Usage, "a", r#"[{"values":{"cluster_id":"other"}}]"#);
        let list = house.get("/products/1/clusters").await;
        assert!(list.text.contains("1–2 of 2 clusters"));
        let link = "/products/1/cluster?cluster=c%20%261";
        assert!(
            list.links().contains(&link.to_owned()),
            "{:?}",
            list.links()
        );
        let page = house.get(link).await;
        for part in [
            "c &#38;1</span></h1>",
            "1–2 of 2 servers",
            ">1.8<",
            "1.9",
            "/servers/1",
            "/servers/2",
        ] {
            assert!(page.text.contains(part), "{part}: {}", page.text);
        }
        assert!(!page.text.contains("/servers/3"));
        for nothing in [
            "/products/1/cluster?cluster=none",
            "/products/1/cluster",
            "/products/9/cluster?cluster=x",
        ] {
            assert_eq!(house.get(nothing).await.status, 404, "{nothing}");
        }
    }
}
