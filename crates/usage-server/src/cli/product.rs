//! What operators decide about products: what is kept of their reports, what it means, where tokens may go. What
//! replies tell of them is in `news.rs`.

use clap::{Args, Subcommand, ValueEnum};

use super::DataDir;
use super::news::{Advisory, ProductInterval, ProductLatest};

#[derive(Debug, Subcommand)]
pub(crate) enum Product {
    /// Prints each product with its allowlist; of one product, the names on the list and those removed
    List(ProductList),
    /// Says what becomes of what is not on a product's list: at once, also on a running server
    Allowlist(ProductAllowlist),
    /// Puts names on a product's list; '*' stands for all of a kind
    Allow(ProductNames),
    /// Takes names off a product's list
    Disallow(ProductNames),
    /// Lists, adds and removes the hosts that its customers' tokens may go to unasked; prints them
    Hosts(ProductHosts),
    /// Notes what something that a product reports means, for the data dictionary
    Describe(ProductDescribe),
    /// Says which version replies call the latest, or prints it: at once, also on a running server
    Latest(ProductLatest),
    /// Says how often a product's programs are asked to report, or prints it
    Interval(ProductInterval),
    /// Manages what users of some versions should know, as replies tell it
    #[command(subcommand)]
    Advisory(Advisory),
}

#[derive(Debug, Args)]
pub(crate) struct ProductHosts {
    #[command(flatten)]
    pub(crate) data: DataDir,
    /// Its name as it reports, also before its first report
    pub(crate) product: String,
    /// A host to list, such as console.example.com; repeatable
    #[arg(long, value_name = "HOST")]
    pub(crate) add: Vec<String>,
    /// A host to take off the list; repeatable
    #[arg(long, value_name = "HOST")]
    pub(crate) remove: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct ProductList {
    #[command(flatten)]
    pub(crate) data: DataDir,
    /// Only this one
    #[arg(value_name = "PRODUCT")]
    pub(crate) product: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct ProductAllowlist {
    #[command(flatten)]
    pub(crate) data: DataDir,
    /// The product, as its programs name it
    #[arg(value_name = "PRODUCT")]
    pub(crate) product: String,
    /// What becomes of what is not on the list
    #[arg(long, value_enum)]
    pub(crate) mode: Mode,
}

#[derive(Debug, Args)]
pub(crate) struct ProductNames {
    #[command(flatten)]
    pub(crate) data: DataDir,
    /// The product, as its programs name it
    #[arg(value_name = "PRODUCT")]
    pub(crate) product: String,
    #[command(flatten)]
    pub(crate) names: Names,
}

/// Names by kind.
#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
pub(crate) struct Names {
    /// A tag, or a value that is a text or a boolean; `host` is also a check-in's
    #[arg(long = "dimension", value_name = "NAME")]
    pub(crate) dimensions: Vec<String>,
    /// A value that is a number
    #[arg(long = "value", value_name = "NAME")]
    pub(crate) values: Vec<String>,
    /// A series of product stats; its tags are dimensions, its numbers values
    #[arg(long = "stat", value_name = "NAME")]
    pub(crate) stats: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct ProductDescribe {
    #[command(flatten)]
    pub(crate) data: DataDir,
    /// The product, as its programs name it
    #[arg(value_name = "PRODUCT")]
    pub(crate) product: String,
    #[command(flatten)]
    pub(crate) name: Name,
    #[command(flatten)]
    pub(crate) note: Note,
}

/// One name, of some kind.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Name {
    /// A tag, or a value that is a text or a boolean
    #[arg(long, value_name = "NAME")]
    pub(crate) dimension: Option<String>,
    /// A value that is a number
    #[arg(long, value_name = "NAME")]
    pub(crate) value: Option<String>,
    /// A series of product stats
    #[arg(long, value_name = "NAME")]
    pub(crate) stat: Option<String>,
}

/// What is noted; what is not said stays as it was.
#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
pub(crate) struct Note {
    /// What it means; '' for nothing
    #[arg(long, value_name = "TEXT")]
    pub(crate) description: Option<String>,
    /// What its numbers count, such as bytes; '' for nothing
    #[arg(long, value_name = "UNIT")]
    pub(crate) unit: Option<String>,
    /// Who knows more; '' for nobody
    #[arg(long, value_name = "WHO")]
    pub(crate) owner: Option<String>,
    /// Who may know it
    #[arg(long, value_enum)]
    pub(crate) sensitivity: Option<Sensitivity>,
}

/// How sensitive something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Sensitivity {
    /// Anybody may know it
    Public,
    /// Not for the world
    Internal,
    /// It may tell something about a person
    Personal,
    /// Nothing is noted
    Unknown,
}

/// What becomes of what is not on a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Mode {
    /// It is left out
    Drop,
    /// Texts and booleans become "(masked)", numbers are left out
    Mask,
    /// It is kept: there is no list
    Off,
}
