//! What replies tell the programs of a product, as operators say it.

use clap::{Args, Subcommand, ValueEnum};

use super::DataDir;

#[derive(Debug, Args)]
pub(crate) struct ProductLatest {
    #[command(flatten)]
    pub(crate) data: DataDir,
    /// The product, as its programs name it
    #[arg(value_name = "PRODUCT")]
    pub(crate) product: String,
    /// Its latest version; without it, the one that is told is printed
    #[arg(value_name = "VERSION")]
    pub(crate) version: Option<String>,
    /// No version is told any more
    #[arg(long, conflicts_with = "version")]
    pub(crate) none: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ProductInterval {
    #[command(flatten)]
    pub(crate) data: DataDir,
    /// The product, as its programs name it
    #[arg(value_name = "PRODUCT")]
    pub(crate) product: String,
    /// From 3600, an hour, to 604800, a week; without it, what is told is printed
    #[arg(value_name = "SECONDS")]
    pub(crate) seconds: Option<u32>,
    /// As the server's report-interval says, again
    #[arg(long, conflicts_with = "seconds")]
    pub(crate) as_configured: bool,
}

/// What users of some versions should know.
#[derive(Debug, Subcommand)]
pub(crate) enum Advisory {
    /// Adds an advisory, or changes the one of this id
    Add(AdvisoryAdd),
    /// Prints the advisories, those that matter most first
    List(AdvisoryList),
    /// Removes an advisory
    Remove(AdvisoryRemove),
}

#[derive(Debug, Args)]
pub(crate) struct AdvisoryAdd {
    #[command(flatten)]
    pub(crate) data: DataDir,
    /// The product, as its programs name it
    #[arg(value_name = "PRODUCT")]
    pub(crate) product: String,
    /// What it is called by, such as CVE-2026-1234
    #[arg(long, value_name = "ID")]
    pub(crate) id: String,
    /// How much it matters
    #[arg(long, value_enum)]
    pub(crate) severity: Severity,
    /// What it is about, in a line
    #[arg(long, value_name = "TEXT")]
    pub(crate) title: String,
    /// Which versions: '<1.8.4', or '>=2.0, <2.3.1 || 1.9.0', or '*' for every one
    #[arg(long, value_name = "VERSIONS")]
    pub(crate) affected: String,
    /// Where more is said, an https address
    #[arg(
        long,
        value_name = "URL",
        default_value = "",
        hide_default_value = true
    )]
    pub(crate) link: String,
}

#[derive(Debug, Args)]
pub(crate) struct AdvisoryList {
    #[command(flatten)]
    pub(crate) data: DataDir,
    /// Only those of this product
    #[arg(value_name = "PRODUCT")]
    pub(crate) product: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct AdvisoryRemove {
    #[command(flatten)]
    pub(crate) data: DataDir,
    /// The product, as its programs name it
    #[arg(value_name = "PRODUCT")]
    pub(crate) product: String,
    /// Which advisory
    #[arg(long, value_name = "ID")]
    pub(crate) id: String,
}

/// How much an advisory matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Severity {
    /// Good to know
    Low,
    /// Worth an update soon
    Medium,
    /// Worth an update now
    High,
    /// Stop and act
    Critical,
}
