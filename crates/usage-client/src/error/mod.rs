//! Everything that can go wrong, in one enum: each variant says when it occurs and each text what to do.
//! No text holds a token, a password or a whole URL.

mod answer;
mod reason;

use std::fmt;
use std::time::Duration;

pub use answer::{SimpleError, ValidationErrors};
pub use reason::{Refusal, TargetError, TransportError};

use crate::core::Decider;
use crate::{EncodeError, PRODUCTION_URL, RegistrationError};

/// Why something was not saved, or a URL not made.
///
#[cfg_attr(feature = "http", doc = "```no_run")]
#[cfg_attr(not(feature = "http"), doc = "```ignore")]
/// # use usage_client::{Client, Error, Server};
/// # let client = Client::new("token");
/// # let server = Server::new("jambox", "1.0");
/// match client.save(&server) {
///     Ok(reply) => println!("saved: {}", reply.status()),
///     Err(Error::Validation(errors)) => {
///         for (field, messages) in &errors.errors {
///             println!("{field}: {}", messages.join(", "));
///         }
///     }
///     Err(Error::ConsentOff { .. }) => {} // as the user wishes
///     Err(error) => println!("not saved: {error}"),
/// }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// 422: fields are blank or wrong, each with its messages.
    Validation(ValidationErrors),
    /// 401: the token is unknown or revoked.
    Unauthorized(SimpleError),
    /// 404: the server has no such address. Often the URL is not a Usage API's, or the product is blank.
    NotFound(SimpleError),
    /// 500: the server failed. Worth another try later.
    Server(SimpleError),
    /// 429: too many reports. Worth another try, not before `retry_after`.
    RateLimited {
        /// How long the server asks to wait.
        retry_after: Option<Duration>,
        /// The server's message, or its body's text.
        error: SimpleError,
    },
    /// Any other status that is not 2xx.
    Status {
        /// The HTTP status.
        status: u16,
        /// How long the server asks to wait, as overloaded ones do.
        retry_after: Option<Duration>,
        /// The server's message, or its body's text: often a proxy's page.
        error: SimpleError,
    },
    /// 401, 404, 422 or 500 with a body that isn't what it should be: often a proxy's page.
    Decode {
        /// The HTTP status.
        status: u16,
        /// What is wrong with the body.
        reason: String,
        /// The body's text, bounded.
        body: String,
    },
    /// The server redirects to where reports are not sent.
    Redirect {
        /// The HTTP status.
        status: u16,
        /// Why it isn't followed.
        why: Refusal,
    },
    /// There was no answer: no connection, no such host, no trust, no time left.
    Transport(TransportError),
    /// Reporting is switched off. Nothing was sent, no socket opened, no name looked up.
    ConsentOff {
        /// Who says so.
        by: Decider,
    },
    /// The reporter's queue is full: this report was dropped, and counted.
    QueueFull,
    /// The reporter was shut down, or busy for longer than there was time.
    Stopped,
    /// A file that was asked for can't be written.
    File(std::io::Error),
    /// A debug build or a build server would have reported to production, and nobody said it should.
    ProductionByAccident,
    /// The base URL can't be used.
    Url(TargetError),
    /// The report's path or product can't be sent.
    Path(TargetError),
    /// The token holds a character that can't be sent, such as a newline.
    Token,
    /// The report can't be written as JSON: it holds a NaN or an infinity, say.
    Encode(EncodeError),
    /// A registration lacks what it needs.
    Registration(RegistrationError),
}

impl Error {
    /// The HTTP status, if there was an answer.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Validation(_) => Some(422),
            Self::Unauthorized(_) => Some(401),
            Self::NotFound(_) => Some(404),
            Self::Server(_) => Some(500),
            Self::RateLimited { .. } => Some(429),
            Self::Status { status, .. }
            | Self::Decode { status, .. }
            | Self::Redirect { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// The fields that are wrong, if that is what the server said.
    pub fn as_validation(&self) -> Option<&ValidationErrors> {
        match self {
            Self::Validation(errors) => Some(errors),
            _ => None,
        }
    }

    /// The server's message, if it had one.
    pub fn as_simple(&self) -> Option<&SimpleError> {
        match self {
            Self::Unauthorized(error)
            | Self::NotFound(error)
            | Self::Server(error)
            | Self::RateLimited { error, .. }
            | Self::Status { error, .. } => Some(error),
            _ => None,
        }
    }

    /// How long the server asks to wait, if it does.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::RateLimited { retry_after, .. } | Self::Status { retry_after, .. } => {
                *retry_after
            }
            _ => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Validation(errors) => write!(f, "the report is not accepted: {errors}"),
            Self::Unauthorized(error) => write!(f, "the token is not accepted: {error}"),
            Self::NotFound(error) => write!(
                f,
                "the server does not know this address, check URL and product: {error}"
            ),
            Self::Server(error) => write!(f, "the server failed, try again later: {error}"),
            Self::RateLimited { retry_after, error } => {
                f.write_str("the server asks for fewer reports, try again ")?;
                match retry_after {
                    Some(wait) => write!(f, "in {} s: {error}", wait.as_secs()),
                    None => write!(f, "later: {error}"),
                }
            }
            Self::Status { status, error, .. } => {
                write!(f, "the server answered with status {status}: {error}")
            }
            Self::Decode { status, reason, .. } => {
                write!(f, "the server answered with status {status}, and {reason}")
            }
            Self::Redirect { status, why } => {
                write!(f, "not following the redirect ({status}): {why}")
            }
            Self::Transport(error) => write!(f, "the server could not be reached: {error}"),
            Self::ConsentOff { by } => write!(f, "reporting is switched off by {by}"),
            Self::QueueFull => f.write_str(
                "too many reports are queued and this one was dropped: report less often",
            ),
            Self::Stopped => f.write_str("the reporter was shut down, or had no time to answer"),
            Self::File(error) => write!(f, "the file can't be written: {error}"),
            Self::ProductionByAccident => write!(
                f,
                "not reporting to {PRODUCTION_URL} from a debug build or a build server: set the \
                 server with Client::with_url, set_default_url or USAGE_URL, or call \
                 Client::allow_production if it is meant"
            ),
            Self::Url(why) => write!(
                f,
                "the server's URL can't be used: {why}. Set it (Client::with_url, USAGE_URL) to one \
                 like https://usage.example.com"
            ),
            Self::Path(why) => write!(f, "the report's product or path can't be sent: {why}"),
            Self::Token => f.write_str(
                "the token holds a character that can't be sent: check it for a newline",
            ),
            Self::Encode(error) => write!(f, "the report can't be written as JSON: {error}"),
            Self::Registration(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Transport(error) => Some(error),
            Self::Encode(error) => Some(error),
            Self::File(error) => Some(error),
            _ => None,
        }
    }
}
