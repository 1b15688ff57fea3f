//! Another site, or a product that waits for its token: answers whatever comes with one page, and
//! tells what came.

use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc::{Receiver, channel};
use std::time::Instant;

use crate::http::{Connection, Message};
use crate::patience::DEADLINE;

/// Listens on a free port until it is dropped.
pub(crate) struct Listener {
    address: SocketAddr,
    came: Receiver<Message>,
}

impl Listener {
    /// Answers with this page from now on.
    pub(crate) fn with_page(page: &str) -> Listener {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        Listener::over(listener, page)
    }

    /// The same at an IPv6 address, where the machine has one.
    pub(crate) fn with_page_over_ipv6(page: &str) -> Option<Listener> {
        let listener = TcpListener::bind(("::1", 0)).ok()?;
        Some(Listener::over(listener, page))
    }

    fn over(listener: TcpListener, page: &str) -> Listener {
        let address = listener.local_addr().unwrap();
        let reply = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n{page}",
            page.len()
        );
        let (tell, came) = channel();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                // Browsers open connections that they may never use.
                let (reply, tell) = (reply.clone(), tell.clone());
                let told = std::thread::spawn(move || {
                    let _ = stream.set_read_timeout(Some(DEADLINE));
                    let mut connection = Connection::over(stream);
                    let Ok(request) = connection.receive() else {
                        return;
                    };
                    let _ = connection.send(reply.as_bytes());
                    let _ = tell.send(request);
                });
                drop(told);
            }
        });
        Listener { address, came }
    }

    /// Its address as a site of its own, which our server's is not.
    pub(crate) fn elsewhere(&self) -> String {
        format!("http://localhost:{}/", self.address.port())
    }

    /// Its host and port, as a program on the same machine.
    pub(crate) fn host(&self) -> String {
        self.address.to_string()
    }

    /// An address of it, as a program on the same machine.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}/{path}", self.address)
    }

    /// The next request for a path that begins like this.
    pub(crate) fn request_for(&self, path: &str) -> Message {
        let deadline = Instant::now() + DEADLINE;
        let wanted = format!("GET {path}");
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let request = self.came.recv_timeout(left).expect("a request comes");
            if request.first_line.starts_with(&wanted) {
                return request;
            }
        }
    }
}

/// A parameter of the address that was asked for.
pub(crate) fn parameter(request: &Message, name: &str) -> Option<String> {
    let address = request.first_line.split(' ').nth(1)?;
    let (_, query) = address.split_once('?')?;
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.find(|(key, _)| *key == name)?;
    Some(value.to_owned())
}
