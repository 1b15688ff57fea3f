//! The answer to a saved report.

use std::fmt;
use std::time::Duration;

use crate::Advisory;

/// The server has the report.
///
/// What else it says is optional, and absent where the server is an older one.
#[derive(Clone, PartialEq)]
pub struct Reply {
    status: u16,
    next_report_in: Option<Duration>,
    latest_version: Option<String>,
    advisories: Vec<Advisory>,
    body: Vec<u8>,
}

impl Reply {
    /// Anything may stand in the body of a success, nothing too: it is success all the same.
    pub(crate) fn read(status: u16, body: Vec<u8>) -> Self {
        let json: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
        let next_report_in = json["next_report_in"]
            .as_f64()
            .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        Self {
            status,
            next_report_in,
            latest_version: json["latest_version"].as_str().map(str::to_owned),
            advisories: Advisory::all(&json["advisories"]),
            body,
        }
    }

    /// The HTTP status, 200 to 299.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// When the server would like the next report, as it says: bound it by what you find sensible.
    pub fn next_report_in(&self) -> Option<Duration> {
        self.next_report_in
    }

    /// The product's newest version that the server knows.
    pub fn latest_version(&self) -> Option<&str> {
        self.latest_version.as_deref()
    }

    /// What the vendor wants users of the version that was reported to know, what matters most first. Of a
    /// report that named no version, as stats don't, those about all versions. The body has them as they
    /// were sent.
    pub fn advisories(&self) -> &[Advisory] {
        &self.advisories
    }

    /// The body, decompressed, as far as it came.
    pub fn body(&self) -> &[u8] {
        &self.body
    }
}

/// The body by its size: it is in the rest already, or it is somebody's page.
impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply")
            .field("status", &self.status)
            .field("next_report_in", &self.next_report_in)
            .field("latest_version", &self.latest_version)
            .field("advisories", &self.advisories)
            .field("body_bytes", &self.body.len())
            .finish()
    }
}
