//! For the tests of programs that report: a Usage API inside the test, and the questions that tell whether a
//! server is one. Behind the feature `testing`, on the standard library alone.
//!
//! A product's test starts a [`MockServer`], points its client there, and looks at what arrived:
//!
//! ```
//! use std::time::Duration;
//! use usage_client::testing::MockServer;
//! # #[cfg(feature = "http")]
//! use usage_client::{Client, Server};
//!
//! # #[cfg(feature = "http")]
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let api = MockServer::start()?;
//! let client = Client::new("").with_url(api.url()).with_environment([("CI", "false")]);
//!
//! let error = client.save(&Server::new("jambox", "")).unwrap_err();
//! assert_eq!(error.as_validation().unwrap().field("version"), ["Version can not be blank."]);
//!
//! let requests = api.wait_for(1, Duration::from_secs(5))?;
//! assert_eq!(requests[0].target, "/api/v1/servers");
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "http"))]
//! # fn main() {}
//! ```
//!
//! What else servers do is scripted: [`MockServer::answer_next`] with a [`MockReply`], and with a [`Fault`]
//! where the reply goes wrong.

mod answers;
mod conformance;
mod http;
mod questions;
mod registration;
mod reply;
mod server;

pub use conformance::{Check, Report, conformance};
pub use reply::{Fault, MockReply};
pub use server::{MockServer, Recorded, TOKEN, TooFew};
