//! What a command says: a line for people, an object for scripts.

use std::fmt;

use serde_json::{Value as Json, json};
use usage_client::Error;

pub(crate) struct Said {
    text: String,
    json: Json,
}

impl Said {
    pub(crate) fn new(text: impl Into<String>, json: Json) -> Self {
        Self {
            text: text.into(),
            json,
        }
    }

    /// It is said already.
    pub(crate) fn nothing() -> Self {
        Self::new("", Json::Null)
    }

    pub(crate) fn print(&self, json: bool) {
        match self {
            Self {
                json: Json::Null, ..
            } => {}
            Self { json: object, .. } if json => println!("{object}"),
            Self { text, .. } => println!("{text}"),
        }
    }
}

/// Why it didn't work.
pub(crate) struct Failure(Said);

impl Failure {
    pub(crate) fn new(why: impl fmt::Display) -> Self {
        let text = why.to_string();
        let json = json!({ "error": text });
        Self(Said { text, json })
    }

    /// For scripts the object is on standard output, like an answer; people read standard error.
    pub(crate) fn print(&self, json: bool) {
        if json {
            self.0.print(true);
        } else {
            eprintln!("{}", self.0.text);
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let mut failure = Self::new(&error);
        if let Some(status) = error.status() {
            failure.0.json["status"] = status.into();
        }
        if let Some(validation) = error.as_validation() {
            failure.0.json["errors"] = json!(validation.errors);
        }
        if let Some(wait) = error.retry_after() {
            failure.0.json["retry_after"] = wait.as_secs().into();
        }
        failure
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::new(error)
    }
}
