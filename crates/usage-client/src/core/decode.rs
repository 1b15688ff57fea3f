//! What a reply means: one place that maps statuses to [`Reply`] and [`Error`].

use std::time::Duration;

use super::UnixMillis;
use super::scan::{Kind, Scan, ScanError};
use crate::{Error, Reply, SimpleError, ValidationErrors, limits};

/// A reply as it came, for [`decode`]. A body that broke off is given as far as it came.
#[derive(Clone, Debug)]
pub struct RawReply {
    pub(super) status: u16,
    headers: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
    received_at: Option<UnixMillis>,
}

impl RawReply {
    /// A reply without headers and body.
    pub fn new(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Vec::new(),
            received_at: None,
        }
    }

    /// Adds a header.
    #[must_use]
    pub fn with_header(mut self, name: impl Into<String>, value: impl Into<Vec<u8>>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Sets the body, decompressed.
    #[must_use]
    pub fn with_body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Sets when it arrived: gives a `Retry-After` with a date its meaning where the reply has no `Date`.
    #[must_use]
    pub fn with_received_at(mut self, at: UnixMillis) -> Self {
        self.received_at = Some(at);
        self
    }

    fn header(&self, name: &str) -> Option<&[u8]> {
        let named = |(found, _): &&(String, Vec<u8>)| found.eq_ignore_ascii_case(name);
        self.headers
            .iter()
            .find(named)
            .map(|(_, value)| value.trim_ascii())
    }

    pub(super) fn location(&self) -> Option<&[u8]> {
        self.header("location").filter(|value| !value.is_empty())
    }

    /// Puts `***` wherever an error's body holds `secret`.
    pub(super) fn hide_in_error(&mut self, secret: &[u8]) {
        if matches!(self.status, 200..=299) {
            return;
        }
        let mut rest = self.body.as_slice();
        let mut out = Vec::new();
        while let Some(at) = rest.windows(secret.len()).position(|part| part == secret) {
            out.extend_from_slice(&rest[..at]);
            out.extend_from_slice(b"***");
            rest = &rest[at + secret.len()..];
        }
        out.extend_from_slice(rest);
        self.body = out;
    }

    /// `Retry-After`, in seconds or as a date. A date is counted from the reply's own `Date`, so that a
    /// wrong clock here does no harm.
    fn retry_after(&self) -> Option<Duration> {
        let value = self.header("retry-after")?;
        let text = std::str::from_utf8(value).ok()?;
        if let Ok(seconds) = text.parse() {
            return Some(Duration::from_secs(seconds));
        }
        let date = self.header("date").and_then(UnixMillis::from_http_date);
        let now = date.or(self.received_at)?;
        Some(UnixMillis::from_http_date(value)?.since(now))
    }

    /// The body as text, bounded, for people to read.
    fn text(&self) -> String {
        let end = self.body.len().min(limits::ERROR_TEXT_BYTES);
        String::from_utf8_lossy(&self.body[..end]).trim().to_owned()
    }
}

/// What a server's answer means for the one who sent a report.
///
/// Any 2xx is success, whatever its body: the server has the report. Everything else is an error. The
/// documented four (401, 404, 422, 500) are read as the protocol's library reads them.
///
/// # Errors
///
/// [`Error::Unauthorized`], [`Error::NotFound`], [`Error::Validation`], [`Error::Server`], or
/// [`Error::Decode`] where their body is not what it should be; [`Error::RateLimited`];
/// [`Error::Status`] for any other status.
pub fn decode(reply: RawReply) -> Result<Reply, Error> {
    let status = reply.status;
    let unreadable = |reason: Unreadable| Error::Decode {
        status,
        reason: reason.to_string(),
        body: reply.text(),
    };
    Err(match status {
        200..=299 => return Ok(Reply::read(status, reply.body)),
        401 => simple(&reply.body).map_or_else(unreadable, Error::Unauthorized),
        404 => simple(&reply.body).map_or_else(unreadable, Error::NotFound),
        500 => simple(&reply.body).map_or_else(unreadable, Error::Server),
        422 => validation(&reply.body).map_or_else(unreadable, Error::Validation),
        429 => Error::RateLimited {
            retry_after: reply.retry_after(),
            error: message_or_text(&reply),
        },
        _ => Error::Status {
            status,
            retry_after: reply.retry_after(),
            error: message_or_text(&reply),
        },
    })
}

/// For statuses that promise no body of their own: our server's `{"error":...}`, or whatever a proxy said.
fn message_or_text(reply: &RawReply) -> SimpleError {
    simple(&reply.body)
        .ok()
        .filter(|error| !error.message.is_empty())
        .unwrap_or_else(|| SimpleError {
            message: reply.text(),
        })
}

/// Why a body is not what its status promises.
enum Unreadable {
    NotJson(ScanError),
    WrongType(&'static str),
}

impl From<ScanError> for Unreadable {
    fn from(error: ScanError) -> Self {
        Self::NotJson(error)
    }
}

impl std::fmt::Display for Unreadable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotJson(ScanError::Ended) => f.write_str("its body ends too early"),
            Self::NotJson(ScanError::Syntax { at }) => {
                write!(f, "its body is no JSON from byte {at} on")
            }
            Self::NotJson(ScanError::TooDeep) => f.write_str("its body nests too deeply"),
            Self::WrongType(what) => write!(f, "its body has something else where {what} is due"),
        }
    }
}

/// `{"error": string}`
fn simple(body: &[u8]) -> Result<SimpleError, Unreadable> {
    let mut fields = Fields::of(body)?;
    let mut message = String::new();
    if fields.next_is(Kind::Object, "an object")? {
        while let Some(key) = fields.scan.next_key()? {
            if !same_key(&key, "error") {
                fields.scan.skip()?;
            } else if fields.next_is(Kind::String, "text")? {
                message = fields.scan.string()?;
            }
        }
    }
    fields.all_right(SimpleError { message })
}

/// `{"errors": {field: [string]}}`
fn validation(body: &[u8]) -> Result<ValidationErrors, Unreadable> {
    let mut fields = Fields::of(body)?;
    let mut errors = ValidationErrors::default();
    if fields.next_is(Kind::Object, "an object")? {
        while let Some(key) = fields.scan.next_key()? {
            if !same_key(&key, "errors") {
                fields.scan.skip()?;
            } else if fields.next_is(Kind::Object, "an object of fields")? {
                while let Some(field) = fields.scan.next_key()? {
                    let messages = fields.messages()?;
                    errors.errors.insert(field, messages);
                }
            } else {
                errors.errors.clear();
            }
        }
    }
    fields.all_right(errors)
}

/// Keys are found in any case, with Unicode's two look-alikes of ASCII letters too, as Go folds them.
fn same_key(key: &str, name: &str) -> bool {
    key.replace('\u{17f}', "s")
        .replace('\u{212a}', "k")
        .eq_ignore_ascii_case(name)
}

/// The fields of a JSON body. What has the wrong type is passed over and remembered.
struct Fields<'a> {
    scan: Scan<'a>,
    wrong: Option<&'static str>,
}

impl<'a> Fields<'a> {
    /// A part of a broken value is worth nothing: the whole of it is looked at first.
    fn of(body: &'a [u8]) -> Result<Self, Unreadable> {
        Scan::new(body).skip().map_err(Unreadable::NotJson)?;
        Ok(Self {
            scan: Scan::new(body),
            wrong: None,
        })
    }

    /// Whether a `kind` is next; if so, an array or object is entered. If not, what is there is passed
    /// over, and unless it is a null, it is wrong.
    fn next_is(&mut self, kind: Kind, what: &'static str) -> Result<bool, ScanError> {
        let found = self.scan.kind()?;
        if found == kind {
            self.scan.enter();
            return Ok(true);
        }
        if found != Kind::Null {
            self.wrong.get_or_insert(what);
        }
        self.scan.skip()?;
        Ok(false)
    }

    fn messages(&mut self) -> Result<Vec<String>, ScanError> {
        let mut messages = Vec::new();
        if self.next_is(Kind::Array, "a list of messages")? {
            while self.scan.next_element()? {
                let is_text = self.next_is(Kind::String, "a message")?;
                messages.push(if is_text {
                    self.scan.string()?
                } else {
                    String::new()
                });
            }
        }
        Ok(messages)
    }

    fn all_right<T>(self, value: T) -> Result<T, Unreadable> {
        self.wrong
            .map_or(Ok(value), |what| Err(Unreadable::WrongType(what)))
    }
}
