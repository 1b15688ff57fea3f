//! The extractor that lets a handler run for signed-in operators only.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use usage_store::registry::{Account, SessionId};

use super::{SignedIn, csrf};
use crate::app::App;
use crate::pages::{Failure, base_path};

/// The operator who is looking. Without a session the browser is sent to sign in; a customer who
/// opens the front page is sent to their own.
#[derive(Debug, Clone)]
pub(crate) struct Operator {
    /// Who.
    pub(crate) account: Account,
    /// The token that their forms must bring.
    pub(crate) csrf: String,
    /// Where they are looking from.
    pub(crate) session: SessionId,
}

impl Operator {
    /// Who is signed in, where that is an operator.
    pub(crate) fn of(person: &SignedIn) -> Option<Operator> {
        person.account.operator.then(|| Operator {
            account: person.account.clone(),
            session: person.session,
            csrf: person.csrf.clone(),
        })
    }

    /// Refuses a form that doesn't bring this session's token.
    pub(crate) fn check(&self, given: &str) -> Result<(), Failure> {
        csrf::check(&self.csrf, given)
    }
}

impl FromRequestParts<Arc<App>> for Operator {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Response> {
        let person = SignedIn::from_request_parts(parts, app).await?;
        if let Some(operator) = Operator::of(&person) {
            return Ok(operator);
        }
        if parts.uri.path() == "/" {
            let base = base_path(&app.settings.public_url);
            return Err(Redirect::to(&format!("{base}{}", person.home())).into_response());
        }
        Err(Failure::NotAnOperator.into_response())
    }
}
