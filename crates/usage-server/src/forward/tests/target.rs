//! A target that does as it is told, and keeps what came.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::Instant;

use super::PATIENCE;

/// What is answered.
pub(crate) enum Reply {
    /// A status, further header lines, a body.
    Says(u16, &'static str, &'static str),
    /// These bytes, whatever they are.
    Bytes(&'static [u8]),
    /// Nothing, and the connection stays open.
    Hangs,
}

/// What came.
#[derive(Debug, Clone)]
pub(crate) struct Post {
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
    /// Whether it was answered 204.
    pub(crate) taken: bool,
}

impl Post {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }
}

/// A connection, as it is read and written.
pub(super) trait Line: Read + Write {}

impl<T: Read + Write> Line for T {}

#[derive(Default)]
struct Came {
    posts: Mutex<Vec<Post>>,
    one_more: Condvar,
    ends: AtomicBool,
}

pub(crate) struct Scripted {
    address: SocketAddr,
    came: Arc<Came>,
    thread: Option<JoinHandle<()>>,
}

impl Scripted {
    /// Answers each post by this.
    pub(crate) fn new(answering: impl FnMut(&Post) -> Reply + Send + 'static) -> Scripted {
        Scripted::over(|stream| Box::new(stream), answering)
    }

    /// The same over whatever is spoken on a connection.
    pub(super) fn over(
        mut spoken: impl FnMut(TcpStream) -> Box<dyn Line> + Send + 'static,
        mut answering: impl FnMut(&Post) -> Reply + Send + 'static,
    ) -> Scripted {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let came = Arc::new(Came::default());
        let thread = std::thread::spawn({
            let came = came.clone();
            move || serve(&listener, &came, &mut spoken, &mut answering)
        });
        Scripted {
            address,
            came,
            thread: Some(thread),
        }
    }

    /// Takes everything.
    pub(crate) fn well() -> Scripted {
        Scripted::new(|_| Reply::Says(204, "", ""))
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// What came so far.
    pub(crate) fn posts(&self) -> Vec<Post> {
        self.came.posts.lock().unwrap().clone()
    }

    /// The lines that it took, in order, without their times.
    pub(crate) fn lines(&self) -> Vec<String> {
        let posts = self.posts();
        let texts = posts.iter().filter(|post| post.taken).map(Post::text);
        let texts: Vec<String> = texts.collect();
        let lines = texts.iter().flat_map(|text| text.lines());
        lines
            .filter(|line| !line.starts_with('#'))
            .map(|line| line.rsplit_once(' ').unwrap().0.to_owned())
            .collect()
    }

    /// Waits until so many have come.
    pub(crate) fn wait_for(&self, posts: usize) {
        let deadline = Instant::now() + PATIENCE;
        let mut came = self.came.posts.lock().unwrap();
        while came.len() < posts {
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "only {} posts came", came.len());
            came = self.came.one_more.wait_timeout(came, left).unwrap().0;
        }
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.came.ends.store(true, Ordering::Relaxed);
        // Wakes it up.
        let _ = TcpStream::connect(self.address);
        let _ = self.thread.take().unwrap().join();
    }
}

fn serve(
    listener: &TcpListener,
    came: &Came,
    spoken: &mut impl FnMut(TcpStream) -> Box<dyn Line>,
    answering: &mut impl FnMut(&Post) -> Reply,
) {
    let mut hanging = Vec::new();
    for stream in listener.incoming() {
        if came.ends.load(Ordering::Relaxed) {
            return;
        }
        let stream = stream.unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut stream = spoken(stream);
        let Some(mut post) = receive(&mut *stream) else {
            continue;
        };
        let reply = answering(&post);
        post.taken = matches!(reply, Reply::Says(204, ..));
        came.posts.lock().unwrap().push(post);
        came.one_more.notify_all();
        let bytes = match reply {
            Reply::Says(status, headers, body) => {
                let length = match status {
                    204 => String::new(),
                    _ => format!("Content-Length: {}\r\n", body.len()),
                };
                format!("HTTP/1.1 {status} X\r\nConnection: close\r\n{length}{headers}\r\n{body}")
                    .into_bytes()
            }
            Reply::Bytes(bytes) => bytes.to_vec(),
            Reply::Hangs => {
                hanging.push(stream);
                continue;
            }
        };
        // Whoever asked may be gone.
        let _ = stream.write_all(&bytes);
    }
}

/// A request, by its length.
fn receive(stream: &mut dyn Line) -> Option<Post> {
    let mut bytes = Vec::new();
    let mut piece = [0; 64 * 1024];
    loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length:"));
            let length: usize = length.unwrap_or("0").trim().parse().unwrap();
            if bytes.len() >= end + 4 + length {
                return Some(Post {
                    head: String::from_utf8_lossy(&bytes[..end]).into_owned(),
                    body: bytes[end + 4..end + 4 + length].to_vec(),
                    taken: false,
                });
            }
        }
        match stream.read(&mut piece) {
            Ok(0) | Err(_) => return None,
            Ok(read) => bytes.extend_from_slice(&piece[..read]),
        }
    }
}
