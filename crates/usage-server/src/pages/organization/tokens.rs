//! `/organizations/{id}/tokens`: who may report for the organization. A new token is shown once.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Form, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use jiff::Timestamp;
use serde::Deserialize;
use usage_store::registry::{NewToken, OrganizationToken, Role, TokenId};
use usage_store::report::limits::NAME_BYTES_MAX;

use super::super::button::Pressed;
use super::super::figures::{Hour, Moment};
use super::super::layout::{Layout, Part};
use super::super::shown_once::{self, Shown};
use super::super::{Failure, ask as ask_store, render};
use super::{go_to, home};
use crate::account::{Member, Once, draw_token, organization_name};
use crate::app::App;

/// Tokens on one page.
const TOKENS_SHOWN: usize = 100;

#[derive(Template)]
#[template(path = "organization/tokens.html")]
struct Tokens {
    page: Layout,
    home: String,
    csrf: String,
    owner: bool,
    /// The one that was issued just now.
    issued: Shown,
    tokens: Vec<TokenRow>,
    /// The list is of revoked ones.
    revoked: bool,
    further: bool,
    older: Option<i64>,
    /// How many there are of the other kind.
    others: usize,
    entered: Entered,
    problems: Problems,
}

struct TokenRow {
    id: i64,
    name: String,
    prefix: String,
    product: Option<String>,
    cluster: Option<String>,
    may_forget: bool,
    created_at: Moment,
    used: Option<Hour>,
    revoked_at: Option<Moment>,
}

impl TokenRow {
    fn new(token: OrganizationToken, now: Timestamp) -> TokenRow {
        TokenRow {
            id: token.id.0,
            name: token.name,
            prefix: token.prefix,
            product: token.product,
            cluster: token.cluster,
            may_forget: token.may_forget,
            created_at: Moment::new(token.created_at, now),
            used: token.used_at.map(Hour),
            revoked_at: token.revoked_at.map(|at| Moment::new(at, now)),
        }
    }

    /// What people call it, or how it begins.
    fn called(&self) -> String {
        match self.name.is_empty() {
            true => format!("{}…", self.prefix),
            false => self.name.clone(),
        }
    }
}

/// What the page is asked for.
#[derive(Deserialize, Default)]
pub(super) struct Asked {
    issued: Option<i64>,
    #[serde(default)]
    revoked: bool,
    before: Option<i64>,
}

/// What the form sends.
#[derive(Deserialize, Default, Clone)]
pub(super) struct Entered {
    #[serde(default)]
    csrf: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    product: String,
    #[serde(default)]
    cluster: String,
    may_forget: Option<String>,
}

/// What is wrong with what was entered.
#[derive(Default, PartialEq)]
struct Problems {
    name: Option<String>,
    product: Option<String>,
    cluster: Option<String>,
}

/// `GET /organizations/{id}/tokens`
pub(super) async fn show(
    State(app): State<Arc<App>>,
    member: Member,
    Query(asked): Query<Asked>,
) -> Result<Html<String>, Failure> {
    page(&app, member, asked, Entered::default(), Problems::default()).await
}

/// `POST /organizations/{id}/tokens`
pub(super) async fn issue(
    State(app): State<Arc<App>>,
    member: Member,
    Form(entered): Form<Entered>,
) -> Result<Response, Failure> {
    member.check(&entered.csrf)?;
    let entered = Entered {
        name: organization_name::tidy(&entered.name),
        product: entered.product.trim().to_owned(),
        cluster: entered.cluster.trim().to_owned(),
        ..entered
    };
    if entered.may_forget.is_some() {
        member.must_own()?;
    }
    let problems = problems(&entered);
    if problems != Problems::default() {
        let page = page(&app, member, Asked::default(), entered, problems).await?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    }
    let issued = ask_store(&app, move |app| {
        let token = draw_token()?;
        let bound = |text| Some(text).filter(|text: &&str| !text.is_empty());
        let new = NewToken {
            secret: token.as_bytes(),
            drawn_here: true,
            organization: member.organization.id,
            name: &entered.name,
            product: bound(&entered.product),
            cluster: bound(&entered.cluster),
            may_forget: entered.may_forget.is_some(),
            by: &member.person.account.email,
        };
        let id = app.store.add_token(&new, Timestamp::now())?;
        shown_once::keep(app, member.person.session, Once::Token(id.0), token);
        Ok(go_to(app, &member, &format!("/tokens?issued={}", id.0)))
    });
    Ok(issued.await?.into_response())
}

fn problems(entered: &Entered) -> Problems {
    let name = Some(&entered.name).filter(|name| !name.is_empty());
    let too_long = |text: &str| {
        (text.len() > NAME_BYTES_MAX).then(|| format!("Use at most {NAME_BYTES_MAX} bytes."))
    };
    Problems {
        name: name.and_then(|name| organization_name::objection(name)),
        product: too_long(&entered.product),
        cluster: too_long(&entered.cluster),
    }
}

async fn page(
    app: &Arc<App>,
    member: Member,
    asked: Asked,
    entered: Entered,
    problems: Problems,
) -> Result<Html<String>, Failure> {
    let now = Timestamp::now();
    let page = ask_store(app, move |app| {
        let mut page = Layout::of_organization(app, &member, Part::Tokens, now)?;
        let issued = asked.issued.map(Once::Token);
        let issued = Shown::on(&mut page, app, member.person.session, issued);
        let all = app.store.tokens_of(member.organization.id)?;
        let (listed, others): (Vec<_>, Vec<_>) = all
            .into_iter()
            .partition(|token| token.revoked_at.is_some() == asked.revoked);
        let mut tokens: Vec<TokenRow> = listed
            .into_iter()
            .filter(|token| asked.before.is_none_or(|before| token.id.0 < before))
            .take(TOKENS_SHOWN + 1)
            .map(|token| TokenRow::new(token, now))
            .collect();
        let more = tokens.len() > TOKENS_SHOWN;
        tokens.truncate(TOKENS_SHOWN);
        Ok(Tokens {
            home: home(app, &member),
            page,
            csrf: member.person.csrf,
            owner: member.role == Role::Owner,
            issued,
            older: tokens.last().filter(|_| more).map(|token| token.id),
            tokens,
            revoked: asked.revoked,
            further: asked.before.is_some(),
            others: others.len(),
            entered,
            problems,
        })
    });
    render(&page.await?)
}

#[derive(Template)]
#[template(path = "organization/revoke.html")]
struct Revoke {
    page: Layout,
    home: String,
    csrf: String,
    token: TokenRow,
}

/// `GET /organizations/{id}/tokens/{token}/revoke`: what revoking it means.
pub(super) async fn ask(
    State(app): State<Arc<App>>,
    member: Member,
    Path((_, token)): Path<(i64, i64)>,
) -> Result<Html<String>, Failure> {
    let now = Timestamp::now();
    let page = ask_store(&app, move |app| {
        let all = app.store.tokens_of(member.organization.id)?;
        let found = all.into_iter().find(|known| known.id.0 == token);
        Ok(Revoke {
            page: Layout::of_organization(app, &member, Part::Tokens, now)?,
            home: home(app, &member),
            csrf: member.person.csrf,
            token: TokenRow::new(found.ok_or(Failure::NotFound)?, now),
        })
    });
    render(&page.await?)
}

/// `POST /organizations/{id}/tokens/{token}/revoke`
pub(super) async fn revoke(
    State(app): State<Arc<App>>,
    member: Member,
    Path((_, token)): Path<(i64, i64)>,
    Form(pressed): Form<Pressed>,
) -> Result<Redirect, Failure> {
    member.check(&pressed.csrf)?;
    let (id, by) = (member.organization.id, &member.person.account.email);
    let (id, by) = (id, by.clone());
    ask_store(&app, move |app| {
        let now = Timestamp::now();
        Ok(app.store.revoke_token_of(id, TokenId(token), &by, now)?)
    })
    .await?;
    Ok(go_to(&app, &member, "/tokens"))
}

#[cfg(test)]
mod tests;
