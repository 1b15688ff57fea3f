//! The server's configuration: flags over environment over file, parsed once into one struct.

mod authorities;
mod forward;
#[cfg(feature = "mail")]
mod mail;
mod openid;
mod retention;
mod webhook;

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, ValueEnum};
use serde::Deserialize;

use crate::limits::{
    BODY_SETTING_MAX_BYTES, CONNECTIONS_SETTING_MAX, DISK_RESERVE_BYTES, LOG_SLOWER_THAN_MILLIS,
    PerSender,
};
use crate::reserve::Bytes;

pub(crate) use self::forward::{ForwardConfig, ForwardFrom, ForwardOptions, ForwardProof};
#[cfg(feature = "mail")]
pub(crate) use self::mail::{MailConfig, MailOptions, MailTls};
pub(crate) use self::openid::{OpenidConfig, OpenidOptions};
pub(crate) use self::retention::Retention;
use self::retention::retention;
pub(crate) use self::webhook::{WebhookConfig, WebhookOptions};

/// The example file, as `usage-server serve --help` mentions it; tested, so it stays true.
#[cfg(test)]
const EXAMPLE: &str = include_str!("../usage.example.toml");

/// What can be set, each as a flag, an environment variable and an entry of the file.
#[derive(Debug, Clone, Default, Args, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(crate) struct ServeOptions {
    /// A TOML file with these settings; flags and environment win over it
    #[arg(long, env = "USAGE_CONFIG", value_name = "FILE")]
    #[serde(skip)]
    pub(crate) config: Option<PathBuf>,

    /// Address to listen on; port 0 takes a free one [default: 127.0.0.1:8087]
    #[arg(long, env = "USAGE_LISTEN", value_name = "ADDRESS:PORT")]
    pub(crate) listen: Option<String>,

    /// Address at which Prometheus reads /metrics, apart from the above; port 0 takes a free one [default: none]
    #[arg(long, env = "USAGE_METRICS_LISTEN", value_name = "ADDRESS:PORT")]
    pub(crate) metrics_listen: Option<String>,

    /// The data folder; made if it is new [default: usage-data]
    #[arg(long, env = "USAGE_DATA_DIR", value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,

    /// How the world reaches this server, if through a proxy, such as `https://usage.example.com`
    #[arg(long, env = "USAGE_PUBLIC_URL", value_name = "URL")]
    pub(crate) public_url: Option<String>,

    /// A proxy whose X-Forwarded-For is believed, as address or network (10.0.0.0/8); repeatable
    #[arg(
        long,
        env = "USAGE_TRUSTED_PROXIES",
        value_name = "NETWORK",
        value_delimiter = ','
    )]
    pub(crate) trusted_proxies: Option<Vec<String>>,

    /// Seconds until a sender's next report, as replies tell it [default: 43200]
    #[arg(long, env = "USAGE_REPORT_INTERVAL", value_name = "SECONDS")]
    pub(crate) report_interval: Option<u32>,

    /// Limit senders on loopback too; they are exempt otherwise
    #[arg(long, env = "USAGE_LIMIT_LOOPBACK", value_name = "BOOL", num_args = 0..=1, default_missing_value = "true", help_heading = "Limits")]
    pub(crate) limit_loopback: Option<bool>,

    /// Connections at once, within the process's limit of open files [default: 100000]
    #[arg(
        long,
        env = "USAGE_MAX_CONNECTIONS",
        value_name = "CONNECTIONS",
        help_heading = "Limits"
    )]
    pub(crate) max_connections: Option<usize>,

    /// The largest body of a report as sent, in bytes [default: 1048576]
    #[arg(
        long,
        env = "USAGE_MAX_BODY_BYTES",
        value_name = "BYTES",
        help_heading = "Limits"
    )]
    pub(crate) max_body_bytes: Option<usize>,

    /// The same after decompression [default: 4194304]
    #[arg(
        long,
        env = "USAGE_MAX_DECOMPRESSED_BYTES",
        value_name = "BYTES",
        help_heading = "Limits"
    )]
    pub(crate) max_decompressed_bytes: Option<usize>,

    /// Requests that one sender (a token, else an address) may make at once [default: 1000]
    #[arg(
        long,
        env = "USAGE_SENDER_BURST",
        value_name = "REQUESTS",
        help_heading = "Limits"
    )]
    pub(crate) sender_burst: Option<u32>,

    /// Requests a second that refill the burst [default: 10]
    #[arg(
        long,
        env = "USAGE_SENDER_RATE",
        value_name = "REQUESTS_PER_SECOND",
        help_heading = "Limits"
    )]
    pub(crate) sender_rate: Option<u32>,

    /// Different servers that one address may name in a day without a token [default: 20000]
    #[arg(
        long,
        env = "USAGE_SENDER_SERVERS",
        value_name = "SERVERS",
        help_heading = "Limits"
    )]
    pub(crate) sender_servers: Option<u32>,

    /// Free disk space below which reports are answered 503, such as 512MiB; 0 switches it off
    /// [default: 256MiB]
    #[arg(
        long,
        env = "USAGE_DISK_RESERVE",
        value_name = "SIZE",
        help_heading = "Limits"
    )]
    pub(crate) disk_reserve: Option<String>,

    /// Who may make an account and an organization of their own [default: open]
    #[arg(long, env = "USAGE_SIGN_UP", value_enum)]
    pub(crate) sign_up: Option<SignUp>,

    /// Days that reports themselves are kept for; what was counted stays [default: for ever]
    #[arg(
        long,
        env = "USAGE_RETENTION_DAYS",
        value_name = "DAYS",
        help_heading = "How long data is kept"
    )]
    pub(crate) retention_days: Option<u32>,

    /// Days for which it is kept what each server said on a day [default: for ever]
    #[arg(
        long,
        env = "USAGE_DAYS_RETENTION_DAYS",
        value_name = "DAYS",
        help_heading = "How long data is kept"
    )]
    pub(crate) days_retention_days: Option<u32>,

    /// Days for which it is kept who was there on a day, and which values they had [default: for ever]
    #[arg(
        long,
        env = "USAGE_CELLS_RETENTION_DAYS",
        value_name = "DAYS",
        help_heading = "How long data is kept"
    )]
    pub(crate) cells_retention_days: Option<u32>,

    /// What is logged to standard error [default: info]
    #[arg(long, env = "USAGE_LOG", value_enum, help_heading = "Log")]
    pub(crate) log: Option<LogLevel>,

    #[command(flatten, next_help_heading = "Forwarding")]
    pub(crate) forward: ForwardOptions,

    #[cfg(feature = "mail")]
    #[command(flatten, next_help_heading = "Mail")]
    pub(crate) mail: MailOptions,

    #[command(flatten, next_help_heading = "Sign-in by a provider")]
    pub(crate) openid: OpenidOptions,

    #[command(flatten, next_help_heading = "Webhooks")]
    pub(crate) webhooks: WebhookOptions,

    /// How the log is written [default: text]
    #[arg(long, env = "USAGE_LOG_FORMAT", value_enum, help_heading = "Log")]
    pub(crate) log_format: Option<LogFormat>,

    /// Log requests, commits and the like that take longer, whatever the level [default: 1000]
    #[arg(
        long,
        env = "USAGE_LOG_SLOWER_THAN",
        value_name = "MILLISECONDS",
        help_heading = "Log"
    )]
    pub(crate) log_slower_than: Option<u32>,
}

/// Who may make an account and an organization of their own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum SignUp {
    /// Everybody
    #[default]
    Open,
    /// Those whom an operator invites
    Invited,
    /// Nobody; members still invite people into their organizations
    Closed,
}

/// How much is logged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogLevel {
    /// Nothing
    Off,
    /// What failed
    Error,
    /// What will need attention
    Warn,
    /// What is worth a line, not each accepted report
    #[default]
    Info,
    /// Every request
    Debug,
}

/// How the log is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    /// For people
    #[default]
    Text,
    /// One JSON object a line
    Json,
}

/// The settings, complete and checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Config {
    pub(crate) listen: SocketAddr,
    pub(crate) metrics_listen: Option<SocketAddr>,
    pub(crate) data_dir: PathBuf,
    /// Without a trailing slash.
    pub(crate) public_url: Option<String>,
    pub(crate) trusted_proxies: Vec<(IpAddr, u8)>,
    pub(crate) report_interval: u32,
    pub(crate) limit_loopback: bool,
    /// `None`: as many as sensible.
    pub(crate) max_connections: Option<usize>,
    pub(crate) per_sender: PerSender,
    /// Free space below which no reports are taken; 0 is none.
    pub(crate) disk_reserve: Bytes,
    pub(crate) sign_up: SignUp,
    pub(crate) forward: Option<ForwardConfig>,
    #[cfg(feature = "mail")]
    pub(crate) mail: Option<MailConfig>,
    pub(crate) openid: Option<OpenidConfig>,
    pub(crate) webhooks: WebhookConfig,
    pub(crate) retention: Retention,
    pub(crate) log: LogLevel,
    pub(crate) log_format: LogFormat,
    pub(crate) log_slower_than: Duration,
}

/// What is wrong with the configuration, and what to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ConfigError(String);

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Config {
    /// Completes what was set, with `default_data_dir` where no folder was named.
    pub(crate) fn resolve(
        set: ServeOptions,
        default_data_dir: &str,
    ) -> Result<Config, ConfigError> {
        let file = match &set.config {
            Some(path) => read_file(path)?,
            None => ServeOptions::default(),
        };
        let per_sender = per_sender(&set, &file)?;
        let listen = set
            .listen
            .or(file.listen)
            .unwrap_or_else(|| "127.0.0.1:8087".to_owned());
        let proxies = set
            .trusted_proxies
            .or(file.trusted_proxies)
            .unwrap_or_default();
        Ok(Config {
            listen: address("listen", &listen)?,
            metrics_listen: set
                .metrics_listen
                .or(file.metrics_listen)
                .map(|text| address("metrics-listen", &text))
                .transpose()?,
            data_dir: set
                .data_dir
                .or(file.data_dir)
                .unwrap_or_else(|| default_data_dir.into()),
            public_url: set
                .public_url
                .or(file.public_url)
                .map(public_url)
                .transpose()?,
            trusted_proxies: proxies
                .iter()
                .map(|text| network("trusted-proxies", text))
                .collect::<Result<_, _>>()?,
            report_interval: match set.report_interval.or(file.report_interval) {
                Some(0) => return Err(ConfigError("report-interval: must be above 0".to_owned())),
                seconds => seconds.unwrap_or(12 * 60 * 60),
            },
            limit_loopback: set.limit_loopback.or(file.limit_loopback).unwrap_or(false),
            max_connections: match set.max_connections.or(file.max_connections) {
                Some(n) if n == 0 || n > CONNECTIONS_SETTING_MAX => {
                    return Err(ConfigError(format!(
                        "max-connections: must be from 1 to {CONNECTIONS_SETTING_MAX}"
                    )));
                }
                connections => connections,
            },
            per_sender,
            disk_reserve: set
                .disk_reserve
                .or(file.disk_reserve)
                .map_or(Ok(Bytes(DISK_RESERVE_BYTES)), |text| disk_reserve(&text))?,
            sign_up: set.sign_up.or(file.sign_up).unwrap_or_default(),
            forward: ForwardConfig::resolve(set.forward, file.forward)?,
            #[cfg(feature = "mail")]
            mail: MailConfig::resolve(set.mail, file.mail)?,
            openid: OpenidConfig::resolve(set.openid, file.openid)?,
            webhooks: WebhookConfig::resolve(set.webhooks, file.webhooks)?,
            retention: Retention {
                reports: retention("retention-days", set.retention_days, file.retention_days)?,
                days: retention(
                    "days-retention-days",
                    set.days_retention_days,
                    file.days_retention_days,
                )?,
                cells: retention(
                    "cells-retention-days",
                    set.cells_retention_days,
                    file.cells_retention_days,
                )?,
            },
            log: set.log.or(file.log).unwrap_or_default(),
            log_format: set.log_format.or(file.log_format).unwrap_or_default(),
            log_slower_than: Duration::from_millis(u64::from(
                set.log_slower_than
                    .or(file.log_slower_than)
                    .unwrap_or(LOG_SLOWER_THAN_MILLIS),
            )),
        })
    }
}

fn address(name: &str, text: &str) -> Result<SocketAddr, ConfigError> {
    text.parse().map_err(|_| {
        ConfigError(format!(
            "{name}: {text:?} is not an address and port such as 127.0.0.1:8087"
        ))
    })
}

fn per_sender(set: &ServeOptions, file: &ServeOptions) -> Result<PerSender, ConfigError> {
    let default = PerSender::default();
    let bytes = |name: &str, set: Option<usize>, default| match set {
        Some(n) if n == 0 || n > BODY_SETTING_MAX_BYTES => Err(ConfigError(format!(
            "{name}: must be from 1 to {BODY_SETTING_MAX_BYTES} bytes"
        ))),
        set => Ok(set.unwrap_or(default)),
    };
    let requests = |name: &str, set: Option<u32>, default| match set {
        Some(n) if n == 0 || n > 1_000_000 => Err(ConfigError(format!(
            "{name}: must be from 1 to 1000000 requests"
        ))),
        set => Ok(set.unwrap_or(default)),
    };
    let body = set.max_body_bytes.or(file.max_body_bytes);
    let decompressed = set.max_decompressed_bytes.or(file.max_decompressed_bytes);
    let burst = set.sender_burst.or(file.sender_burst);
    let rate = set.sender_rate.or(file.sender_rate);
    let servers = set.sender_servers.or(file.sender_servers);
    Ok(PerSender {
        body_max_bytes: bytes("max-body-bytes", body, default.body_max_bytes)?,
        decompressed_max_bytes: bytes(
            "max-decompressed-bytes",
            decompressed,
            default.decompressed_max_bytes,
        )?,
        burst_requests: requests("sender-burst", burst, default.burst_requests)?,
        requests_per_second: requests("sender-rate", rate, default.requests_per_second)?,
        servers_per_day: match servers {
            Some(0) => return Err(ConfigError("sender-servers: must be above 0".to_owned())),
            set => set.unwrap_or(default.servers_per_day),
        },
    })
}

fn disk_reserve(text: &str) -> Result<Bytes, ConfigError> {
    Bytes::parse(text).ok_or_else(|| {
        ConfigError(format!(
            "disk-reserve: {text:?} is not a size such as 512MiB or 2GiB"
        ))
    })
}

fn read_file(path: &Path) -> Result<ServeOptions, ConfigError> {
    let wrong = |what: &dyn fmt::Display| ConfigError(format!("{}: {what}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|e| wrong(&e))?;
    toml::from_str(&text).map_err(|e| {
        let line = e
            .span()
            .map_or(1, |span| 1 + text[..span.start].matches('\n').count());
        wrong(&format!("line {line}: {}", e.message().replace('\n', " ")))
    })
}

/// Plain, and without a trailing slash.
pub(crate) fn public_url(url: String) -> Result<String, ConfigError> {
    let rest = url
        .strip_prefix("https://")
        .or_else(|| url.strip_prefix("http://"));
    match rest {
        Some(rest) if !rest.is_empty() && !rest.contains(['?', '#', '@', ' ']) => {
            Ok(url.trim_end_matches('/').to_owned())
        }
        _ => Err(ConfigError(format!(
            "public-url: {url:?} is not a plain http or https address such as https://usage.example.com"
        ))),
    }
}

fn network(setting: &str, text: &str) -> Result<(IpAddr, u8), ConfigError> {
    let wrong = || {
        ConfigError(format!(
            "{setting}: {text:?} is neither an address nor a network such as 10.0.0.0/8"
        ))
    };
    let (address, length) = match text.split_once('/') {
        Some((address, length)) => (address, Some(length)),
        None => (text, None),
    };
    let address: IpAddr = address.trim().parse().map_err(|_| wrong())?;
    let bits = if address.is_ipv4() { 32 } else { 128 };
    let length = match length {
        Some(length) => length
            .trim()
            .parse()
            .ok()
            .filter(|n| *n <= bits)
            .ok_or_else(wrong)?,
        None => bits,
    };
    Ok((address, length))
}

#[cfg(test)]
mod tests;
