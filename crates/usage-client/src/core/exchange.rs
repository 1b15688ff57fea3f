//! One report's way to its answer: send, and follow the server where it moved to, never elsewhere.

use super::decode::{RawReply, decode};
use super::request::{Request, check_host, is_sendable};
use crate::error::Refusal;
use crate::limits;
use crate::{Error, Reply};

/// A request on its way. Ask [`request`](Self::request) what to send, tell
/// [`on_reply`](Self::on_reply) what came back.
#[derive(Clone, Debug)]
pub struct Exchange {
    request: Request,
    redirects: u8,
}

/// What to do after a reply.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// It is saved.
    Done(Reply),
    /// The server is elsewhere on the same host: send [`Exchange::request`] once more.
    SendAgain,
}

impl Exchange {
    /// Nothing is sent yet.
    pub fn new(request: Request) -> Self {
        Self {
            request,
            redirects: 0,
        }
    }

    /// What to send now.
    pub fn request(&self) -> &Request {
        &self.request
    }

    /// What the reply means.
    ///
    /// 307 and 308 are followed on the same scheme, host and port, so the token goes nowhere else. 301,
    /// 302 and 303 would turn the report into a GET without a body: they are errors.
    ///
    /// # Errors
    ///
    /// What [`decode`] says of the reply, and [`Error::Redirect`].
    pub fn on_reply(&mut self, mut reply: RawReply) -> Result<Step, Error> {
        // Some servers repeat the token they refuse, and errors end up in logs.
        if let Some(secret) = self.request.secret() {
            reply.hide_in_error(secret);
        }
        let Some(location) = reply.location().filter(|_| is_redirect(reply.status)) else {
            return decode(reply).map(Step::Done);
        };
        let refused = |why| Error::Redirect {
            status: reply.status,
            why,
        };
        if matches!(reply.status, 301..=303) {
            return Err(refused(Refusal::LosesReport));
        }
        if self.redirects == limits::REDIRECTS {
            return Err(refused(Refusal::TooMany));
        }
        let mut next = self.request.clone();
        next.url = self
            .request
            .url
            .resolve(location)
            .map_err(|_| refused(Refusal::BadLocation))?;
        next.url.fragment.clear();
        let readable = matches!(&*next.url.scheme, b"http" | b"https")
            && check_host(&next.url.host).is_ok()
            && is_sendable(&next.url.raw_query);
        if !readable {
            return Err(refused(Refusal::BadLocation));
        }
        if next.origin() != self.request.origin() {
            return Err(refused(Refusal::OtherHost));
        }
        self.request = next;
        self.redirects += 1;
        Ok(Step::SendAgain)
    }
}

fn is_redirect(status: u16) -> bool {
    matches!(status, 301 | 302 | 303 | 307 | 308)
}
