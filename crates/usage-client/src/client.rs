//! The client: settings, and the few things one can do with them. How things are sent is the core's and
//! the transport's business.

use std::fmt;
#[cfg(feature = "http")]
use std::sync::Arc;
use std::sync::{PoisonError, RwLock};
#[cfg(any(feature = "http", feature = "async"))]
use std::time::Duration;

use crate::core::{
    self, BaseUrl, Consent, Decider, Endpoint, Environment, ProductVariable, Request, Token,
};
use crate::{Error, Registration, Saveable};

/// Where the protocol's home is.
pub const PRODUCTION_URL: &str = "https://usage.influxdata.com";

/// Where the protocol's home tries things out.
pub const STAGING_URL: &str = "https://usage.staging.influxdata.com";

static DEFAULT_URL: RwLock<Option<BaseUrl>> = RwLock::new(None);

/// Sets the server for every client of this program that has no URL of its own.
///
/// The environment variable `USAGE_URL` still goes before it: that is the operator's word.
pub fn set_default_url(url: impl AsRef<[u8]>) {
    *DEFAULT_URL.write().unwrap_or_else(PoisonError::into_inner) = Some(BaseUrl::from(&url));
}

fn default_url() -> Option<BaseUrl> {
    DEFAULT_URL
        .read()
        .unwrap_or_else(PoisonError::into_inner)
        .clone()
}

/// Talks to a Usage API.
///
#[cfg_attr(feature = "http", doc = "```no_run")]
#[cfg_attr(not(feature = "http"), doc = "```ignore")]
/// use usage_client::{Client, Server};
///
/// # fn main() -> Result<(), usage_client::Error> {
/// # let config = std::collections::BTreeMap::from([("usage_url", "https://usage.example.com")]);
/// // Let whoever runs your program say where it reports to.
/// let client = Client::new("token-goes-here")
///     .with_url(config["usage_url"])
///     .with_opt_out_variable("JAMBOX_NO_USAGE");
///
/// client.save(
///     &Server::new("jambox", "1.0")
///         .cluster_id("clus1")
///         .server_id("serv1")
///         .host("example.com"),
/// )?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Client {
    token: Token,
    url: Option<BaseUrl>,
    product_variable: Option<ProductVariable>,
    production_allowed: bool,
    environment: Environment,
    #[cfg(feature = "http")]
    blocking: crate::Blocking,
    /// The caller's own, instead.
    #[cfg(feature = "http")]
    transport: Option<Arc<dyn crate::Transport>>,
    #[cfg(any(feature = "http", feature = "async"))]
    timeout: Duration,
}

impl Client {
    /// A client for the customer that `token` belongs to; `""` for none.
    pub fn new(token: impl Into<Token>) -> Self {
        Self {
            token: token.into(),
            url: None,
            product_variable: None,
            production_allowed: false,
            environment: Environment::process(),
            #[cfg(feature = "http")]
            blocking: crate::Blocking::new(),
            #[cfg(feature = "http")]
            transport: None,
            #[cfg(any(feature = "http", feature = "async"))]
            timeout: crate::limits::WHOLE_TIMEOUT,
        }
    }

    /// Sets this client's server, before all other ways to set it.
    ///
    /// Applications should make it configurable: operators run servers of their own.
    #[must_use]
    pub fn with_url(mut self, url: impl AsRef<[u8]>) -> Self {
        self.url = Some(BaseUrl::from(&url));
        self
    }

    /// Names the product's variable that switches reporting off, such as `JAMBOX_NO_USAGE=1`.
    #[must_use]
    pub fn with_opt_out_variable(mut self, name: impl Into<String>) -> Self {
        self.product_variable = Some(ProductVariable::OptOut(name.into()));
        self
    }

    /// Names the product's variable that switches reporting on and off, such as `JAMBOX_USAGE=off`.
    #[must_use]
    pub fn with_switch_variable(mut self, name: impl Into<String>) -> Self {
        self.product_variable = Some(ProductVariable::Switch(name.into()));
        self
    }

    /// Says that [`PRODUCTION_URL`], where nobody set another URL, is meant in debug builds and CI too.
    #[must_use]
    pub fn allow_production(mut self) -> Self {
        self.production_allowed = true;
        self
    }

    /// Replaces the process's environment, for tests. Proxy variables are still the process's.
    #[must_use]
    pub fn with_environment(mut self, environment: impl Into<Environment>) -> Self {
        self.environment = environment.into();
        self
    }

    /// The server this client reports to, and who said so.
    pub fn endpoint(&self) -> Endpoint {
        core::resolve(self.url.as_ref(), &self.environment, default_url().as_ref())
    }

    /// The address at which a person registers this installation. Sends nothing.
    ///
    /// # Errors
    ///
    /// [`Error::Registration`] where cluster or product is blank, [`Error::Url`] where the server's URL is
    /// none.
    pub fn registration_url(&self, registration: &Registration) -> Result<String, Error> {
        registration.url(&self.endpoint().url)
    }

    /// The very request that saving `report` would send. Sends nothing, and asks for no consent.
    ///
    /// # Errors
    ///
    /// Those of [`core::encode`].
    pub fn preview<S: Saveable + ?Sized>(&self, report: &S) -> Result<Request, Error> {
        core::encode(&self.endpoint().url, &self.token, report)
    }

    /// The request that saves `report`, if it may be sent now: what [`preview`](Self::preview) shows, once
    /// consent and the guard against production by accident let it pass. For transports of your own, with
    /// [`core::Exchange`].
    ///
    /// # Errors
    ///
    /// [`Error::ConsentOff`], [`Error::ProductionByAccident`], and those of [`core::encode`].
    pub fn prepare<S: Saveable + ?Sized>(&self, report: &S) -> Result<Request, Error> {
        let consent = core::consent(&self.environment, self.product_variable.as_ref());
        if let Consent::Off { variable } = consent {
            return Err(Error::ConsentOff {
                by: Decider::Variable(variable),
            });
        }
        core::encode(&self.guarded_endpoint()?.url, &self.token, report)
    }

    /// The server, unless it is production by accident.
    pub(crate) fn guarded_endpoint(&self) -> Result<Endpoint, Error> {
        let endpoint = self.endpoint();
        if !self.production_allowed {
            core::guard(endpoint.source, cfg!(debug_assertions), &self.environment)?;
        }
        Ok(endpoint)
    }
}

#[cfg(feature = "register")]
impl Client {
    pub(crate) fn environment(&self) -> &Environment {
        &self.environment
    }

    /// Posts what a person wants done, without a token and without asking for consent.
    pub(crate) fn ask(
        &self,
        path: &str,
        body: &serde_json::Value,
        within: Duration,
    ) -> Result<crate::Reply, Error> {
        let endpoint = self.guarded_endpoint()?;
        let request = core::encode(&endpoint.url, &Token::default(), &Question { path, body })?;
        let transport = self.transport.as_deref().unwrap_or(&self.blocking);
        crate::transport::carry(transport, request, within.min(self.timeout))
    }
}

/// Any JSON to any path.
#[cfg(feature = "register")]
struct Question<'a> {
    path: &'a str,
    body: &'a serde_json::Value,
}

#[cfg(feature = "register")]
impl serde::Serialize for Question<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.body.serialize(serializer)
    }
}

#[cfg(feature = "register")]
impl Saveable for Question<'_> {
    fn path(&self) -> std::borrow::Cow<'_, str> {
        self.path.into()
    }
}

#[cfg(any(feature = "http", feature = "async"))]
impl Client {
    /// Sets how long a whole `save` may take: 60 s if not set.
    #[must_use]
    pub fn with_timeout(mut self, whole: Duration) -> Self {
        self.timeout = whole;
        self
    }

    #[cfg(feature = "async")]
    pub(crate) fn timeout(&self) -> Duration {
        self.timeout
    }
}

#[cfg(feature = "http")]
impl Client {
    /// Sends `report` and waits for the answer.
    ///
    /// Sends nothing where the environment withholds consent: `DO_NOT_TRACK`, or the product's own
    /// variable. Anything but a 2xx is an error.
    ///
    /// # Errors
    ///
    /// Every variant of [`Error`] but `Registration`.
    pub fn save<S: Saveable + ?Sized>(&self, report: &S) -> Result<crate::Reply, Error> {
        let request = self.prepare(report)?;
        let transport = self.transport.as_deref().unwrap_or(&self.blocking);
        crate::transport::carry(transport, request, self.timeout)
    }

    /// Sets a transport of your own, instead of the default one.
    #[must_use]
    pub fn with_transport(mut self, transport: impl crate::Transport + 'static) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// Sets how long connecting may take: 30 s if not set. Not for a transport of your own.
    #[must_use]
    pub fn with_connect_timeout(mut self, connect: Duration) -> Self {
        self.blocking = self.blocking.with_connect_timeout(connect);
        self
    }
}

/// Without the token.
impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Endpoint { url, source } = self.endpoint();
        f.debug_struct("Client")
            .field("url", &url)
            .field("url_source", &source)
            .field("has_token", &!self.token.is_blank())
            .field("product_variable", &self.product_variable)
            .finish_non_exhaustive()
    }
}

impl Default for Client {
    /// A client without a token.
    fn default() -> Self {
        Self::new("")
    }
}
