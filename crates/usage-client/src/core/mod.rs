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
//! A reporter's engine is here too: [`Engine`] says what to do next, and when, to whoever has a clock.
//!
//! | file | question |
//! | --- | --- |
//! | `environment` | which environment variables are set? |
//! | `consent`, `gate` | may anything be sent at all? |
//! | `endpoint` | to which server, and did the product mean it? |
//! | `request` | what goes over the wire? |
//! | `envelope` | and with a report that waited: which one it is, how late, and whose |
//! | `exchange` | what now, after this reply? Redirects are here. |
//! | `decode` | what does the reply mean? |
//! | `device_poll` | has the person entered the code? When to ask (feature `register`) |
//! | `scan` | reads JSON as Go does: the first value, whatever follows |
//! | `time` | when? Instants as numbers, dates of HTTP and RFC 3339 |
//! | `engine` | what next? Make a report, send one, wait |
//! | `schedule` | when is something due, so that fleets don't stampede? |
//! | `retry`, `breaker` | when again, after a failure? |
//! | `report` | what waits to be sent, and its line in files |
//! | `spool_policy` | what goes when too much waits? |
//! | `state` | what does the engine remember between processes? |
//! | `random` | chance, from a seed; idempotency keys |

mod breaker;
mod consent;
mod decode;
#[cfg(feature = "register")]
mod device_poll;
mod endpoint;
mod engine;
mod envelope;
mod environment;
mod exchange;
mod gate;
mod random;
mod report;
mod request;
mod retry;
mod scan;
mod schedule;
mod spool_policy;
mod state;
mod time;
mod token;

pub use breaker::Breaker;
pub use consent::{Consent, ProductVariable, consent};
pub use decode::{RawReply, decode};
#[cfg(feature = "register")]
pub use device_poll::{DevicePoll, PollStep};
pub use endpoint::{BaseUrl, Endpoint, UrlSource, guard, resolve};
pub use engine::{Action, Engine, Timing, Verdict, Wants};
pub use envelope::Sender;
pub use environment::Environment;
pub use exchange::{Exchange, Step};
pub use gate::{Answer, Decider, Gate, Permission};
pub use random::{IdempotencyKey, KeyError, Random};
pub use report::{Kind, LineError, Report};
pub use request::{Header, Request, encode};
pub use retry::Retry;
pub use schedule::{Due, Phase};
pub use spool_policy::{SpoolBounds, surplus};
pub use state::State;
pub use time::UnixMillis;
pub use token::Token;

/// The environment variable that sets the URL.
pub const URL_VARIABLE: &str = "USAGE_URL";
