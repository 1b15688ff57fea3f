//! `/sign-in/openid`: sign-in by a provider of OpenID Connect. This door leads a browser there; `back` is where it
//! comes back, `newcomer` where somebody new names their organization, `linking` where an account gets and
//! loses identities. Without a provider nothing is at these addresses.

mod back;
pub(super) mod linking;
pub(super) mod newcomer;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::extract::{Query, State};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

pub(super) use self::back::come_back;
use super::layout::Layout;
use super::sign_in::{Next, go_to};
use super::too_often::TooOften;
use super::{Failure, ask, render};
use crate::account::{is_cross_site, local_path};
use crate::app::App;
use crate::openid::{Journey, OpenId};

/// The provider, if there is one.
fn openid(app: &App) -> Result<&OpenId, Failure> {
    app.openid.as_ref().ok_or(Failure::NotFound)
}

/// `GET /sign-in/openid`: off to the provider. Another site may not begin it: who reads there wants to stay
/// who they are here.
pub(super) async fn leave(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Query(Next { next }): Query<Next>,
) -> Result<Response, Failure> {
    let openid = openid(&app)?;
    if is_cross_site(&headers) {
        let next = utf8_percent_encode(local_path(&next), NON_ALPHANUMERIC);
        return Ok(go_to(&app, None, &format!("/sign-in?next={next}")));
    }
    let journey = Journey::to_sign_in(&next)?;
    let cookie = openid.leaving(&journey, app.settings.tls);
    match door(&app, journey).await? {
        None => stop(&app, Stopped::Unreachable),
        Some(url) => {
            let cookie = AppendHeaders(cookie.map(|cookie| (SET_COOKIE, cookie)));
            Ok((cookie, Redirect::to(&url)).into_response())
        }
    }
}

/// Where the provider is; `None` where it can't be asked, which is in the log.
async fn door(app: &Arc<App>, journey: Journey) -> Result<Option<String>, Failure> {
    let turn = openid(app)?.turn().await?;
    let found = ask(app, move |app| {
        let _turn = turn;
        Ok(openid(app)?.provider.door(&journey))
    });
    Ok(said(found.await?))
}

/// Why there is nothing goes to the log.
fn said<T>(answer: Result<T, String>) -> Option<T> {
    answer
        .map_err(|cause| tracing::error!(cause, "the OpenID provider failed"))
        .ok()
}

/// Why somebody doesn't come in by the provider.
#[derive(Debug, Clone)]
enum Stopped {
    /// The provider doesn't answer, or not as it should.
    Unreachable,
    /// They try too often.
    TooMany(Duration),
    /// Nobody left from this browser, or long ago.
    Over,
    /// The person or the provider said no.
    Denied,
    /// The provider doesn't vouch for an address.
    Unverified,
    /// The address has an account whose owner isn't proven to be who comes.
    AddressTaken(String),
    /// Signed in differently since they left.
    OtherSession,
    /// Who they are there is linked to another account.
    IdentityTaken,
    /// Sign-up is by invitation, or for nobody.
    Invited,
    Closed,
}

#[derive(Template)]
#[template(path = "openid_stopped.html")]
struct StoppedPage {
    page: Layout,
    heading: &'static str,
    text: String,
}

/// The page that says so, and what to do.
fn stop(app: &App, stopped: Stopped) -> Result<Response, Failure> {
    let name = &openid(app)?.name;
    let (status, heading, text) = match &stopped {
        Stopped::Unreachable => (
            StatusCode::BAD_GATEWAY,
            "That didn’t work",
            format!("{name} doesn’t answer as it should. Try again in a moment; the server’s log has the cause."),
        ),
        Stopped::TooMany(wait) => (
            StatusCode::TOO_MANY_REQUESTS,
            "Too many attempts",
            TooOften::new(*wait).wait(),
        ),
        Stopped::Over => (
            StatusCode::BAD_REQUEST,
            "Please begin again",
            format!("This sign-in with {name} didn’t begin in this browser, was used already, or took too long. Nothing happened."),
        ),
        Stopped::Denied => (
            StatusCode::FORBIDDEN,
            "Not signed in",
            format!("{name} didn’t let you in, or you changed your mind there. Nothing happened."),
        ),
        Stopped::Unverified => (
            StatusCode::FORBIDDEN,
            "Your address isn’t confirmed",
            format!("{name} doesn’t say that an email address is yours. Confirm it there, and come again. If you have an account here, sign in with its password, and link {name} on your account’s page."),
        ),
        Stopped::AddressTaken(email) => (
            StatusCode::CONFLICT,
            "This address has an account already",
            format!("There is an account for {email}, and nothing here proves that it is yours. If it is, sign in with its password, and link {name} on your account’s page. From then on {name} lets you in."),
        ),
        Stopped::OtherSession => (
            StatusCode::CONFLICT,
            "Not linked",
            "Your browser was signed out, or signed in as somebody else, while you were away. Nothing was linked. Sign in, and link from your account’s page again.".to_owned(),
        ),
        Stopped::IdentityTaken => (
            StatusCode::CONFLICT,
            "Not linked",
            format!("Who you are at {name} is linked to another account here. Sign in with {name} to see which; you can unlink it there."),
        ),
        Stopped::Invited => (
            StatusCode::FORBIDDEN,
            "By invitation only",
            "This server takes new customers by invitation only. Ask its operators for a link; or, if your organization is here already, one of its owners. Then open it, and sign in from there.".to_owned(),
        ),
        Stopped::Closed => (
            StatusCode::FORBIDDEN,
            "No new customers",
            "This server takes no new customers at present. If your organization is here, ask one of its owners for an invitation, open it, and sign in from there.".to_owned(),
        ),
    };
    let html = render(&StoppedPage {
        page: Layout::plain(app),
        heading,
        text,
    })?;
    Ok(match stopped {
        Stopped::TooMany(wait) => TooOften::new(wait).answer(html),
        _ => (status, html).into_response(),
    })
}

/// The journey of this browser has ended, one way or another.
fn arrived(app: &App, mut response: Response) -> Response {
    if let Some(cookie) = OpenId::arrived(app.settings.tls) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}
