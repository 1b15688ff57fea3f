//! The reporter's thread: gives the engine the time, the disk and the network, and listens to the product.
//!
//! ```text
//!   product --Event--> worker --asks--> engine: what now?
//!                       |  ^
//!                 claim |  | Event::Landed
//!                       v  |
//!                      carrier (a thread an exchange)
//! ```
//!
//! Nothing here waits for the network, so the thread hears of a shutdown at once. What becomes of an
//! answer is in `outcome`.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use super::event::Event;
use super::identity::Identity;
use super::log::warning;
use super::settings::{Settings, Shared};
use super::{Forgetting, RegistrationNeeded, RegistrationStatus, chance, disk_state};
use crate::core::{
    self, Action, Engine, IdempotencyKey, Kind, Phase, Random, Report, Request, Token, UnixMillis,
};
use crate::spool::{Claim, Spool, Turn};
use crate::{Error, Registration, TransportError, limits};

pub(super) struct Worker {
    pub(super) settings: Settings,
    pub(super) shared: Arc<Shared>,
    events: Receiver<Event>,
    tell: Sender<Event>,
    pub(super) identity: Identity,
    pub(super) engine: Engine,
    pub(super) spool: Spool,
    /// What the store had when it was last asked.
    pub(super) token: io::Result<Option<Token>>,
    /// For the next report of each kind, so that what a preview shows is what is sent.
    keys: [IdempotencyKey; 3],
    pub(super) flight: Option<Flight>,
    flights: u64,
    /// Exchanges that nobody waits for any more, though they haven't come back.
    pub(super) lost: usize,
    pub(super) flushes: VecDeque<(Instant, Sender<Result<usize, Error>>)>,
    pub(super) forgets: VecDeque<(Instant, Sender<Result<Forgetting, Error>>)>,
    pub(super) forgetting: Forgetting,
    pub(super) outage_said: bool,
    pub(super) identity_trouble: Option<String>,
    state_trouble: Option<String>,
    disk_said: bool,
    pub(super) last_error: Option<String>,
    needed_said: bool,
    saved_state: core::State,
    pub(super) ending: Option<Instant>,
}

/// An exchange on its way.
pub(super) struct Flight {
    pub(super) number: u64,
    /// What it carries; nothing for a request to be forgotten.
    pub(super) claim: Option<Claim>,
    /// Whose it is.
    pub(super) token: Token,
    lost_at: Instant,
}

impl Worker {
    /// Reads what earlier processes left.
    pub(super) fn begin(
        settings: Settings,
        shared: Arc<Shared>,
        events: Receiver<Event>,
        tell: Sender<Event>,
    ) -> Self {
        let now = shared.now();
        let folder = settings.folder.as_deref();
        let (identity, trouble) = Identity::load(folder, &settings.given);
        shared.consent.set_person(identity.person);
        let state = disk_state::load(folder);
        let forgetting = match &identity.forget_status {
            _ if state.forgetting => Forgetting::Pending,
            Some(url) => Forgetting::Accepted {
                status_url: Some(url.clone()),
            },
            None => Forgetting::No,
        };
        let product = settings.maker.product.as_str();
        let engine = Engine::start(
            now,
            Phase::of(&[product, &identity.cluster_id, &identity.server_id]),
            settings.maker.version.as_str(),
            settings.timing.clone(),
            settings.maker.wants(),
            state,
            Random::seeded(chance::seed()),
        );
        let spool = Spool::new(folder.map(|folder| folder.join("spool")), settings.bounds);
        let mut worker = Self {
            saved_state: engine.state().clone(),
            identity,
            engine,
            spool,
            token: Ok(None),
            keys: [(); 3].map(|()| chance::key()),
            flight: None,
            flights: 0,
            lost: 0,
            flushes: VecDeque::new(),
            forgets: VecDeque::new(),
            forgetting,
            outage_said: false,
            identity_trouble: trouble.map(|error| error.to_string()),
            state_trouble: None,
            disk_said: false,
            last_error: None,
            needed_said: false,
            ending: None,
            settings,
            shared,
            events,
            tell,
        };
        worker.look_around(now);
        worker
    }

    pub(super) fn run(mut self) {
        loop {
            let nap = self.step();
            if self.is_over() {
                break;
            }
            match self.events.recv_timeout(nap) {
                Ok(event) => self.on(event),
                Err(RecvTimeoutError::Timeout) => self.look_around(self.now()),
                Err(RecvTimeoutError::Disconnected) => break,
            }
            // What else came meanwhile; a bound, so that nobody who talks without end is all we hear.
            for event in self
                .events
                .try_iter()
                .take(limits::QUEUED_REPORTS)
                .collect::<Vec<_>>()
            {
                self.on(event);
            }
        }
        self.end();
    }

    pub(super) fn now(&self) -> UnixMillis {
        self.shared.now()
    }

    /// Does all there is to do now. How long there is nothing more.
    fn step(&mut self) -> Duration {
        if self
            .flight
            .as_ref()
            .is_some_and(|flight| flight.lost_at <= Instant::now())
        {
            self.lose_flight();
        }
        let nap = self.act().min(limits::NAP);
        self.count_dropped();
        // What has to wait survives a crash; what a healthy server takes at once never sees the disk.
        if self.flight.is_none() {
            self.spool.keep();
        }
        self.save_state();
        // Who gets an answer finds the status up to date.
        self.publish();
        self.answer_flushes();
        self.answer_forgets();

        let flight = self.flight.as_ref().map(|flight| flight.lost_at);
        let waiting = self
            .flushes
            .iter()
            .map(|(by, _)| *by)
            .chain(self.forgets.iter().map(|(by, _)| *by));
        let soonest = waiting.chain(flight).chain(self.ending).min();
        soonest.map_or(nap, |at| {
            nap.min(at.saturating_duration_since(Instant::now()))
        })
    }

    fn act(&mut self) -> Duration {
        loop {
            let now = self.now();
            if !self.shared.consent.ask().granted {
                self.spool.clear();
                // The request to be forgotten is what a person asked for: it goes all the same.
                if !self.engine.state().forgetting {
                    return limits::NAP;
                }
            }
            let waiting = if self.can_send() { self.spool.len() } else { 0 };
            match self.engine.next_action(now, waiting) {
                Action::Make(kind) => self.make(now, kind),
                Action::Send => self.send(now),
                Action::Forget if self.flight.is_some() || self.settings.offline => {
                    return limits::NAP;
                }
                Action::Forget => self.send_forget(now),
                Action::Wait(until) => return until.since(now),
            }
        }
    }

    fn can_send(&self) -> bool {
        self.flight.is_none() && self.may_send()
    }

    /// Whether there is who to send for.
    pub(super) fn may_send(&self) -> bool {
        let known = match &self.token {
            Ok(Some(_)) => true,
            Ok(None) => self.settings.anonymous,
            Err(_) => false,
        };
        known && !self.settings.offline
    }

    fn make(&mut self, now: UnixMillis, kind: Kind) {
        let key = self.take_key(kind);
        let dropped = self.engine.state().dropped;
        match self
            .settings
            .maker
            .make(kind, &self.identity, dropped, now, key)
        {
            Ok(Some(report)) => self.spool.push(report),
            Ok(None) => {}
            Err(error) => {
                warning!("no {} report was made: {error}", kind.name());
                self.last_error = Some(error.to_string());
            }
        }
        // A hook that takes as long as its interval must not be due again before anything is sent.
        self.engine.on_made(self.now(), kind);
    }

    fn send(&mut self, now: UnixMillis) {
        self.look_for_token();
        self.look_for_person();
        if !self.can_send() || !self.shared.consent.ask().granted || self.is_stuck(now) {
            return;
        }
        let Some(claim) = self.spool.take(now) else {
            return;
        };
        match self.request(&claim.report, now) {
            Ok(request) => self.launch(request, Some(claim)),
            Err(error) => self.failed(claim, error),
        }
    }

    fn send_forget(&mut self, now: UnixMillis) {
        self.look_for_token();
        if self.is_stuck(now) {
            return;
        }
        let Identity {
            cluster_id,
            server_id,
            ..
        } = &self.identity;
        let product = &self.settings.maker.product;
        match self
            .sender(&self.token())
            .forget(product, cluster_id, server_id)
        {
            Ok(request) => self.launch(request, None),
            Err(error) => {
                self.engine.on_failure(now, &error);
                self.note_failure(&error);
            }
        }
    }

    /// Whether an exchange that nobody waits for is still out there: one such thread is enough.
    fn is_stuck(&mut self, now: UnixMillis) -> bool {
        if self.lost > 0 {
            let why = "an earlier exchange has not come back yet";
            let error = Error::Transport(TransportError::timed_out(why));
            self.engine.on_failure(now, &error);
            self.note_failure(&error);
        }
        self.lost > 0
    }

    fn launch(&mut self, request: Request, claim: Option<Claim>) {
        self.flights += 1;
        let timeout = self.settings.timeout;
        let grace = limits::EXCHANGE_GRACE.min(timeout);
        self.flight = Some(Flight {
            number: self.flights,
            claim,
            token: self.token(),
            lost_at: Instant::now() + timeout + grace,
        });
        let transport = Arc::clone(&self.settings.transport);
        super::carrier::launch(self.flights, transport, request, timeout, self.tell.clone());
    }

    /// What is sent for a report, and what a preview shows.
    pub(super) fn request(&self, report: &Report, now: UnixMillis) -> Result<Request, Error> {
        self.sender(&self.token()).request(report, now)
    }

    fn sender<'a>(&'a self, token: &'a Token) -> core::Sender<'a> {
        core::Sender {
            base: &self.settings.url,
            token,
            install_key: self.identity.install_key.as_ref(),
        }
    }

    fn token(&self) -> Token {
        self.token
            .as_ref()
            .ok()
            .cloned()
            .flatten()
            .unwrap_or_default()
    }

    fn take_key(&mut self, kind: Kind) -> IdempotencyKey {
        let key = self.key(kind);
        if let Some(place) = self.keys.get_mut(kind as usize) {
            *place = chance::key();
        }
        key
    }

    pub(super) fn key(&self, kind: Kind) -> IdempotencyKey {
        self.keys
            .get(kind as usize)
            .copied()
            .unwrap_or_else(chance::key)
    }

    /// Sees what changed outside: other processes' reports, a person's answer, the token.
    pub(super) fn look_around(&mut self, now: UnixMillis) {
        self.spool.look(now);
        self.look_for_person();
        self.look_for_token();
    }

    /// A person may have answered another process of this install.
    pub(super) fn look_for_person(&mut self) {
        if self.identity_trouble.is_none() {
            self.identity.look_again();
            self.shared.consent.set_person(self.identity.person);
        }
    }

    pub(super) fn look_for_token(&mut self) {
        let tokens = std::panic::AssertUnwindSafe(&self.settings.tokens);
        let loaded = std::panic::catch_unwind(|| tokens.load());
        self.token = loaded.unwrap_or_else(|_| Err(io::Error::other("the token store panicked")));
        if let Ok(Some(token)) = &self.token {
            self.engine.on_token(token);
        }
        let has_token = matches!(&self.token, Ok(Some(_)));
        if has_token || self.settings.anonymous || self.token.is_err() {
            self.needed_said = false;
        } else if self.shared.consent.ask().granted
            && !std::mem::replace(&mut self.needed_said, true)
        {
            let RegistrationStatus::Needed(needed) = self.registration() else {
                return;
            };
            warning!("this install is not registered, its reports wait: see the registration page");
            if let Some(hook) = &self.settings.on_registration_needed {
                let call = std::panic::AssertUnwindSafe(|| hook(&needed));
                if std::panic::catch_unwind(call).is_err() {
                    warning!("the product's hook for registration panicked");
                }
            }
        }
    }

    pub(super) fn registration(&self) -> RegistrationStatus {
        let registration =
            Registration::new(&self.identity.cluster_id, &self.settings.maker.product);
        let url = registration.url(&self.settings.url).unwrap_or_default();
        let needed = RegistrationNeeded { url };
        match &self.token {
            Err(error) => RegistrationStatus::Unreadable(error.to_string()),
            Ok(None) if self.settings.anonymous => RegistrationStatus::Anonymous,
            Ok(None) => RegistrationStatus::Needed(needed),
            Ok(Some(_)) if self.engine.is_token_refused() => RegistrationStatus::Refused(needed),
            Ok(Some(_)) => RegistrationStatus::Registered,
        }
    }

    fn lose_flight(&mut self) {
        let Some(flight) = self.flight.take() else {
            return;
        };
        self.lost += 1;
        let error = Error::Transport(TransportError::timed_out(
            "the exchange did not end in time",
        ));
        match flight.claim {
            Some(claim) => self.failed(claim, error),
            None => {
                self.engine.on_failure(self.now(), &error);
                self.note_failure(&error);
            }
        }
    }

    fn is_over(&self) -> bool {
        self.ending.is_some_and(|by| {
            let allowed = self.shared.consent.ask().granted || self.engine.state().forgetting;
            by <= Instant::now() || !allowed || !self.is_worth_waiting(by)
        })
    }

    fn end(mut self) {
        while let Ok(event) = self.events.try_recv() {
            if let Event::Save(report) = event {
                self.spool.push(report);
            }
        }
        if self.shared.consent.ask().granted {
            // It may have arrived: its key says that it is the same when it is sent again.
            if let Some(claim) = self.flight.take().and_then(|flight| flight.claim) {
                self.spool.put_back(claim, Turn::First);
            }
            self.spool.keep();
        } else {
            self.spool.clear();
        }
        self.count_dropped();
        self.force_state();
        self.publish();
        self.answer_flushes();
        self.answer_forgets();
    }

    fn count_dropped(&mut self) {
        let dropped = self.spool.take_dropped() + self.shared.take_unqueued();
        self.engine.count_dropped(dropped);
    }

    /// Writes the state down where it matters: not for each minute's stats.
    fn save_state(&mut self) {
        let state = self.engine.state();
        let saved = &self.saved_state;
        let kept_up = core::State {
            stats: saved.stats,
            last_success: saved.last_success,
            ..state.clone()
        };
        if kept_up != *saved {
            self.force_state();
        }
    }

    pub(super) fn force_state(&mut self) {
        self.saved_state = self.engine.state().clone();
        let saved = disk_state::save(self.settings.folder.as_deref(), &self.saved_state);
        self.state_trouble = saved.err().map(|error| error.to_string());
    }

    /// Why things are in memory only. Said once.
    pub(super) fn disk_trouble(&mut self) -> Option<String> {
        let spool = self.spool.trouble().map(io::Error::to_string);
        let trouble = self
            .identity_trouble
            .clone()
            .or(spool)
            .or(self.state_trouble.clone());
        if let Some(why) = trouble.as_ref().filter(|_| !self.disk_said) {
            warning!("reports and ids are kept in memory only: {why}");
            self.disk_said = true;
        }
        trouble
    }
}
