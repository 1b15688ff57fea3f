//! The two doors for programs that register without a token in a URL: one gives a code to show, the
//! other the token, once a person has said yes. No request comes with a token, and none is looked at.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde_json::{Value, json};
use usage_store::registry::register::limits::{CODE_LIFETIME_SECONDS, DEVICE_INTERVAL_SECONDS};
use usage_store::registry::register::{DeviceBegun, NewDevice, Polled};
use usage_store::report::{FieldErrors, quoted};

use super::user_code::UserCode;
use super::{asked, challenge};
use crate::account::{Secret, draw_token};
use crate::app::App;
use crate::ingest::{self, Limited, Refusal, Subject, Ungranted};
use crate::limits::REGISTER_BODY_MAX_BYTES;

/// Draws of a user code before we give up: one is another's once in a billion times.
const DRAWS_MAX: u32 = 4;

const CODE_GRANT: &str = "authorization_code";
const DEVICE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// `POST /api/v1/register/device`: a code for a person to type elsewhere.
pub(crate) async fn device(State(app): State<Arc<App>>, request: Request) -> Response {
    let (parts, sent) = request.into_parts();
    reply(begin(&app, &parts, sent).await)
}

/// `POST /api/v1/register/token`: the token, for a code.
pub(crate) async fn token(State(app): State<Arc<App>>, request: Request) -> Response {
    let (parts, sent) = request.into_parts();
    let token = exchange(&app, &parts, sent).await;
    reply(token.map(|token| json!({ "token": token })))
}

/// A secret, either way: nobody keeps it on the way.
fn reply(answer: Result<Value, Refusal>) -> Response {
    let headers = [
        (CONTENT_TYPE, "application/json"),
        (CACHE_CONTROL, "no-store"),
    ];
    match answer {
        Ok(body) => (headers, body.to_string()).into_response(),
        Err(refusal) => refusal.into_response(),
    }
}

async fn begin(app: &Arc<App>, parts: &Parts, sent: Body) -> Result<Value, Refusal> {
    let body = body(app, parts, sent, Limited::Devices).await?;
    let (product, cluster) = device_subject(&body)?;
    let device_code = Secret::random().map_err(no_random)?.text();
    let secret = device_code.clone();
    let begun = in_the_store(app, move |app| {
        for _ in 0..DRAWS_MAX {
            let user_code = UserCode::random().map_err(no_random)?;
            let new = NewDevice {
                secret: secret.as_bytes(),
                user_code: user_code.letters(),
                product: &product,
                cluster: &cluster,
            };
            match app
                .store
                .add_device(&new, Timestamp::now())
                .map_err(failed)?
            {
                DeviceBegun::Begun => return Ok(user_code),
                DeviceBegun::Taken => {}
                DeviceBegun::Full => break,
            }
        }
        Err(Refusal::Overloaded)
    });
    let user_code = begun.await?.shown();
    let base = app.settings.public_url.trim_end_matches('/');
    Ok(json!({
        "device_code": device_code,
        "user_code": user_code,
        "verification_uri": format!("{base}/device"),
        "verification_uri_complete": format!("{base}/device?code={user_code}"),
        "expires_in": CODE_LIFETIME_SECONDS,
        "interval": DEVICE_INTERVAL_SECONDS,
    }))
}

/// For which product and cluster a device code is asked.
pub(super) fn device_subject(body: &[u8]) -> Result<(String, String), Refusal> {
    let subject = Subject::read(body)?;
    let mut errors = FieldErrors::default();
    for (key, name) in [
        ("product", &subject.product),
        ("cluster_id", &subject.cluster_id),
    ] {
        // People are shown it.
        if asked::name_objection(key, name).is_some() {
            errors.add(
                key,
                format!("has a control character in it; got {}", quoted(name)),
            );
        }
    }
    if errors.0.is_empty() {
        Ok((subject.product, subject.cluster_id))
    } else {
        Err(errors.into())
    }
}

async fn exchange(app: &Arc<App>, parts: &Parts, sent: Body) -> Result<String, Refusal> {
    let body = body(app, parts, sent, Limited::Exchanges).await?;
    let wanted = Wanted::read(&body)?;
    let token = draw_token().map_err(no_random)?;
    in_the_store(app, move |app| {
        let (store, now) = (&app.store, Timestamp::now());
        let secret = token.as_bytes();
        let refused = match &wanted {
            Wanted::ByCode { code, challenge } => store
                .exchange_register_code(code.as_bytes(), challenge, secret, now)
                .map_err(failed)?
                .map_or(Some(Ungranted::InvalidGrant), |_| None),
            Wanted::ByDevice { code } => {
                match store
                    .poll_device(code.as_bytes(), secret, now)
                    .map_err(failed)?
                {
                    Polled::Granted(_) => None,
                    Polled::Pending => Some(Ungranted::AuthorizationPending),
                    Polled::SlowDown => Some(Ungranted::SlowDown),
                    Polled::Denied => Some(Ungranted::AccessDenied),
                    Polled::Expired => Some(Ungranted::ExpiredToken),
                }
            }
        };
        refused.map_or(Ok(token), |why| Err(Refusal::Ungranted(why)))
    })
    .await
}

/// By which code a token is wanted.
#[derive(Debug, PartialEq)]
pub(super) enum Wanted {
    ByCode { code: String, challenge: String },
    ByDevice { code: String },
}

impl Wanted {
    /// What is missing is as good as wrong.
    pub(super) fn read(body: &[u8]) -> Result<Wanted, Refusal> {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        if !body.is_object() {
            return Err(Refusal::field(
                "body",
                "must be a JSON object with grant_type and a code",
            ));
        }
        let text = |key: &str| body[key].as_str().unwrap_or_default().to_owned();
        match text("grant_type").as_str() {
            CODE_GRANT => Ok(Wanted::ByCode {
                code: text("code"),
                challenge: challenge(&text("code_verifier")),
            }),
            DEVICE_GRANT => Ok(Wanted::ByDevice {
                code: text("device_code"),
            }),
            _ => Err(Refusal::Ungranted(Ungranted::UnsupportedGrantType)),
        }
    }
}

/// A request's body, where its address may ask so often.
async fn body(app: &App, parts: &Parts, sent: Body, what: Limited) -> Result<Vec<u8>, Refusal> {
    ingest::short_body(app, parts, sent, what, REGISTER_BODY_MAX_BYTES).await
}

/// Asks the store on a thread where waiting for it holds up nobody.
async fn in_the_store<T: Send + 'static>(
    app: &Arc<App>,
    question: impl FnOnce(&App) -> Result<T, Refusal> + Send + 'static,
) -> Result<T, Refusal> {
    let app = Arc::clone(app);
    let answer = tokio::task::spawn_blocking(move || question(&app)).await;
    answer.unwrap_or_else(|cause| {
        tracing::error!(%cause, "a registration was cut short");
        Err(Refusal::Failed)
    })
}

fn failed(cause: usage_store::Error) -> Refusal {
    tracing::error!(%cause, "a registration could not be looked up or kept");
    Refusal::NotStored
}

fn no_random(cause: getrandom::Error) -> Refusal {
    tracing::error!(%cause, "no random numbers");
    Refusal::Failed
}
