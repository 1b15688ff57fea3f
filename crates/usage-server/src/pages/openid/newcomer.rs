//! `/sign-in/openid/new`: somebody whom the provider vouches for and who has no account yet names their
//! organization, or accepts the invitation that they came with. Nothing is made before a button is pressed.

use std::sync::Arc;
use std::time::Instant;

use askama::Template;
use axum::extract::{Extension, Form, State};
use axum::http::HeaderMap;
use axum::response::Response;
use jiff::Timestamp;
use usage_store::Error;
use usage_store::registry::{InvitedTo, NewAccount};

use super::super::account::invite::place;
use super::super::layout::Layout;
use super::super::sign_in::go_to;
use super::super::visitor::{self, Entered, Fields, Problems};
use super::super::{Failure, ask};
use super::{Stopped, arrived, openid, stop};
use crate::account::{self, Secret, local_path};
use crate::app::App;
use crate::config::SignUp;
use crate::openid::Newcomer;
use crate::request::ClientAddress;

#[derive(Template)]
#[template(path = "openid_new.html")]
struct NewPage {
    page: Layout,
    csrf: String,
    /// The provider.
    name: String,
    email: String,
    /// Whether they have an organization of their own, or come to another's.
    names_organization: bool,
    entered: Entered,
    problems: Problems,
}

/// How somebody new may go on.
#[derive(Clone)]
pub(super) struct Going {
    /// By this invitation.
    invitation: Option<Secret>,
    names_organization: bool,
}

/// Whether somebody new may have an account: everybody, or who came with an invitation.
pub(super) async fn may_go_on(
    app: &Arc<App>,
    newcomer: &Newcomer,
) -> Result<Result<Going, Stopped>, Failure> {
    let code = newcomer.next.strip_prefix("/invite/");
    if let Some(secret) = code.and_then(Secret::parse) {
        let bytes = secret.clone();
        let found = ask(app, move |app| {
            Ok(app.store.invitation(bytes.bytes(), Timestamp::now())?)
        });
        let closed = app.settings.sign_up == SignUp::Closed;
        let to = found.await?.map(|invitation| invitation.to);
        if let Some(to) = to.filter(|to| !(*to == InvitedTo::SignUp && closed)) {
            return Ok(Ok(Going {
                invitation: Some(secret),
                names_organization: to == InvitedTo::SignUp,
            }));
        }
    }
    Ok(match app.settings.sign_up {
        SignUp::Open => Ok(Going {
            invitation: None,
            names_organization: true,
        }),
        SignUp::Invited => Err(Stopped::Invited),
        SignUp::Closed => Err(Stopped::Closed),
    })
}

/// `GET /sign-in/openid/new`
pub(in super::super) async fn form(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let Some(newcomer) = openid(&app)?.newcomer(&headers, app.settings.tls) else {
        return stop(&app, Stopped::Over);
    };
    match may_go_on(&app, &newcomer).await? {
        Ok(going) => {
            let (entered, problems) = (Entered::default(), Problems::default());
            show(&app, &headers, &newcomer, &going, entered, problems)
        }
        Err(why) => stop(&app, why),
    }
}

/// `POST /sign-in/openid/new`
pub(in super::super) async fn submit(
    State(app): State<Arc<App>>,
    address: Option<Extension<ClientAddress>>,
    headers: HeaderMap,
    Form(entered): Form<Entered>,
) -> Result<Response, Failure> {
    let tls = app.settings.tls;
    let entered = entered.checked(&app, &headers)?;
    let openid = openid(&app)?;
    let Some(newcomer) = openid.newcomer(&headers, tls) else {
        return stop(&app, Stopped::Over);
    };
    let going = match may_go_on(&app, &newcomer).await? {
        Ok(going) => going,
        Err(why) => return stop(&app, why),
    };
    let asked = Fields {
        organization: going.names_organization,
        ..Fields::default()
    };
    let problems = entered.problems(asked);
    if problems.any() {
        let page = show(&app, &headers, &newcomer, &going, entered, problems)?;
        return Ok(visitor::refused(page));
    }
    let address = address.map(|Extension(ClientAddress(address))| address);
    if let Err(wait) = app.account.throttle.sign_up(address, Instant::now()) {
        return stop(&app, Stopped::TooMany(wait));
    }
    let (sent, issuer) = (headers.clone(), openid.issuer.clone());
    let organization = entered.organization.clone();
    let (subject, email) = (newcomer.subject.clone(), newcomer.email.clone());
    let invitation = going.invitation.clone();
    let made = ask(&app, move |app| {
        let (store, now) = (&app.store, Timestamp::now());
        let new = NewAccount {
            email: &email,
            password_hash: "",
            verified: true,
            identity: Some((&issuer, &subject)),
        };
        let made = match invitation {
            None => store
                .sign_up(&new, &organization, now)
                .map(|(account, id)| (account, format!("/organizations/{}", id.0))),
            Some(secret) => store
                .accept_invitation_as_new(secret.bytes(), &new, Some(&organization), now)
                .map(|(account, invitation)| (account, place(invitation.to))),
        };
        Ok(match made {
            Err(Error::Taken(what)) => Err(what),
            // Accepted or taken back in this moment.
            Err(Error::NotFound(_)) => Err("invitation"),
            made => {
                let (account, place) = made?;
                Ok((account::start(store, &sent, account, tls, now)?, place))
            }
        })
    });
    match made.await? {
        Ok((cookie, place)) => {
            let path = match local_path(&newcomer.next) {
                path if path == "/" || going.invitation.is_some() => &place,
                path => path,
            };
            Ok(arrived(&app, go_to(&app, cookie, path)))
        }
        Err(what @ "organization name") => {
            let problems = Problems::taken(what);
            let page = show(&app, &headers, &newcomer, &going, entered, problems)?;
            Ok(visitor::refused(page))
        }
        Err("address") => stop(&app, Stopped::AddressTaken(newcomer.email)),
        Err(_) => stop(&app, Stopped::Over),
    }
}

fn show(
    app: &App,
    headers: &HeaderMap,
    newcomer: &Newcomer,
    going: &Going,
    entered: Entered,
    problems: Problems,
) -> Result<Response, Failure> {
    let name = openid(app)?.name.clone();
    visitor::form(app, headers, |csrf| NewPage {
        page: Layout::plain(app),
        csrf,
        name,
        email: newcomer.email.clone(),
        names_organization: going.names_organization,
        entered,
        problems,
    })
}
