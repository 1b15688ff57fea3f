//! As much HTTP/1.1 as a test needs: requests by their bytes, replies by length or in chunks,
//! connections kept alive. Follows nothing, decodes nothing, hides nothing.

use std::io::{Error, ErrorKind, Read, Result, Write};
use std::net::{SocketAddr, TcpStream};

use serde_json::Value;

use crate::patience::DEADLINE;

/// A connection that stays open between requests. Over TLS where `S` is a TLS stream.
pub(crate) struct Connection<S = TcpStream> {
    stream: S,
    /// Read already, not used yet.
    ahead: Vec<u8>,
}

/// A request or a reply: the first line, the header lines, the body.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    pub(crate) first_line: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// All its bytes as they came.
    pub(crate) raw: Vec<u8>,
}

impl Connection {
    pub(crate) fn open(address: SocketAddr) -> Result<Connection> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(DEADLINE))?;
        Ok(Connection::over(stream))
    }

    pub(crate) fn get(&mut self, target: &str) -> Message {
        self.exchange(format!("GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n").as_bytes())
            .unwrap_or_else(|e| panic!("GET {target}: {e}"))
    }

    /// A POST that has to be answered, whatever the answer.
    pub(crate) fn post(
        &mut self,
        target: &str,
        headers: &[(&str, &str)],
        body: impl AsRef<[u8]>,
    ) -> Message {
        self.exchange(&post(target, headers, body))
            .unwrap_or_else(|e| panic!("POST {target}: {e}"))
    }
}

/// The bytes of a POST.
pub(crate) fn post(target: &str, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let mut text = format!("POST {target} HTTP/1.1\r\nHost: localhost\r\n");
    for (name, value) in headers {
        text += &format!("{name}: {value}\r\n");
    }
    text += &format!("Content-Length: {}\r\n\r\n", body.len());
    [text.as_bytes(), body].concat()
}

impl<S: Read + Write> Connection<S> {
    /// Speaks over a stream that is connected already.
    pub(crate) fn over(stream: S) -> Connection<S> {
        Connection {
            stream,
            ahead: Vec::new(),
        }
    }

    /// The stream, for what comes after HTTP.
    pub(crate) fn into_stream(self) -> S {
        assert_eq!(self.ahead, b"", "the other side spoke too early");
        self.stream
    }

    pub(crate) fn exchange(&mut self, request: &[u8]) -> Result<Message> {
        self.send(request)?;
        self.receive()
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) -> Result<()> {
        self.stream.write_all(bytes)?;
        self.stream.flush()
    }

    /// The next request or reply that comes.
    pub(crate) fn receive(&mut self) -> Result<Message> {
        let mut raw = self.up_to(b"\r\n\r\n")?;
        let head = String::from_utf8_lossy(&raw).into_owned();
        let mut lines = head.trim_end().split("\r\n");
        let first_line = lines.next().unwrap_or_default().to_owned();
        let headers: Vec<(String, String)> = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        let mut message = Message {
            first_line,
            headers,
            body: Vec::new(),
            raw: Vec::new(),
        };
        if message.header("transfer-encoding").is_some() {
            loop {
                let line = self.up_to(b"\r\n")?;
                raw.extend_from_slice(&line);
                let size = String::from_utf8_lossy(&line);
                let size = usize::from_str_radix(size.trim(), 16).map_err(Error::other)?;
                let chunk = self.exactly(size + 2)?;
                raw.extend_from_slice(&chunk);
                message.body.extend_from_slice(&chunk[..size]);
                if size == 0 {
                    break;
                }
            }
        } else if let Some(length) = message.header("content-length") {
            message.body = self.exactly(length.parse().map_err(Error::other)?)?;
            raw.extend_from_slice(&message.body);
        }
        message.raw = raw;
        Ok(message)
    }

    fn up_to(&mut self, end: &[u8]) -> Result<Vec<u8>> {
        loop {
            if let Some(at) = self.ahead.windows(end.len()).position(|found| found == end) {
                return self.exactly(at + end.len());
            }
            self.read_more()?;
        }
    }

    fn exactly(&mut self, bytes: usize) -> Result<Vec<u8>> {
        while self.ahead.len() < bytes {
            self.read_more()?;
        }
        let rest = self.ahead.split_off(bytes);
        Ok(std::mem::replace(&mut self.ahead, rest))
    }

    fn read_more(&mut self) -> Result<()> {
        let mut buffer = [0; 16 * 1024];
        let read = loop {
            match self.stream.read(&mut buffer) {
                // A read with a timeout ends like this where the machine is stopped for a while.
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                read => break read?,
            }
        };
        match read {
            0 => Err(Error::from(ErrorKind::UnexpectedEof)),
            read => {
                self.ahead.extend_from_slice(&buffer[..read]);
                Ok(())
            }
        }
    }
}

impl Message {
    /// A reply's status; 0 for a request.
    pub(crate) fn status(&self) -> u16 {
        let number = self
            .first_line
            .strip_prefix("HTTP/1.1 ")
            .and_then(|rest| rest.get(..3));
        number.and_then(|number| number.parse().ok()).unwrap_or(0)
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|e| panic!("{e}: {} {}", self.first_line, self.text()))
    }
}
