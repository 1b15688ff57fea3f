//! What whoever tries too often hears: the page they were on says how long to wait, and the answer does.

use std::time::Duration;

use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::{IntoResponse, Response};

/// A form that was sent too often.
pub(super) struct TooOften {
    seconds: u64,
}

impl TooOften {
    pub(super) fn new(wait: Duration) -> TooOften {
        let seconds = wait.as_secs() + 1;
        TooOften { seconds }
    }

    /// How long to wait.
    pub(super) fn wait(&self) -> String {
        format!("Wait {} seconds, then try again.", self.seconds)
    }

    /// The same as a problem of a form.
    pub(super) fn problem(&self) -> String {
        format!("Too many attempts. {}", self.wait())
    }

    /// The answer, with a page that says it.
    pub(super) fn answer(&self, page: impl IntoResponse) -> Response {
        let retry_after = [(RETRY_AFTER, self.seconds.to_string())];
        (StatusCode::TOO_MANY_REQUESTS, retry_after, page).into_response()
    }
}
