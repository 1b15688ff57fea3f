//! The built program from outside: started as a process, spoken to over sockets, killed and
//! restarted, reported to by programs that exist. One binary, as linking is what takes long.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    missing_docs
)]

mod allowing;
mod authority;
mod backing_up;
mod behind_proxies;
mod commands;
mod configuration;
mod conformance;
mod crowded;
mod dashboard;
mod demo;
mod describing;
mod exporting;
mod extensions;
mod faults;
mod folder;
mod forgetting;
mod forwarding;
mod go_client;
mod golden;
mod hostile;
mod house;
mod http;
mod importing;
mod influx_database;
mod influxd;
mod limits;
mod live;
mod logging;
#[cfg(feature = "mail")]
mod mailing;
mod model;
#[cfg(feature = "openid")]
mod openid;
mod overload;
mod paths;
mod patience;
mod person;
mod process;
mod programs;
#[cfg(feature = "openid")]
mod provider;
mod proxy;
mod registering;
mod reporter;
mod reserving;
mod restoring;
mod schemathesis;
mod scrape;
mod self_registered;
mod signing_in;
mod stopping;
mod telling;
mod tokens;
mod watching;
mod webhooks;
