//! `/invite/{code}`: somebody accepts an invitation, as who they are signed in, or with a new account. It
//! says who invites to what, and nothing happens before a button is pressed.

use std::sync::Arc;
use std::time::Instant;

use askama::Template;
use axum::extract::{Extension, Form, Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use usage_store::Error;
use usage_store::registry::{Invitation, InvitedTo, NewAccount, Role};

use super::super::layout::Layout;
use super::super::sign_in::go_to;
use super::super::too_often::TooOften;
use super::super::visitor::{self, Entered, Fields, Problems};
use super::super::{Failure, ask, render};
use super::by_mail;
use crate::account::{self, FormGuard, Secret, SignedIn};
use crate::app::App;
use crate::config::SignUp;
use crate::request::ClientAddress;

#[derive(Template)]
#[template(path = "invite.html")]
struct InvitePage {
    page: Layout,
    csrf: String,
    code: String,
    made_by: String,
    to: To,
    /// Whether somebody new gets a link by mail first.
    by_mail: bool,
    /// Who would accept; without it a new account is made.
    person: Option<Accepting>,
    entered: Entered,
    problems: Problems,
}

/// The invitation, in words.
enum To {
    Organization { name: String, role: Role },
    Operators,
    SignUp,
}

impl To {
    fn names_organization(&self) -> bool {
        matches!(self, To::SignUp)
    }
}

struct Accepting {
    email: String,
    /// They are in it already: there is nothing to accept.
    inside: bool,
}

#[derive(Template)]
#[template(path = "invite_over.html")]
struct InviteOver {
    page: Layout,
}

/// The invitation that a code stands for, where it can be accepted here and now.
async fn open(app: &Arc<App>, code: &str) -> Result<Option<(Secret, Invitation, To)>, Failure> {
    let Some(secret) = Secret::parse(code) else {
        return Ok(None);
    };
    ask(app, move |app| {
        let found = app.store.invitation(secret.bytes(), Timestamp::now())?;
        let Some(invitation) = found else {
            return Ok(None);
        };
        let to = match invitation.to {
            InvitedTo::Operators => To::Operators,
            // Made while customers still came by invitation.
            InvitedTo::SignUp if app.settings.sign_up == SignUp::Closed => return Ok(None),
            InvitedTo::SignUp => To::SignUp,
            InvitedTo::Organization(id, role) => match app.store.organization_name(id)? {
                None => return Ok(None),
                Some(name) => To::Organization { name, role },
            },
        };
        Ok(Some((secret, invitation, to)))
    })
    .await
}

/// `GET /invite/{code}`
pub(in super::super) async fn form(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    person: Option<SignedIn>,
    Path(code): Path<String>,
) -> Result<Response, Failure> {
    let Some((_, invitation, to)) = open(&app, &code).await? else {
        return over(&app);
    };
    let shown = Shown {
        code,
        invitation,
        to,
        person,
    };
    shown.page(&app, &headers, Entered::default(), Problems::default())
}

/// `POST /invite/{code}`
pub(in super::super) async fn submit(
    State(app): State<Arc<App>>,
    address: Option<Extension<ClientAddress>>,
    headers: HeaderMap,
    person: Option<SignedIn>,
    Path(code): Path<String>,
    Form(mut entered): Form<Entered>,
) -> Result<Response, Failure> {
    match &person {
        Some(person) => person.check(&entered.csrf)?,
        None if !FormGuard::allows(&headers, app.settings.tls, &entered.csrf) => {
            return Err(Failure::ForeignForm);
        }
        None => {}
    }
    let Some((secret, invitation, to)) = open(&app, &code).await? else {
        return over(&app);
    };
    entered = entered.tidied();
    if app.mail.is_some() && person.is_none() {
        // Whether the address has an account is told by mail only.
        let asked = by_mail::Asked::invited(&code);
        return asked.submitted(&app, &headers, address, entered);
    }
    let problems = entered.problems(Fields {
        organization: to.names_organization(),
        email: person.is_none(),
        password: person.is_none(),
    });
    let shown = Shown {
        code,
        invitation,
        to,
        person,
    };
    if problems.any() {
        return Ok(visitor::refused(
            shown.page(&app, &headers, entered, problems)?,
        ));
    }
    let accepted = match &shown.person {
        Some(person) => accept(&app, secret, person.clone(), &entered).await?,
        None => {
            let address = address.map(|Extension(ClientAddress(address))| address);
            if let Err(wait) = app.account.throttle.sign_up(address, Instant::now()) {
                let often = TooOften::new(wait);
                let page = shown.page(&app, &headers, entered, often.problem().into())?;
                return Ok(often.answer(page));
            }
            let password = std::mem::take(&mut entered.password);
            let hash = app.account.passwords.hash(password).await?;
            accept_as_new(&app, secret, &headers, &entered, hash).await?
        }
    };
    match accepted {
        Accepted::Gone(answer) => Ok(answer),
        Accepted::Over => over(&app),
        Accepted::Taken(what) => {
            let page = shown.page(&app, &headers, entered, Problems::taken(what))?;
            Ok(visitor::refused(page))
        }
    }
}

/// What became of it.
enum Accepted {
    /// Off to what they were invited to.
    Gone(Response),
    Taken(&'static str),
    Over,
}

/// Where what they were invited to is.
pub(in super::super) fn place(to: InvitedTo) -> String {
    match to {
        InvitedTo::Organization(id, _) => format!("/organizations/{}", id.0),
        // Leads everybody home.
        InvitedTo::Operators | InvitedTo::SignUp => "/".to_owned(),
    }
}

async fn accept(
    app: &Arc<App>,
    secret: Secret,
    person: SignedIn,
    entered: &Entered,
) -> Result<Accepted, Failure> {
    let name = entered.organization.clone();
    let accepted = ask(app, move |app| {
        let (store, now, account) = (&app.store, Timestamp::now(), person.account.id);
        Ok(
            match store.accept_invitation(secret.bytes(), account, Some(&name), now) {
                Err(Error::NotFound(_)) => Err(Accepted::Over),
                Err(Error::Taken(what)) => Err(Accepted::Taken(what)),
                accepted => Ok(accepted?),
            },
        )
    });
    Ok(match accepted.await? {
        Ok(invitation) => Accepted::Gone(go_to(app, None, &place(invitation.to))),
        Err(accepted) => accepted,
    })
}

async fn accept_as_new(
    app: &Arc<App>,
    secret: Secret,
    headers: &HeaderMap,
    entered: &Entered,
    hash: String,
) -> Result<Accepted, Failure> {
    let (email, name) = (entered.email.clone(), entered.organization.clone());
    let (headers, tls) = (headers.clone(), app.settings.tls);
    let accepted = ask(app, move |app| {
        let (store, now) = (&app.store, Timestamp::now());
        let new = NewAccount {
            email: &email,
            password_hash: &hash,
            verified: false,
            identity: None,
        };
        match store.accept_invitation_as_new(secret.bytes(), &new, Some(&name), now) {
            Err(Error::NotFound(_)) => Ok(Err(Accepted::Over)),
            Err(Error::Taken(what)) => Ok(Err(Accepted::Taken(what))),
            accepted => {
                let (account, invitation) = accepted?;
                let cookie = account::start(store, &headers, account, tls, now)?;
                Ok(Ok((cookie, invitation)))
            }
        }
    });
    Ok(match accepted.await? {
        Ok((cookie, invitation)) => Accepted::Gone(go_to(app, cookie, &place(invitation.to))),
        Err(accepted) => accepted,
    })
}

/// What the page is about.
struct Shown {
    code: String,
    invitation: Invitation,
    to: To,
    person: Option<SignedIn>,
}

impl Shown {
    fn page(
        self,
        app: &App,
        headers: &HeaderMap,
        entered: Entered,
        problems: Problems,
    ) -> Result<Response, Failure> {
        let to = self.invitation.to;
        let session = self.person.as_ref().map(|person| person.csrf.clone());
        let person = self.person.map(|person| Accepting {
            inside: match to {
                InvitedTo::Operators => person.account.operator,
                InvitedTo::SignUp => false,
                InvitedTo::Organization(id, _) => {
                    let mut all = person.memberships.iter();
                    all.any(|membership| membership.organization.id == id)
                }
            },
            email: person.account.email,
        });
        let page = |csrf| InvitePage {
            page: Layout::plain(app),
            csrf,
            code: self.code,
            made_by: self.invitation.made_by,
            to: self.to,
            by_mail: app.mail.is_some(),
            person,
            entered,
            problems,
        };
        match session {
            Some(csrf) => Ok(render(&page(csrf))?.into_response()),
            None => visitor::form(app, headers, page),
        }
    }
}

fn over(app: &App) -> Result<Response, Failure> {
    visitor::over(&InviteOver {
        page: Layout::plain(app),
    })
}
