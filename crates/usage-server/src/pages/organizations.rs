//! `/organizations`: a person's organizations, to choose one, or to make another.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Form, Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use jiff::Timestamp;
use serde::Deserialize;
use usage_store::Error;
use usage_store::registry::Membership;

use super::layout::{Layout, base_path};
use super::{Failure, ask, render};
use crate::account::{Secret, SignedIn, organization_name};
use crate::app::App;
use crate::config::SignUp;

#[derive(Template)]
#[template(path = "organizations.html")]
struct Organizations {
    page: Layout,
    csrf: String,
    memberships: Vec<Membership>,
    may_make: bool,
    name: String,
    problem: Option<String>,
    /// One was ended just now; where it is told when its reports are gone.
    ended: Option<String>,
}

/// Where sign-up isn't open, organizations are the operators' to make.
fn may_make(app: &App, person: &SignedIn) -> bool {
    app.settings.sign_up == SignUp::Open || person.account.operator
}

/// Which erasure belongs to an organization that was ended.
#[derive(Deserialize)]
pub(super) struct Asked {
    ended: Option<String>,
}

/// `GET /organizations`
pub(super) async fn show(
    State(app): State<Arc<App>>,
    person: SignedIn,
    Query(asked): Query<Asked>,
) -> Result<Html<String>, Failure> {
    let ended = asked.ended.filter(|code| Secret::parse(code).is_some());
    page(&app, person, String::new(), None, ended).await
}

/// What the form sends.
#[derive(Deserialize)]
pub(super) struct Entered {
    #[serde(default)]
    csrf: String,
    #[serde(default)]
    organization: String,
}

/// `POST /organizations`
pub(super) async fn make(
    State(app): State<Arc<App>>,
    person: SignedIn,
    Form(entered): Form<Entered>,
) -> Result<Response, Failure> {
    person.check(&entered.csrf)?;
    if !may_make(&app, &person) {
        return Err(Failure::NotAnOperator);
    }
    let name = organization_name::tidy(&entered.organization);
    if let Some(problem) = organization_name::objection(&name) {
        return again(&app, person, name, problem).await;
    }
    let (wanted, owner) = (name.clone(), person.account.id);
    let made = ask(&app, move |app| {
        match app.store.add_organization(&wanted, owner, Timestamp::now()) {
            Err(Error::Taken(_)) => Ok(None),
            made => Ok(Some(made?)),
        }
    });
    match made.await? {
        Some(id) => {
            let base = base_path(&app.settings.public_url);
            Ok(Redirect::to(&format!("{base}/organizations/{}", id.0)).into_response())
        }
        None => {
            let problem = "An organization has this name already. If it is yours, ask one of its owners to invite you.";
            again(&app, person, name, problem.to_owned()).await
        }
    }
}

async fn again(
    app: &Arc<App>,
    person: SignedIn,
    name: String,
    problem: String,
) -> Result<Response, Failure> {
    let page = page(app, person, name, Some(problem), None).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

async fn page(
    app: &Arc<App>,
    person: SignedIn,
    name: String,
    problem: Option<String>,
    ended: Option<String>,
) -> Result<Html<String>, Failure> {
    let page = ask(app, move |app| {
        Ok(Organizations {
            page: Layout::of_person(app, &person, Timestamp::now())?,
            may_make: may_make(app, &person),
            csrf: person.csrf,
            memberships: person.memberships,
            name,
            problem,
            ended,
        })
    });
    render(&page.await?)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{ACME_MEMBER, ACME_OWNER, House};
    use super::*;

    #[tokio::test]
    async fn who_belongs_to_several_organizations_chooses_and_switches() {
        let house = House::with_customers();
        let form = house.get("/organizations").await;
        let entered = form.filled(&[("organization", "Acme Labs")]);
        let labs = house
            .post_form("/organizations", &entered)
            .await
            .header("location");
        assert_eq!(house.get("/").await.header("location"), "/organizations");
        let list = house.get("/organizations").await;
        assert!(list.links().contains(&labs) && list.links().contains(&house.path_of("Acme")));
        assert!(!list.text.contains("Umbrella"));
        let page = house.get(&labs).await;
        assert!(page.text.contains("<h1>Acme Labs</h1>"));
        assert!(
            page.links().contains(&"/organizations".to_owned()),
            "a way to switch"
        );
    }

    #[tokio::test]
    async fn who_belongs_nowhere_hears_what_to_do() {
        let house = House::with_customers();
        let account = house.account_of(ACME_MEMBER);
        let acme = house.organization("Acme");
        house
            .app
            .store
            .remove_member(acme, account, ACME_OWNER, Timestamp::now())
            .unwrap();
        house.enter_as(ACME_MEMBER);
        assert_eq!(house.get("/").await.header("location"), "/organizations");
        let page = house.get("/organizations").await;
        assert!(page.text.contains("You belong to no organization"));
        assert!(page.text.contains("invitation link, or make one here"));
    }

    #[tokio::test]
    async fn a_name_that_is_taken_or_blank_and_a_foreign_form_make_nothing() {
        let house = House::with_customers();
        let form = house.get("/organizations").await;
        for (name, said) in [("umbrella", "has this name already"), (" ", "Enter a name")] {
            let answer = house
                .post_form("/organizations", &form.filled(&[("organization", name)]))
                .await;
            assert_eq!(answer.status, 422);
            assert!(answer.text.contains(said), "{name}");
        }
        let foreign = [("organization", "Labs"), ("csrf", "guess")];
        assert_eq!(house.post("/organizations", &foreign).await.status, 403);
        assert!(house.app.store.find_organization("Labs").unwrap().is_none());
    }

    #[tokio::test]
    async fn where_sign_up_is_not_open_operators_alone_make_organizations() {
        let house = House::where_sign_up_is(SignUp::Invited).let_in("op@example.com");
        let form = house.get("/organizations").await;
        let entered = form.filled(&[("organization", "Acme")]);
        assert_eq!(
            house.post_form("/organizations", &entered).await.status,
            303
        );
        let store = &house.app.store;
        let now = Timestamp::now();
        let customer = usage_store::registry::NewAccount {
            email: "ada@acme.example",
            password_hash: "",
            verified: false,
            identity: None,
        };
        store.add_account(&customer, "op@example.com", now).unwrap();
        house.enter_as("ada@acme.example");
        let page = house.get("/organizations").await;
        assert!(!page.text.contains("Make an organization"));
        let entered = [("organization", "Mine"), ("csrf", &page.field("csrf"))];
        assert_eq!(house.post("/organizations", &entered).await.status, 403);
    }
}
