//! `/operators`: who sees everybody's reports. They invite each other and customers by links, remove each
//! other but for the last one, and make links for who forgot their password.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Form, Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use jiff::Timestamp;
use serde::Deserialize;
use usage_store::registry::{AccountId, Handed, Invitation, InvitationId, InvitedTo};

use super::button::Meant;
use super::figures::Moment;
use super::layout::{Layout, Section};
use super::shown_once::{self, Shown};
use super::sign_in::go_to;
use super::{Failure, ask, render};
use crate::account::{Once, Operator, Secret, links, password};
use crate::app::App;
use crate::config::SignUp;
use crate::limits::{INVITATION_VALID_DAYS, RESET_VALID_MINUTES};
use crate::mail::Errand;

#[derive(Template)]
#[template(path = "operators.html")]
struct OperatorsPage {
    page: Layout,
    csrf: String,
    operators: Vec<OperatorRow>,
    invitations: Vec<InvitationRow>,
    /// Whether an invitation can be mailed.
    by_mail: bool,
    /// Whether customers come by invitation.
    invites_customers: bool,
    /// What a button just made, shown this once.
    link: Option<Link>,
    /// It was made, and shown before.
    shown_before: bool,
    /// For whom no link could be made, or to whom none can be sent.
    unknown: Option<String>,
    unmailable: Option<String>,
}

struct OperatorRow {
    id: i64,
    email: String,
    this: bool,
}

struct InvitationRow {
    id: i64,
    to: &'static str,
    made_by: String,
    expires: Moment,
}

impl InvitationRow {
    fn new(invitation: Invitation, now: Timestamp) -> InvitationRow {
        InvitationRow {
            id: invitation.id.0,
            to: match invitation.to {
                InvitedTo::Operators => "an operator",
                _ => "a customer",
            },
            made_by: invitation.made_by,
            expires: Moment::new(invitation.expires_at, now),
        }
    }
}

/// A link to hand on.
struct Link {
    heading: &'static str,
    text: String,
    url: String,
}

impl Link {
    /// What was made, whose path was kept for this page.
    fn new(app: &App, made: Once, path: &str) -> Result<Link, Failure> {
        let once =
            format!("It works once, within {INVITATION_VALID_DAYS} days, and is shown only now.");
        let (heading, text) = match made {
            Once::Reset(id) => {
                let account = app.store.account(AccountId(id))?;
                let email = account.ok_or(Failure::NotFound)?.email;
                let text = format!(
                    "With it, {email} chooses a new password. It works once, within {RESET_VALID_MINUTES} minutes, and is shown only now."
                );
                ("The link", text)
            }
            Once::ToOperators => {
                let whom = "Whoever opens it first becomes an operator";
                ("The invitation", format!("{whom}. {once}"))
            }
            _ => {
                let whom = "Whoever opens it first signs up with it";
                ("The invitation", format!("{whom}. {once}"))
            }
        };
        Ok(Link {
            heading,
            text,
            url: format!("{}{path}", app.settings.public_url),
        })
    }
}

/// Which link a form of this page made just now.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    made: String,
    id: i64,
}

impl Asked {
    fn once(&self) -> Option<Once> {
        match self.made.as_str() {
            "operator" => Some(Once::ToOperators),
            "customer" => Some(Once::ToCustomer),
            "reset" => Some(Once::Reset(self.id)),
            _ => None,
        }
    }
}

/// For whom no link could be made, or to whom none can be sent.
#[derive(Default)]
struct Refused {
    unknown: Option<String>,
    unmailable: Option<String>,
}

/// `GET /operators`
pub(super) async fn show(
    State(app): State<Arc<App>>,
    operator: Operator,
    Query(asked): Query<Asked>,
) -> Result<Html<String>, Failure> {
    page(&app, operator, asked.once(), Refused::default()).await
}

/// What the forms send; each has some of it.
#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
pub(super) struct Entered {
    csrf: String,
    to: String,
    email: String,
}

/// `POST /operators/invite`
pub(super) async fn invite(
    State(app): State<Arc<App>>,
    operator: Operator,
    Form(entered): Form<Entered>,
) -> Result<Response, Failure> {
    operator.check(&entered.csrf)?;
    let secret = Secret::random()?;
    let (to, made, path) = match entered.to.as_str() {
        "customer" if app.settings.sign_up != SignUp::Closed => {
            let path = "/operators?made=customer";
            (InvitedTo::SignUp, Once::ToCustomer, path)
        }
        "operator" => {
            let path = "/operators?made=operator";
            (InvitedTo::Operators, Once::ToOperators, path)
        }
        _ => return Err(Failure::NotFound),
    };
    let email = entered.email.trim().to_owned();
    if !email.is_empty() && !password::is_address(&email) {
        let refused = Refused {
            unmailable: Some(email),
            ..Refused::default()
        };
        let page = page(&app, operator, None, refused).await?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    }
    let invited = ask(&app, move |app| {
        let by = &operator.account.email;
        let (_, link) = links::invitation(&app.store, &secret, to, by, Timestamp::now())?;
        if let Some(mail) = app.mail.as_ref().filter(|_| !email.is_empty()) {
            mail.send(Errand::Invite {
                email,
                by: by.clone(),
                to: match to {
                    InvitedTo::Operators => "be an operator of this server".to_owned(),
                    _ => "use this server".to_owned(),
                },
                path: link.clone(),
            });
        }
        shown_once::keep(app, operator.session, made, link);
        Ok(())
    });
    invited.await?;
    Ok(go_to(&app, None, path))
}

/// `POST /operators/reset`
pub(super) async fn reset(
    State(app): State<Arc<App>>,
    operator: Operator,
    Form(entered): Form<Entered>,
) -> Result<Response, Failure> {
    operator.check(&entered.csrf)?;
    let secret = Secret::random()?;
    let email = entered.email.trim().to_owned();
    let (whose, by) = (email.clone(), operator.account.email.clone());
    let session = operator.session;
    let made = ask(&app, move |app| {
        let Some((account, _)) = app.store.account_by_email(&whose)? else {
            return Ok(None);
        };
        let (handed, now) = (Handed::OnByHand, Timestamp::now());
        let link = links::reset(&app.store, &secret, account.id, handed, &by, now)?;
        shown_once::keep(app, session, Once::Reset(account.id.0), link);
        Ok(Some(account.id.0))
    });
    match made.await? {
        Some(id) => Ok(go_to(&app, None, &format!("/operators?made=reset&id={id}"))),
        None => {
            let refused = Refused {
                unknown: Some(email),
                ..Refused::default()
            };
            let page = page(&app, operator, None, refused).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}

/// `POST /operators/withdraw`
pub(super) async fn withdraw(
    State(app): State<Arc<App>>,
    operator: Operator,
    Form(meant): Form<Meant>,
) -> Result<Response, Failure> {
    operator.check(&meant.csrf)?;
    let withdrawn = ask(&app, move |app| {
        let (id, by) = (InvitationId(meant.id), &operator.account.email);
        Ok(app
            .store
            .withdraw_invitation(None, id, by, Timestamp::now())?)
    });
    withdrawn.await?;
    Ok(go_to(&app, None, "/operators"))
}

/// `POST /operators/remove`: another one, or oneself, who then lands at their own page.
pub(super) async fn remove(
    State(app): State<Arc<App>>,
    operator: Operator,
    Form(meant): Form<Meant>,
) -> Result<Response, Failure> {
    operator.check(&meant.csrf)?;
    let id = AccountId(meant.id);
    let path = match id == operator.account.id {
        true => "/",
        false => "/operators",
    };
    let removed = ask(&app, move |app| {
        let by = &operator.account.email;
        Ok(app.store.remove_operator(id, by, Timestamp::now())?)
    });
    removed.await?;
    Ok(go_to(&app, None, path))
}

/// The page, with the link that was made just now or what was wrong.
async fn page(
    app: &Arc<App>,
    operator: Operator,
    made: Option<Once>,
    refused: Refused,
) -> Result<Html<String>, Failure> {
    let page = ask(app, move |app| {
        let now = Timestamp::now();
        let mut page = Layout::new(app, &operator, Section::Settings, now)?;
        let shown = Shown::on(&mut page, app, operator.session, made);
        let link = made.zip(shown.secret);
        let link = link.map(|(made, path)| Link::new(app, made, &path));
        let this = operator.account.id;
        let operators = app.store.operators()?;
        let invitations = app.store.invitations(None, now)?;
        Ok(OperatorsPage {
            page,
            operators: operators
                .into_iter()
                .map(|operator| OperatorRow {
                    this: operator.id == this,
                    id: operator.id.0,
                    email: operator.email,
                })
                .collect(),
            invitations: invitations
                .into_iter()
                .map(|invitation| InvitationRow::new(invitation, now))
                .collect(),
            invites_customers: app.settings.sign_up == SignUp::Invited,
            by_mail: app.mail.is_some(),
            csrf: operator.csrf,
            shown_before: shown.before,
            link: link.transpose()?,
            unknown: refused.unknown,
            unmailable: refused.unmailable,
        })
    });
    render(&page.await?)
}

#[cfg(test)]
mod tests;
