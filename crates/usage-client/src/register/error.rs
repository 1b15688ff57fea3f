//! Why there is no token.

use std::fmt;

use crate::Error;

/// Why a registration came to nothing.
#[derive(Debug)]
#[non_exhaustive]
pub enum RegisterError {
    /// The person said no.
    Denied,
    /// Nobody answered in time.
    Expired,
    /// The server is an older one, and knows nothing of this way.
    Unsupported,
    /// The server's answer is none.
    Unreadable,
    /// The hook that shows the person what to do panicked.
    Panicked,
    /// The system has no port, thread or random number to give.
    System(std::io::Error),
    /// The server could not be asked, or said no.
    Failed(Error),
}

impl fmt::Display for RegisterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Denied => f.write_str("the registration was refused in the browser"),
            Self::Expired => {
                f.write_str("nobody finished the registration in time: start it again")
            }
            Self::Unsupported => f.write_str(
                "the server is older and can't register this way: open the address of \
                 Client::registration_url, and store the token that its page shows",
            ),
            Self::Unreadable => f.write_str("the server answered without a token"),
            Self::Panicked => f.write_str("showing what to do failed"),
            Self::System(error) => write!(f, "the registration could not begin: {error}"),
            Self::Failed(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for RegisterError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::System(error) => Some(error),
            Self::Failed(error) => error.source(),
            _ => None,
        }
    }
}

impl From<Error> for RegisterError {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl From<std::io::Error> for RegisterError {
    fn from(error: std::io::Error) -> Self {
        Self::System(error)
    }
}
