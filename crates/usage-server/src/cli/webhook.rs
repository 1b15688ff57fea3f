//! What can be said of webhooks.

use clap::{Args, Subcommand, ValueEnum};

use super::DataDir;

#[derive(Debug, Subcommand)]
pub(crate) enum Webhook {
    /// Adds a webhook, and prints the secret that its messages are signed with
    Add(WebhookAdd),
    /// Lists the webhooks, and what became of their messages
    List(DataDir),
    /// Removes a webhook, and what waits for it
    Remove(WebhookNamed),
    /// Puts a message into a webhook's queue, to try whether it works; the running server sends it
    Test(WebhookNamed),
}

#[derive(Debug, Args)]
pub(crate) struct WebhookAdd {
    #[command(flatten)]
    pub(crate) data: DataDir,
    /// What it is for, so that it is recognized in the list
    #[arg(long, value_name = "NAME")]
    pub(crate) name: String,
    /// Where messages are posted to
    #[arg(long, value_name = "URL")]
    pub(crate) url: String,
    /// What it hears of; may be given several times [default: everything]
    #[arg(long, value_enum, value_name = "EVENT")]
    pub(crate) event: Vec<Event>,
}

#[derive(Debug, Args)]
pub(crate) struct WebhookNamed {
    #[command(flatten)]
    pub(crate) data: DataDir,
    /// Its name
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
}

/// What a webhook may hear of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Event {
    /// A cluster of an adopted product reported for the first time
    #[value(name = "cluster.first_report")]
    ClusterFirstReport,
    /// A cluster of an adopted product has gone silent
    #[value(name = "cluster.silent")]
    ClusterSilent,
    /// There is a new organization
    #[value(name = "organization.registered")]
    OrganizationRegistered,
    /// Much is refused
    #[value(name = "quarantine.growing")]
    QuarantineGrowing,
}
