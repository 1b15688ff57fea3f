//! The code that a person types, as a server gave it.

use std::fmt;
use std::time::Duration;

use serde_json::Value as Json;

use super::RegisterError;
use crate::limits;

/// A code, and an address at which to enter it.
#[derive(Clone, PartialEq, Eq)]
pub struct DeviceCode {
    pub(super) device_code: String,
    user_code: String,
    verification_uri: String,
    verification_uri_complete: Option<String>,
    expires_in: Duration,
    pub(super) interval: Duration,
}

impl DeviceCode {
    /// Texts end up on a terminal: one with control characters, or one that is no web address, is no answer.
    pub(super) fn read(body: &[u8]) -> Result<Self, RegisterError> {
        let json: Json = serde_json::from_slice(body).unwrap_or_default();
        let text = |key: &str| {
            let text = json[key].as_str()?;
            let plain = text.len() <= limits::SHOWN_BYTES && !text.chars().any(char::is_control);
            (plain && !text.is_empty()).then(|| text.to_owned())
        };
        let address = |key: &str| {
            let is_web = |url: &String| url.starts_with("https://") || url.starts_with("http://");
            text(key).filter(is_web)
        };
        let seconds = |key: &str, default: u64| json[key].as_u64().unwrap_or(default);
        let read = || {
            Some(Self {
                device_code: text("device_code")?,
                user_code: text("user_code")?,
                verification_uri: address("verification_uri")?,
                verification_uri_complete: address("verification_uri_complete"),
                // What RFC 8628 says of a missing interval; a code lives for ten minutes.
                expires_in: Duration::from_secs(seconds("expires_in", 600)),
                interval: Duration::from_secs(seconds("interval", 5)),
            })
        };
        read().ok_or(RegisterError::Unreadable)
    }

    /// What to type.
    pub fn user_code(&self) -> &str {
        &self.user_code
    }

    /// Where to type it.
    pub fn verification_uri(&self) -> &str {
        &self.verification_uri
    }

    /// The same with the code in it, for a link or a QR code.
    pub fn verification_uri_complete(&self) -> Option<&str> {
        self.verification_uri_complete.as_deref()
    }

    /// How long the code is good for.
    pub fn expires_in(&self) -> Duration {
        self.expires_in
    }
}

/// Without the program's half of the secret.
impl fmt::Debug for DeviceCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeviceCode")
            .field("user_code", &self.user_code)
            .field("verification_uri", &self.verification_uri)
            .field("expires_in", &self.expires_in)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_must_not_show_is_no_answer() {
        let body = |user_code: &str, uri: &str| {
            format!(r#"{{"device_code":"d","user_code":"{user_code}","verification_uri":"{uri}"}}"#)
        };
        let read = |user_code, uri| DeviceCode::read(body(user_code, uri).as_bytes());
        let code = read("ABCD-EFGH", "https://h/device").unwrap();
        assert_eq!(code.interval, Duration::from_secs(5));
        assert_eq!(code.expires_in(), Duration::from_secs(600));
        assert!(!format!("{code:?}").contains("device_code"));
        assert!(read("\\u001b[2J", "https://h/device").is_err());
        assert!(read("ABCD", "javascript:alert(1)").is_err());
        assert!(read(&"x".repeat(5000), "https://h/device").is_err());
        assert!(DeviceCode::read(b"<html>").is_err());
    }
}
