//! The road of a report: from a request of whatever age and shape to a row in the journal, and
//! an answer once it is on disk. Rooms: who sends (`sender`, `throttle`, `census`), what for (`path`),
//! what (`body`, `extensions`; reading the JSON is the store's), onto the disk (`committer`), whether it can (`storing`),
//! what is to be forgotten again (`forget`), and what is told to those who are turned away (`refusal`, `quarantine`).

mod body;
mod census;
mod committer;
mod described;
mod extensions;
mod forget;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod handlers;
mod path;
mod quarantine;
mod refusal;
mod replies;
mod sender;
mod storing;
#[cfg(test)]
mod tests;
mod throttle;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use usage_store::quarantine::Refused;
use usage_store::registry::TokenId;
use usage_store::report::Kind;
use usage_store::{NewReport, Outcome, Store};

use crate::app::{App, Settings};
use crate::jobs::Nudge;
use crate::limits::{
    DEVICE_BURST_REQUESTS, DEVICE_REFILL_INTERVAL, EXCHANGE_BURST_REQUESTS,
    EXCHANGE_REFILL_INTERVAL, FORGET_BURST_REQUESTS, FORGET_REFILL_INTERVAL,
    QUARANTINE_BODY_MAX_BYTES,
};
use crate::reserve::Reserve;
use crate::watch::Watch;
use body::{InFlight, Large};
use census::{Census, Names};
use committer::Committer;
use quarantine::Quarantine;
use replies::{Replies, Versions};
use storing::Storing;
use throttle::{Source, Throttle};

pub(crate) use described::{failed, operations, refused, too_many, unavailable, wrong};
pub(crate) use extensions::{in_millis, key_digest, uuid, uuid_text};
pub(crate) use forget::{Subject, forget, forget_status};
pub(crate) use handlers::{receive, reported_at, servers, stats, usage};
pub(crate) use path::{named, tidied, unknown_path};
pub(crate) use refusal::{Refusal, Ungranted};
pub(crate) use sender::{address, bearer, pay, peer, within};

/// What the road needs beside the store: its threads, its limits, its answer.
pub(crate) struct Ingest {
    committer: Committer,
    quarantine: Quarantine,
    storing: Storing,
    requests: Mutex<Throttle>,
    forgets: Mutex<Throttle>,
    devices: Mutex<Throttle>,
    exchanges: Mutex<Throttle>,
    in_flight: InFlight,
    reserve: Arc<Reserve>,
    large: Large,
    census: Mutex<Census>,
    /// The census's, to be had without waiting for it.
    names: Names,
    replies: Arc<Replies>,
}

impl Ingest {
    /// Starts the committer and the quarantine's thread. Must be called within the tokio
    /// runtime that serves. `nudge` hears of each commit.
    pub(crate) fn start(
        store: &Arc<Store>,
        settings: &Settings,
        nudge: Option<Nudge>,
        watch: &Arc<Watch>,
    ) -> std::io::Result<Ingest> {
        let storing = Storing::start(Arc::clone(store))?;
        let (journal, outages) = (Arc::clone(store), storing.watch());
        let committing = Arc::clone(watch);
        let replies = Arc::new(Replies::new(settings.next_report_in));
        let telling = Arc::clone(&replies);
        let append = move |reports: &[NewReport]| {
            let began = Instant::now();
            let appended = journal.append(reports);
            committing.committed(reports, &appended, began.elapsed());
            let outcomes = outages.note(appended)?;
            telling.follow(journal.news());
            if let Some(nudge) = &nudge {
                nudge.reports_came(reports.len());
            }
            Ok(outcomes)
        };
        let census = Census::new(settings.per_sender.servers_per_day);
        Ok(Ingest {
            names: census.names(),
            census: Mutex::new(census),
            committer: Committer::start(append)?,
            quarantine: Quarantine::start(Arc::clone(store), Arc::clone(watch))?,
            storing,
            requests: Mutex::new(Throttle::new(&settings.per_sender)),
            forgets: Mutex::new(Throttle::of(FORGET_BURST_REQUESTS, FORGET_REFILL_INTERVAL)),
            devices: Mutex::new(Throttle::of(DEVICE_BURST_REQUESTS, DEVICE_REFILL_INTERVAL)),
            exchanges: Mutex::new(Throttle::of(
                EXCHANGE_BURST_REQUESTS,
                EXCHANGE_REFILL_INTERVAL,
            )),
            in_flight: InFlight::default(),
            reserve: Arc::clone(&settings.reserve),
            large: Large::new(),
            replies,
        })
    }

    /// Whether reports are taken. No longer where the committer has failed.
    pub(crate) fn is_open(&self) -> bool {
        self.committer.is_open()
    }

    /// What waits for the committer: reports, and bytes of their bodies.
    pub(crate) fn queued(&self) -> (usize, usize) {
        self.committer.queued()
    }

    /// Bytes of the bodies that are being read.
    pub(crate) fn in_flight_bytes(&self) -> usize {
        self.in_flight.bytes()
    }

    /// Whether the last commit of reports worked.
    pub(crate) fn can_store(&self) -> bool {
        self.storing.works()
    }

    async fn append(&self, report: NewReport) -> Result<Outcome, Refusal> {
        if self.reserve.is_in_use() {
            return Err(Refusal::NoRoom);
        }
        self.committer.append(report).await
    }

    fn throttle(
        &self,
        what: Limited,
        source: Source,
        requests: u32,
        now: Instant,
    ) -> Result<(), u64> {
        let throttle = match what {
            Limited::Requests => &self.requests,
            Limited::Forgets => &self.forgets,
            Limited::Devices => &self.devices,
            Limited::Exchanges => &self.exchanges,
        };
        throttle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take(source, requests, now)
    }

    fn charge(&self, source: Source, requests: u32, now: Instant) {
        self.requests
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .charge(source, requests, now);
    }

    fn names(&self) -> Names {
        self.names.clone()
    }

    fn count(&self, source: Source, servers: &[u64], now: Timestamp) -> Result<(), u64> {
        self.census
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .count(source, servers, now)
    }

    fn in_flight(&self) -> &InFlight {
        &self.in_flight
    }

    fn large(&self) -> &Large {
        &self.large
    }

    /// The answer to an accepted report.
    fn reply(&self, arrival: &Arrival) -> Response {
        let (product, versions) = match &arrival.about {
            Some((product, versions)) => (&**product, &versions[..]),
            None => ("", &[][..]),
        };
        let status = match arrival.kind {
            Kind::Servers => StatusCode::CREATED,
            Kind::Stats | Kind::Usage => StatusCode::OK,
        };
        (
            status,
            [(header::CONTENT_TYPE, "application/json")],
            self.replies.about(product, versions),
        )
            .into_response()
    }

    /// Keeps for operators what was refused for its content.
    fn note(&self, refusal: &Refusal, arrival: Arrival) {
        let Refusal::Fields(errors) = refusal else {
            return;
        };
        let body_bytes = arrival.body.len() as u64;
        // A copy: truncating would keep all of the memory for as long as it waits.
        let kept = arrival.body.len().min(QUARANTINE_BODY_MAX_BYTES);
        let body = arrival.body[..kept].to_vec();
        self.quarantine.keep(Refused {
            at: arrival.received_at,
            kind: arrival.kind,
            product: arrival.product.map(|product| product.to_string()),
            errors: serde_json::json!(errors.0).to_string(),
            body,
            body_bytes,
        });
    }
}

/// What a sender may do only so often.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Limited {
    /// Send a request.
    Requests,
    /// Ask to be forgotten.
    Forgets,
    /// Begin a registration.
    Devices,
    /// Ask for the token of one.
    Exchanges,
}

/// The body of a request that is no report, decompressed. A token is not looked at: its address pays.
pub(crate) async fn short_body(
    app: &App,
    parts: &Parts,
    sent: Body,
    what: Limited,
    max_bytes: usize,
) -> Result<Vec<u8>, Refusal> {
    let payer = match sender::limit(app, parts, None, what) {
        Ok(payer) => payer,
        Err(refusal) => {
            body::discard(sent).await;
            return Err(refusal);
        }
    };
    let in_flight = app.ingest.in_flight();
    let read = body::read_short(sent, &parts.headers, max_bytes, in_flight, &payer);
    read.await.map(|(bytes, _)| bytes)
}

/// What is known of a report so far.
struct Arrival {
    kind: Kind,
    received_at: Timestamp,
    /// The token it came under, once that was found good.
    token: Option<TokenId>,
    /// From the path.
    product: Option<Arc<str>>,
    body: Vec<u8>,
    /// How the servers it names are counted, if they are; and these.
    names: Option<Names>,
    servers: Vec<u64>,
    /// The product and the versions that its reply is about.
    about: Option<(Arc<str>, Versions)>,
}

impl Arrival {
    fn new(kind: Kind, received_at: Timestamp) -> Arrival {
        Arrival {
            kind,
            received_at,
            token: None,
            product: None,
            body: Vec::new(),
            names: None,
            servers: Vec::new(),
            about: None,
        }
    }
}
