//! Settings of webhooks; the webhooks themselves are added on their page or by command.

use std::net::IpAddr;
#[cfg(feature = "https")]
use std::path::PathBuf;

use clap::Args;
use serde::Deserialize;

#[cfg(feature = "https")]
use super::authorities;
use super::{ConfigError, network};
use crate::webhook::Reach;

/// A sender that is healthy reports every 12 hours, so one report may go missing.
const SILENT_HOURS: u32 = 48;

/// Within a day most senders of a fleet haven't reported again.
const SILENT_HOURS_MIN: u32 = 24;

/// Beyond a month nothing is news.
const SILENT_HOURS_MAX: u32 = 24 * 30;

/// What can be set of webhooks.
#[derive(Debug, Clone, Default, Args, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
#[group(skip)]
pub(crate) struct WebhookOptions {
    /// A network that webhooks may reach though it isn't public, as address or network (10.0.0.0/8); repeatable
    #[arg(
        id = "webhook_networks",
        long = "webhook-networks",
        env = "USAGE_WEBHOOK_NETWORKS",
        value_name = "NETWORK",
        value_delimiter = ','
    )]
    pub(crate) networks: Option<Vec<String>>,

    /// Hours without a report after which a cluster has gone silent, for webhooks [default: 48]
    #[arg(
        id = "webhook_silent_hours",
        long = "webhook-silent-hours",
        env = "USAGE_WEBHOOK_SILENT_HOURS",
        value_name = "HOURS"
    )]
    pub(crate) silent_hours: Option<u32>,

    /// Certificate authorities to believe receivers by, a PEM file, beside those that browsers believe
    #[cfg(feature = "https")]
    #[arg(
        id = "webhook_ca_file",
        long = "webhook-ca-file",
        env = "USAGE_WEBHOOK_CA_FILE",
        value_name = "FILE"
    )]
    pub(crate) ca_file: Option<PathBuf>,
}

/// The settings of webhooks, complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WebhookConfig {
    /// Where they may lead.
    pub(crate) reach: Reach,
    /// After how many hours a cluster is silent.
    pub(crate) silent_hours: u32,
    /// PEM.
    #[cfg(feature = "https")]
    pub(crate) authorities: Option<Vec<u8>>,
}

impl Default for WebhookConfig {
    fn default() -> Self {
        WebhookConfig {
            reach: Reach::default(),
            silent_hours: SILENT_HOURS,
            #[cfg(feature = "https")]
            authorities: None,
        }
    }
}

impl WebhookConfig {
    pub(super) fn resolve(
        set: WebhookOptions,
        file: WebhookOptions,
    ) -> Result<WebhookConfig, ConfigError> {
        let networks = set.networks.or(file.networks).unwrap_or_default();
        let networks: Vec<(IpAddr, u8)> = networks
            .iter()
            .map(|text| network("webhook-networks", text))
            .collect::<Result<_, _>>()?;
        let silent_hours = set
            .silent_hours
            .or(file.silent_hours)
            .unwrap_or(SILENT_HOURS);
        if !(SILENT_HOURS_MIN..=SILENT_HOURS_MAX).contains(&silent_hours) {
            return Err(ConfigError(format!(
                "webhook-silent-hours: must be from {SILENT_HOURS_MIN} to {SILENT_HOURS_MAX}"
            )));
        }
        Ok(WebhookConfig {
            reach: Reach::to_public_and(networks),
            silent_hours,
            #[cfg(feature = "https")]
            authorities: authorities::read("webhook-ca-file", set.ca_file.or(file.ca_file))?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(networks: &[&str], silent_hours: Option<u32>) -> Result<WebhookConfig, String> {
        let networks = networks.iter().map(|text| (*text).to_owned()).collect();
        let set = WebhookOptions {
            networks: Some(networks),
            silent_hours,
            #[cfg(feature = "https")]
            ca_file: None,
        };
        WebhookConfig::resolve(set, WebhookOptions::default()).map_err(|ConfigError(text)| text)
    }

    #[test]
    fn networks_are_named_one_by_one() {
        let here = "127.0.0.1".parse().unwrap();
        assert!(!resolve(&[], None).unwrap().reach.allows(here));
        let config = resolve(&["10.0.0.0/8", "127.0.0.1"], Some(24)).unwrap();
        assert!(config.reach.allows(here) && config.silent_hours == 24);
        let refused = resolve(&["localhost"], None).unwrap_err();
        assert!(refused.starts_with("webhook-networks: "), "{refused}");
        for hours in [0, 23, 721] {
            assert!(resolve(&[], Some(hours)).is_err(), "{hours}");
        }
    }
}
