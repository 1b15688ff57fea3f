//! Why a request to the API was refused, and the one place that turns it into a status, headers
//! and a JSON body. The Go library reads `{"error"}` under 401, 404 and 500 and `{"errors"}`
//! under 422; what a program's author needs to hear must be one of these.

use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use usage_store::registry::Scope;
use usage_store::report::{FieldErrors, quoted};

use crate::limits::OVERLOADED_RETRY_AFTER_SECONDS;
use crate::request::Reason;

/// Why a request was refused.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// Something in the request is wrong, field by field.
    Fields(FieldErrors),
    /// The token doesn't allow it; what is wrong with it.
    Token(String),
    /// Whoever asks shows no API key that is valid; what to do.
    ApiKey(&'static str),
    /// The API key lacks the scope for it.
    Scope(Scope),
    /// Signed in, but not as an operator.
    NotAnOperator,
    /// As many exports as may be are under way.
    TooManyExports,
    /// Nothing answers at this path.
    UnknownPath(&'static str),
    /// The path exists, the method doesn't. The router adds `Allow`.
    WrongMethod(Method),
    /// The sender sent too many requests.
    TooMany {
        /// When the next one will be taken.
        retry_after_seconds: u64,
    },
    /// The sender named too many different servers today.
    TooManyServers {
        /// When it may name others.
        retry_after_seconds: u64,
    },
    /// There is more to do than can be done.
    Overloaded,
    /// The report couldn't be written, or not for sure; the cause is in the log.
    NotStored,
    /// The disk has no room for reports; operators read of it in the log.
    NoRoom,
    /// The server is not ready, or stopping.
    NotReady,
    /// A program that registers gets no token, or not yet.
    Ungranted(Ungranted),
    /// Our own failure; the cause is in the log.
    Failed,
}

/// Why there is no token, in the words of RFC 6749 and 8628.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ungranted {
    /// Nobody has answered yet.
    AuthorizationPending,
    /// The same, and it asks too often.
    SlowDown,
    /// The device code is unknown, used or too old.
    ExpiredToken,
    /// The person said no.
    AccessDenied,
    /// The one-time code is unknown, used or too old, or the verifier another's.
    InvalidGrant,
    /// By no code that we know.
    UnsupportedGrantType,
}

impl Ungranted {
    fn word(self) -> &'static str {
        match self {
            Ungranted::AuthorizationPending => "authorization_pending",
            Ungranted::SlowDown => "slow_down",
            Ungranted::ExpiredToken => "expired_token",
            Ungranted::AccessDenied => "access_denied",
            Ungranted::InvalidGrant => "invalid_grant",
            Ungranted::UnsupportedGrantType => "unsupported_grant_type",
        }
    }
}

impl Refusal {
    /// One field, one message.
    pub(crate) fn field(field: &str, message: impl Into<String>) -> Refusal {
        Refusal::Fields(FieldErrors::one(field, message))
    }

    /// Why, in the word that it has in metrics and log: one of a few, and for good.
    fn reason(&self) -> Reason {
        Reason(match self {
            Refusal::Fields(_) => "invalid",
            Refusal::Token(_) => "token",
            Refusal::ApiKey(_) => "api_key",
            Refusal::Scope(_) | Refusal::NotAnOperator => "scope",
            Refusal::UnknownPath(_) => "unknown_path",
            Refusal::WrongMethod(_) => "wrong_method",
            Refusal::TooMany { .. } => "rate_limit",
            Refusal::TooManyServers { .. } => "server_limit",
            Refusal::Overloaded | Refusal::TooManyExports => "overload",
            Refusal::NotStored => "not_stored",
            Refusal::NoRoom => "no_room",
            Refusal::NotReady => "not_ready",
            Refusal::Ungranted(Ungranted::AuthorizationPending | Ungranted::SlowDown) => {
                "registration_pending"
            }
            Refusal::Ungranted(_) => "registration_refused",
            Refusal::Failed => "failed",
        })
    }
}

impl From<FieldErrors> for Refusal {
    fn from(errors: FieldErrors) -> Refusal {
        Refusal::Fields(errors)
    }
}

impl Refusal {
    /// The status, the body, and where waiting helps, for how many seconds.
    pub(super) fn told(self) -> (StatusCode, serde_json::Value, Option<u64>) {
        let mut retry_after = None;
        let (status, body) = match self {
            Refusal::Fields(errors) => (
                StatusCode::UNPROCESSABLE_ENTITY,
                serde_json::json!({ "errors": errors.0 }),
            ),
            Refusal::Token(why) => (StatusCode::UNAUTHORIZED, error(&why)),
            Refusal::ApiKey(why) => (StatusCode::UNAUTHORIZED, error(why)),
            Refusal::Scope(scope) => {
                let scope = scope.name();
                let why = format!(
                    "this takes an API key with the scope {scope}, which this one doesn't have; ask an operator for one that has it"
                );
                (StatusCode::FORBIDDEN, error(&why))
            }
            Refusal::NotAnOperator => (
                StatusCode::FORBIDDEN,
                error(
                    "this is for the operators of this server, and you are signed in as somebody else",
                ),
            ),
            Refusal::UnknownPath(why) => (StatusCode::NOT_FOUND, error(why)),
            Refusal::WrongMethod(method) => {
                let got = quoted(method.as_str());
                (
                    StatusCode::METHOD_NOT_ALLOWED,
                    error(&format!(
                        "this path answers other methods only, see Allow; got {got}"
                    )),
                )
            }
            Refusal::TooMany {
                retry_after_seconds,
            } => {
                retry_after = Some(retry_after_seconds);
                (
                    StatusCode::TOO_MANY_REQUESTS,
                    error(&format!(
                        "too many requests from this sender, try again in {retry_after_seconds} s"
                    )),
                )
            }
            Refusal::TooManyServers {
                retry_after_seconds,
            } => {
                retry_after = Some(retry_after_seconds);
                (
                    StatusCode::TOO_MANY_REQUESTS,
                    error(
                        "too many different servers reported from this address today, report under a token",
                    ),
                )
            }
            Refusal::Overloaded => {
                retry_after = Some(OVERLOADED_RETRY_AFTER_SECONDS);
                (
                    StatusCode::SERVICE_UNAVAILABLE,
                    error("too much to do at the moment, nothing was stored, try again later"),
                )
            }
            Refusal::TooManyExports => {
                retry_after = Some(OVERLOADED_RETRY_AFTER_SECONDS);
                (
                    StatusCode::SERVICE_UNAVAILABLE,
                    error("as many exports as may be are under way, try again when one is done"),
                )
            }
            Refusal::NotStored => {
                retry_after = Some(OVERLOADED_RETRY_AFTER_SECONDS);
                (
                    StatusCode::SERVICE_UNAVAILABLE,
                    error("this could not be stored safely, send it again later"),
                )
            }
            Refusal::NoRoom => {
                retry_after = Some(OVERLOADED_RETRY_AFTER_SECONDS);
                (
                    StatusCode::SERVICE_UNAVAILABLE,
                    error("no room for reports at the moment, nothing was stored, try again later"),
                )
            }
            Refusal::NotReady => {
                retry_after = Some(OVERLOADED_RETRY_AFTER_SECONDS);
                (
                    StatusCode::SERVICE_UNAVAILABLE,
                    error("the server is not ready, try again later"),
                )
            }
            Refusal::Ungranted(why) => (StatusCode::BAD_REQUEST, error(why.word())),
            Refusal::Failed => (
                StatusCode::INTERNAL_SERVER_ERROR,
                error("something went wrong here, it was logged"),
            ),
        };
        (status, body, retry_after)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let reason = self.reason();
        let wants_key = matches!(self, Refusal::ApiKey(_));
        let (status, body, retry_after) = self.told();
        let mut response = (
            status,
            [(header::CONTENT_TYPE, "application/json")],
            body.to_string(),
        )
            .into_response();
        response.extensions_mut().insert(reason);
        if wants_key {
            let bearer = HeaderValue::from_static("Bearer");
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, bearer);
        }
        if let Some(seconds) = retry_after {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

fn error(message: &str) -> serde_json::Value {
    serde_json::json!({ "error": message })
}
