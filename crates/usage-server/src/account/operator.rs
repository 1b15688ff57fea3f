//! The extractor that lets a handler run for signed-in operators only.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{Method, Uri};
use axum::response::{IntoResponse, Redirect, Response};
use jiff::Timestamp;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use usage_store::registry::Account;

use super::{csrf, session};
use crate::app::App;
use crate::pages::{Failure, base_path};

/// The operator who is looking. Without a session the browser is sent to sign in.
#[derive(Debug, Clone)]
pub(crate) struct Operator {
    /// Who.
    pub(crate) account: Account,
    /// The token that their forms must bring.
    pub(crate) csrf: String,
}

impl Operator {
    /// Refuses a form that doesn't bring this session's token.
    pub(crate) fn check(&self, given: &str) -> Result<(), Failure> {
        if csrf::token_matches(&self.csrf, given) {
            Ok(())
        } else {
            Err(Failure::ForeignForm)
        }
    }
}

impl FromRequestParts<Arc<App>> for Operator {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Response> {
        let Some(secret) = session::sent(&parts.headers, app.settings.tls) else {
            return Err(to_sign_in(app, parts));
        };
        let csrf = csrf::token_for_session(&secret);
        let looked_up = crate::pages::ask(app, move |app| {
            Ok(app.store.session(secret.bytes(), Timestamp::now())?)
        });
        match looked_up.await.map_err(IntoResponse::into_response)? {
            None => Err(to_sign_in(app, parts)),
            Some(session) if !session.account.operator => {
                Err(Failure::NotAnOperator.into_response())
            }
            Some(session) => Ok(Operator {
                account: session.account,
                csrf,
            }),
        }
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

/// A path on this server, or the front page: nobody is led elsewhere after signing in.
pub(crate) fn local_path(next: &str) -> &str {
    let local = next.starts_with('/')
        && !next.starts_with("//")
        && next.len() <= 2048
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
