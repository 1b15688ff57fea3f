//! `/organizations`: a person's organizations, to choose one, or to make another; for operators a list of all, with
//! what reports for them. An operator is shown counts: an organization's own pages are its members' alone.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Form, Query, RawQuery, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use jiff::Timestamp;
use serde::Deserialize;
use usage_store::Error;
use usage_store::registry::Membership;

use super::figures::{Count, Moment};
use super::layout::{Layout, Section, base_path};
use super::listing::{By, Kind, Listing, ROWS_SHOWN};
use super::panel::{Ask, Days, Desk};
use super::server_rows::moment;
use super::view::View;
use super::visitor::NAME_TAKEN;
use super::{Failure, ask, render};
use crate::account::{Operator, Secret, SignedIn, organization_name};
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
    /// All of them, for operators.
    every: Option<Every>,
    /// One was ended just now; where it is told when its reports are gone.
    ended: Option<String>,
}

/// Every organization.
struct Every {
    listing: Listing,
    rows: Vec<EveryRow>,
}

/// One, and one of its products.
struct EveryRow {
    id: u64,
    name: String,
    product: Option<(u64, String)>,
    servers: Count,
    clusters: Count,
    first_seen: Option<Moment>,
    last_seen: Option<Moment>,
}

const ASK: Ask = Ask {
    question: "organizations",
    window: Days::OfPage,
    fixed: &[("limit", ROWS_SHOWN)],
};

const EVERY: Kind = Kind {
    question: "organizations",
    names: ("row", "rows"),
    searched: "Part of a name",
    by: &[
        By {
            word: "last_seen",
            name: "Last report",
            descending: true,
        },
        By {
            word: "name",
            name: "Organization",
            descending: false,
        },
        By {
            word: "servers",
            name: "Servers",
            descending: true,
        },
        By {
            word: "first_seen",
            name: "First report",
            descending: true,
        },
    ],
    states: &[],
};

impl Every {
    fn new(app: &App, view: &View, now: Timestamp) -> Every {
        let base = base_path(&app.settings.public_url);
        let desk = Desk::new(app, base, PATH, "", view, now);
        let answer = desk.ask(&ASK, &[]);
        let at = format!("{base}{PATH}");
        let listing = Listing::new(&EVERY, (base, &at), "", view, &answer);
        let mut rows = Vec::new();
        if let Ok(answer) = answer {
            for row in &answer.rows {
                let count = |column| answer.count(row, column).unwrap_or(0);
                let number = answer.count(row, "product_number");
                let product = answer.text(row, "product").map(str::to_owned);
                rows.push(EveryRow {
                    id: count("organization_id"),
                    name: answer
                        .text(row, "organization")
                        .unwrap_or_default()
                        .to_owned(),
                    product: number.zip(product),
                    servers: Count(count("servers")),
                    clusters: Count(count("clusters")),
                    first_seen: moment(answer.cell(row, "first_seen"), now),
                    last_seen: moment(answer.cell(row, "last_seen"), now),
                });
            }
        }
        Every { listing, rows }
    }
}

const PATH: &str = "/organizations";

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
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let ended = asked.ended.filter(|code| Secret::parse(code).is_some());
    let view = View::read(query.as_deref());
    if let Some(tidied) = view.tidied() {
        let base = base_path(&app.settings.public_url);
        return Ok(Redirect::to(&format!("{base}{PATH}{}", tidied.link())).into_response());
    }
    let page = page(&app, person, view, (String::new(), None), ended).await?;
    Ok(page.into_response())
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
        None => again(&app, person, name, NAME_TAKEN.to_owned()).await,
    }
}

async fn again(
    app: &Arc<App>,
    person: SignedIn,
    name: String,
    problem: String,
) -> Result<Response, Failure> {
    let entered = (name, Some(problem));
    let page = page(app, person, View::default(), entered, None).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

async fn page(
    app: &Arc<App>,
    person: SignedIn,
    view: View,
    (name, problem): (String, Option<String>),
    ended: Option<String>,
) -> Result<Html<String>, Failure> {
    let now = Timestamp::now();
    let page = ask(app, move |app| {
        let operator = Operator::of(&person);
        Ok(Organizations {
            page: match &operator {
                Some(operator) => Layout::new(app, operator, Section::Organizations, now)?,
                None => Layout::of_person(app, &person, now)?,
            },
            every: operator.is_some().then(|| Every::new(app, &view, now)),
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
    use usage_store::report::Kind as Report;

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
    async fn operators_see_what_reports_for_each_and_no_ones_own_pages() {
        let house = House::with_customers();
        let usage = r#"[{"values":{"cluster_id":"c","server_id":"s"}}]"#;
        house.append_for("Acme", Report::Usage, "tidewater", usage);
        house.append_for("Acme", Report::Usage, "nextdb", usage);
        let house = house.let_in("op@example.com");
        let page = house.get("/organizations").await;
        for part in [
            "1–3 of 3 rows",
            "Acme",
            "Umbrella",
            "nothing reported yet",
            ">tidewater<",
            ">nextdb<",
        ] {
            assert!(page.text.contains(part), "{part}: {}", page.text);
        }
        let servers = page.link_with("/servers?organization=");
        assert!(house.get(&servers).await.text.contains("1–1 of 1 server"));
        assert!(!page.links().contains(&house.path_of("Acme")));
        assert_eq!(house.get(&house.path_of("Acme")).await.status, 404);
        let found = house.get("/organizations?search=UMB").await;
        assert!(found.text.contains("1–1 of 1 row") && !found.text.contains("Acme"));
        house.enter_as(ACME_OWNER);
        let own = house.get("/organizations?search=UMB").await;
        assert!(!own.text.contains("Umbrella") && !own.text.contains("Every organization"));
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
