//! `/account`: a person's own page: their address, organizations, and where they are signed in. Beside it
//! the pages at which one changes a password, comes back with a link, or accepts an invitation.

mod browser;
pub(super) mod by_mail;
pub(super) mod forgot;
pub(super) mod invite;
pub(super) mod password;
pub(super) mod reset;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use askama::Template;
use axum::extract::{Form, Query, State};
use axum::response::{Html, Response};
use jiff::Timestamp;
use serde::Deserialize;
use usage_store::registry::{Identity, Membership, OpenSession, SessionId};

use super::figures::{Hour, Moment};
use super::layout::Layout;
use super::sign_in::{go_to, note};
use super::{Failure, ask, render};
use crate::account::SignedIn;
use crate::app::App;

#[derive(Template)]
#[template(path = "account.html")]
struct AccountPage {
    page: Layout,
    csrf: String,
    email: String,
    /// Since when the address is known to be theirs.
    verified: Option<Moment>,
    operator: bool,
    has_password: bool,
    memberships: Vec<Membership>,
    sessions: Vec<SessionRow>,
    identities: Vec<IdentityRow>,
    /// The provider that can be linked.
    linkable: Option<String>,
    /// What was just done, to be said.
    done: Option<&'static str>,
}

struct SessionRow {
    id: i64,
    browser: String,
    since: Moment,
    /// `None` for the one that is looking.
    seen: Option<Hour>,
}

impl SessionRow {
    fn new(session: &OpenSession, this: SessionId, now: Timestamp) -> SessionRow {
        SessionRow {
            id: session.id.0,
            browser: browser::in_plain_words(&session.browser),
            since: Moment::new(session.created_at, now),
            seen: (session.id != this).then_some(Hour(session.seen_at)),
        }
    }
}

struct IdentityRow {
    issuer: String,
    subject: String,
    since: Moment,
}

impl IdentityRow {
    fn new(identity: Identity, now: Timestamp) -> IdentityRow {
        IdentityRow {
            issuer: identity.issuer,
            subject: identity.subject,
            since: Moment::new(identity.since, now),
        }
    }
}

/// What was done before.
#[derive(Deserialize)]
pub(super) struct Done {
    #[serde(default)]
    done: String,
}

/// `GET /account`
pub(super) async fn show(
    State(app): State<Arc<App>>,
    person: SignedIn,
    Query(Done { done }): Query<Done>,
) -> Result<Html<String>, Failure> {
    let page = ask(&app, move |app| {
        let now = Timestamp::now();
        let account = &person.account;
        let sessions = app.store.sessions(account.id, now)?;
        let identities = app.store.identities(account.id)?;
        let linked = |issuer: &str| identities.iter().any(|it| it.issuer == issuer);
        let openid = app.openid.as_ref().filter(|it| !linked(&it.issuer));
        Ok(AccountPage {
            page: Layout::of_person(app, &person, now)?,
            csrf: person.csrf.clone(),
            email: account.email.clone(),
            verified: account.verified_at.map(|at| Moment::new(at, now)),
            operator: account.operator,
            has_password: account.has_password,
            sessions: sessions
                .iter()
                .map(|session| SessionRow::new(session, person.session, now))
                .collect(),
            linkable: openid.map(|openid| openid.name.clone()),
            identities: identities
                .into_iter()
                .map(|identity| IdentityRow::new(identity, now))
                .collect(),
            memberships: person.memberships,
            done: match done.as_str() {
                "password" => {
                    Some("Your password is changed, and all other browsers are signed out.")
                }
                "sessions" => Some("Done. Those browsers have to sign in again."),
                "linked" => Some("Linked. From now on you can sign in with it."),
                "unlinked" => Some("Unlinked. It lets nobody in here any more."),
                _ => None,
            },
        })
    });
    render(&page.await?)
}

/// What the buttons beside the sessions send: one of them, or without one all others.
#[derive(Deserialize)]
pub(super) struct Ending {
    #[serde(default)]
    csrf: String,
    session: Option<i64>,
}

/// `POST /account/sessions`
pub(super) async fn end_sessions(
    State(app): State<Arc<App>>,
    person: SignedIn,
    Form(form): Form<Ending>,
) -> Result<Response, Failure> {
    person.check(&form.csrf)?;
    let ended = ask(&app, move |app| {
        let account = person.account.id;
        let ended = match form.session {
            Some(id) => app.store.end_session_of(account, SessionId(id))?,
            None => {
                let but = Some(person.session);
                app.store.end_other_sessions(account, but)? > 0
            }
        };
        if ended {
            note(app, &person.account, "end sessions")?;
        }
        Ok(())
    });
    ended.await?;
    Ok(go_to(&app, None, "/account?done=sessions"))
}
