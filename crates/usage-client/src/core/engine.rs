//! What to do next: the engine of a reporter, driven by whoever has a clock, a socket and a disk.
//!
//! ```text
//!             next_action(now, waiting)
//!                        |
//!     +------------+-----+------+--------------+
//!     v            v            v              v
//!  Make(kind)    Send        Forget       Wait(until)
//!     |            |            |
//!  on_made    on_reply, on_failure
//! ```
//!
//! Reports are made when they are due, whether the server answers or not, and wait in a queue that the
//! driver keeps; the engine needs to know only how many wait. Consent is the driver's to ask for, before
//! each `Make` and each `Send`.

use std::time::Duration;

use super::breaker::{Bounds, Outlook};
use super::random::mix;
use super::schedule::Turn;
use super::{Due, Kind, Phase, Random, Retry, State, Token, UnixMillis};
use crate::{Error, Reply};

/// No interval is shorter, whatever anybody sets: never a tight loop.
const SHORTEST: Duration = Duration::from_millis(10);

/// How often, how soon, how patiently. The defaults keep a fleet from stampeding; tests may hurry.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Timing {
    /// Between two usage reports, unless the server asks for another interval: 12 hours.
    pub interval: Duration,
    /// The shortest interval that a server may ask for: 1 hour.
    pub shortest_interval: Duration,
    /// The longest interval that a server may ask for: 7 days.
    pub longest_interval: Duration,
    /// The longest wait, such as `Retry-After`, that a server may ask for: 7 days.
    pub longest_wait: Duration,
    /// Check-ins at start are spread over this: 10 minutes.
    pub check_in_spread: Duration,
    /// A restart of the same version within this checks in no more: 1 hour. A crash loop is no flood.
    pub check_in_pause: Duration,
    /// How one round of attempts goes.
    pub retry: Retry,
}

impl Default for Timing {
    fn default() -> Self {
        const MINUTE: Duration = Duration::from_secs(60);
        Self {
            interval: MINUTE * 60 * 12,
            shortest_interval: MINUTE * 60,
            longest_interval: MINUTE * 60 * 24 * 7,
            longest_wait: MINUTE * 60 * 24 * 7,
            check_in_spread: MINUTE * 10,
            check_in_pause: MINUTE * 60,
            retry: Retry::default(),
        }
    }
}

impl Timing {
    /// What a server asks for, as far as it goes.
    fn bounded(&self, asked: Duration) -> Duration {
        asked.max(self.shortest_interval).min(self.longest_interval)
    }
}

/// Which reports an engine asks for by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wants {
    /// A check-in at start.
    pub check_in: bool,
    /// Usage, at each interval.
    pub usage: bool,
    /// Stats, this often.
    pub stats: Option<Duration>,
}

/// What to do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Make this report and queue it, then say [`Engine::on_made`].
    Make(Kind),
    /// Send one of the queue, then say [`Engine::on_reply`] or [`Engine::on_failure`].
    Send,
    /// Ask the server to forget this install, then say the same, and [`Engine::on_forgotten`] if it
    /// answered. Nothing else is sent until it did.
    Forget,
    /// Nothing before this, unless something is queued or somebody is in a hurry.
    Wait(UnixMillis),
}

/// What becomes of a report that was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It waits for the next attempt.
    Keep,
    /// It will never be accepted.
    Drop,
}

/// The state machine. Equal seeds, states and calls give equal actions.
#[derive(Clone, Debug)]
pub struct Engine {
    phase: Phase,
    version: String,
    timing: Timing,
    wants: Wants,
    state: State,
    random: Random,
}

impl Engine {
    /// A process of `version` starts at `now`, with what an earlier one left in `state`.
    pub fn start(
        now: UnixMillis,
        phase: Phase,
        version: impl Into<String>,
        timing: Timing,
        wants: Wants,
        state: State,
        random: Random,
    ) -> Self {
        let version = version.into();
        let stats = wants.stats.map(|every| every.max(SHORTEST));
        let wants = Wants { stats, ..wants };
        let mut engine = Self {
            phase,
            version,
            timing,
            wants,
            state,
            random,
        };
        engine.plan_check_in(now);
        engine
    }

    /// What is to be remembered. Changes with each call of the others.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Counts reports that the driver had to drop.
    pub fn count_dropped(&mut self, reports: u64) {
        self.state.dropped = self.state.dropped.saturating_add(reports);
    }

    /// What to do, with `waiting` reports in the queue.
    pub fn next_action(&mut self, now: UnixMillis, waiting: usize) -> Action {
        self.state.breaker.heed_clock(now);
        let ready = self.state.breaker.ready_at().unwrap_or(now);
        if self.state.forgetting {
            return if ready <= now {
                Action::Forget
            } else {
                Action::Wait(ready)
            };
        }
        if let Some(kind) = self.due(now) {
            return Action::Make(kind);
        }
        if waiting > 0 && ready <= now {
            return Action::Send;
        }
        let dues = [self.state.check_in, self.state.usage, self.state.stats];
        let next = dues.into_iter().flatten().map(|due| due.at);
        let next = next.chain((waiting > 0).then_some(ready)).min();
        Action::Wait(next.unwrap_or(now + self.interval()))
    }

    /// When the next attempt is planned, with `waiting` reports in the queue.
    pub fn next_attempt(&self, waiting: usize) -> Option<UnixMillis> {
        let ready = self.state.breaker.ready_at();
        if waiting > 0 {
            return ready;
        }
        let dues = [self.state.check_in, self.state.usage, self.state.stats];
        let next = dues.into_iter().flatten().map(|due| due.at).min()?;
        Some(ready.map_or(next, |ready| ready.max(next)))
    }

    /// A report that was due is queued, or there was nothing to say.
    pub fn on_made(&mut self, now: UnixMillis, kind: Kind) {
        match kind {
            Kind::Servers => {
                self.state.check_in = None;
                self.state.checked_in = Some((now, self.version.clone()));
            }
            Kind::Usage => self.state.usage = Some(self.next_usage(now)),
            Kind::Stats => {
                self.state.stats = self.wants.stats.map(|every| self.next_stats(now, every))
            }
            Kind::Other => {}
        }
    }

    /// The server accepted what was sent.
    pub fn on_reply(&mut self, now: UnixMillis, reply: &Reply) {
        self.state.breaker.on_success();
        self.state.last_success = Some(now);
        self.state.refused_token = None;
        let Some(asked) = reply.next_report_in() else {
            return;
        };
        let asked = self.timing.bounded(asked);
        if asked != self.interval() {
            self.state.interval = Some(asked);
            self.state.usage = self.state.usage.map(|_| self.next_usage(now));
        }
    }

    /// It was not accepted, or there was no answer.
    pub fn on_failure(&mut self, now: UnixMillis, error: &Error) -> Verdict {
        let (outlook, verdict) = judge(error);
        let Some(outlook) = outlook else {
            self.state.breaker.on_success();
            return verdict;
        };
        let bounds = Bounds {
            retry: &self.timing.retry,
            phase: self.phase,
            interval: self.interval(),
            longest: self.timing.longest_wait,
        };
        self.state
            .breaker
            .on_failure(now, outlook, &bounds, &mut self.random);
        verdict
    }

    /// The server doesn't know this token, or no more.
    pub fn on_token_refused(&mut self, token: &Token) {
        self.state.refused_token = Some(mark(token));
    }

    /// Whether the server refused the token that [`on_token`](Self::on_token) heard of last.
    pub fn is_token_refused(&self) -> bool {
        self.state.refused_token.is_some()
    }

    /// This is the token now. If the server refused another one, it is tried at once.
    pub fn on_token(&mut self, token: &Token) {
        if self
            .state
            .refused_token
            .is_some_and(|refused| refused != mark(token))
        {
            self.state.refused_token = None;
            self.state.breaker.on_success();
        }
    }

    /// Makes a check-in that is planned due now. What the breaker says stands.
    pub fn hurry(&mut self, now: UnixMillis) {
        self.state.check_in = self.state.check_in.map(|_| Due::new(now));
    }

    /// From now on the server is asked to forget this install, until it answers; nothing else is planned
    /// while it hasn't.
    pub fn forget(&mut self) {
        self.state.forgetting = true;
    }

    /// The server answered the request to forget: it will, or it can't.
    pub fn on_forgotten(&mut self) {
        self.state.forgetting = false;
    }

    fn interval(&self) -> Duration {
        // A file may say anything.
        let asked = self.state.interval.map(|asked| self.timing.bounded(asked));
        let interval = asked.unwrap_or(self.timing.interval);
        interval.max(SHORTEST)
    }

    fn plan_check_in(&mut self, now: UnixMillis) {
        let Self { timing, state, .. } = self;
        if !self.wants.check_in {
            state.check_in = None;
            return;
        }
        // An earlier process didn't live to see it.
        if state.check_in.is_some() {
            return;
        }
        let recent = state.checked_in.as_ref().is_some_and(|(at, version)| {
            *version == self.version && *at <= now && now.since(*at) < timing.check_in_pause
        });
        if !recent {
            state.check_in = Some(Due::new(now + self.random.below(timing.check_in_spread)));
        }
    }

    /// What is due, after putting off what was missed.
    fn due(&mut self, now: UnixMillis) -> Option<Kind> {
        let spread = self.timing.check_in_spread;
        if let Some(due) = self.state.check_in {
            match due.turn(now, spread) {
                Turn::Now => return Some(Kind::Servers),
                Turn::Later => {}
                Turn::Missed => {
                    self.state.check_in = Some(Due::again(now + self.random.below(spread)));
                }
            }
        }
        if self.wants.usage {
            let interval = self.interval();
            let first = Due::new(self.phase.first_from(now, interval));
            match self
                .state
                .usage
                .get_or_insert(first)
                .turn(now, interval * 2)
            {
                Turn::Now => return Some(Kind::Usage),
                Turn::Later => {}
                Turn::Missed => self.state.usage = Some(Due::again(first.at)),
            }
        } else {
            self.state.usage = None;
        }
        if let Some(every) = self.wants.stats {
            let first = Due::new(self.phase.first_from(now, every));
            match self.state.stats.get_or_insert(first).turn(now, every * 2) {
                Turn::Now => return Some(Kind::Stats),
                Turn::Later => {}
                Turn::Missed => self.state.stats = Some(Due::again(first.at)),
            }
        } else {
            self.state.stats = None;
        }
        None
    }

    /// The first instant of this install's that is at least half an interval away: reports that were late
    /// don't move the others.
    fn next_usage(&self, now: UnixMillis) -> Due {
        let interval = self.interval();
        Due::new(self.phase.first_from(now + interval / 2, interval))
    }

    fn next_stats(&self, now: UnixMillis, every: Duration) -> Due {
        Due::new(self.phase.first_from(now + every / 2, every))
    }
}

/// Tells most tokens apart, and nothing about them.
fn mark(token: &Token) -> u16 {
    let bytes = token.expose().trim_ascii().iter();
    let hash = bytes.fold(0xCBF2_9CE4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3)
    });
    mix(hash) as u16
}

/// What a failure means: for the next attempts (nothing, where the server is well and said no), and for the
/// report.
fn judge(error: &Error) -> (Option<Outlook>, Verdict) {
    let lasting = (Some(Outlook::Lasting), Verdict::Keep);
    let passing = |asked| (Some(Outlook::Passing(asked)), Verdict::Keep);
    match error {
        // The report itself is wrong: it would be so tomorrow.
        Error::Validation(_) | Error::Path(_) | Error::Encode(_) => (None, Verdict::Drop),
        Error::Status {
            status: 400 | 413 | 415,
            ..
        } => (None, Verdict::Drop),
        // Somebody has to do something.
        Error::Unauthorized(_)
        | Error::NotFound(_)
        | Error::Redirect { .. }
        | Error::Url(_)
        | Error::Token
        | Error::ConsentOff { .. }
        | Error::ProductionByAccident
        | Error::Registration(_)
        | Error::QueueFull
        | Error::Stopped
        | Error::File(_) => lasting,
        // Mostly a proxy's page, where 500 may be a server in trouble.
        Error::Decode { status: 500, .. } => passing(None),
        Error::Decode { .. } => lasting,
        Error::Status {
            status: 408 | 425, ..
        } => passing(None),
        Error::Status {
            status: 400..=499, ..
        } => lasting,
        Error::Status { retry_after, .. } | Error::RateLimited { retry_after, .. } => {
            passing(*retry_after)
        }
        Error::Server(_) | Error::Transport(_) => passing(None),
    }
}
