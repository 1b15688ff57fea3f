//! What can be said about products: the lists of what is kept of their reports.

use clap::{Args, Subcommand, ValueEnum};

use super::DataDir;

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
