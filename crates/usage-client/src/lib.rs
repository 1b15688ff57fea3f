//! The crate's page, and its public names. Nothing is defined here.
//!
#![cfg_attr(feature = "http", doc = include_str!("../README.md"))]
//!
//! # Map
//!
//! | | |
//! | --- | --- |
#![cfg_attr(
    feature = "http",
    doc = "| [`Reporter`] | reports by itself, and tells how it goes |"
)]
//! | [`Client`] | settings, and `save` and `registration_url` |
//! | [`Server`], [`Stats`], [`Usage`] | what is reported; [`Tags`], [`Values`], [`Value`] inside |
//! | [`Saveable`] | makes your own type something to save |
//! | [`Registration`] | the address at which a person gets a token |
//! | [`TokenStore`] | where the token is kept: a file, the environment, memory, or a place of yours |
//! | [`Transport`] | carries requests; plug in your own |
#![cfg_attr(
    feature = "async",
    doc = "| [`AsyncClient`] | the same as [`Client`], awaited |"
)]
#![cfg_attr(
    feature = "register",
    doc = "| [`RegisterWay`], [`RegisterPrompt`], [`DeviceCode`] | getting a token with a person's help |"
)]
#![cfg_attr(
    feature = "metrics",
    doc = "| [`MetricsRecorder`] | stats from the `metrics` crate's macros |"
)]
#![cfg_attr(
    feature = "testing",
    doc = "| [`testing`] | a Usage API inside your tests |"
)]
//! | [`Reply`], [`Advisory`], [`Error`] | what the server says |
//! | [`core`] | all of it without a socket, for transports of your own |

pub mod core;
#[cfg(feature = "testing")]
pub mod testing;

mod advisory;
mod base64;
mod client;
mod disk;
mod error;
mod limits;
#[cfg(feature = "metrics")]
mod recorder;
#[cfg(feature = "register")]
mod register;
mod registration;
mod reply;
#[cfg(feature = "http")]
mod reporter;
#[cfg(feature = "http")]
mod spool;
mod token_store;
mod transport;
mod url;
mod wire;

pub use advisory::{Advisory, Severity};
pub use client::{Client, PRODUCTION_URL, STAGING_URL, set_default_url};
pub use error::{Error, Refusal, SimpleError, TargetError, TransportError, ValidationErrors};
#[cfg(feature = "metrics")]
pub use recorder::MetricsRecorder;
#[cfg(feature = "register")]
pub use register::{DeviceCode, RegisterError, RegisterPrompt, RegisterWay, open_browser};
pub use registration::{Registration, RegistrationError};
pub use reply::Reply;
#[cfg(feature = "http")]
pub use reporter::{
    Facts, Forgetting, RegistrationNeeded, RegistrationStatus, Reporter, ReporterBuilder, Status,
};
pub use token_store::{EnvironmentToken, FileToken, MemoryToken, TokenStore};
#[cfg(feature = "async")]
pub use transport::AsyncClient;
#[cfg(feature = "http")]
pub use transport::Blocking;
pub use transport::Transport;
pub use url::UrlError;
pub use wire::{
    EncodeError, Saveable, Server, Stats, StatsData, Tags, Usage, UsageData, Value, Values,
};

/// The workspace's README: its example must compile, too.
#[cfg(all(doctest, feature = "http"))]
#[doc = include_str!("../../../README.md")]
mod workspace_readme {}
