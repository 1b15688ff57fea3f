//! The client's stories, in one binary because linking is slow. Each module tells one; `golden` reads the
//! recorded vectors and `listener` plays the server.

// clippy.toml lets tests do this, but takes the functions they share for production code.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr
)]

#[cfg(feature = "async")]
mod asynchronous;
#[cfg(feature = "http")]
mod consenting;
mod crates;
mod fleet;
#[cfg(feature = "http")]
mod forgetting;
mod golden;
#[cfg(feature = "http")]
mod hard_servers;
#[cfg(any(feature = "http", feature = "async"))]
// Most of what it plays is for stories of the blocking transport.
#[cfg_attr(not(feature = "http"), allow(dead_code))]
mod listener;
#[cfg(feature = "metrics")]
mod metrics;
#[cfg(all(feature = "http", feature = "testing"))]
mod mock;
#[cfg(all(feature = "register", feature = "testing"))]
mod registering;
mod registration_urls;
#[cfg(feature = "http")]
mod replies;
#[cfg(feature = "http")]
mod reporting;
mod requests;
#[cfg(feature = "http")]
mod rough_weather;
#[cfg(feature = "http")]
mod saving;
mod tokens;
#[cfg(feature = "http")]
mod ways;
