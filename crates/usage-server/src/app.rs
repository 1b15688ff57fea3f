//! What every handler shares: the store and the few settings that pages and ingest read.

use std::net::IpAddr;
use std::sync::Arc;

use tokio::sync::Semaphore;
use usage_store::Store;

use crate::account::{AccountState, FirstVisit};
use crate::api;
use crate::config::{Retention, SignUp, WebhookConfig};
use crate::export;
use crate::ingest::Ingest;
use crate::jobs::Nudge;
use crate::limits::PerSender;
use crate::live::Live;
use crate::mail::Mail;
use crate::openid::OpenId;
use crate::pages::PublicPages;
use crate::reserve::Reserve;
use crate::watch::Watch;

/// Shared by all handlers, behind one `Arc`.
pub(crate) struct App {
    /// The data.
    pub(crate) store: Arc<Store>,
    /// What handlers need to know of the configuration.
    pub(crate) settings: Settings,
    /// Where reports come in.
    pub(crate) ingest: Ingest,
    /// What signing in needs to remember.
    pub(crate) account: AccountState,
    /// What is mailed; `None` where no mail server is named.
    pub(crate) mail: Option<Mail>,
    /// Lets a few questions of operators in at a time.
    pub(crate) questions: Semaphore,
    /// Lets a few exports out at a time.
    pub(crate) exports: Arc<Semaphore>,
    /// Who else people may sign in with.
    pub(crate) openid: Option<OpenId>,
    /// Who looks at reports as they come.
    pub(crate) live: Live,
    /// What anybody may see of products.
    pub(crate) public: PublicPages,
    /// What operators watch.
    pub(crate) watch: Arc<Watch>,
}

impl App {
    /// Starts what handlers need. Must be called within the tokio runtime that serves. Reports
    /// that were taken are on disk when the `App` is dropped.
    pub(crate) fn start(
        store: Arc<Store>,
        settings: Settings,
        first_visit: FirstVisit,
        nudge: Option<Nudge>,
        watch: Arc<Watch>,
    ) -> std::io::Result<App> {
        Ok(App {
            ingest: Ingest::start(&store, &settings, nudge, &watch)?,
            account: AccountState::new(first_visit),
            mail: None,
            questions: api::turnstile(),
            exports: export::turnstile(),
            openid: None,
            live: Live::new(),
            public: PublicPages::default(),
            store,
            settings,
            watch,
        })
    }
}

/// The part of the configuration that handlers read.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// How the world reaches this server, without a trailing slash: `https://usage.example.com`.
    pub(crate) public_url: String,
    /// Whether the world reaches it over TLS, so that cookies must be `Secure`.
    pub(crate) tls: bool,
    /// Proxies whose `X-Forwarded-For` is believed: address and prefix length.
    pub(crate) trusted_proxies: Vec<(IpAddr, u8)>,
    /// Whether the limit per sender holds for loopback too.
    pub(crate) limit_loopback: bool,
    /// What each sender may send.
    pub(crate) per_sender: PerSender,
    /// Who may make an account and an organization of their own.
    pub(crate) sign_up: SignUp,
    /// Whether there is room for reports.
    pub(crate) reserve: Arc<Reserve>,
    /// Seconds until a sender's next report, as told in replies.
    pub(crate) next_report_in: u32,
    /// How long what is kept is kept, for operators to see.
    pub(crate) retention: Retention,
    /// Where webhooks may lead, and when a cluster is silent.
    pub(crate) webhooks: WebhookConfig,
}

#[cfg(test)]
impl App {
    /// Where nobody has visited, and nobody looks.
    pub(crate) fn for_tests(store: Arc<Store>, settings: Settings) -> App {
        let watch = Arc::new(Watch::new(std::time::Duration::MAX).unwrap());
        App::start(store, settings, FirstVisit::closed(), None, watch).unwrap()
    }
}

#[cfg(any(test, fuzzing))]
impl Settings {
    /// What tests don't set: a server over http behind no proxy.
    pub(crate) fn for_tests() -> Settings {
        Settings {
            public_url: "http://usage.example.com".to_owned(),
            tls: false,
            trusted_proxies: Vec::new(),
            limit_loopback: false,
            per_sender: PerSender::default(),
            sign_up: SignUp::default(),
            reserve: Arc::default(),
            next_report_in: 43_200,
            retention: Retention::default(),
            webhooks: WebhookConfig::default(),
        }
    }
}
