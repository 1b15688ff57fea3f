//! What is answered: connections, and requests by door and status. Never by path or product:
//! senders choose those, and each would be a series of its own.

use std::sync::OnceLock;
use std::time::Duration;

use prometheus::{
    Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, Opts, Registry,
    Result,
};

use super::{counter, gauge, registered};
use crate::route::Route;

/// From the head of a request to its answer: in seconds. A commit is the larger part of most.
const SECONDS_UP_TO: [f64; 13] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0,
];

/// What is answered often, most often first; others are looked up by name.
const STATUSES: [u16; 16] = [
    200, 201, 422, 401, 503, 429, 202, 204, 303, 304, 400, 403, 404, 405, 408, 500,
];

/// Connections and requests.
pub(crate) struct Requests {
    by_status: IntCounterVec,
    seconds: HistogramVec,
    /// Looked up once each, as a look-up costs more than all the rest. Filled as they come, so that
    /// nobody reads of doors that nobody uses.
    routes: Vec<Answered>,
    under_way: IntGauge,
    connections_open: IntGauge,
    connections_limit: IntGauge,
    connections_accepted: IntCounter,
    connections_refused: IntCounter,
}

/// The answers of one door.
#[derive(Default)]
struct Answered {
    by_status: [OnceLock<IntCounter>; STATUSES.len()],
    seconds: OnceLock<Histogram>,
}

impl Requests {
    pub(super) fn new(registry: &Registry) -> Result<Requests> {
        let by_status = Opts::new(
            "usage_http_requests_total",
            "Requests answered, by door and status.",
        );
        let seconds = HistogramOpts::new(
            "usage_http_request_duration_seconds",
            "From the head of a request to its answer, its body's way over the network included.",
        );
        let seconds = seconds.buckets(SECONDS_UP_TO.to_vec());
        Ok(Requests {
            by_status: registered(
                registry,
                IntCounterVec::new(by_status, &["route", "status"])?,
            )?,
            seconds: registered(registry, HistogramVec::new(seconds, &["route"])?)?,
            routes: (0..Route::COUNT).map(|_| Answered::default()).collect(),
            under_way: gauge(
                registry,
                "usage_http_requests_in_flight",
                "Requests whose answer is not on its way yet, and long answers that are still read.",
            )?,
            connections_open: gauge(
                registry,
                "usage_connections_open",
                "Connections open at this moment.",
            )?,
            connections_limit: gauge(
                registry,
                "usage_connections_limit",
                "Connections that may be open; for further ones those idle the longest are closed.",
            )?,
            connections_accepted: counter(
                registry,
                "usage_connections_accepted_total",
                "Connections accepted since the start.",
            )?,
            connections_refused: counter(
                registry,
                "usage_connections_refused_total",
                "Connections that were turned away, or that the system could not accept.",
            )?,
        })
    }

    /// How many connections there may be.
    pub(crate) fn connections_may_be(&self, limit: usize) {
        self.connections_limit
            .set(i64::try_from(limit).unwrap_or(i64::MAX));
    }

    /// A connection was accepted. It is open until [`Requests::connection_ended`].
    pub(crate) fn connection_began(&self) {
        self.connections_accepted.inc();
        self.connections_open.inc();
    }

    /// An accepted connection is gone.
    pub(crate) fn connection_ended(&self) {
        self.connections_open.dec();
    }

    /// A connection was not accepted.
    pub(crate) fn connection_refused(&self) {
        self.connections_refused.inc();
    }

    /// A request is under way, until [`Requests::ended`].
    pub(crate) fn began(&self) {
        self.under_way.inc();
    }

    /// A request is no longer under way, answered or not.
    pub(crate) fn ended(&self) {
        self.under_way.dec();
    }

    /// A request has its answer.
    pub(crate) fn answered(&self, route: Route, status: u16, took: Duration) {
        let Some(answered) = self.routes.get(route.index()) else {
            return;
        };
        let name = route.name();
        let look_up = || {
            self.by_status
                .with_label_values(&[name, &status.to_string()])
        };
        match STATUSES.iter().position(|known| *known == status) {
            Some(place) => answered.by_status[place].get_or_init(look_up).inc(),
            None => look_up().inc(),
        }
        answered
            .seconds
            .get_or_init(|| self.seconds.with_label_values(&[name]))
            .observe(took.as_secs_f64());
    }
}
