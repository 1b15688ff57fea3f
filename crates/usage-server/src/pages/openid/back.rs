//! `/sign-in/openid/back`: the provider sends a browser back, with a code or a refusal. Who it is is asked of the
//! provider itself, and only for who left from this browser.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{Extension, Query, State};
use axum::http::HeaderMap;
use axum::http::header::SET_COOKIE;
use axum::response::Response;
use jiff::Timestamp;
use serde::Deserialize;
use usage_store::registry::Account;

use super::super::sign_in::{go_to, note};
use super::super::{Failure, ask};
use super::{Stopped, arrived, linking, newcomer, openid, said, stop};
use crate::account::{self, SignedIn, local_path};
use crate::app::App;
use crate::openid::{Journey, Newcomer, Person};
use crate::request::ClientAddress;

/// What the provider adds to the address. Its words are never shown: anybody can send somebody here.
#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
pub(in super::super) struct Brought {
    state: String,
    code: Option<String>,
    /// Who says it (RFC 9207).
    iss: Option<String>,
}

/// `GET /sign-in/openid/back`
pub(in super::super) async fn come_back(
    State(app): State<Arc<App>>,
    address: Option<Extension<ClientAddress>>,
    headers: HeaderMap,
    person: Option<SignedIn>,
    Query(brought): Query<Brought>,
) -> Result<Response, Failure> {
    let openid = openid(&app)?;
    let journey = openid.coming_back(&headers, app.settings.tls);
    let journey = journey.filter(|journey| journey.is_of(&brought.state));
    let other = brought.iss.is_some_and(|iss| iss != openid.issuer);
    let Some(journey) = journey.filter(|_| !other) else {
        // The cookie stays: who knows no state can't end anybody's journey.
        return stop(&app, Stopped::Over);
    };
    let Some(code) = brought.code else {
        return Ok(arrived(&app, stop(&app, Stopped::Denied)?));
    };
    let address = address.map(|Extension(ClientAddress(address))| address);
    if let Err(wait) = app.account.openid.sign_up(address, Instant::now()) {
        return stop(&app, Stopped::TooMany(wait));
    }
    let (linking, next) = (journey.linking, journey.next.clone());
    let Some(found) = who(&app, journey, code).await? else {
        return Ok(arrived(&app, stop(&app, Stopped::Unreachable)?));
    };
    app.account.openid.went_well(address);
    let response = match linking {
        Some(session) => linking::link(&app, session, person, found).await?,
        None => sign_in(&app, headers, found, next).await?,
    };
    Ok(match response {
        // Their cookie has another errand from here on.
        Came::New(response) => response,
        Came::Done(response) => arrived(&app, response),
    })
}

/// What became of who came.
pub(super) enum Came {
    Done(Response),
    New(Response),
}

/// `None` where the provider can't be asked or doesn't say, which is in the log.
async fn who(app: &Arc<App>, journey: Journey, code: String) -> Result<Option<Person>, Failure> {
    let turn = openid(app)?.turn().await?;
    let found = ask(app, move |app| {
        let _turn = turn;
        Ok(openid(app)?.provider.who(&journey, &code))
    });
    Ok(said(found.await?))
}

/// Whom the provider's person is here.
enum Known {
    Account(Account),
    Stopped(Stopped),
    Nobody(String),
}

/// By who they are there; else by an address that is known on both sides to be theirs.
fn known(app: &App, person: &Person, now: Timestamp) -> Result<Known, Failure> {
    let (store, issuer) = (&app.store, &openid(app)?.issuer);
    if let Some(account) = store.account_by_identity(issuer, &person.subject)? {
        return Ok(Known::Account(account));
    }
    let Some(email) = person.verified_email.clone() else {
        return Ok(Known::Stopped(Stopped::Unverified));
    };
    let Some((account, _)) = store.account_by_email(&email)? else {
        return Ok(Known::Nobody(email));
    };
    // Somebody else's there who had the address before: it may have been given on.
    let before = store.identities(account.id)?;
    let had_another = before.iter().any(|identity| identity.issuer == *issuer);
    if account.verified_at.is_none() || had_another {
        return Ok(Known::Stopped(Stopped::AddressTaken(email)));
    }
    let by = &account.email;
    store.link_identity(account.id, issuer, &person.subject, by, now)?;
    Ok(Known::Account(account))
}

async fn sign_in(
    app: &Arc<App>,
    headers: HeaderMap,
    person: Person,
    next: String,
) -> Result<Came, Failure> {
    let tls = app.settings.tls;
    let subject = person.subject.clone();
    let admitted = ask(app, move |app| {
        let now = Timestamp::now();
        let known = known(app, &person, now)?;
        let cookie = match &known {
            Known::Account(account) => {
                note(app, account, "sign in with OpenID")?;
                account::start(&app.store, &headers, account.id, tls, now)?
            }
            _ => None,
        };
        Ok((known, cookie))
    });
    match admitted.await? {
        (Known::Account(_), cookie) => Ok(Came::Done(go_to(app, cookie, local_path(&next)))),
        (Known::Stopped(why), _) => stop(app, why).map(Came::Done),
        (Known::Nobody(email), _) => {
            let new = Newcomer {
                subject,
                email,
                next,
            };
            if let Err(why) = newcomer::may_go_on(app, &new).await? {
                return stop(app, why).map(Came::Done);
            }
            let mut response = go_to(app, None, "/sign-in/openid/new");
            if let Some(cookie) = openid(app)?.welcoming(&new, tls) {
                response.headers_mut().append(SET_COOKIE, cookie);
            }
            Ok(Came::New(response))
        }
    }
}
