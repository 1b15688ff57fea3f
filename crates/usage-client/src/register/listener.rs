//! A listener on loopback for one redirect of a browser. Everything it reads has a bound, and what it answers
//! is constant.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::pkce::Secret;
use crate::core::Token;
use crate::limits;
use crate::url::Query;

/// What a browser brought.
pub(super) enum Arrival {
    /// To be exchanged for a token.
    Code(String),
    /// From a server of the first kind.
    Token(Token),
    /// The person said no.
    Denied,
}

/// The only path that leads anywhere holds a secret, so that no page can send the browser there.
struct Door {
    path: Secret,
    state: Secret,
    tell: Sender<Arrival>,
    /// Connections that are being read.
    open: AtomicUsize,
    closed: AtomicBool,
}

pub(super) struct Listener {
    address: SocketAddr,
    door: Arc<Door>,
    arrivals: Receiver<Arrival>,
    acceptor: Option<JoinHandle<()>>,
}

impl Listener {
    /// On a free port.
    pub(super) fn open(state: Secret) -> io::Result<Self> {
        let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = socket.local_addr()?;
        let (tell, arrivals) = channel();
        let door = Arc::new(Door {
            path: Secret::random()?,
            state,
            tell,
            open: AtomicUsize::new(0),
            closed: AtomicBool::new(false),
        });
        let accepting = Arc::clone(&door);
        let acceptor = std::thread::Builder::new()
            .name("usage-register".into())
            .spawn(move || accept(&socket, &accepting))?;
        Ok(Self {
            address,
            door,
            arrivals,
            acceptor: Some(acceptor),
        })
    }

    /// Where the browser is to be sent.
    pub(super) fn url(&self) -> String {
        format!("http://{}/{}", self.address, self.door.path.expose())
    }

    /// What a browser brings, if one comes in time.
    pub(super) fn wait(&self, within: Duration) -> Option<Arrival> {
        self.arrivals.recv_timeout(within).ok()
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.door.closed.store(true, Ordering::Release);
        // The acceptor sees it when somebody comes.
        let woken = TcpStream::connect_timeout(&self.address, Duration::from_secs(1));
        if let (Ok(_), Some(acceptor)) = (woken, self.acceptor.take()) {
            let _ = acceptor.join();
        }
    }
}

/// Browsers open connections ahead and leave them idle: each is read by a thread of its own, a few at once.
fn accept(socket: &TcpListener, door: &Arc<Door>) {
    for stream in socket.incoming() {
        if door.closed.load(Ordering::Acquire) {
            return;
        }
        if door.open.fetch_add(1, Ordering::AcqRel) >= limits::BROWSER_CONNECTIONS {
            door.open.fetch_sub(1, Ordering::AcqRel);
            continue;
        }
        let inside = Arc::clone(door);
        let spawned = std::thread::Builder::new().spawn(move || {
            // A connection that breaks is the browser's to repeat.
            let _ = stream.and_then(|stream| inside.receive(stream));
            inside.open.fetch_sub(1, Ordering::AcqRel);
        });
        if spawned.is_err() {
            door.open.fetch_sub(1, Ordering::AcqRel);
        }
    }
}

impl Door {
    fn receive(&self, mut stream: TcpStream) -> io::Result<()> {
        let head = read_head(&mut stream)?;
        let arrival = target(&head).map_or(Err(&NOT_FOUND), |target| self.judge(target));
        let page = match &arrival {
            Ok(Arrival::Denied) => &DENIED,
            Ok(_) => &ARRIVED,
            Err(page) => page,
        };
        // The person's page is a courtesy; what they did counts.
        let said = page.write(&mut stream);
        if let Ok(arrival) = arrival {
            let _ = self.tell.send(arrival);
        }
        said
    }

    fn judge(&self, target: &[u8]) -> Result<Arrival, &'static Page> {
        let end = target.iter().position(|&byte| byte == b'?');
        let (path, query) = target.split_at(end.unwrap_or(target.len()));
        if !path
            .strip_prefix(b"/")
            .is_some_and(|path| self.path.is(path))
        {
            return Err(&NOT_FOUND);
        }
        let query = Query::parse(query.strip_prefix(b"?").unwrap_or_default());
        let state = query.get("state");
        if state.is_some_and(|state| !self.state.is(state)) {
            return Err(&REFUSED);
        }
        // An older server knows neither state nor codes: it brings the token to the secret path.
        if let Some(token) = query.get("token").filter(|token| !token.is_empty()) {
            return Ok(Arrival::Token(Token::from(token)));
        }
        if state.is_none() {
            return Err(&REFUSED);
        }
        if query.get("error").is_some() {
            return Ok(Arrival::Denied);
        }
        let code = query.get("code").filter(|code| !code.is_empty());
        let code = code.and_then(|code| std::str::from_utf8(code).ok());
        code.map(|code| Arrival::Code(code.to_owned()))
            .ok_or(&REFUSED)
    }
}

/// Up to the blank line, within a size and a time.
fn read_head(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let start = Instant::now();
    let mut head = Vec::new();
    let mut part = [0; 1024];
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        let left = limits::BROWSER_TIMEOUT.saturating_sub(start.elapsed());
        if left.is_zero() || head.len() > limits::BROWSER_HEAD_BYTES {
            return Err(io::ErrorKind::InvalidData.into());
        }
        stream.set_read_timeout(Some(left))?;
        match stream.read(&mut part)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            read => head.extend_from_slice(&part[..read]),
        }
    }
    Ok(head)
}

/// `GET target HTTP/1.1`
fn target(head: &[u8]) -> Option<&[u8]> {
    let line = head.split(|&byte| byte == b'\r').next()?;
    let rest = line.strip_prefix(b"GET ")?;
    rest.split(|&byte| byte == b' ').next()
}

/// A page that says the same to everybody.
struct Page {
    status: &'static str,
    title: &'static str,
    text: &'static str,
}

const ARRIVED: Page = Page {
    status: "200 OK",
    title: "Registered",
    text: "You can close this window and go back to the program.",
};

const DENIED: Page = Page {
    status: "200 OK",
    title: "Not registered",
    text: "You said no. You can close this window.",
};

const REFUSED: Page = Page {
    status: "400 Bad Request",
    title: "This does not belong to the registration",
    text: "Open the address again that the program shows.",
};

const NOT_FOUND: Page = Page {
    status: "404 Not Found",
    title: "There is nothing here",
    text: "Open the address that the program shows.",
};

impl Page {
    /// Never kept, never framed, and it loads nothing and tells nobody where it came from.
    fn write(&self, stream: &mut TcpStream) -> io::Result<()> {
        let Self {
            status,
            title,
            text,
        } = self;
        let body = format!(
            "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>{title}</title>\
             <h1>{title}</h1><p>{text}</p></html>\n"
        );
        let reply = format!(
            "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\n\
             Connection: close\r\nCache-Control: no-store\r\nReferrer-Policy: no-referrer\r\n\
             Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n\r\n{body}",
            body.len()
        );
        stream.set_write_timeout(Some(limits::BROWSER_TIMEOUT))?;
        stream.write_all(reply.as_bytes())
    }
}
