//! What hyper refuses by itself, in words: heads that are too large and bytes that are no HTTP get a status without a
//! text from it, before any of our code hears of them. Here such an answer leaves, and gets its text.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::connection::Activity;
use crate::limits::HEADERS_MAX_BYTES;

/// hyper's answers are shorter; so nothing else is looked at for long.
const REFUSAL_MAX_BYTES: usize = 200;

/// A connection's socket.
pub(super) struct Worded {
    socket: TcpStream,
    activity: Arc<Activity>,
    /// What is still to be written in place of an answer of hyper's.
    rest: Vec<u8>,
}

impl Worded {
    pub(super) fn new(socket: TcpStream, activity: Arc<Activity>) -> Worded {
        Worded {
            socket,
            activity,
            rest: Vec::new(),
        }
    }
}

impl AsyncWrite for Worded {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if this.rest.is_empty() {
            match worded(bytes).filter(|_| !this.activity.is_busy()) {
                Some(text) => this.rest = text,
                None => return Pin::new(&mut this.socket).poll_write(context, bytes),
            }
        }
        // Until all is written, the same bytes come again.
        while !this.rest.is_empty() {
            let written = ready!(Pin::new(&mut this.socket).poll_write(context, &this.rest))?;
            if written == 0 {
                return Poll::Ready(Ok(0));
            }
            this.rest.drain(..written);
        }
        Poll::Ready(Ok(bytes.len()))
    }

    /// HTTP/2 alone writes so, and hyper's answers there are other ones.
    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().socket).poll_write_vectored(context, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().socket).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().socket).poll_shutdown(context)
    }
}

impl AsyncRead for Worded {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().socket).poll_read(context, buffer)
    }
}

/// An answer of hyper's own, with a text; `None` for every other. Ours all have a request's id.
fn worded(bytes: &[u8]) -> Option<Vec<u8>> {
    if !bytes.starts_with(b"HTTP/1.1 4") || bytes.len() > REFUSAL_MAX_BYTES {
        return None;
    }
    let head = std::str::from_utf8(bytes).ok()?.strip_suffix("\r\n\r\n")?;
    let error = match head.get(9..12)? {
        "400" => "this is no HTTP request that can be read".to_owned(),
        "414" | "431" => format!(
            "the address or the headers are too long: at most {HEADERS_MAX_BYTES} bytes in 100 lines are read"
        ),
        _ => return None,
    };
    let (before, after) = head.split_once("content-length: 0")?;
    if head.contains("x-request-id") {
        return None;
    }
    let body = serde_json::json!({ "error": error }).to_string();
    let length = body.len();
    let head = format!("{before}content-type: application/json\r\ncontent-length: {length}{after}");
    Some(format!("{head}\r\n\r\n{body}").into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &[u8] = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\n\
        content-length: 0\r\ndate: Mon, 23 Nov 2026 19:08:04 GMT\r\n\r\n";

    #[test]
    fn only_what_is_not_ours_gets_words() {
        let text = String::from_utf8(worded(OWN).unwrap()).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("\r\ncontent-length: {}\r\n", body.len())));
        assert!(head.contains("\r\nconnection: close\r\n"));
        assert!(body.starts_with("{\"error\":\"the address or the headers"));
        let other = |from: &str, to: &str| {
            let text = std::str::from_utf8(OWN).unwrap().replace(from, to);
            worded(text.as_bytes())
        };
        assert_eq!(other("431", "404"), None);
        assert_eq!(other("HTTP/1.1 4", "HTTP/1.1 2"), None);
        assert_eq!(other("date", "x-request-id: a\r\ndate"), None);
        assert_eq!(other("content-length: 0", "content-length: 1"), None);
        assert_eq!(other("GMT\r\n\r\n", "GMT\r\n\r\nmore"), None);
        assert_eq!(worded(b""), None);
    }
}
