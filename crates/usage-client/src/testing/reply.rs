//! What the mock answers when it is told to, and how that can go wrong.

use std::time::Duration;

use serde::Serialize;

use crate::SimpleError;

/// A reply, scripted: a status, headers, a body, and perhaps a [`Fault`].
///
/// ```
/// use usage_client::testing::{Fault, MockReply};
///
/// let busy = MockReply::new(429).with_header("Retry-After", "120").with_error("slow down");
/// let broken = MockReply::new(200).with_body("{}").with_fault(Fault::CloseMidBody);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MockReply {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
    pub(super) fault: Option<Fault>,
}

/// How a reply goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The connection ends without a reply.
    Drop,
    /// Nothing comes, and the connection stays until the server is dropped.
    Stall,
    /// Half of the body comes, then nothing more, and the connection stays.
    StallMidBody,
    /// Half of the body comes, and the connection ends.
    CloseMidBody,
    /// A byte comes, then this pause, and so on.
    Slow(Duration),
    /// More body than anybody wants, for as long as somebody reads.
    Endless,
}

impl MockReply {
    /// A reply with this status, without headers of its own and a body.
    pub fn new(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Vec::new(),
            fault: None,
        }
    }

    /// Adds a header. `Content-Length` and `Connection` are the mock's own.
    #[must_use]
    pub fn with_header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn with_body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Sets the body to `{"error": message}`.
    #[must_use]
    pub fn with_error(self, message: impl Into<String>) -> Self {
        let message = message.into();
        self.with_json(&SimpleError { message })
    }

    /// Makes it go wrong.
    #[must_use]
    pub fn with_fault(mut self, fault: Fault) -> Self {
        self.fault = Some(fault);
        self
    }

    pub(super) fn with_json(self, body: &impl Serialize) -> Self {
        self.with_header("Content-Type", "application/json")
            .with_body(serde_json::to_vec(body).unwrap_or_default())
    }
}
