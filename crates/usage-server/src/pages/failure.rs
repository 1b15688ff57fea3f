//! What can go wrong on a page: the one place that maps it to a status and to words. The cause
//! of our own failures goes to the log only.

use std::sync::Arc;

use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::layout::Layout;

/// Why there is an error page instead of the page.
#[derive(Debug)]
pub(crate) enum Failure {
    /// There is no such page, product, server or report.
    NotFound,
    /// The form came from another site, or from a page of an ended session.
    ForeignForm,
    /// Signed in, but not as an operator.
    NotAnOperator,
    /// A member, where only owners may.
    NotAnOwner,
    /// What was asked for can't be done as things are: it is the last one, there are too many.
    NotPossible(usage_store::Error),
    /// Too much to do at the moment.
    Busy,
    /// The disk has no room for reports.
    NoRoom,
    /// The store failed.
    Store(usage_store::Error),
    /// Something else of ours failed.
    Broken(String),
}

impl From<usage_store::Error> for Failure {
    fn from(e: usage_store::Error) -> Self {
        use usage_store::Error;
        match e {
            Error::NotFound(_) => Failure::NotFound,
            Error::LastOne(_)
            | Error::TooMany { .. }
            | Error::Taken(_)
            | Error::SelfRegistered(_) => Failure::NotPossible(e),
            e => Failure::Store(e),
        }
    }
}

impl From<getrandom::Error> for Failure {
    fn from(e: getrandom::Error) -> Self {
        Failure::Broken(format!("no random numbers: {e}"))
    }
}

impl Failure {
    fn status(&self) -> StatusCode {
        match self {
            Failure::NotFound => StatusCode::NOT_FOUND,
            Failure::ForeignForm | Failure::NotAnOperator | Failure::NotAnOwner => {
                StatusCode::FORBIDDEN
            }
            Failure::NotPossible(_) => StatusCode::CONFLICT,
            Failure::Busy | Failure::NoRoom => StatusCode::SERVICE_UNAVAILABLE,
            Failure::Store(_) | Failure::Broken(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Heading and text for the person.
    fn words(&self) -> (&'static str, &'static str) {
        match self {
            Failure::NotFound => (
                "Page not found",
                "There is nothing at this address. It may have been mistyped, or what it showed was deleted.",
            ),
            Failure::ForeignForm => (
                "Please send the form again",
                "The form didn’t come from a current page of this server: perhaps it was open for long, or cookies are off. Go back, reload the page, and send it again.",
            ),
            Failure::NotAnOperator => (
                "For operators only",
                "You are signed in, but this page is for the operators of this server.",
            ),
            Failure::NotAnOwner => (
                "For owners only",
                "You are a member of this organization, and only its owners can do this. Ask one of them; the page of its members shows who they are.",
            ),
            Failure::NotPossible(_) => ("This can’t be done", ""),
            Failure::Busy => (
                "Busy for a moment",
                "The server has too much to do right now. Wait a few seconds and try again.",
            ),
            Failure::NoRoom => (
                "No room for reports",
                "The disk has less space than the reserve, so no reports are taken. Make room and import the file again; what came before is counted once.",
            ),
            Failure::Store(_) | Failure::Broken(_) => (
                "Something went wrong here",
                "The server failed at this page. Nothing of what was reported is lost. The log has the cause, under the id below.",
            ),
        }
    }

    /// What the log needs to know; nothing for what a person did.
    pub(crate) fn cause(&self) -> Option<String> {
        match self {
            Failure::Store(e) => Some(e.to_string()),
            Failure::Broken(e) => Some(e.clone()),
            _ => None,
        }
    }
}

impl IntoResponse for Failure {
    /// The bare status; `frame` puts the page around it, which knows the request's id.
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(Arc::new(self));
        response
    }
}

/// The error page.
#[derive(Template)]
#[template(path = "error.html")]
pub(super) struct ErrorPage {
    page: Layout,
    status: u16,
    heading: &'static str,
    text: String,
    /// What exactly couldn't be read.
    said: Option<String>,
    request_id: Option<String>,
}

impl ErrorPage {
    /// For a response that failed; axum's own refusals of requests have no `Failure`.
    pub(super) fn new(
        page: Layout,
        status: StatusCode,
        failure: Option<&Failure>,
        said: Option<String>,
        request_id: Option<String>,
    ) -> ErrorPage {
        let (heading, text) = match failure {
            Some(failure) => failure.words(),
            None if status == StatusCode::METHOD_NOT_ALLOWED => (
                "Not possible here",
                "This address can’t be used in that way.",
            ),
            None if status == StatusCode::PAYLOAD_TOO_LARGE => {
                ("Too long", "The form is longer than this server accepts.")
            }
            None => (
                "The request wasn’t understood",
                "Check the address, or go back, reload the page, and try again.",
            ),
        };
        let text = match failure {
            // The store says exactly what is in the way.
            Some(Failure::NotPossible(e)) => sentence(&e.to_string()),
            _ => text.to_owned(),
        };
        ErrorPage {
            page,
            status: status.as_u16(),
            heading,
            text,
            said,
            request_id,
        }
    }
}

/// With a capital letter and a full stop.
fn sentence(text: &str) -> String {
    let mut rest = text.chars();
    let first: String = rest
        .next()
        .into_iter()
        .flat_map(char::to_uppercase)
        .collect();
    format!("{first}{}.", rest.as_str())
}
