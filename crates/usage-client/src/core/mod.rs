//! The sans-IO core: everything there is to know about talking to a Usage API, except talking.
//!
//! Nothing here opens a socket, reads a clock, or looks at the process's environment unless handed it.
//! The blocking transport is a thin loop around this, and so can yours be:
//!
//! ```
//! use usage_client::Server;
//! use usage_client::core::{self, BaseUrl, Exchange, RawReply, Step};
//!
//! # fn send(_: &core::Request) -> RawReply { RawReply::new(201) }
//! # fn main() -> Result<(), usage_client::Error> {
//! let base = BaseUrl::from("https://usage.example.com");
//! let server = Server::new("jambox", "1.0").cluster_id("c").server_id("s").host("h");
//!
//! let mut exchange = Exchange::new(core::encode(&base, &"token".into(), &server)?);
//! let reply = loop {
//!     let raw = send(exchange.request()); // your transport: one request, one reply, no redirects
//!     match exchange.on_reply(raw)? {
//!         Step::Done(reply) => break reply,
//!         Step::SendAgain => {} // the server moved; exchange.request() is the new one
//!     }
//! };
//! assert_eq!(reply.status(), 201);
//! # Ok(())
//! # }
//! ```
//!
//! | file | question |
//! | --- | --- |
//! | `environment` | which environment variables are set? |
//! | `consent` | may anything be sent at all? |
//! | `endpoint` | to which server, and did the product mean it? |
//! | `request` | what goes over the wire? |
//! | `exchange` | what now, after this reply? Redirects are here. |
//! | `decode` | what does the reply mean? |
//! | `device_poll` | has the person entered the code? When to ask (feature `register`) |
//! | `time` | when? Instants as numbers, dates of HTTP and RFC 3339 |
//! | `scan` | reads JSON as Go does: the first value, whatever follows |

mod consent;
mod decode;
#[cfg(feature = "register")]
mod device_poll;
mod endpoint;
mod environment;
mod exchange;
mod request;
mod scan;
mod time;
mod token;

pub use consent::{Consent, ProductVariable, consent};
pub use decode::{RawReply, decode};
#[cfg(feature = "register")]
pub use device_poll::{DevicePoll, PollStep};
pub use endpoint::{BaseUrl, Endpoint, UrlSource, guard, resolve};
pub use environment::Environment;
pub use exchange::{Exchange, Step};
pub use request::{Header, Request, encode};
pub use time::UnixMillis;
pub use token::Token;

/// The environment variable that sets the URL.
pub const URL_VARIABLE: &str = "USAGE_URL";
