//! What pages have in common that people see before they are signed in: a form with a cookie of its own, what
//! somebody new enters and what is wrong with it, links that are over.

use askama::Template;
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{AppendHeaders, IntoResponse, Response};
use serde::Deserialize;

use super::{Failure, render};
use crate::account::{FormGuard, organization_name, password};
use crate::app::App;

/// A page with a form, which gets the form's token, and the cookie that this belongs to.
pub(super) fn form<P: Template>(
    app: &App,
    headers: &HeaderMap,
    page: impl FnOnce(String) -> P,
) -> Result<Response, Failure> {
    let guard = FormGuard::for_form(headers, app.settings.tls)?;
    let html = render(&page(guard.token()))?;
    let cookie = guard.cookie(app.settings.tls);
    let cookie = AppendHeaders(cookie.map(|cookie| (SET_COOKIE, cookie)));
    Ok((cookie, html).into_response())
}

/// What somebody new enters; each form sends some of it.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Entered {
    pub(super) csrf: String,
    /// Where to go afterwards.
    pub(super) next: String,
    pub(super) organization: String,
    pub(super) email: String,
    pub(super) password: String,
}

impl Entered {
    /// Refuses what another site sent; else what was meant, without stray blanks.
    pub(super) fn checked(self, app: &App, headers: &HeaderMap) -> Result<Entered, Failure> {
        if !FormGuard::allows(headers, app.settings.tls, &self.csrf) {
            return Err(Failure::ForeignForm);
        }
        Ok(self.tidied())
    }

    pub(super) fn tidied(self) -> Entered {
        Entered {
            organization: organization_name::tidy(&self.organization),
            email: self.email.trim().to_owned(),
            ..self
        }
    }

    /// What is wrong with it, of what the form asks for.
    pub(super) fn problems(&self, asked: Fields) -> Problems {
        let organization = || organization_name::objection(&self.organization);
        let email = || password::address_objection(&self.email);
        let password = || password::objection(&self.password);
        Problems {
            all: None,
            organization: asked.organization.then(organization).flatten(),
            email: asked.email.then(email).flatten(),
            password: asked.password.then(password).flatten(),
        }
    }
}

/// What a form asks for.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Fields {
    pub(super) organization: bool,
    pub(super) email: bool,
    pub(super) password: bool,
}

/// What is wrong with what was entered, beside the field it is about.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Problems {
    pub(super) all: Option<String>,
    pub(super) organization: Option<String>,
    pub(super) email: Option<String>,
    pub(super) password: Option<String>,
}

impl Problems {
    pub(super) fn any(&self) -> bool {
        *self != Problems::default()
    }

    /// Somebody else has it.
    pub(super) fn taken(what: &str) -> Problems {
        match what {
            "address" => Problems {
                email: Some(
                    "This address has an account already. Sign in with it instead.".to_owned(),
                ),
                ..Problems::default()
            },
            _ => Problems {
                organization: Some(NAME_TAKEN.to_owned()),
                ..Problems::default()
            },
        }
    }
}

impl From<String> for Problems {
    /// One of all of it.
    fn from(all: String) -> Problems {
        Problems {
            all: Some(all),
            ..Problems::default()
        }
    }
}

/// What to do about a name that an organization has.
pub(super) const NAME_TAKEN: &str = "An organization has this name already. Choose another; or, if it is yours, ask one of its owners to invite you.";

/// The page of a link that was used, or is too old, or never was one.
pub(super) fn over(page: &impl Template) -> Result<Response, Failure> {
    Ok((StatusCode::GONE, render(page)?).into_response())
}

/// Something of what was entered can't be; the page says what.
pub(super) fn refused(page: impl IntoResponse) -> Response {
    (StatusCode::UNPROCESSABLE_ENTITY, page).into_response()
}
