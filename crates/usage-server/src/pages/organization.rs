//! `/organizations/{id}`: what an organization's members see first.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Html;
use jiff::Timestamp;

use super::layout::{Layout, Part};
use super::{Failure, ask, render};
use crate::account::Member;
use crate::app::App;
use crate::command::first_report;

#[derive(Template)]
#[template(path = "organization.html")]
struct OrganizationPage {
    page: Layout,
    name: String,
    first_report: String,
}

/// `GET /organizations/{id}`
pub(super) async fn show(
    State(app): State<Arc<App>>,
    member: Member,
) -> Result<Html<String>, Failure> {
    let page = ask(&app, move |app| {
        let by_anybody = first_report(&app.settings.public_url);
        Ok(OrganizationPage {
            page: Layout::of_organization(app, &member, Part::Overview, Timestamp::now())?,
            first_report: by_anybody.replacen("curl ", "curl -H 'X-Authorization: TOKEN' ", 1),
            name: member.organization.name,
        })
    });
    render(&page.await?)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{ACME_MEMBER, ACME_OWNER, HOSTILE, House, UMBRELLA_OWNER};

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
}
