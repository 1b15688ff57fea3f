//! What the product asks of the thread, and what it is told.

use std::path::Path;
use std::time::Instant;

use super::Forgetting;
use super::event::Event;
use super::worker::Worker;
use crate::core::{Kind, Report, Request};
use crate::{Error, disk};

impl Worker {
    pub(super) fn on(&mut self, event: Event) {
        match event {
            Event::Save(report) => {
                self.shared.taken();
                self.spool.push(report);
            }
            Event::Landed(number, outcome) => {
                match self.flight.take_if(|flight| flight.number == number) {
                    Some(flight) => self.landed(flight, outcome),
                    None => self.lost = self.lost.saturating_sub(1),
                }
            }
            Event::Flush(by, tell) => {
                self.look_around(self.now());
                self.engine.hurry(self.now());
                self.flushes.push_back((by, tell));
            }
            Event::Preview(tell) => {
                let _ = tell.send(self.preview());
            }
            Event::Export(path, tell) => {
                let _ = tell.send(self.export(&path));
            }
            Event::Answer(granted, tell) => {
                let _ = tell.send(self.answer(granted));
            }
            Event::Forget(by, tell) => {
                self.forget();
                self.forgets.push_back((by, tell));
            }
            Event::Wake => {
                self.shared.woken();
                self.look_around(self.now());
            }
            Event::Shutdown(by) => {
                self.ending = Some(self.ending.map_or(by, |ending| ending.min(by)));
            }
        }
    }

    /// All that waits, and the next report of each kind.
    fn preview(&mut self) -> Result<Vec<Request>, Error> {
        self.look_for_token();
        let now = self.now();
        let mut requests = Vec::new();
        for report in self.spool.reports() {
            requests.push(self.request(&report, now)?);
        }
        for kind in [Kind::Servers, Kind::Usage, Kind::Stats] {
            let dropped = self.engine.state().dropped;
            let made = self
                .settings
                .maker
                .make(kind, &self.identity, dropped, now, self.key(kind));
            // One that can't be made isn't sent either.
            if let Ok(Some(report)) = made {
                requests.push(self.request(&report, now)?);
            }
        }
        Ok(requests)
    }

    fn export(&mut self, path: &Path) -> Result<usize, Error> {
        // What is on its way may not arrive.
        let claim = self
            .flight
            .as_ref()
            .and_then(|flight| flight.claim.as_ref());
        let flying = claim.map(|claim| claim.report.clone());
        let reports: Vec<_> = flying.into_iter().chain(self.spool.reports()).collect();
        let lines: Vec<u8> = reports.iter().flat_map(Report::to_line).collect();
        disk::replace(path, &lines).map_err(Error::File)?;
        Ok(reports.len())
    }

    /// Whether more can be sent before `by`, as far as is known now.
    pub(super) fn is_worth_waiting(&self, by: Instant) -> bool {
        let left = by.saturating_duration_since(Instant::now());
        let ready = self.engine.state().breaker.ready_at();
        let soon = ready.is_none_or(|at| at.since(self.now()) <= left);
        !left.is_zero()
            && (self.flight.is_some() || self.spool.len() > 0 && self.may_send() && soon)
    }

    pub(super) fn answer_flushes(&mut self) {
        for (by, tell) in std::mem::take(&mut self.flushes) {
            let consent = self.shared.consent.check();
            let planned = self.engine.state().check_in.is_some() && self.may_send();
            let soon = by > Instant::now() && planned;
            if consent.is_ok() && (self.is_worth_waiting(by) || soon) {
                self.flushes.push_back((by, tell));
            } else {
                let _ = tell.send(consent.map(|()| self.waiting()));
            }
        }
    }

    pub(super) fn answer_forgets(&mut self) {
        for (by, tell) in std::mem::take(&mut self.forgets) {
            if self.forgetting == Forgetting::Pending && by > Instant::now() {
                self.forgets.push_back((by, tell));
            } else {
                let _ = tell.send(Ok(self.forgetting.clone()));
            }
        }
    }

    pub(super) fn waiting(&self) -> usize {
        let claim = self
            .flight
            .as_ref()
            .and_then(|flight| flight.claim.as_ref());
        self.spool.len() + usize::from(claim.is_some())
    }
}
