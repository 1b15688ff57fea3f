//! The reporter: a thread that checks in, reports usage and stats when they are due, and keeps what can't be
//! sent. When something is due is the core's business, what waits the spool's.
//!
//! | file | what lives there |
//! | --- | --- |
//! | `builder` | all settings |
//! | `mod` | the product's handle: each call is a word to the thread |
//! | `worker` | the thread: the engine's clock, disk and network |
//! | `answers` | what the product asks of it |
//! | `outcome` | what becomes of an answer |
//! | `carrier` | one exchange, on a thread of its own |
//! | `maker`, `facts` | what is reported |
//! | `identity`, `disk_state` | what is kept between starts |
//! | `consent` | the gate, and whom it asks |
//! | `settings`, `event`, `status` | what thread and handles share |

mod answers;
mod builder;
mod carrier;
mod chance;
mod consent;
mod disk_state;
mod event;
mod facts;
mod identity;
mod log;
mod maker;
mod outcome;
mod settings;
mod status;
mod worker;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};

pub use builder::ReporterBuilder;
pub use facts::Facts;
pub use status::{Forgetting, RegistrationNeeded, RegistrationStatus, Status};

use crate::core::{Report, Request};
use crate::{Advisory, Error, Saveable, limits};
use event::Event;
use settings::Shared;

/// Reports by itself: checks in at start, posts usage every 12 hours and stats as often as you like, and
/// keeps what can't be sent until it can.
///
/// ```no_run
/// use std::time::Duration;
/// use usage_client::{Facts, Reporter, values};
///
/// # fn main() -> Result<(), usage_client::Error> {
/// let reporter = Reporter::builder("jambox", "1.0")
///     .url("https://usage.example.com")
///     .state_folder("/var/lib/jambox/usage")
///     .opt_out_variable("JAMBOX_NO_USAGE")
///     .facts(Facts::OS | Facts::ARCH)
///     .usage(|| values! { "num_databases" => 3 })
///     .on_registration_needed(|needed| println!("register at {}", needed.url))
///     .start()?; // returns at once
///
/// // ... the product runs ...
///
/// reporter.shutdown(Duration::from_secs(2)); // returns by then, whatever the network does
/// # Ok(())
/// # }
/// ```
///
/// Clones are handles of the same reporter. When the last one is dropped, it ends without sending what
/// waits; that is sent after the next start.
#[derive(Clone)]
pub struct Reporter(Arc<Handle>);

struct Handle {
    product: String,
    shared: Arc<Shared>,
    tell: Sender<Event>,
}

impl Reporter {
    /// A reporter of `product` in `version`.
    pub fn builder(product: impl Into<String>, version: impl Into<String>) -> ReporterBuilder {
        ReporterBuilder::new(product.into(), version.into())
    }

    fn new(product: String, shared: Arc<Shared>, tell: Sender<Event>) -> Self {
        Self(Arc::new(Handle {
            product,
            shared,
            tell,
        }))
    }

    /// Queues a report of your own, to be sent as soon as it can be. Never waits: asks for consent and
    /// encodes it here, the rest is the thread's.
    ///
    /// # Errors
    ///
    /// [`Error::ConsentOff`], [`Error::QueueFull`], [`Error::Encode`], and [`Error::Stopped`] after a
    /// shutdown.
    pub fn save<S: Saveable + ?Sized>(&self, report: &S) -> Result<(), Error> {
        let Handle {
            product,
            shared,
            tell,
        } = &*self.0;
        shared.consent.check()?;
        let report = Report::new(product, report, shared.now(), chance::key())?;
        if !shared.make_room() {
            return Err(Error::QueueFull);
        }
        tell.send(Event::Save(report)).map_err(|_| {
            shared.taken();
            Error::Stopped
        })
    }

    /// How it goes.
    pub fn status(&self) -> Status {
        self.0.shared.status()
    }

    /// Whether this install belongs to a customer: waits until the thread has asked the token store, and
    /// not longer than `within`.
    pub fn registration(&self, within: Duration) -> RegistrationStatus {
        let known = |status: &Status| status.registration != RegistrationStatus::Unknown;
        self.0.shared.status_once(within, known).registration
    }

    /// The product's newest version, as the server said last.
    pub fn latest_version(&self) -> Option<String> {
        self.0.shared.latest_version()
    }

    /// What the vendor wants users of this version to know, as the server said last: at a check-in, or when it got
    /// usage. What matters most comes first.
    pub fn advisories(&self) -> Vec<Advisory> {
        self.0.shared.advisories()
    }

    /// Says that something changed: a token was stored, the configuration was read again. Without it the
    /// reporter sees it before its next send, and at the latest in 10 minutes.
    pub fn wake(&self) {
        if self.0.shared.wake() {
            let _ = self.0.tell.send(Event::Wake);
        }
    }

    /// Sends what waits, a planned check-in too, and returns how many reports still wait: as soon as
    /// there is nothing more to send, or no more can be sent `within` this time. A server that failed is
    /// left alone until its time comes.
    ///
    /// # Errors
    ///
    /// [`Error::ConsentOff`]; [`Error::Stopped`].
    pub fn flush(&self, within: Duration) -> Result<usize, Error> {
        let by = deadline(within);
        self.ask(within, |answer| Event::Flush(by, answer))
    }

    /// Ends it, and returns whether it ended: by `within` in any case, even if the server accepts and never
    /// answers. Sends what waits if that can be; the rest is kept for the next start.
    pub fn shutdown(&self, within: Duration) -> bool {
        // The rest is for writing down what wasn't sent.
        let sending = within - (within / 4).min(limits::LAST_WRITES);
        let _ = self.0.tell.send(Event::Shutdown(deadline(sending)));
        self.0.shared.wait_for_end(within)
    }

    /// The very requests that would be sent now: all that waits, then the next check-in, usage and stats.
    /// Made by the same functions, and shown whether or not anything may be sent. They hold the token.
    ///
    /// # Errors
    ///
    /// [`Error::Stopped`], also where a hook takes longer than 10 seconds.
    pub fn preview(&self) -> Result<Vec<Request>, Error> {
        self.ask(limits::ASK, Event::Preview)
    }

    /// Writes what waits to a file, for machines without a network, and returns how many reports that are:
    /// [`core::Report`](crate::core::Report) describes its lines. `usage-server import` reads it. They go
    /// on waiting; who gets one twice counts it once.
    ///
    /// # Errors
    ///
    /// [`Error::File`], [`Error::Stopped`].
    pub fn export_file(&self, path: impl Into<PathBuf>) -> Result<usize, Error> {
        let path = path.into();
        self.ask(limits::ASK, |answer| Event::Export(path, answer))
    }

    /// Keeps a person's answer to the question whether this install may report, for the
    /// [version](ReporterBuilder::consent_version) of what is reported now. A no empties the spool.
    ///
    /// # Errors
    ///
    /// [`Error::File`] where the answer can't be kept: it holds for this process. [`Error::Stopped`].
    pub fn set_consent(&self, granted: bool) -> Result<(), Error> {
        self.ask(limits::ASK, |answer| Event::Answer(granted, answer))
    }

    /// Empties the spool, then asks the server to erase what this install reported, and goes on asking, in
    /// later processes too, until it answers. Consent stays off afterwards, until
    /// [`set_consent`](Self::set_consent) says yes.
    ///
    /// Waits for the answer, and not longer than `within`: [`Forgetting::Pending`] then.
    ///
    /// # Errors
    ///
    /// [`Error::Stopped`].
    pub fn forget_me(&self, within: Duration) -> Result<Forgetting, Error> {
        let by = deadline(within);
        self.ask(within, |answer| Event::Forget(by, answer))
    }

    /// A word to the thread, and its answer.
    fn ask<T>(
        &self,
        within: Duration,
        question: impl FnOnce(Sender<Result<T, Error>>) -> Event,
    ) -> Result<T, Error> {
        let (answer, answered) = channel();
        self.0
            .tell
            .send(question(answer))
            .map_err(|_| Error::Stopped)?;
        let answer = answered.recv_timeout(within.saturating_add(limits::ANSWER_GRACE));
        answer.unwrap_or(Err(Error::Stopped))
    }
}

/// In this time; those who say "forever" get a year.
fn deadline(within: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(within).unwrap_or(now + limits::FOREVER)
}

/// Nobody is left to ask.
impl Drop for Handle {
    fn drop(&mut self) {
        let _ = self.tell.send(Event::Shutdown(Instant::now()));
    }
}

impl fmt::Debug for Reporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reporter")
            .field("product", &self.0.product)
            .finish_non_exhaustive()
    }
}
