//! Everything that can be set about a reporter. Only product, version and URL must be.

use std::path::PathBuf;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use super::consent::{Configured, Consent};
use super::identity::{Given, Person};
use super::maker::{Maker, StatsHook, UsageHook};
use super::settings::{Clock, NeededHook, Settings, Shared};
use super::worker::Worker;
use super::{Facts, Forgetting, RegistrationNeeded, RegistrationStatus, Reporter, Status};
use crate::core::{
    self, BaseUrl, Decider, Environment, Permission, ProductVariable, SpoolBounds, Timing,
};
use crate::error::TargetError;
use crate::{
    Blocking, Error, FileToken, MemoryToken, StatsData, TokenStore, Transport, UsageData, limits,
};

/// Sets a [`Reporter`] up. [`start`](Self::start) starts it.
#[must_use = "nothing is reported until it is started"]
pub struct ReporterBuilder {
    product: String,
    version: String,
    url: Option<BaseUrl>,
    given: Given,
    host: String,
    folder: Option<PathBuf>,
    tokens: Option<Box<dyn TokenStore>>,
    anonymous: bool,
    offline: bool,
    usage: Option<UsageHook>,
    stats: Option<(Duration, StatsHook)>,
    facts: Facts,
    variable: Option<ProductVariable>,
    configured: Option<Configured>,
    consent_version: u32,
    consent_default: bool,
    environment: Environment,
    transport: Option<Arc<dyn Transport>>,
    timeout: Duration,
    timing: Timing,
    bounds: SpoolBounds,
    on_registration_needed: Option<NeededHook>,
    clock: Clock,
}

impl ReporterBuilder {
    pub(super) fn new(product: String, version: String) -> Self {
        Self {
            product,
            version,
            url: None,
            given: Given::default(),
            host: "unnamed".into(),
            folder: None,
            tokens: None,
            anonymous: false,
            offline: false,
            usage: None,
            stats: None,
            facts: Facts::NONE,
            variable: None,
            configured: None,
            consent_version: 1,
            consent_default: true,
            environment: Environment::process(),
            transport: None,
            timeout: limits::WHOLE_TIMEOUT,
            timing: Timing::default(),
            bounds: SpoolBounds::default(),
            on_registration_needed: None,
            clock: Box::new(SystemTime::now),
        }
    }

    /// The server. Required, here or as `USAGE_URL`: there is no default.
    pub fn url(mut self, url: impl AsRef<[u8]>) -> Self {
        self.url = Some(BaseUrl::from(&url));
        self
    }

    /// The folder for what must survive a restart: ids, due times, reports that wait, and the token unless
    /// [`tokens`](Self::tokens) says otherwise. One for each install. Processes may share it, and no
    /// report is sent twice; but each makes reports of its own.
    ///
    /// Without one all of it is in memory, and each start is a new install unless both ids are given.
    pub fn state_folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = Some(folder.into());
        self
    }

    /// The cluster's id. A random one is drawn and kept if this is not given.
    pub fn cluster_id(mut self, id: impl Into<String>) -> Self {
        self.given.cluster_id = Some(id.into());
        self
    }

    /// The server's id within the cluster. A random one is drawn and kept if this is not given.
    pub fn server_id(mut self, id: impl Into<String>) -> Self {
        self.given.server_id = Some(id.into());
        self
    }

    /// The host's name in check-ins, for the customer to recognize: `unnamed` unless the product says it.
    pub fn host(mut self, host: impl Into<String>) -> Self {
        self.host = host.into();
        self
    }

    /// Where the token is kept: the file `token` in the state folder, if not set.
    pub fn tokens(mut self, store: impl TokenStore + 'static) -> Self {
        self.tokens = Some(Box::new(store));
        self
    }

    /// Lets reports go without a token, as long as there is none. If not set, they wait for a
    /// registration.
    pub fn anonymous(mut self, allowed: bool) -> Self {
        self.anonymous = allowed;
        self
    }

    /// Sends nothing: reports wait for [`Reporter::export_file`], on a machine without a network.
    pub fn offline(mut self, offline: bool) -> Self {
        self.offline = offline;
        self
    }

    /// What to report every 12 hours. Called on the reporter's thread; may take its time, and panic.
    ///
    /// Added to what it returns: the tag `version`, the values `cluster_id` and `server_id`,
    /// `reports_dropped` if there are any, and the [`facts`](Self::facts) asked for.
    pub fn usage<U: Into<UsageData>>(mut self, hook: impl Fn() -> U + Send + 'static) -> Self {
        self.usage = Some(Box::new(move || hook().into()));
        self
    }

    /// What to report every `interval`. Called on the reporter's thread; no points are no report.
    pub fn stats<S>(mut self, interval: Duration, hook: impl Fn() -> S + Send + 'static) -> Self
    where
        S: IntoIterator<Item = StatsData>,
    {
        let hook = move || hook().into_iter().collect();
        self.stats = Some((interval.max(limits::STATS_INTERVAL), Box::new(hook)));
        self
    }

    /// Facts about the system to add to usage reports: none if not set.
    pub fn facts(mut self, facts: Facts) -> Self {
        self.facts = facts;
        self
    }

    /// Names the product's variable that switches reporting off, such as `JAMBOX_NO_USAGE=1`.
    pub fn opt_out_variable(mut self, name: impl Into<String>) -> Self {
        self.variable = Some(ProductVariable::OptOut(name.into()));
        self
    }

    /// Names the product's variable that switches reporting on and off, such as `JAMBOX_USAGE=off`.
    pub fn switch_variable(mut self, name: impl Into<String>) -> Self {
        self.variable = Some(ProductVariable::Switch(name.into()));
        self
    }

    /// What the product's configuration says about reporting, if it says something. Asked before each send,
    /// so that a changed file counts; a panic is a no.
    pub fn configured(mut self, ask: impl Fn() -> Option<bool> + Send + Sync + 'static) -> Self {
        self.configured = Some(Box::new(ask));
        self
    }

    /// The version of what is reported: 1 if not set. Raise it when the product grows what it reports: a yes
    /// to less is no yes any more, and the product can ask again ([`Decider::OlderAnswer`]).
    pub fn consent_version(mut self, version: u32) -> Self {
        self.consent_version = version;
        self
    }

    /// Whether to report where nobody said anything: true if not set. Never in CI.
    pub fn consent_default(mut self, default: bool) -> Self {
        self.consent_default = default;
        self
    }

    /// Called on the reporter's thread when reports wait for a registration: show the URL to a person.
    pub fn on_registration_needed(
        mut self,
        hook: impl Fn(&RegistrationNeeded) + Send + 'static,
    ) -> Self {
        self.on_registration_needed = Some(Box::new(hook));
        self
    }

    /// A transport of your own, instead of [`Blocking`].
    pub fn transport(mut self, transport: impl Transport + 'static) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// How long one exchange may take: 60 s if not set, 5 minutes at most.
    pub fn timeout(mut self, whole: Duration) -> Self {
        self.timeout = whole.min(limits::LONGEST_TIMEOUT);
        self
    }

    /// How much may wait: 1,000 reports and 8 MiB if not set.
    pub fn spool_bounds(mut self, bounds: SpoolBounds) -> Self {
        self.bounds = bounds;
        self
    }

    /// Other times than the usual ones, for tests: they keep fleets from stampeding.
    pub fn timing(mut self, timing: Timing) -> Self {
        self.timing = timing;
        self
    }

    /// Replaces the process's environment, for tests. Proxy variables are still the process's.
    pub fn environment(mut self, environment: impl Into<Environment>) -> Self {
        self.environment = environment.into();
        self
    }

    /// Replaces the machine's clock, for tests.
    pub fn clock(mut self, clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.clock = Box::new(clock);
        self
    }

    /// Starts it, on a thread of its own, and returns at once: nothing is read, written or sent here.
    ///
    /// # Errors
    ///
    /// What is wrong with the settings: [`Error::Url`] without a usable URL, [`Error::Path`] where the
    /// product is blank. [`Error::Stopped`] where the system has no thread left.
    pub fn start(self) -> Result<Reporter, Error> {
        let named = self.environment.get_filled(core::URL_VARIABLE);
        let url = self.url.or(named.map(|url| BaseUrl::from(url.trim())));
        let url = url.ok_or(Error::Url(TargetError::Missing))?;
        url.check()?;
        if self.product.trim().is_empty() {
            return Err(Error::Path(TargetError::BlankProduct));
        }
        let file = self
            .folder
            .as_ref()
            .map(|folder| FileToken::new(folder.join("token")));
        let tokens = self.tokens.unwrap_or_else(|| match file {
            Some(file) => Box::new(file),
            None => Box::new(MemoryToken::default()),
        });
        let consent = Consent {
            environment: self.environment.clone(),
            variable: self.variable,
            configured: self.configured,
            version: self.consent_version,
            default: self.consent_default,
            person: Mutex::new(Person::default()),
        };
        let maker = Maker {
            product: self.product.clone(),
            version: self.version,
            host: self.host,
            usage: self.usage,
            stats: self.stats,
            facts: self.facts,
            environment: self.environment,
        };
        let status = unknown(&self.given, self.consent_default);
        let settings = Settings {
            url,
            given: self.given,
            folder: self.folder,
            tokens,
            anonymous: self.anonymous,
            offline: self.offline,
            transport: self.transport.unwrap_or_else(|| Arc::new(Blocking::new())),
            timeout: self.timeout,
            timing: self.timing,
            bounds: self.bounds,
            maker,
            consent_version: self.consent_version,
            on_registration_needed: self.on_registration_needed,
        };
        let shared = Arc::new(Shared::new(consent, self.clock, status));
        let (tell, events) = channel();
        let (for_worker, back) = (Arc::clone(&shared), tell.clone());
        let work = move || {
            let work = || Worker::begin(settings, Arc::clone(&for_worker), events, back).run();
            // A bug of ours ends the reporting, not the product.
            let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
            for_worker.end();
        };
        std::thread::Builder::new()
            .name("usage-report".into())
            .spawn(work)
            .map_err(|_| Error::Stopped)?;
        Ok(Reporter::new(self.product, shared, tell))
    }
}

/// Until the thread has looked.
fn unknown(given: &Given, default: bool) -> Status {
    Status {
        registration: RegistrationStatus::Unknown,
        consent: Permission {
            granted: default,
            by: Decider::Default,
        },
        waiting: 0,
        last_success: None,
        next_attempt: None,
        last_error: None,
        dropped: 0,
        corrupt: 0,
        memory_only: None,
        forgetting: Forgetting::No,
        cluster_id: given.cluster_id.clone().unwrap_or_default(),
        server_id: given.server_id.clone().unwrap_or_default(),
    }
}
