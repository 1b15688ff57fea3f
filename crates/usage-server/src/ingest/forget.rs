//! The doors for those who want to be forgotten: one takes the request, the other tells how it is
//! getting on. Who may ask is decided here; erasing is the store's, in the background.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde_json::json;
use serde_json::value::RawValue;
use usage_store::erasure::{ErasureRequest, Whose};
use usage_store::registry::Grant;
use usage_store::report::limits::NAME_BYTES_MAX;
use usage_store::report::{FieldErrors, quoted};

use super::{Limited, Refusal, body, extensions, sender};
use crate::account::Secret;
use crate::app::App;
use crate::limits::FORGET_BODY_MAX_BYTES;

/// `POST /api/v1/forget`: erase what was reported about a cluster, or one server of it.
pub(crate) async fn forget(State(app): State<Arc<App>>, request: Request) -> Response {
    let (parts, sent) = request.into_parts();
    match ask(&app, &parts, sent).await {
        Ok(code) => {
            let base = app.settings.public_url.trim_end_matches('/');
            let status_url = format!("{base}/api/v1/forget/{code}");
            reply(StatusCode::ACCEPTED, &json!({ "status_url": status_url }))
        }
        Err(refusal) => refusal.into_response(),
    }
}

/// `GET /api/v1/forget/{code}`: whether it is done. The code is the right to know.
pub(crate) async fn forget_status(State(app): State<Arc<App>>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let code = parts
        .uri
        .path()
        .rsplit('/')
        .next()
        .unwrap_or_default()
        .to_owned();
    if let Err(refusal) = sender::limit(&app, &parts, None, Limited::Requests) {
        return refusal.into_response();
    }
    let found = in_the_store(&app, move |app| app.store.erasure_status(&code)).await;
    match found {
        Ok(Some(status)) => {
            let said = json!({
                "status": if status.done_at.is_some() { "done" } else { "pending" },
                "requested_at": status.requested_at,
                "done_at": status.done_at,
                "reports": status.reports,
            });
            reply(StatusCode::OK, &said)
        }
        Ok(None) => unknown_code().into_response(),
        Err(refusal) => refusal.into_response(),
    }
}

/// Nobody asked, or it is long done.
pub(super) fn unknown_code() -> Refusal {
    Refusal::UnknownPath("nobody asked to be forgotten under this code")
}

fn reply(status: StatusCode, body: &serde_json::Value) -> Response {
    let json = [(header::CONTENT_TYPE, "application/json")];
    (status, json, body.to_string()).into_response()
}

/// Files the request; the code of its status.
async fn ask(app: &Arc<App>, parts: &Parts, sent: axum::body::Body) -> Result<String, Refusal> {
    let peer = sender::peer(&parts.extensions);
    let (grant, payer) = match sender::admit(app, parts, peer) {
        Ok(admitted) => admitted,
        Err(refusal) => {
            body::discard(sent).await;
            return Err(refusal);
        }
    };
    let (max, in_flight) = (FORGET_BODY_MAX_BYTES, app.ingest.in_flight());
    let (bytes, _share) = body::read_short(sent, &parts.headers, max, in_flight, &payer).await?;
    let right = right(grant.as_ref(), parts)?;
    let subject = Subject::read(&bytes)?;
    if let Some(grant) = &grant {
        may_forget(grant, &subject)?;
    }
    sender::limit(app, parts, grant.as_ref(), Limited::Forgets)?;
    let code = Secret::random().map_err(|cause| {
        tracing::error!(%cause, "no random numbers");
        Refusal::Failed
    })?;
    let request = ErasureRequest {
        product: subject.product,
        cluster_id: subject.cluster_id,
        server_id: subject.server_id,
        whose: right.whose,
        actor: right.actor,
    };
    in_the_store(app, move |app| {
        let now = Timestamp::now();
        app.store.request_erasure(&request, &code.text(), now)
    })
    .await
}

/// Asks the store on a thread where waiting for it holds up nobody.
async fn in_the_store<T: Send + 'static>(
    app: &Arc<App>,
    question: impl FnOnce(&App) -> usage_store::Result<T> + Send + 'static,
) -> Result<T, Refusal> {
    let app = Arc::clone(app);
    match tokio::task::spawn_blocking(move || question(&app)).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(cause)) => {
            tracing::error!(%cause, "a request to be forgotten could not be looked up or kept");
            Err(Refusal::NotStored)
        }
        Err(cause) => {
            tracing::error!(%cause, "a request to be forgotten was cut short");
            Err(Refusal::Failed)
        }
    }
}

/// In whose name somebody asks.
struct Right {
    whose: Whose,
    /// For the audit log.
    actor: String,
}

/// A token asks for its organization; without one, an install's key for what came with it. Whether
/// the key is known is not told: the answer is the same.
fn right(grant: Option<&Grant>, parts: &Parts) -> Result<Right, Refusal> {
    if let Some(grant) = grant {
        return Ok(Right {
            whose: Whose::Organizations(grant.organization),
            actor: format!("token {}", grant.prefix),
        });
    }
    match extensions::install_key(&parts.headers)? {
        Some(key) => Ok(Right {
            whose: Whose::Installs(key),
            actor: "install key".to_owned(),
        }),
        None => Err(Refusal::Token(
            "to be forgotten, send the X-Install-Key that the reports came with, or a token that may ask for it"
                .to_owned(),
        )),
    }
}

/// A token asks for the cluster it is bound to; for others only with the right to.
fn may_forget(grant: &Grant, subject: &Subject) -> Result<(), Refusal> {
    if let Some(bound) = &grant.product
        && *bound != subject.product
    {
        return Err(Refusal::Token(format!(
            "this token may ask for the product {bound} only; this request is about {}",
            quoted(&subject.product)
        )));
    }
    match &grant.cluster {
        Some(bound) if *bound != subject.cluster_id => Err(Refusal::Token(format!(
            "this token may ask for the cluster {bound} only; this request is about {}",
            quoted(&subject.cluster_id)
        ))),
        None if !grant.may_forget => Err(Refusal::Token(
            "this token may report, but not have reports erased: that takes a token bound to the cluster, or one issued with --may-forget"
                .to_owned(),
        )),
        _ => Ok(()),
    }
}

/// What is to be forgotten.
#[derive(Debug, PartialEq)]
pub(crate) struct Subject {
    pub(crate) product: String,
    pub(crate) cluster_id: String,
    /// The whole cluster without it.
    pub(super) server_id: Option<String>,
}

impl Subject {
    pub(crate) fn read(body: &[u8]) -> Result<Subject, Refusal> {
        let fields: BTreeMap<String, &RawValue> = serde_json::from_slice(body)
            .map_err(|e| Refusal::field("body", not_an_object(&e, body)))?;
        let mut errors = FieldErrors::default();
        let mut text = |key: &str| {
            let raw = fields.get(key).map(|raw| raw.get())?;
            let read = text(raw);
            read.map_err(|wrong| errors.add(key, wrong)).ok().flatten()
        };
        let (product, cluster_id) = (text("product"), text("cluster_id"));
        let server_id = text("server_id");
        let meant = fields
            .get("server_id")
            .is_some_and(|raw| raw.get() != "null");
        if meant && server_id.is_none() && !errors.0.contains_key("server_id") {
            errors.add(
                "server_id",
                "ServerID can not be blank; without it the whole cluster is meant.",
            );
        }
        for (key, name, missing) in [
            ("product", "Product", product.is_none()),
            ("cluster_id", "ClusterID", cluster_id.is_none()),
        ] {
            if missing && !errors.0.contains_key(key) {
                errors.add(key, format!("{name} can not be blank."));
            }
        }
        match (product, cluster_id) {
            (Some(product), Some(cluster_id)) if errors.0.is_empty() => Ok(Subject {
                product,
                cluster_id,
                server_id,
            }),
            _ => Err(errors.into()),
        }
    }
}

fn not_an_object(error: &serde_json::Error, body: &[u8]) -> String {
    // Of another type it would be told whole.
    let why = match error.is_data() {
        true => String::new(),
        false => format!(": {error}"),
    };
    format!(
        "must be a JSON object with product and cluster_id{why}; got {}",
        quoted(body)
    )
}

/// A text, or a number as its digits; `None` where it is blank.
fn text(raw: &str) -> Result<Option<String>, String> {
    let text = if raw.starts_with('"') {
        serde_json::from_str(raw)
            .map_err(|e| format!("is not valid JSON: {e}; got {}", quoted(raw)))?
    } else if raw == "null" {
        return Ok(None);
    } else if !raw.starts_with(['{', '[', 't', 'f']) {
        raw.to_owned()
    } else {
        return Err(format!("must be a string or a number; got {}", quoted(raw)));
    };
    if text.len() > NAME_BYTES_MAX {
        let bytes = text.len();
        return Err(format!(
            "is {bytes} bytes long; at most {NAME_BYTES_MAX} are allowed"
        ));
    }
    Ok(Some(text).filter(|text| !text.trim().is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Result<(String, String, Option<String>), FieldErrors> {
        match Subject::read(body.as_bytes()) {
            Ok(subject) => Ok((subject.product, subject.cluster_id, subject.server_id)),
            Err(Refusal::Fields(errors)) => Err(errors),
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn ids_are_texts_or_numbers() {
        let body = r#"{"product":"p","cluster_id":18446744073709551615,"server_id":"s","x":[1]}"#;
        let big = "18446744073709551615".to_owned();
        assert_eq!(
            read(body).unwrap(),
            ("p".to_owned(), big, Some("s".to_owned()))
        );
        let whole = r#"{"product":"p","cluster_id":"c","server_id":null}"#;
        assert_eq!(read(whole).unwrap().2, None);
    }

    #[test]
    fn all_that_is_wrong_is_told_at_once() {
        let errors = read(r#"{"product":" ","server_id":{}}"#).unwrap_err();
        let fields: Vec<&str> = errors.0.keys().map(String::as_str).collect();
        assert_eq!(fields, ["cluster_id", "product", "server_id"]);
        assert_eq!(errors.0["cluster_id"], ["ClusterID can not be blank."]);
        let blank = read(r#"{"product":"p","cluster_id":"c","server_id":""}"#).unwrap_err();
        assert!(blank.0["server_id"][0].contains("whole cluster"));
        for body in ["", "[]", "null", "{\"product\":"] {
            assert!(read(body).unwrap_err().0.contains_key("body"), "{body}");
        }
    }
}
