//! `/organizations/{id}`: what an organization's members see first: how many of their servers are active.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Html;
use jiff::Timestamp;
use usage_store::Day;
use usage_store::query::Fleet;
use usage_store::registry::Role;

use super::super::figures::{Count, Moment};
use super::super::layout::{Layout, Part};
use super::super::panel::Shown;
use super::super::{Failure, ask, render};
use super::servers::ServerRow;
use super::{charts, home};
use crate::account::Member;
use crate::app::App;
use crate::command::first_report;

/// Days that the chart goes back, today included.
const CHART_DAYS: i32 = 30;

/// Servers shown; the page of servers has all.
const SERVERS_SHOWN: usize = 10;

/// Products of which the versions are shown.
const PRODUCTS_SHOWN: usize = 12;

#[derive(Template)]
#[template(path = "organization/overview.html")]
struct OrganizationPage {
    page: Layout,
    home: String,
    name: String,
    owner: bool,
    first_report: String,
    fleet: Option<FleetView>,
    servers: Vec<ServerRow>,
    more_servers: bool,
    /// There are reports, though none names a server.
    reports: bool,
}

/// The organization in numbers.
struct FleetView {
    active_servers: Count,
    servers: Count,
    clusters: Count,
    last_report: Option<Moment>,
    active: Shown,
    shares: Vec<Shown>,
    shares_day: Day,
    shares_day_is_over: bool,
}

impl FleetView {
    fn new(fleet: Fleet, from: Day, now: Timestamp) -> FleetView {
        let today = Day::of(now);
        FleetView {
            active_servers: Count(fleet.active_servers),
            servers: Count(fleet.servers),
            clusters: Count(fleet.clusters),
            last_report: fleet.last_report.map(|at| Moment::new(at, now)),
            active: charts::active(&fleet.by_day, from, now),
            shares: fleet
                .products
                .iter()
                .filter(|product| !product.versions.is_empty())
                .take(PRODUCTS_SHOWN)
                .enumerate()
                .map(|(n, product)| charts::versions(n, &product.name, &product.versions))
                .collect(),
            shares_day: fleet.versions_day,
            shares_day_is_over: fleet.versions_day != today,
        }
    }
}

/// `GET /organizations/{id}`
pub(super) async fn show(
    State(app): State<Arc<App>>,
    member: Member,
) -> Result<Html<String>, Failure> {
    let now = Timestamp::now();
    let page = ask(&app, move |app| {
        let of = member.organization.id;
        let from = Day::of(now).plus(1 - CHART_DAYS);
        let fleet = app.store.fleet(of, from, now)?;
        let found = app.store.fleet_servers(of, "", None, SERVERS_SHOWN)?;
        let known = !found.servers.is_empty();
        let newest = || app.store.fleet_reports(of, &Default::default(), None, 1);
        let by_anybody = first_report(&app.settings.public_url);
        Ok(OrganizationPage {
            page: Layout::of_organization(app, &member, Part::Overview, now)?,
            home: home(app, &member),
            owner: member.role == Role::Owner,
            first_report: by_anybody.replacen("curl ", "curl -H 'X-Authorization: TOKEN' ", 1),
            name: member.organization.name,
            reports: known || !newest()?.reports.is_empty(),
            fleet: known.then(|| FleetView::new(fleet, from, now)),
            more_servers: found.go_on.is_some(),
            servers: found
                .servers
                .into_iter()
                .map(|server| ServerRow::new(server, now))
                .collect(),
        })
    });
    render(&page.await?)
}

#[cfg(test)]
mod tests {
    use usage_store::report::Kind;

    use super::super::super::testing::{ACME_MEMBER, ACME_OWNER, HOSTILE, House, UMBRELLA_OWNER};

    #[tokio::test]
    async fn members_see_their_organization_and_nothing_for_operators() {
        let house = House::with_customers();
        for email in [ACME_OWNER, ACME_MEMBER] {
            house.enter_as(email);
            let page = house.get(&house.path_of("Acme")).await;
            assert!(page.text.contains("<h1>Acme</h1>"));
            assert!(page.text.contains("X-Authorization: TOKEN"));
            for link in page.links().iter().filter(|link| link.starts_with('/')) {
                assert_ne!(house.get(link).await.status, 403, "{link} is for operators");
            }
            assert!(!page.text.contains("Quarantine"));
        }
        for path in [
            "/reports",
            "/quarantine",
            "/import",
            "/products/1",
            "/servers/1",
        ] {
            assert_eq!(house.get(path).await.status, 403, "{path}");
        }
    }

    #[tokio::test]
    async fn anothers_organization_answers_like_one_that_is_not() {
        let house = House::with_customers();
        let acme = house.path_of("Acme");
        let (their, none) = (house.path_of("Umbrella"), "/organizations/999999");
        let nothing = house.get(none).await;
        assert_eq!(nothing.status, 404);
        for path in [
            &their,
            "/organizations/x",
            "/organizations/-1",
            "/organizations/99999999999999999999",
        ] {
            let answer = house.get(path).await;
            assert_eq!(
                (answer.status, &answer.text),
                (nothing.status, &nothing.text),
                "{path}"
            );
        }
        house.enter_as(UMBRELLA_OWNER);
        assert_eq!(house.get(&acme).await.status, 404);
        assert_eq!(house.get(&their).await.status, 200);
        let operator = house.let_in("op@example.com");
        assert_eq!(operator.get(&acme).await.status, 404);
        operator.leave();
        for path in [&acme, none] {
            let away = operator.get(path).await.header("location");
            assert!(away.starts_with("/sign-in?next="), "{path}");
        }
    }

    #[tokio::test]
    async fn an_organizations_name_is_text() {
        let house = House::with_customers();
        house.customer(HOSTILE, "eve@example.com");
        house.enter_as("eve@example.com");
        for path in [house.path_of(HOSTILE), "/organizations".to_owned()] {
            let page = house.get(&path).await;
            assert_eq!(page.status, 200);
            assert!(!page.text.contains("<script>"), "{path}");
        }
    }

    #[tokio::test]
    async fn the_numbers_are_the_organizations_own() {
        let house = House::with_customers();
        let body = |server: &str| {
            format!(
                r#"[{{"tags":{{"version":"2.1"}},"values":{{"cluster_id":"c","server_id":"{server}"}}}}]"#
            )
        };
        for server in ["ours 1", "ours 2"] {
            house.append_for("Acme", Kind::Usage, "influxdb", &body(server));
        }
        house.append_for("Umbrella", Kind::Usage, "influxdb", &body("theirs"));
        house.append(Kind::Usage, "influxdb", &body("nobodys"));
        let page = house.get(&house.path_of("Acme")).await;
        assert!(page.text.contains("<dt>Active servers</dt><dd>2</dd>"));
        assert!(
            page.text.contains("of 2 known") && page.text.contains("<dt>Clusters</dt><dd>1</dd>")
        );
        assert!(page.text.contains("As a table") && page.text.contains("influxdb"));
        for hers in ["theirs", "nobodys"] {
            assert!(!page.text.contains(hers), "{hers}");
        }
        let all = house.get(&page.link_with("/servers")).await;
        assert!(all.text.contains("ours 1") && !all.text.contains("theirs"));
        let server = house.get(&page.link_with("/servers/")).await;
        assert!(server.text.contains("2.1") && server.text.contains("influxdb"));
    }

    #[tokio::test]
    async fn an_empty_organization_hears_how_to_begin() {
        let house = House::with_customers();
        let page = house.get(&house.path_of("Acme")).await;
        assert!(page.text.contains("No reports yet"));
        let tokens = page.link_with("/tokens");
        assert_eq!(house.get(&tokens).await.status, 200);
        house.append_for("Acme", Kind::Usage, "p", r#"[{"values":{"n":1}}]"#);
        let page = house.get(&house.path_of("Acme")).await;
        assert!(page.text.contains("none of them names a"));
    }
}
