//! The mock's sockets and threads, its script, and its memory of what arrived. What it says unscripted is in
//! `answers`.

use std::collections::VecDeque;
use std::fmt;
use std::io::{self, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::http::{self, WithoutLength};
use super::registration::Registrations;
use super::{Fault, MockReply, answers};

/// The token that every mock knows.
pub const TOKEN: &str = "mock-token";

/// How long a client may take to send its request.
const READ_TIMEOUT: Duration = Duration::from_secs(60);

/// A Usage API on a free port of loopback, for as long as this value lives.
///
/// Unscripted it answers as a real one does: what the protocol says about accepted reports, blank fields,
/// wrong JSON, unknown tokens (it knows [`TOKEN`], and those of [`add_token`](Self::add_token)) and
/// addresses. It keeps nothing but the requests as they came, and takes no compressed ones.
#[derive(Debug)]
pub struct MockServer {
    address: SocketAddr,
    shared: Arc<Shared>,
    acceptor: Option<JoinHandle<()>>,
}

/// A request as it arrived.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Recorded {
    /// Such as `POST`.
    pub method: String,
    /// Path and query, as they were sent.
    pub target: String,
    /// In order. A name may occur twice.
    pub headers: Vec<(String, Vec<u8>)>,
    /// As it was sent.
    pub body: Vec<u8>,
}

/// Fewer requests arrived in time than a test waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TooFew {
    expected: usize,
    arrived: usize,
    within: Duration,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    requests: Vec<Recorded>,
    connections: usize,
    script: VecDeque<MockReply>,
    always: Option<MockReply>,
    tokens: Vec<Vec<u8>>,
    base: String,
    registrations: Registrations,
    stopped: bool,
}

impl MockServer {
    /// Listens, and answers from other threads.
    ///
    /// # Errors
    ///
    /// Where the machine has no loopback, port or thread to give.
    pub fn start() -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared::default());
        {
            let mut state = shared.lock();
            state.tokens.push(TOKEN.into());
            state.base = format!("http://{address}");
        }
        let server = Arc::clone(&shared);
        let acceptor = std::thread::Builder::new()
            .name("mock-usage-api".into())
            .spawn(move || accept(&listener, &server))?;
        Ok(Self {
            address,
            shared,
            acceptor: Some(acceptor),
        })
    }

    /// Its base URL: `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Makes it know another token.
    pub fn add_token(&self, token: impl AsRef<[u8]>) {
        let token = token.as_ref().trim_ascii().to_vec();
        self.shared.lock().tokens.push(token);
    }

    /// Says whether the person who was shown a device's code entered it. Until then the answer is
    /// `authorization_pending`. (A browser that opens `/start` is a person who says yes at once.)
    pub fn approve_devices(&self, yes: bool) {
        self.shared.lock().registrations.approved = Some(yes);
    }

    /// Answers the next request like this, whatever it asks. Called again, the one after it, and so on.
    pub fn answer_next(&self, reply: MockReply) {
        self.shared.lock().script.push_back(reply);
    }

    /// Answers every request like this once the script is over; `None` for what a real server says.
    pub fn answer_always(&self, reply: impl Into<Option<MockReply>>) {
        self.shared.lock().always = reply.into();
    }

    /// The requests so far, in order of arrival.
    pub fn requests(&self) -> Vec<Recorded> {
        self.shared.lock().requests.clone()
    }

    /// How many connections there were, those without a request too: zero is the proof that nothing left.
    pub fn connections(&self) -> usize {
        self.shared.lock().connections
    }

    /// The requests, as soon as there are `count` of them.
    ///
    /// # Errors
    ///
    /// Where there are fewer after `within`.
    pub fn wait_for(&self, count: usize, within: Duration) -> Result<Vec<Recorded>, TooFew> {
        let state = self.shared.lock();
        let too_few = |state: &mut State| state.requests.len() < count;
        let waited = self
            .shared
            .changed
            .wait_timeout_while(state, within, too_few);
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        if state.requests.len() < count {
            return Err(TooFew {
                expected: count,
                arrived: state.requests.len(),
                within,
            });
        }
        Ok(state.requests.clone())
    }
}

impl Drop for MockServer {
    fn drop(&mut self) {
        self.shared.lock().stopped = true;
        self.shared.changed.notify_all();
        // The acceptor sees that it is over when somebody comes.
        let woken = TcpStream::connect(self.address);
        if let (Ok(_), Some(acceptor)) = (woken, self.acceptor.take()) {
            let _ = acceptor.join();
        }
    }
}

impl Recorded {
    /// A header's value, by its name in any case.
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        http::header(&self.headers, name)
    }
}

/// Headers by name, and the body by its size: one may hold a token, the other is long.
impl fmt::Debug for Recorded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.headers.iter().map(|(name, _)| name).collect();
        f.debug_struct("Recorded")
            .field("method", &self.method)
            .field("target", &self.target)
            .field("headers", &names)
            .field("body_bytes", &self.body.len())
            .finish()
    }
}

impl fmt::Display for TooFew {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            expected,
            arrived,
            within,
        } = self;
        write!(
            f,
            "{arrived} of {expected} requests arrived within {within:?}"
        )
    }
}

impl std::error::Error for TooFew {}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits, but not longer than the server lives. Tells whether it still does.
    fn pause(&self, time: Duration) -> bool {
        let alive = |state: &mut State| !state.stopped;
        let waited = self
            .changed
            .wait_timeout_while(self.lock(), time, alive)
            .unwrap_or_else(PoisonError::into_inner);
        !waited.0.stopped
    }

    /// Remembers the request and says what to answer.
    fn hear(&self, request: Recorded) -> MockReply {
        let mut state = self.lock();
        let reply = match state.script.pop_front().or_else(|| state.always.clone()) {
            Some(scripted) => scripted,
            None => state.unscripted(&request),
        };
        state.requests.push(request);
        self.changed.notify_all();
        reply
    }
}

impl State {
    fn unscripted(&mut self, request: &Recorded) -> MockReply {
        self.registrations
            .answer(request, &self.base)
            .unwrap_or_else(|| answers::answer(request, &self.tokens))
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for stream in listener.incoming() {
        {
            let mut state = shared.lock();
            if state.stopped {
                return;
            }
            state.connections += 1;
        }
        let shared = Arc::clone(shared);
        // A connection that breaks is the client's to notice.
        let serve = move || stream.and_then(|stream| serve(&stream, &shared));
        let _ = std::thread::Builder::new().spawn(serve);
    }
}

/// One request a connection.
fn serve(stream: &TcpStream, shared: &Shared) -> io::Result<()> {
    stream.set_read_timeout(Some(READ_TIMEOUT))?;
    let Some(message) = http::read(&mut BufReader::new(stream), WithoutLength::Empty)? else {
        return Ok(());
    };
    let (method, rest) = message.first_line.split_once(' ').unwrap_or_default();
    let (target, _version) = rest.rsplit_once(' ').unwrap_or_default();
    let reply = shared.hear(Recorded {
        method: method.to_owned(),
        target: target.to_owned(),
        headers: message.headers,
        body: message.body,
    });
    say(stream, &reply, shared)
}

fn say(mut stream: &TcpStream, reply: &MockReply, shared: &Shared) -> io::Result<()> {
    let forever = Duration::from_secs(u64::from(u32::MAX));
    match reply.fault {
        Some(Fault::Drop) => return Ok(()),
        Some(Fault::Stall) => {
            shared.pause(forever);
            return Ok(());
        }
        _ => {}
    }
    let mut head = format!("HTTP/1.1 {} Mock\r\nConnection: close\r\n", reply.status);
    for (name, value) in &reply.headers {
        head = format!("{head}{name}: {value}\r\n");
    }
    if reply.fault != Some(Fault::Endless) && !matches!(reply.status, 204 | 304) {
        head = format!("{head}Content-Length: {}\r\n", reply.body.len());
    }
    let whole = [head.as_bytes(), b"\r\n", reply.body.as_slice()].concat();
    let without_half = whole.len() - reply.body.len().div_ceil(2);
    match reply.fault {
        Some(Fault::CloseMidBody) => stream.write_all(&whole[..without_half]),
        Some(Fault::StallMidBody) => {
            stream.write_all(&whole[..without_half])?;
            shared.pause(forever);
            Ok(())
        }
        Some(Fault::Slow(pause)) => {
            for byte in whole {
                stream.write_all(&[byte])?;
                if !shared.pause(pause) {
                    break;
                }
            }
            Ok(())
        }
        Some(Fault::Endless) => {
            stream.write_all(&whole)?;
            let start = Instant::now();
            while start.elapsed() < READ_TIMEOUT && !shared.lock().stopped {
                stream.write_all(&[b' '; 8192])?;
            }
            Ok(())
        }
        _ => stream.write_all(&whole),
    }
}
