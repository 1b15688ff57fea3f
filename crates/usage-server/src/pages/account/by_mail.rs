//! Signing up where mail is sent: somebody enters their address, gets a link (or hears by mail that they have an
//! account), and at `/sign-up/{code}` chooses a password. So the pages tell nobody who has an account,
//! and every address that signs up is known to be its owner's.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use askama::Template;
use axum::extract::{Extension, Form, Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use jiff::Timestamp;
use usage_store::Error;
use usage_store::registry::{InvitedTo, NewAccount, PendingSignUp};

use super::super::layout::Layout;
use super::super::sign_in::go_to;
use super::super::too_often::TooOften;
use super::super::visitor::{self, Entered, Fields, Problems};
use super::super::{Failure, ask};
use crate::account::{self, local_path};
use crate::app::App;
use crate::config::SignUp;
use crate::mail::{Errand, Pending, SignUps};
use crate::request::ClientAddress;

#[derive(Template)]
#[template(path = "sign_up_by_mail.html")]
struct AskPage {
    page: Layout,
    csrf: String,
    /// Where the form goes.
    path: String,
    entered: Entered,
    sent: bool,
    problems: Problems,
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
        let (entered, problems) = (Entered::default(), Problems::default());
        self.show(app, headers, entered, false, problems)
    }

    /// The form was sent, and its token checked.
    pub(in super::super) fn submitted(
        self,
        app: &App,
        headers: &HeaderMap,
        address: Option<Extension<ClientAddress>>,
        entered: Entered,
    ) -> Result<Response, Failure> {
        let asked = Fields {
            email: true,
            ..Fields::default()
        };
        let problems = entered.problems(asked);
        if problems.any() {
            let page = self.show(app, headers, entered, false, problems)?;
            return Ok(visitor::refused(page));
        }
        let address: Option<IpAddr> = address.map(|Extension(ClientAddress(address))| address);
        if let Err(wait) = app.account.mails.sign_up(address, Instant::now()) {
            let often = TooOften::new(wait);
            let page = self.show(app, headers, entered, false, often.problem().into())?;
            return Ok(often.answer(page));
        }
        let email = entered.email.clone();
        let page = self.show(app, headers, entered, true, Problems::default())?;
        if let Some(mail) = &app.mail {
            mail.send(Errand::SignUp(Pending {
                email,
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
        entered: Entered,
        sent: bool,
        problems: Problems,
    ) -> Result<Response, Failure> {
        visitor::form(app, headers, |csrf| AskPage {
            page: Layout::plain(app),
            csrf,
            path: match &self.invitation {
                Some(code) => format!("/invite/{code}"),
                None => "/sign-up".to_owned(),
            },
            entered: Entered {
                next: self.next.clone(),
                ..entered
            },
            sent,
            problems,
        })
    }
}

#[derive(Template)]
#[template(path = "sign_up_goes_on.html")]
struct GoOnPage {
    page: Layout,
    csrf: String,
    code: String,
    email: String,
    names_organization: bool,
    entered: Entered,
    problems: Problems,
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
        Some(going) => {
            let (entered, problems) = (Entered::default(), Problems::default());
            show(&app, &headers, code, &going, entered, problems)
        }
    }
}

/// `POST /sign-up/{code}`
pub(in super::super) async fn submit(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Path(code): Path<String>,
    Form(entered): Form<Entered>,
) -> Result<Response, Failure> {
    let mut entered = entered.checked(&app, &headers)?;
    let Some(going) = going(&app, &code).await? else {
        return over(&app);
    };
    let asked = Fields {
        organization: going.names_organization,
        password: true,
        ..Fields::default()
    };
    let problems = entered.problems(asked);
    if problems.any() {
        let page = show(&app, &headers, code, &going, entered, problems)?;
        return Ok(visitor::refused(page));
    }
    let password = std::mem::take(&mut entered.password);
    let hash = app.account.passwords.hash(password).await?;
    let tls = app.settings.tls;
    let (email, organization) = (going.pending.email.clone(), entered.organization.clone());
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
            Err(Error::Taken(what @ "organization name")) => Ok(Err(what)),
            made => {
                let account = made?;
                SignUps(store).end(&used)?;
                Ok(Ok(account::start(store, &sent, account, tls, now)?))
            }
        }
    });
    match made.await? {
        Ok(cookie) => Ok(go_to(&app, cookie, local_path(&going.pending.next))),
        Err(what) => {
            let problems = Problems::taken(what);
            let page = show(&app, &headers, code, &going, entered, problems)?;
            Ok(visitor::refused(page))
        }
    }
}

fn show(
    app: &App,
    headers: &HeaderMap,
    code: String,
    going: &Going,
    entered: Entered,
    problems: Problems,
) -> Result<Response, Failure> {
    visitor::form(app, headers, |csrf| GoOnPage {
        page: Layout::plain(app),
        csrf,
        code,
        email: going.pending.email.clone(),
        names_organization: going.names_organization,
        entered,
        problems,
    })
}

fn over(app: &App) -> Result<Response, Failure> {
    visitor::over(&OverPage {
        page: Layout::plain(app),
    })
}
