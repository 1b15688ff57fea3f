//! Signing up where mail is sent: somebody enters their address, gets a link (or hears by mail that they have an
//! account), and at `/sign-up/{code}` chooses a password. So the pages tell nobody who has an account,
//! and every address that signs up is known to be its owner's.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use askama::Template;
use axum::extract::{Extension, Form, Path, State};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{AppendHeaders, IntoResponse, Response};
use jiff::Timestamp;
use serde::Deserialize;
use usage_store::Error;
use usage_store::registry::{InvitedTo, NewAccount, PendingSignUp};

use super::super::layout::Layout;
use super::super::sign_in::go_to;
use super::super::too_often::TooOften;
use super::super::{Failure, ask, render};
use crate::account::{self, FormGuard, local_path, organization_name, password};
use crate::app::App;
use crate::config::SignUp;
use crate::mail::{Errand, Pending, SignUps};
use crate::request::ClientAddress;

#[derive(Template)]
#[template(path = "sign_up_by_mail.html")]
struct AskPage {
    page: Layout,
    csrf: String,
    next: String,
    /// Where the form goes.
    path: String,
    email: String,
    sent: bool,
    problem: Option<String>,
}

/// What somebody wants who is asked for their address.
pub(in super::super) struct Asked {
    next: String,
    invitation: Option<String>,
}

impl Asked {
    pub(in super::super) fn sign_up(next: &str) -> Asked {
        Asked {
            next: local_path(next).to_owned(),
            invitation: None,
        }
    }

    pub(super) fn invited(code: &str) -> Asked {
        Asked {
            next: "/".to_owned(),
            invitation: Some(code.to_owned()),
        }
    }

    /// The form.
    pub(in super::super) fn page(
        &self,
        app: &App,
        headers: &HeaderMap,
    ) -> Result<Response, Failure> {
        self.show(app, headers, "", false, None)
    }

    /// The form was sent, and its token checked.
    pub(in super::super) fn submitted(
        self,
        app: &App,
        headers: &HeaderMap,
        address: Option<Extension<ClientAddress>>,
        email: &str,
    ) -> Result<Response, Failure> {
        let email = email.trim();
        if let Some(problem) = password::address_objection(email) {
            let page = self.show(app, headers, email, false, Some(problem))?;
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
        }
        let address: Option<IpAddr> = address.map(|Extension(ClientAddress(address))| address);
        if let Err(wait) = app.account.mails.sign_up(address, Instant::now()) {
            let often = TooOften::new(wait);
            let page = self.show(app, headers, email, false, Some(often.problem()))?;
            return Ok(often.answer(page));
        }
        let page = self.show(app, headers, email, true, None)?;
        if let Some(mail) = &app.mail {
            mail.send(Errand::SignUp(Pending {
                email: email.to_owned(),
                next: self.next,
                invitation: self.invitation,
            }));
        }
        Ok(page)
    }

    fn show(
        &self,
        app: &App,
        headers: &HeaderMap,
        email: &str,
        sent: bool,
        problem: Option<String>,
    ) -> Result<Response, Failure> {
        let guard = FormGuard::for_form(headers, app.settings.tls)?;
        let html = render(&AskPage {
            page: Layout::plain(app),
            csrf: guard.token(),
            next: self.next.clone(),
            path: match &self.invitation {
                Some(code) => format!("/invite/{code}"),
                None => "/sign-up".to_owned(),
            },
            email: email.to_owned(),
            sent,
            problem,
        })?;
        with_cookie(app, &guard, html)
    }
}

fn with_cookie(app: &App, guard: &FormGuard, page: impl IntoResponse) -> Result<Response, Failure> {
    let cookie = guard.cookie(app.settings.tls);
    let cookie = AppendHeaders(cookie.map(|cookie| (SET_COOKIE, cookie)));
    Ok((cookie, page).into_response())
}

#[derive(Template)]
#[template(path = "sign_up_goes_on.html")]
struct GoOnPage {
    page: Layout,
    csrf: String,
    code: String,
    email: String,
    names_organization: bool,
    organization: String,
    organization_problem: Option<String>,
    password_problem: Option<String>,
}

#[derive(Template)]
#[template(path = "sign_up_over.html")]
struct OverPage {
    page: Layout,
}

/// A sign-up that may go on.
struct Going {
    pending: PendingSignUp,
    /// They hold an invitation, by this secret.
    invitation: Option<[u8; 32]>,
    names_organization: bool,
}

/// The sign-up of a code, if it still may go on.
async fn going(app: &Arc<App>, code: &str) -> Result<Option<Going>, Failure> {
    let code = code.to_owned();
    let found = ask(app, move |app| {
        Ok(SignUps(&app.store).find(&code, Timestamp::now())?)
    });
    let Some(pending) = found.await? else {
        return Ok(None);
    };
    let Some(bytes) = pending.invitation else {
        let may = app.settings.sign_up == SignUp::Open;
        return Ok(may.then_some(Going {
            pending,
            invitation: None,
            names_organization: true,
        }));
    };
    let found = ask(app, move |app| {
        Ok(app.store.invitation(&bytes, Timestamp::now())?)
    });
    let closed = app.settings.sign_up == SignUp::Closed;
    let found = found
        .await?
        .map(|invitation| invitation.to == InvitedTo::SignUp);
    let found = found.filter(|signs_up| !(*signs_up && closed));
    Ok(found.map(|signs_up| Going {
        pending,
        invitation: Some(bytes),
        names_organization: signs_up,
    }))
}

/// `GET /sign-up/{code}`
pub(in super::super) async fn form(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Path(code): Path<String>,
) -> Result<Response, Failure> {
    match going(&app, &code).await? {
        None => over(&app),
        Some(going) => show(&app, &headers, code, &going, String::new(), (None, None)),
    }
}

/// What the form sends.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct Entered {
    csrf: String,
    organization: String,
    password: String,
}

/// `POST /sign-up/{code}`
pub(in super::super) async fn submit(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Path(code): Path<String>,
    Form(entered): Form<Entered>,
) -> Result<Response, Failure> {
    let tls = app.settings.tls;
    if !FormGuard::allows(&headers, tls, &entered.csrf) {
        return Err(Failure::ForeignForm);
    }
    let Some(going) = going(&app, &code).await? else {
        return over(&app);
    };
    let name = organization_name::tidy(&entered.organization);
    let named = going
        .names_organization
        .then(|| organization_name::objection(&name));
    let problems = (named.flatten(), password::objection(&entered.password));
    if problems != (None, None) {
        let page = show(&app, &headers, code, &going, name, problems)?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    }
    let hash = app.account.passwords.hash(entered.password).await?;
    let (email, organization) = (going.pending.email.clone(), name.clone());
    let (invitation, sent, used) = (going.invitation, headers.clone(), code.clone());
    let made = ask(&app, move |app| {
        let (store, now) = (&app.store, Timestamp::now());
        let new = NewAccount {
            email: &email,
            password_hash: &hash,
            verified: true,
            identity: None,
        };
        let made = match invitation {
            None => store.sign_up(&new, &organization, now).map(|(id, _)| id),
            Some(secret) => store
                .accept_invitation_as_new(&secret, &new, Some(&organization), now)
                .map(|(id, _)| id),
        };
        match made {
            Err(Error::Taken("organization name")) => Ok(None),
            made => {
                let account = made?;
                SignUps(store).end(&used)?;
                Ok(Some(account::start(store, &sent, account, tls, now)?))
            }
        }
    });
    let Some(cookie) = made.await? else {
        let taken = "An organization has this name already. If it is yours, ask one of its owners to invite you.";
        let problems = (Some(taken.to_owned()), None);
        let page = show(&app, &headers, code, &going, name, problems)?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    };
    Ok(go_to(&app, cookie, local_path(&going.pending.next)))
}

fn show(
    app: &App,
    headers: &HeaderMap,
    code: String,
    going: &Going,
    organization: String,
    (organization_problem, password_problem): (Option<String>, Option<String>),
) -> Result<Response, Failure> {
    let guard = FormGuard::for_form(headers, app.settings.tls)?;
    let html = render(&GoOnPage {
        page: Layout::plain(app),
        csrf: guard.token(),
        code,
        email: going.pending.email.clone(),
        names_organization: going.names_organization,
        organization,
        organization_problem,
        password_problem,
    })?;
    with_cookie(app, &guard, html)
}

/// The link was used, or is too old, or never was one.
fn over(app: &App) -> Result<Response, Failure> {
    let html = render(&OverPage {
        page: Layout::plain(app),
    })?;
    Ok((StatusCode::GONE, html).into_response())
}
