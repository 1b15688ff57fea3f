//! `usage-server serve`: opens the data, starts the jobs, says where everything is, serves
//! until it is told to stop, and closes the data.

use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use usage_store::{Opening, Store, Writing};

use super::{Failure, io};
use crate::account::FirstVisit;
use crate::app::{App, Settings};
use crate::config::{Config, ServeOptions};
use crate::forward::Forwarder;
use crate::jobs::Jobs;
use crate::limits::{METRICS_CONNECTIONS_MAX, METRICS_DRAIN_TIMEOUT};
#[cfg(feature = "mail")]
use crate::mail::{Mail, Smtp};
#[cfg(feature = "openid")]
use crate::openid::{OpenId, Remote};
use crate::pages::Ahead;
use crate::router::Doors;
use crate::watch::{self, Watch};
use crate::webhook::Webhooks;
use crate::{log, reserve, serve};

/// Serves from the configured data folder.
pub(crate) fn run(options: ServeOptions) -> Result<(), Failure> {
    let config = configured(options, "usage-data")?;
    let store = Store::open_telling(
        &config.data_dir,
        Writing::Alone,
        &mut |opening| match opening {
            Opening::Migrating { backup } => tracing::warn!(
                backup = %backup.display(),
                "the data is of an older version: it is backed up, then migrated"
            ),
            Opening::ModelAhead => tracing::warn!(
                "model.db is of later data than usage.db: it is made anew from the reports there are"
            ),
            Opening::ModelOutdated => tracing::warn!(
                "model.db is of an older version, which counted less: it is made anew from the reports there are"
            ),
        },
    )?;
    run_with(store, &config)
}

/// The configuration, with logging started.
pub(super) fn configured(options: ServeOptions, data_dir: &str) -> Result<Config, Failure> {
    let config = Config::resolve(options, data_dir).map_err(|e| Failure::Usage(e.to_string()))?;
    log::start(config.log, config.log_format).map_err(io("starting the log"))?;
    Ok(config)
}

/// Serves from an opened store, until a signal.
pub(super) fn run_with(store: Store, config: &Config) -> Result<(), Failure> {
    // One thread for all connections: on a small machine it beats several, and leaves the
    // other core to the commits. Pages ask the store on threads of their own.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(io("starting the event loop"))?;
    let store = Arc::new(store);
    let watch = Watch::new(config.log_slower_than)
        .map(Arc::new)
        .map_err(|e| Failure::Failed(e.to_string()))?;
    let jobs =
        Jobs::start(&store, &watch, config.retention).map_err(io("starting background jobs"))?;
    let forwarder = forwarding(&store, &watch, &jobs, config)?;
    let webhooks = Webhooks::start(&store, &watch, &config.webhooks, config.report_interval)
        .map_err(Failure::Failed)?;
    let served = runtime.block_on(serve_until_told(&store, &jobs, &watch, config));
    drop(runtime);
    if let Some(forwarder) = forwarder {
        forwarder.stop();
    }
    webhooks.stop();
    jobs.stop();
    served?;
    tracing::info!("stopped");
    Ok(())
}

/// The forwarder, where there is a target.
fn forwarding(
    store: &Arc<Store>,
    watch: &Arc<Watch>,
    jobs: &Jobs,
    config: &Config,
) -> Result<Option<Forwarder>, Failure> {
    let Some(config) = &config.forward else {
        return Ok(None);
    };
    if config.is_readable() {
        tracing::warn!("what proves who we are goes to --forward-url unencrypted");
    }
    Forwarder::start(store, watch, config, jobs.manners())
        .map(Some)
        .map_err(Failure::Failed)
}

async fn serve_until_told(
    store: &Arc<Store>,
    jobs: &Jobs,
    watch: &Arc<Watch>,
    config: &Config,
) -> Result<(), Failure> {
    // Before anything is announced: a signal from now on stops the server in good order.
    let told = serve::told_to_stop().map_err(io("listening for signals"))?;
    let (listener, address) = listen(config.listen, "--listen")?;
    let for_metrics = match config.metrics_listen {
        Some(address) => Some(listen(address, "--metrics-listen")?),
        None => None,
    };
    let public_url = config.public_url.clone().unwrap_or_else(|| url_of(address));
    let first_visit = if store.has_operator()? {
        FirstVisit::closed()
    } else {
        FirstVisit::open().map_err(|e| Failure::Failed(e.to_string()))?
    };
    let welcome = first_visit.path();
    let (reserve, _looks) = reserve::watch(&config.data_dir, config.disk_reserve)
        .map_err(io("watching the disk space"))?;
    let settings = Settings {
        tls: public_url.starts_with("https://"),
        public_url,
        trusted_proxies: config.trusted_proxies.clone(),
        limit_loopback: config.limit_loopback,
        per_sender: config.per_sender,
        sign_up: config.sign_up,
        reserve,
        next_report_in: config.report_interval,
        retention: config.retention,
        webhooks: config.webhooks.clone(),
    };
    let watch = watch.clone();
    #[allow(unused_mut)]
    let mut app = App::start(store.clone(), settings, first_visit, jobs.nudge(), watch)
        .map_err(io("starting ingest"))?;
    #[cfg(feature = "mail")]
    if let Some(config) = &config.mail {
        let smtp = Smtp::new(config).map_err(Failure::Usage)?;
        let url = app.settings.public_url.clone();
        let mail = Mail::start(store.clone(), url, Box::new(smtp)).map_err(io("starting mail"))?;
        app.mail = Some(mail);
    }
    #[cfg(feature = "openid")]
    if let Some(config) = &config.openid {
        let url = &app.settings.public_url;
        let provider = Remote::new(config.clone(), url).map_err(Failure::Usage)?;
        let openid = OpenId::new(&config.name, &config.issuer, Box::new(provider));
        app.openid = Some(openid.map_err(|e| Failure::Failed(e.to_string()))?);
    }
    let app = Arc::new(app);
    announce(
        &mut std::io::stdout().lock(),
        address,
        &app.settings,
        &config.data_dir,
        welcome,
        for_metrics.as_ref().map(|(_, address)| *address),
    )
    .map_err(io("standard output"))?;
    let metrics = match for_metrics {
        Some((listener, _)) => Some(serve_metrics(listener, &app)?),
        None => None,
    };
    let watch = app.watch.clone();
    let ahead = Ahead::start(&app, jobs.manners()).map_err(io("asking pages ahead"))?;
    let (looking, end_ahead) = (app.clone(), ahead.end());
    let told = async move {
        told.await;
        looking.live.end();
        end_ahead();
    };
    let connections = serve::connections_max(config.max_connections);
    serve::serve(listener, Doors::new(app), connections, watch, told).await;
    ahead.stop();
    if let Some((stop, served)) = metrics {
        drop(stop);
        // A scrape that takes longer is given up with the event loop.
        let _ = tokio::time::timeout(METRICS_DRAIN_TIMEOUT, served).await;
    }
    Ok(())
}

fn listen(address: SocketAddr, flag: &str) -> Result<(TcpListener, SocketAddr), Failure> {
    let listening =
        serve::listen(address).and_then(|listener| Ok((listener.local_addr()?, listener)));
    match listening {
        Ok((address, listener)) => Ok((listener, address)),
        Err(e) => Err(Failure::Failed(format!(
            "can't listen on {address}: {e}; name another {flag} address (port 0 takes a free one)"
        ))),
    }
}

/// Serves metrics beside, also while the last senders get their answers; until what this returns
/// first is dropped.
fn serve_metrics(
    listener: TcpListener,
    app: &Arc<App>,
) -> Result<(oneshot::Sender<()>, JoinHandle<()>), Failure> {
    // Scrapes are not what is to be watched: they are counted where nobody looks.
    let apart = Watch::new(app.watch.slow()).map_err(|e| Failure::Failed(e.to_string()))?;
    let (stop, stopped) = oneshot::channel();
    let router = watch::router(app.clone());
    let served = serve::serve(
        listener,
        router,
        METRICS_CONNECTIONS_MAX,
        Arc::new(apart),
        async {
            // An error is what it waits for: the other end is gone.
            let _ = stopped.await;
        },
    );
    Ok((stop, tokio::spawn(served)))
}

/// A few calm lines: where the dashboard is, where the data is, how to send a first report.
fn announce(
    out: &mut impl Write,
    address: SocketAddr,
    settings: &Settings,
    data_dir: &Path,
    welcome: Option<String>,
    metrics: Option<SocketAddr>,
) -> std::io::Result<()> {
    let url = &settings.public_url;
    let data = std::fs::canonicalize(data_dir).unwrap_or_else(|_| data_dir.to_owned());
    writeln!(out, "listening on {}", url_of(address))?;
    writeln!(out)?;
    writeln!(out, "  Dashboard     {url}/")?;
    if let Some(path) = welcome {
        writeln!(out, "  First visit   {url}{path}")?;
        writeln!(
            out,
            "                (makes you the first operator; works once)"
        )?;
    }
    writeln!(out, "  Data          {}", data.display())?;
    if let Some(address) = metrics {
        writeln!(out, "  Metrics       {}/metrics", url_of(address))?;
    }
    writeln!(out, "  First report  {}", first_report(url))?;
    writeln!(out)?;
    out.flush()
}

/// A line to paste into a shell: a usage report of a product of the reader's own.
pub(crate) fn first_report(url: &str) -> String {
    format!(
        r#"curl {url}/api/v1/usage/myproduct -d '[{{"tags":{{"version":"1.0.0","os":"linux"}},"values":{{"cluster_id":"c1","server_id":"s1","users":3}}}}]'"#
    )
}

/// How to reach an address from this machine: a server that listens everywhere is also here.
fn url_of(address: SocketAddr) -> String {
    match address {
        SocketAddr::V4(v4) if v4.ip().is_unspecified() => {
            format!("http://127.0.0.1:{}", v4.port())
        }
        SocketAddr::V6(v6) if v6.ip().is_unspecified() => format!("http://[::1]:{}", v6.port()),
        address => format!("http://{address}"),
    }
}
