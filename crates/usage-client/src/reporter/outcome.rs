//! What becomes of an answer: for the report, for the next attempts, and for whoever watches.

use std::io;

use super::log::{debug, warning};
use super::worker::{Flight, Worker};
use super::{Forgetting, Status};
use crate::core::{Answer, Verdict};
use crate::spool::{Claim, Turn};
use crate::{Error, Reply};

impl Worker {
    /// An exchange came to its end.
    pub(super) fn landed(&mut self, flight: Flight, outcome: Result<Reply, Error>) {
        match (flight.claim, outcome) {
            (Some(claim), Ok(reply)) => {
                debug!("a {} report was accepted", claim.report.kind.name());
                let of_this_version = self.settings.maker.names_version(&claim.report);
                self.spool.done(claim);
                self.accepted(&reply);
                self.shared.tell_news(&reply, of_this_version);
            }
            (Some(claim), Err(error)) => {
                if matches!(error, Error::Unauthorized(_)) && !flight.token.is_blank() {
                    self.engine.on_token_refused(&flight.token);
                }
                self.failed(claim, error);
                // Somebody may have stored another one meanwhile.
                self.look_for_token();
            }
            (None, Ok(reply)) => {
                self.accepted(&reply);
                self.forgotten(&reply);
            }
            (None, Err(error)) if is_answer(&error) => {
                warning!("the server can't forget this install: {error}");
                self.engine.on_forgotten();
                self.forgetting = Forgetting::Refused(error.to_string());
            }
            (None, Err(error)) => {
                self.engine.on_failure(self.now(), &error);
                self.note_failure(&error);
            }
        }
    }

    fn accepted(&mut self, reply: &Reply) {
        self.engine.on_reply(self.now(), reply);
        self.last_error = None;
        if std::mem::take(&mut self.outage_said) {
            debug!("reports are accepted again");
        }
    }

    /// A report was not accepted.
    pub(super) fn failed(&mut self, claim: Claim, error: Error) {
        match self.engine.on_failure(self.now(), &error) {
            Verdict::Keep => {
                let stumbled = matches!(
                    error,
                    Error::Server(_) | Error::Decode { .. } | Error::Status { .. }
                );
                self.spool
                    .put_back(claim, if stumbled { Turn::Last } else { Turn::First });
                self.note_failure(&error);
            }
            Verdict::Drop => {
                warning!("a {} report was dropped: {error}", claim.report.kind.name());
                self.spool.done(claim);
                self.engine.count_dropped(1);
                self.last_error = Some(error.to_string());
            }
        }
    }

    /// One warning an outage.
    pub(super) fn note_failure(&mut self, error: &Error) {
        if std::mem::replace(&mut self.outage_said, true) {
            debug!("reports can't be sent: {error}");
        } else {
            warning!("reports can't be sent, they wait for the next attempt: {error}");
        }
        self.last_error = Some(error.to_string());
    }

    /// A person said yes or no.
    pub(super) fn answer(&mut self, granted: bool) -> Result<(), Error> {
        self.look_for_person();
        let version = self.settings.consent_version;
        self.identity.person.answer = Some(Answer {
            granted,
            version,
            at: self.now(),
        });
        if granted {
            self.identity.person.forgotten = false;
        }
        self.shared.consent.set_person(self.identity.person);
        self.keep_identity().map_err(Error::File)
    }

    /// Empties the spool, switches consent off, and begins to ask the server.
    pub(super) fn forget(&mut self) {
        self.look_for_person();
        self.identity.person.forgotten = true;
        self.identity.forget_status = None;
        self.shared.consent.set_person(self.identity.person);
        self.spool.clear();
        self.engine.forget();
        self.forgetting = Forgetting::Pending;
        // What can't be kept is told by the status.
        let _ = self.keep_identity();
        self.force_state();
    }

    fn forgotten(&mut self, reply: &Reply) {
        self.engine.on_forgotten();
        let json: serde_json::Value = serde_json::from_slice(reply.body()).unwrap_or_default();
        let status_url = json["status_url"].as_str().map(str::to_owned);
        self.identity.forget_status = status_url.clone();
        // What can't be kept is told by the status.
        let _ = self.keep_identity();
        self.forgetting = Forgetting::Accepted { status_url };
    }

    fn keep_identity(&mut self) -> io::Result<()> {
        let kept = self.identity.keep();
        self.identity_trouble = kept.as_ref().err().map(io::Error::to_string);
        kept
    }

    pub(super) fn publish(&mut self) {
        let memory_only = self.disk_trouble();
        let state = self.engine.state();
        let consent = self.shared.consent.ask();
        let waiting = self.waiting();
        let next = self
            .engine
            .next_attempt(waiting)
            .filter(|_| consent.granted || state.forgetting);
        self.shared.show(Status {
            registration: self.registration(),
            consent,
            waiting,
            last_success: state.last_success.map(Into::into),
            next_attempt: next.map(Into::into),
            last_error: self.last_error.clone(),
            dropped: state.dropped,
            corrupt: self.spool.corrupt(),
            memory_only,
            forgetting: self.forgetting.clone(),
            cluster_id: self.identity.cluster_id.clone(),
            server_id: self.identity.server_id.clone(),
        });
    }
}

/// Whether a server said this, for good: not a proxy's page, not an overload.
fn is_answer(error: &Error) -> bool {
    match error {
        Error::Unauthorized(_) | Error::NotFound(_) | Error::Validation(_) => true,
        Error::Status { status, .. } => matches!(status, 400..=499) && !matches!(status, 408 | 425),
        _ => false,
    }
}
