//! Getting a token without one in a URL: a browser on this machine, or a code that a person types elsewhere.
//! Behind the feature `register`. Both are described in the repository's ARCHITECTURE.md.

mod browser;
mod code;
mod device;
mod error;
mod listener;
mod loopback;
mod pkce;

pub use browser::open_browser;
pub use code::DeviceCode;
pub use error::RegisterError;
#[cfg(feature = "testing")]
pub(crate) use pkce::challenge;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use serde_json::Value as Json;

use crate::core::{Environment, Token};
use crate::{Client, Error, Registration, Reply};

/// How a person without a token gets one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegisterWay {
    /// In a browser on this machine.
    Loopback,
    /// With a code, in a browser anywhere.
    Device,
}

/// What a person is to be shown.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum RegisterPrompt {
    /// An address to open on this machine.
    Browser {
        /// The address. Good for one registration.
        url: String,
    },
    /// A code, and an address at which to type it.
    Code(DeviceCode),
}

impl RegisterWay {
    /// Loopback where there is a display and no SSH, else device.
    ///
    /// ```
    /// use usage_client::RegisterWay;
    ///
    /// let far_away = [("DISPLAY", ":10"), ("SSH_CONNECTION", "192.0.2.1 5 192.0.2.2 22")].into();
    /// assert_eq!(RegisterWay::suited(&far_away), RegisterWay::Device);
    /// ```
    pub fn suited(environment: &Environment) -> Self {
        let always_has_one = cfg!(any(windows, target_vendor = "apple"));
        let is_set = |name: &str| environment.get_filled(name).is_some();
        let display = always_has_one
            || ["DISPLAY", "WAYLAND_DISPLAY"]
                .iter()
                .any(|name| is_set(name));
        let far_away = ["SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY"]
            .iter()
            .any(|name| is_set(name));
        if display && !far_away {
            Self::Loopback
        } else {
            Self::Device
        }
    }
}

impl Client {
    /// Registers this installation in the way that [suits](RegisterWay::suited) where the program runs, and
    /// returns its token, for a [`TokenStore`](crate::TokenStore). Waits for a person, at most `within`.
    ///
    /// `show` tells the person what to do. Asks for no consent: a person does this on purpose.
    ///
    /// ```no_run
    /// use std::time::Duration;
    /// use usage_client::{Client, FileToken, RegisterPrompt, Registration, TokenStore, open_browser};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let client = Client::new("").with_url("https://usage.example.com");
    /// let registration = Registration::new("clus1", "jambox");
    /// let token = client.register(&registration, Duration::from_secs(600), |prompt| match prompt {
    ///     RegisterPrompt::Browser { url } => {
    ///         println!("Open {url}");
    ///         let _ = open_browser(&url);
    ///     }
    ///     RegisterPrompt::Code(code) => {
    ///         println!("Open {} and enter {}", code.verification_uri(), code.user_code());
    ///     }
    ///     _ => {}
    /// })?;
    /// FileToken::new("/var/lib/jambox/usage-token").save(&token)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`register_loopback`](Self::register_loopback) and
    /// [`register_device`](Self::register_device).
    pub fn register(
        &self,
        registration: &Registration,
        within: Duration,
        show: impl FnOnce(RegisterPrompt),
    ) -> Result<Token, RegisterError> {
        match RegisterWay::suited(self.environment()) {
            RegisterWay::Loopback => self.register_loopback(registration, within, |url| {
                show(RegisterPrompt::Browser {
                    url: url.to_owned(),
                });
            }),
            RegisterWay::Device => self.register_device(registration, within, |code| {
                show(RegisterPrompt::Code(code.clone()));
            }),
        }
    }
}

/// Calls the caller's hook. A panic in it ends the registration, not the program.
fn shown(show: impl FnOnce()) -> Result<(), RegisterError> {
    catch_unwind(AssertUnwindSafe(show)).map_err(|_| RegisterError::Panicked)
}

/// `{"token": "..."}`
fn token_of(reply: &Reply) -> Result<Token, RegisterError> {
    let json: Json = serde_json::from_slice(reply.body()).unwrap_or_default();
    match json["token"].as_str().map(Token::from) {
        Some(token) if !token.is_blank() => Ok(token),
        _ => Err(RegisterError::Unreadable),
    }
}

/// A server without these endpoints says so in one of three ways.
fn unless_unsupported(error: Error) -> RegisterError {
    match error.status() {
        Some(404 | 405 | 501) => RegisterError::Unsupported,
        _ => RegisterError::Failed(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(not(any(windows, target_vendor = "apple")))]
    #[test]
    fn a_browser_needs_a_display_here() {
        let way = |names: &[&str]| {
            RegisterWay::suited(&names.iter().map(|name| (*name, "set")).collect())
        };
        assert_eq!(way(&[]), RegisterWay::Device);
        assert_eq!(way(&["DISPLAY"]), RegisterWay::Loopback);
        assert_eq!(way(&["WAYLAND_DISPLAY"]), RegisterWay::Loopback);
        for ssh in ["SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY"] {
            assert_eq!(way(&["DISPLAY", ssh]), RegisterWay::Device);
        }
        let blank = Environment::from([("DISPLAY", " ")]);
        assert_eq!(RegisterWay::suited(&blank), RegisterWay::Device);
    }
}
