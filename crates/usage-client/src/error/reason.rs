//! The reasons inside some errors: why a URL can't be used, a redirect isn't followed, a server can't be
//! reached.

use std::fmt;

use crate::UrlError;

/// Why nothing can be sent to a URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TargetError {
    /// There is none.
    Missing,
    /// It is not a URL.
    Unreadable(UrlError),
    /// It does not begin with `http://` or `https://`.
    Scheme,
    /// The host is missing, or none that can be connected to.
    Host,
    /// The port is beyond 65535.
    Port,
    /// The base has a query or a fragment, where a path is to follow.
    QueryInBase,
    /// The product is blank.
    BlankProduct,
    /// A `#`, behind which nothing would be sent.
    Fragment,
    /// What follows a `?` has a character that must be escaped.
    Query,
    /// The result would not be text.
    NotText,
}

impl From<UrlError> for TargetError {
    fn from(error: UrlError) -> Self {
        Self::Unreadable(error)
    }
}

impl fmt::Display for TargetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unreadable(error) => return error.fmt(f),
            Self::Missing => "nobody set it",
            Self::Scheme => "it does not begin with http:// or https://",
            Self::Host => {
                "it has no host name or address that can be connected to \
                 (a name beyond ASCII needs its xn-- form)"
            }
            Self::Port => "its port is beyond 65535",
            Self::QueryInBase => "it has a ? or a #, where /api/v1 is to follow",
            Self::BlankProduct => "the product is blank",
            Self::Fragment => "it has a #, and what follows one is never sent",
            Self::Query => "what follows its ? has a character that must be escaped",
            Self::NotText => "it is not UTF-8",
        })
    }
}

/// Why a redirect is not followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// 301, 302 and 303 turn a report into a GET without a body.
    LosesReport,
    /// The token would go to another scheme, host or port.
    OtherHost,
    /// There is no end to it.
    TooMany,
    /// The `Location` is no URL that a report can go to.
    BadLocation,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LosesReport => "it would drop the report; set the URL to where the server is now",
            Self::OtherHost => {
                "it leads to another host; set the URL to it if it is to have reports and token"
            }
            Self::TooMany => "there were too many in a row",
            Self::BadLocation => "where it leads is no usable URL",
        })
    }
}

/// Why there was no answer.
#[derive(Debug)]
pub struct TransportError {
    timed_out: bool,
    cause: Box<dyn std::error::Error + Send + Sync>,
}

impl TransportError {
    /// For transports: what failed.
    pub fn new(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self {
            timed_out: false,
            cause: cause.into(),
        }
    }

    /// For transports: it took too long.
    pub fn timed_out(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self {
            timed_out: true,
            cause: cause.into(),
        }
    }

    /// Whether it took too long. The report may have arrived all the same.
    pub fn is_timeout(&self) -> bool {
        self.timed_out
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.cause.fmt(f)
    }
}

impl std::error::Error for TransportError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.cause.source()
    }
}
