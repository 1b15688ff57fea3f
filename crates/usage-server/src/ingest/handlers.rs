//! The three doors of the API. Behind each the same way: let the sender in, read the body, say
//! what it is, store it, answer. Requests come here by the short way, or, where their path had to be
//! tidied, by the router.

use std::net::IpAddr;
use std::sync::Arc;

use axum::body::HttpBody;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use jiff::Timestamp;
use usage_store::registry::Grant;
use usage_store::registry::TokenId;
use usage_store::report::{Kind, check};
use usage_store::{Idempotency, NewReport, Outcome, Sender, TokenProof};

use super::body::Encoding;
use super::extensions::{self, Extensions};
use super::sender::Payer;
use super::{Arrival, Refusal, body, path, replies, sender};
use crate::app::App;
use crate::limits::BODY_DECODED_INLINE_MAX_BYTES;

/// `POST /api/v1/servers`: a server checks in.
pub(crate) async fn servers(State(app): State<Arc<App>>, request: Request) -> Response {
    routed(&app, Kind::Servers, request).await
}

/// `POST /api/v1/stats/{product}`: product stats.
pub(crate) async fn stats(State(app): State<Arc<App>>, request: Request) -> Response {
    routed(&app, Kind::Stats, request).await
}

/// `POST /api/v1/usage/{product}`: usage.
pub(crate) async fn usage(State(app): State<Arc<App>>, request: Request) -> Response {
    routed(&app, Kind::Usage, request).await
}

async fn routed(app: &App, kind: Kind, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let peer = sender::peer(&parts.extensions);
    receive(app, kind, parts, body, peer).await
}

/// What is reported at a path as it should be, if anything is: the same doors as above.
pub(crate) fn reported_at(path: &str) -> Option<Kind> {
    let (kind, product) = match path.strip_prefix("/api/v1/")? {
        "servers" => return Some(Kind::Servers),
        further => match further.split_once('/')? {
            ("usage", product) => (Kind::Usage, product),
            ("stats", product) => (Kind::Stats, product),
            _ => return None,
        },
    };
    (!product.is_empty() && !product.contains('/')).then_some(kind)
}

/// Takes a report of this kind in.
pub(crate) async fn receive(
    app: &App,
    kind: Kind,
    parts: Parts,
    body: impl HttpBody<Data = Bytes> + Unpin,
    peer: IpAddr,
) -> Response {
    let mut arrival = Arrival::new(kind, extensions::in_millis(Timestamp::now()));
    match accept(app, &parts, body, peer, &mut arrival).await {
        Ok(()) => app.ingest.reply(&arrival),
        Err(refusal) => {
            let refusal = unless_revoked(app, arrival.token, refusal);
            app.ingest.note(&refusal, arrival);
            refusal.into_response()
        }
    }
}

async fn accept(
    app: &App,
    parts: &Parts,
    sent: impl HttpBody<Data = Bytes> + Unpin,
    peer: IpAddr,
    arrival: &mut Arrival,
) -> Result<(), Refusal> {
    let (grant, payer) = match sender::admit(app, parts, peer) {
        Ok(admitted) => admitted,
        Err(refusal) => {
            body::discard(sent).await;
            return Err(refusal);
        }
    };
    arrival.token = grant.as_ref().map(|grant| grant.token);
    arrival.names = payer.names();
    let max = app.settings.per_sender.body_max_bytes;
    let in_flight = app.ingest.in_flight();
    let share = body::read(sent, max, in_flight, &payer, &mut arrival.body).await?;
    app.watch.reports.received(arrival.body.len());
    if arrival.kind != Kind::Servers {
        arrival.product = Some(path::product(parts.uri.path())?);
    }
    let extensions = Extensions::read(&parts.headers, arrival.received_at, grant.is_none())?;
    let encoding = Encoding::of(&parts.headers)?;
    let report = read_report(app, arrival, encoding, grant, extensions, &payer).await?;
    drop(share);
    if !arrival.servers.is_empty() {
        payer.count(&arrival.servers, arrival.received_at)?;
    }
    match app.ingest.append(report).await? {
        Outcome::Accepted(_) | Outcome::Repeated => {
            if let Some(token) = arrival.token {
                app.store.note_token_use(token, arrival.received_at);
            }
            Ok(())
        }
        Outcome::KeyReused => Err(Refusal::field(
            "Idempotency-Key",
            "came before with another body; a new report needs a new key",
        )),
        Outcome::TokenRevoked => Err(sender::unknown_token()),
    }
}

/// Decompresses and reads a report, a large one on a thread of its own.
async fn read_report(
    app: &App,
    arrival: &mut Arrival,
    encoding: Option<Encoding>,
    grant: Option<Grant>,
    extensions: Extensions,
    payer: &Payer<'_>,
) -> Result<NewReport, Refusal> {
    let small = BODY_DECODED_INLINE_MAX_BYTES;
    if arrival.body.len() <= small {
        match encoding {
            None => {
                app.watch.reports.decompressed(arrival.body.len());
                return report(arrival, grant, &extensions);
            }
            Some(encoding) => {
                if let Some(decompressed) = encoding.undo_within(&arrival.body, small)? {
                    arrival.body = decompressed;
                    app.watch.reports.decompressed(arrival.body.len());
                    return report(arrival, grant, &extensions);
                }
            }
        }
    }
    let _turn = app.ingest.large().turn().await?;
    let sent = arrival.body.len();
    let max = app.settings.per_sender.decompressed_max_bytes;
    let mut large = std::mem::replace(arrival, Arrival::new(arrival.kind, arrival.received_at));
    let watch = Arc::clone(&app.watch);
    let read = tokio::task::spawn_blocking(move || {
        let decompressed = match encoding {
            None => Ok(None),
            Some(encoding) => encoding.undo(&large.body, max).map(Some),
        };
        let report = decompressed.and_then(|decompressed| {
            large.body = decompressed.unwrap_or_else(|| std::mem::take(&mut large.body));
            watch.reports.decompressed(large.body.len());
            report(&mut large, grant, &extensions)
        });
        (large, report)
    });
    let (large, report) = read.await.map_err(|_| Refusal::Failed)?;
    *arrival = large;
    if encoding.is_some() {
        // Too large ones cost as much as the largest.
        let done = report.as_ref().map_or(max, |report| report.body.len());
        payer.owe_for_growth(sent, done);
    }
    report
}

/// The token was good when we looked; if it was revoked since, that is what to say, and not what
/// is wrong with the request. An accepted one learns of it in the commit.
fn unless_revoked(app: &App, token: Option<TokenId>, refusal: Refusal) -> Refusal {
    let (Some(token), Refusal::Fields(_) | Refusal::UnknownPath(_)) = (token, &refusal) else {
        return refusal;
    };
    match app.store.token_is_valid(token) {
        Ok(false) => sender::unknown_token(),
        _ => refusal,
    }
}

/// From the wire to the model: what the body says, checked against what the sender may say.
fn report(
    arrival: &mut Arrival,
    grant: Option<Grant>,
    extensions: &Extensions,
) -> Result<NewReport, Refusal> {
    let decoded = check(arrival.kind, &arrival.body)?;
    let product = match (&arrival.product, &decoded.product) {
        (Some(in_path), _) => Arc::clone(in_path),
        (None, in_body) => Arc::from(in_body.as_deref().unwrap_or_default()),
    };
    if let Some(grant) = &grant {
        sender::may_report(grant, &product, &decoded.observations)?;
    }
    let versions = replies::versions_of(&decoded.observations);
    arrival.about = Some((Arc::clone(&product), versions));
    if let Some(names) = &arrival.names {
        arrival.servers = names.of(&product, &decoded.observations);
    }
    let organization = grant.as_ref().map(|grant| grant.organization);
    let idempotency = extensions.idempotency_key.map(|key| {
        let named = &decoded.observations;
        Idempotency {
            key: Some(key),
            digest: extensions::key_digest(key, organization, arrival.kind, &product, named),
            came_at: arrival.received_at,
        }
    });
    let body = match idempotency {
        None => std::mem::take(&mut arrival.body),
        // Should the key turn out to be taken, the body goes to quarantine.
        Some(_) => arrival.body.clone(),
    };
    Ok(NewReport {
        kind: arrival.kind,
        product,
        sender: Sender {
            organization,
            token: grant.map(|grant| TokenProof {
                token: grant.token,
                registry_version: grant.registry_version,
            }),
        },
        received_at: arrival.received_at,
        reported_at: extensions.reported_at,
        idempotency,
        install_key: extensions.install_key,
        body,
    })
}
