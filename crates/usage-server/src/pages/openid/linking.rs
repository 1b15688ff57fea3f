//! `/account/identities`: who is signed in links who they are at the provider to their account, or unlinks it.
//! The button's answer is a page with a link: our policy lets no form lead elsewhere.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Form, State};
use axum::http::header::SET_COOKIE;
use axum::response::{AppendHeaders, IntoResponse, Response};
use jiff::Timestamp;
use serde::Deserialize;
use usage_store::Error;
use usage_store::registry::SessionId;

use super::super::layout::Layout;
use super::super::sign_in::go_to;
use super::super::{Failure, ask, render};
use super::back::Came;
use super::{Stopped, door, openid, stop};
use crate::account::SignedIn;
use crate::app::App;
use crate::openid::{Journey, Person};

#[derive(Template)]
#[template(path = "openid_link.html")]
struct LinkPage {
    page: Layout,
    name: String,
    email: String,
    url: String,
}

/// What the forms send; the button to link sends the token alone.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct Entered {
    csrf: String,
    issuer: String,
    subject: String,
}

/// `POST /account/identities`
pub(in super::super) async fn begin(
    State(app): State<Arc<App>>,
    person: SignedIn,
    Form(entered): Form<Entered>,
) -> Result<Response, Failure> {
    person.check(&entered.csrf)?;
    let openid = openid(&app)?;
    let journey = Journey::to_link(person.session)?;
    let cookie = openid.leaving(&journey, app.settings.tls);
    let Some(url) = door(&app, journey).await? else {
        return stop(&app, Stopped::Unreachable);
    };
    let name = openid.name.clone();
    let page = ask(&app, move |app| {
        Ok(LinkPage {
            page: Layout::of_person(app, &person, Timestamp::now())?,
            name,
            email: person.account.email,
            url,
        })
    });
    let cookie = AppendHeaders(cookie.map(|cookie| (SET_COOKIE, cookie)));
    Ok((cookie, render(&page.await?)?).into_response())
}

/// The person came back: linked to the account that left, in the session that left.
pub(super) async fn link(
    app: &Arc<App>,
    session: SessionId,
    here: Option<SignedIn>,
    found: Person,
) -> Result<Came, Failure> {
    let Some(here) = here.filter(|here| here.session == session) else {
        return stop(app, Stopped::OtherSession).map(Came::Done);
    };
    let linked = ask(app, move |app| {
        let (store, issuer) = (&app.store, &openid(app)?.issuer);
        let (account, now) = (&here.account, Timestamp::now());
        let by = &account.email;
        match store.link_identity(account.id, issuer, &found.subject, by, now) {
            Err(Error::Taken(_)) => {
                let whose = store.account_by_identity(issuer, &found.subject)?;
                Ok(whose.is_some_and(|whose| whose.id == account.id))
            }
            linked => Ok(linked.map(|()| true)?),
        }
    });
    Ok(Came::Done(match linked.await? {
        true => go_to(app, None, "/account?done=linked"),
        false => stop(app, Stopped::IdentityTaken)?,
    }))
}

/// `POST /account/identities/remove`
pub(in super::super) async fn remove(
    State(app): State<Arc<App>>,
    person: SignedIn,
    Form(entered): Form<Entered>,
) -> Result<Response, Failure> {
    person.check(&entered.csrf)?;
    let gone = ask(&app, move |app| {
        let (account, now) = (&person.account, Timestamp::now());
        let (issuer, subject) = (&entered.issuer, &entered.subject);
        let by = &account.email;
        Ok(app
            .store
            .unlink_identity(account.id, issuer, subject, by, now)?)
    });
    match gone.await? {
        true => Ok(go_to(&app, None, "/account?done=unlinked")),
        false => Err(Failure::NotFound),
    }
}
