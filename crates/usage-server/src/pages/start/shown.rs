//! `/start/token`: the token that a person asked for without a program to bring it to, this once. A page of its own,
//! so that a reload makes no other.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Html;
use jiff::Timestamp;
use serde::Deserialize;
use usage_store::registry::{OrganizationToken, TokenId};

use super::super::layout::{Layout, base_path};
use super::super::shown_once::Shown;
use super::super::{Failure, ask, render};
use crate::account::{Once, SignedIn};
use crate::app::App;

#[derive(Template)]
#[template(path = "start_token.html")]
struct Page {
    page: Layout,
    product: String,
    cluster: String,
    issued: Shown,
}

/// What is in the address.
#[derive(Deserialize)]
pub(in super::super) struct Place {
    issued: i64,
}

/// Where a new token is shown.
pub(super) fn address(app: &App, token: TokenId) -> String {
    let base = base_path(&app.settings.public_url);
    format!("{base}/start/token?issued={}", token.0)
}

/// `GET /start/token`
pub(in super::super) async fn show(
    State(app): State<Arc<App>>,
    person: SignedIn,
    Query(Place { issued }): Query<Place>,
) -> Result<Html<String>, Failure> {
    let page = ask(&app, move |app| {
        let token = find(app, &person, issued)?.ok_or(Failure::NotFound)?;
        let (product, cluster) = token.product.zip(token.cluster).ok_or(Failure::NotFound)?;
        let mut page = Layout::of_person(app, &person, Timestamp::now())?;
        let once = Some(Once::Token(issued));
        Ok(Page {
            issued: Shown::on(&mut page, app, person.session, once),
            page,
            product,
            cluster,
        })
    });
    render(&page.await?)
}

/// A token of one of the person's organizations.
fn find(app: &App, person: &SignedIn, id: i64) -> Result<Option<OrganizationToken>, Failure> {
    for membership in &person.memberships {
        let tokens = app.store.tokens_of(membership.organization.id)?;
        let found = tokens.into_iter().find(|token| token.id.0 == id);
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}
