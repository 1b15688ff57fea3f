//! `/start`: a product sends its customer here for a token. The person signs in, sees for which product
//! and cluster it is and to which host it goes, and presses a button. Nothing ever happens by itself.
//! What a link may ask for and where a browser may be sent is decided in `register`; `shown.rs` has the page
//! of a token that goes nowhere.

pub(super) mod shown;

use std::sync::Arc;

use askama::Template;
use axum::extract::{Form, RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use jiff::Timestamp;
use percent_encoding::{CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use usage_store::Error;
use usage_store::registry::TokenId;
use usage_store::registry::register::{Approval, NewCode};

use super::frame::FormTarget;
use super::layout::{Layout, base_path};
use super::registration::{Choice, Chosen};
use super::shown_once::keep;
use super::{Failure, ask, render};
use crate::account::{Once, Secret, SignedIn, draw_token};
use crate::app::App;
use crate::config::SignUp;
use crate::register::{Asked, CodeWay, Way};

/// The page with the button.
#[derive(Template)]
#[template(path = "start.html")]
struct Start {
    page: Layout,
    csrf: String,
    /// The link's query, to be read again when the form comes.
    query: String,
    asked: Asked,
    target: Option<Target>,
    choice: Choice,
    problem: Option<String>,
}

/// Where the token goes.
struct Target {
    /// With the port.
    shown: String,
    host: String,
    is_public: bool,
    /// Whether the person has to vouch for it.
    unlisted: bool,
}

/// For who isn't signed in.
#[derive(Template)]
#[template(path = "start_hello.html")]
struct Hello {
    page: Layout,
    asked: Asked,
    /// The way back, escaped.
    next: String,
    sign_up: SignUp,
}

/// For a link that asks for nothing that can be had.
#[derive(Template)]
#[template(path = "start_wrong.html")]
struct Wrong {
    page: Layout,
    problems: Vec<String>,
}

/// The person said no, and there is nobody to tell.
#[derive(Template)]
#[template(path = "start_refused.html")]
struct Refused {
    page: Layout,
    asked: Asked,
}

/// `GET /start`
pub(super) async fn show(
    State(app): State<Arc<App>>,
    RawQuery(query): RawQuery,
    person: Result<SignedIn, Response>,
) -> Result<Response, Failure> {
    let query = query.unwrap_or_default();
    let asked = match Asked::read(&query) {
        Ok(asked) => asked,
        Err(problems) => return wrong(&app, problems),
    };
    match person {
        Ok(person) => form(&app, person, query, asked, &Chosen::default(), None).await,
        Err(redirect) if redirect.status().is_redirection() => {
            let html = render(&Hello {
                page: Layout::plain(&app),
                asked,
                next: way_back(&query),
                sign_up: app.settings.sign_up,
            })?;
            Ok(html.into_response())
        }
        Err(failed) => Ok(failed),
    }
}

/// What the form sends.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Entered {
    csrf: String,
    asked: String,
    /// The host that the person vouches for.
    host: String,
    organization: String,
    tokens: String,
    answer: String,
}

/// `POST /start`
pub(super) async fn submit(
    State(app): State<Arc<App>>,
    person: Result<SignedIn, Response>,
    Form(entered): Form<Entered>,
) -> Result<Response, Failure> {
    let asked = match Asked::read(&entered.asked) {
        Ok(asked) => asked,
        Err(problems) => return wrong(&app, problems),
    };
    let person = match person {
        Ok(person) => person,
        // The session ended while the page was open; it comes back afterwards.
        Err(redirect) if redirect.status().is_redirection() => {
            let base = base_path(&app.settings.public_url);
            let next = way_back(&entered.asked);
            return Ok(Redirect::to(&format!("{base}/sign-in?next={next}")).into_response());
        }
        Err(failed) => return Ok(failed),
    };
    person.check(&entered.csrf)?;
    if entered.answer != "approve" {
        return refuse(&app, person, asked).await;
    }
    let chosen = Chosen {
        organization: entered.organization,
        tokens: entered.tokens,
    };
    let (wanted, by, said) = (asked.clone(), person.clone(), chosen.clone());
    let decided = ask(&app, move |app| {
        let (product, cluster) = (&wanted.product, &wanted.cluster_id);
        let now = Timestamp::now();
        let vouched = match Target::of(app, &wanted)? {
            Some(target) => !target.unlisted || entered.host == target.host,
            None => true,
        };
        if !vouched {
            return Ok(Err("Tick the box, if you know the host."));
        }
        let choice = Choice::new(app, &by, product, cluster, &said, now)?;
        Ok(choice.approval(&by))
    });
    match decided.await? {
        Ok(approval) => match finish(&app, &person, asked.clone(), approval).await? {
            Ok(sent) => Ok(sent),
            Err(problem) => form(&app, person, entered.asked, asked, &chosen, Some(problem)).await,
        },
        Err(problem) => {
            let problem = Some(problem.to_owned());
            form(&app, person, entered.asked, asked, &chosen, problem).await
        }
    }
}

/// Hands over what was asked for; `Err` with a problem that the person can mend.
async fn finish(
    app: &Arc<App>,
    person: &SignedIn,
    asked: Asked,
    approval: Approval,
) -> Result<Result<Response, String>, Failure> {
    let session = person.session;
    let made = ask(app, move |app| {
        let made = match &asked.way {
            Way::Code(way) => give_code(app, &asked, way, approval),
            Way::Token(redirect) => {
                give_token(app, &asked, &approval).map(|(_, token)| redirect.with_token(&token))
            }
            Way::Shown => give_token(app, &asked, &approval).map(|(id, token)| {
                keep(app, session, Once::Token(id.0), token);
                shown::address(app, id)
            }),
        };
        match made {
            Err(Failure::NotPossible(full @ Error::TooMany { .. })) => Ok(Err(full.to_string())),
            made => Ok(Ok(made?)),
        }
    });
    Ok(made.await?.map(|to| leave(&to)))
}

/// A new token.
fn give_token(app: &App, asked: &Asked, approval: &Approval) -> Result<(TokenId, String), Failure> {
    let (product, cluster, now) = (&asked.product, &asked.cluster_id, Timestamp::now());
    let token = draw_token()?;
    let secret = token.as_bytes();
    let id = app
        .store
        .register_token(approval, product, cluster, secret, now)?;
    Ok((id, token))
}

/// Where the browser brings a new code.
fn give_code(
    app: &App,
    asked: &Asked,
    way: &CodeWay,
    approval: Approval,
) -> Result<String, Failure> {
    let secret = Secret::random()?.text();
    let new = NewCode {
        secret: secret.as_bytes(),
        product: &asked.product,
        cluster: &asked.cluster_id,
        challenge: &way.challenge,
        approval,
    };
    app.store.add_register_code(&new, Timestamp::now())?;
    Ok(way.redirect.with_code(&secret, way.state.as_deref()))
}

async fn refuse(app: &Arc<App>, person: SignedIn, asked: Asked) -> Result<Response, Failure> {
    if let Way::Code(way) = &asked.way {
        return Ok(leave(&way.redirect.with_denial(way.state.as_deref())));
    }
    let page = ask(app, move |app| {
        let page = Layout::of_person(app, &person, Timestamp::now())?;
        Ok(Refused { page, asked })
    });
    Ok(render(&page.await?)?.into_response())
}

/// Off to the program, or to the page with the token.
fn leave(url: &str) -> Response {
    Redirect::to(url).into_response()
}

fn wrong(app: &App, problems: Vec<String>) -> Result<Response, Failure> {
    let page = Layout::plain(app);
    let html = render(&Wrong { page, problems })?;
    Ok((StatusCode::BAD_REQUEST, html).into_response())
}

/// This page with the same query, escaped to be a parameter.
fn way_back(query: &str) -> String {
    let query = utf8_percent_encode(query, CONTROLS);
    utf8_percent_encode(&format!("/start?{query}"), NON_ALPHANUMERIC).to_string()
}

impl Target {
    /// Blocks on the store.
    fn of(app: &App, asked: &Asked) -> Result<Option<Target>, Failure> {
        let Some(redirect) = asked.way.redirect() else {
            return Ok(None);
        };
        let (host, is_public) = (redirect.host(), redirect.is_public());
        let listed = is_public && app.store.redirect_hosts(&asked.product)?.contains(&host);
        Ok(Some(Target {
            shown: redirect.shown(),
            host,
            is_public,
            unlisted: is_public && !listed,
        }))
    }
}

async fn form(
    app: &Arc<App>,
    person: SignedIn,
    query: String,
    asked: Asked,
    chosen: &Chosen,
    problem: Option<String>,
) -> Result<Response, Failure> {
    let status = match problem {
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
        None => StatusCode::OK,
    };
    let allowed = asked
        .way
        .redirect()
        .map(|url| FormTarget(url.form_target()));
    let chosen = chosen.clone();
    let page = ask(app, move |app| {
        let now = Timestamp::now();
        let (product, cluster) = (&asked.product, &asked.cluster_id);
        Ok(Start {
            page: Layout::of_person(app, &person, now)?,
            choice: Choice::new(app, &person, product, cluster, &chosen, now)?,
            target: Target::of(app, &asked)?,
            csrf: person.csrf,
            query,
            asked,
            problem,
        })
    });
    let mut response = (status, render(&page.await?)?).into_response();
    if let Some(target) = allowed {
        response.extensions_mut().insert(target);
    }
    Ok(response)
}

#[cfg(test)]
mod tests;
