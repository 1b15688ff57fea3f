//! The extractor for whoever is signed in: an operator, a customer, or both.

use std::sync::Arc;

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, Uri};
use axum::response::{IntoResponse, Redirect, Response};
use jiff::Timestamp;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use usage_store::registry::{Account, Membership, SessionId};

use super::{csrf, session};
use crate::app::App;
use crate::limits::NEXT_MAX_BYTES;
use crate::pages::{Failure, base_path};

/// Whoever is looking, with any account. Without a session the browser is sent to sign in.
#[derive(Debug, Clone)]
pub(crate) struct SignedIn {
    /// Who.
    pub(crate) account: Account,
    /// Their organizations, by name.
    pub(crate) memberships: Vec<Membership>,
    /// Where they are looking from, not to be ended by "all others".
    pub(crate) session: SessionId,
    /// The token that their forms must bring.
    pub(crate) csrf: String,
}

impl SignedIn {
    /// Who sent these headers.
    pub(crate) async fn of(
        headers: &HeaderMap,
        app: &Arc<App>,
    ) -> Result<Option<SignedIn>, Failure> {
        let Some(secret) = session::sent(headers, app.settings.tls) else {
            return Ok(None);
        };
        let csrf = csrf::token_for_session(&secret);
        crate::pages::ask(app, move |app| {
            let Some(session) = app.store.session(secret.bytes(), Timestamp::now())? else {
                return Ok(None);
            };
            Ok(Some(SignedIn {
                memberships: app.store.memberships(session.account.id)?,
                account: session.account,
                session: session.id,
                csrf,
            }))
        })
        .await
    }

    /// Refuses a form that doesn't bring this session's token.
    pub(crate) fn check(&self, given: &str) -> Result<(), Failure> {
        csrf::check(&self.csrf, given)
    }

    /// The path where they land after signing in: the operators' overview, their one organization, or
    /// the page where they choose one.
    pub(crate) fn home(&self) -> String {
        match &self.memberships[..] {
            _ if self.account.operator => "/".to_owned(),
            [only] => format!("/organizations/{}", only.organization.id.0),
            _ => "/organizations".to_owned(),
        }
    }
}

impl FromRequestParts<Arc<App>> for SignedIn {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Response> {
        let found = SignedIn::of(&parts.headers, app)
            .await
            .map_err(IntoResponse::into_response)?;
        found.ok_or_else(|| to_sign_in(app, parts))
    }
}

/// For pages that serve strangers, too.
impl OptionalFromRequestParts<Arc<App>> for SignedIn {
    type Rejection = Failure;

    async fn from_request_parts(
        parts: &mut Parts,
        app: &Arc<App>,
    ) -> Result<Option<Self>, Failure> {
        SignedIn::of(&parts.headers, app).await
    }
}

/// To the sign-in page, which leads back here; a form that was sent can't be repeated by a link.
fn to_sign_in(app: &App, parts: &Parts) -> Response {
    let base = base_path(&app.settings.public_url);
    let next = match parts.method {
        Method::GET => next_query(&parts.uri),
        _ => String::new(),
    };
    Redirect::to(&format!("{base}/sign-in{next}")).into_response()
}

fn next_query(uri: &Uri) -> String {
    match uri.path_and_query().map(|target| target.as_str()) {
        None | Some("/") => String::new(),
        Some(target) => format!("?next={}", utf8_percent_encode(target, NON_ALPHANUMERIC)),
    }
}

/// A path on this server, or the front page, which leads everybody home: nobody is led elsewhere
/// after signing in.
pub(crate) fn local_path(next: &str) -> &str {
    let local = next.starts_with('/')
        && !next.starts_with("//")
        && next.len() <= NEXT_MAX_BYTES
        && next
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if local { next } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_signing_in_one_stays_on_this_server() {
        for fine in ["/", "/products/3", "/reports?product=a%20b&before=9"] {
            assert_eq!(local_path(fine), fine);
        }
        for hostile in [
            "",
            "products",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "/a\\b",
            "javascript:alert(1)",
            "/a\r\nSet-Cookie: x",
            "/\t/evil.example",
            " /a",
            "/ä",
        ] {
            assert_eq!(local_path(hostile), "/", "{hostile}");
        }
    }

    #[test]
    fn the_way_back_is_kept_in_the_link() {
        assert_eq!(next_query(&"/".parse().unwrap()), "");
        assert_eq!(
            next_query(&"/reports?product=a&before=9".parse().unwrap()),
            "?next=%2Freports%3Fproduct%3Da%26before%3D9"
        );
    }
}
