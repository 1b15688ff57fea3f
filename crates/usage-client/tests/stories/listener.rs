//! A server on loopback that plays what it is told and remembers what it heard. It knows HTTP as far as
//! the stories need it, and nothing of the Usage API.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// Longer than any story takes.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A request as it arrived.
#[derive(Debug)]
pub(crate) struct Heard {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    pub(crate) body: Vec<u8>,
}

impl Heard {
    pub(crate) fn header(&self, name: &str) -> Option<&[u8]> {
        let named = |(found, _): &&(String, Vec<u8>)| found.eq_ignore_ascii_case(name);
        self.headers
            .iter()
            .find(named)
            .map(|(_, value)| value.as_slice())
    }
}

/// How an answer ends, or doesn't.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) enum Framing {
    #[default]
    Length,
    Chunked,
    /// No length: the connection's end is the body's.
    Close,
    /// Announces ten bytes too many.
    Short,
    /// No answer, and the connection ends.
    Drop,
    /// No answer, and the connection stays.
    Stall,
    /// The head, then nothing more, and the connection stays.
    StallInBody,
    /// More body than anybody wants.
    Endless,
    /// A byte a second, and a long way to go.
    Trickle,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) framing: Framing,
}

impl Answer {
    pub(crate) fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            body: body.into(),
            ..Self::default()
        }
    }

    pub(crate) fn framed(mut self, framing: Framing) -> Self {
        self.framing = framing;
        self
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }
}

pub(crate) struct Listener {
    address: SocketAddr,
    heard: Receiver<Heard>,
    connections: Arc<AtomicUsize>,
}

impl Listener {
    /// Answers every request with what `play` makes of it, one a connection, in order of arrival.
    pub(crate) fn start(play: impl Fn(&Heard) -> Answer + Send + 'static) -> Self {
        let socket = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = socket.local_addr().unwrap();
        let (tell, heard) = channel();
        let connections = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&connections);
        std::thread::spawn(move || {
            // Connections that must not end.
            let mut kept = Vec::new();
            for stream in socket.incoming() {
                let Ok(mut stream) = stream else { continue };
                counter.fetch_add(1, Ordering::SeqCst);
                let Some(request) = hear(&stream) else {
                    continue;
                };
                let answer = play(&request);
                if tell.send(request).is_err() {
                    return;
                }
                // The other side may be gone by now; that is some stories' point.
                let _ = say(&mut stream, &answer);
                if matches!(answer.framing, Framing::Stall | Framing::StallInBody) {
                    kept.push(stream);
                }
            }
        });
        Self {
            address,
            heard,
            connections,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// The next request.
    pub(crate) fn heard(&self) -> Heard {
        self.heard.recv_timeout(PATIENCE).unwrap()
    }

    /// How many connections were made so far, whatever came over them.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// How many requests arrived that nobody asked for yet.
    pub(crate) fn unheard(&self) -> usize {
        self.heard.try_iter().count()
    }
}

fn hear(stream: &TcpStream) -> Option<Heard> {
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    let mut reader = BufReader::new(stream);
    let mut line = || {
        let mut line = Vec::new();
        reader.read_until(b'\n', &mut line).ok()?;
        Some(line.trim_ascii_end().to_vec())
    };
    let first = String::from_utf8(line()?).ok()?;
    let (method, rest) = first.split_once(' ')?;
    let (target, _version) = rest.rsplit_once(' ')?;
    let mut headers = Vec::new();
    loop {
        let header = line()?;
        if header.is_empty() {
            break;
        }
        let colon = header.iter().position(|&byte| byte == b':')?;
        let name = String::from_utf8(header[..colon].to_vec()).ok()?;
        headers.push((name, header[colon + 1..].trim_ascii().to_vec()));
    }
    let mut heard = Heard {
        method: method.to_owned(),
        target: target.to_owned(),
        headers,
        body: Vec::new(),
    };
    let length = heard
        .header("content-length")
        .map_or("0", |value| std::str::from_utf8(value).unwrap());
    heard.body = vec![0; length.parse().ok()?];
    reader.read_exact(&mut heard.body).ok()?;
    Some(heard)
}

fn say(stream: &mut TcpStream, answer: &Answer) -> std::io::Result<()> {
    let Answer {
        status,
        headers,
        body,
        framing,
    } = answer;
    if matches!(framing, Framing::Drop | Framing::Stall) {
        return Ok(());
    }
    write!(stream, "HTTP/1.1 {status} Status\r\n")?;
    for (name, value) in headers {
        write!(stream, "{name}: {value}\r\n")?;
    }
    match framing {
        Framing::Length if matches!(status, 204 | 304) => {}
        Framing::Length => write!(stream, "Content-Length: {}\r\n", body.len())?,
        Framing::Short | Framing::StallInBody | Framing::Trickle => {
            write!(stream, "Content-Length: {}\r\n", body.len() + 10)?;
        }
        Framing::Chunked => write!(stream, "Transfer-Encoding: chunked\r\n")?,
        _ => {}
    }
    write!(stream, "\r\n")?;
    match framing {
        Framing::Chunked => {
            for chunk in body.chunks(7) {
                write!(stream, "{:x}\r\n", chunk.len())?;
                stream.write_all(chunk)?;
                write!(stream, "\r\n")?;
            }
            write!(stream, "0\r\n\r\n")
        }
        Framing::Trickle => loop {
            // Nobody sends: a second passes.
            let (_nobody, nothing) = channel::<()>();
            let _ = nothing.recv_timeout(Duration::from_secs(1));
            stream.write_all(b" ")?;
        },
        Framing::Endless => loop {
            stream.write_all(&[b' '; 8192])?;
        },
        _ => stream.write_all(body),
    }
}
