//! A proxy as a company's network has it: takes CONNECT, ends TLS with a certificate of its
//! own authority, hands the plain requests on to a server of ours, and notes what passed.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::authority::Certified;
use crate::http::{Connection, Message};
use crate::patience::DEADLINE;

/// The proxy; its threads end with the test binary.
pub(crate) struct Proxy {
    address: SocketAddr,
    authority: String,
    passed: Receiver<Passed>,
}

/// A request that passed, and its reply.
pub(crate) struct Passed {
    /// What CONNECT asked for: host and port.
    pub(crate) asked_for: String,
    pub(crate) request: Message,
    pub(crate) reply: Message,
}

impl Proxy {
    /// A proxy that pretends to be `host` and is a way to `server`.
    pub(crate) fn start(host: &str, server: SocketAddr) -> Proxy {
        let certified = Certified::host(host);
        let config = certified.server();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (note, passed) = channel();
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let (config, note) = (config.clone(), note.clone());
                std::thread::spawn(move || {
                    if let Err(e) = serve(client, config, server, &note) {
                        println!("the proxy lost a connection: {e}");
                    }
                });
            }
        });
        Proxy {
            address,
            authority: certified.authority_pem(),
            passed,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The authority's certificate, as a PEM file.
    pub(crate) fn authority(&self) -> &str {
        &self.authority
    }

    /// The next request that passes.
    pub(crate) fn next(&self) -> Passed {
        self.passed
            .recv_timeout(DEADLINE)
            .expect("nothing passed the proxy")
    }
}

/// One CONNECT, and the requests in it until one side has had enough.
fn serve(
    client: TcpStream,
    config: Arc<ServerConfig>,
    server: SocketAddr,
    note: &Sender<Passed>,
) -> std::io::Result<()> {
    let mut plain = Connection::over(client);
    let connect = plain.receive()?;
    let asked_for = connect
        .first_line
        .strip_prefix("CONNECT ")
        .and_then(|rest| rest.split(' ').next())
        .ok_or_else(|| std::io::Error::other(connect.first_line.clone()))?;
    plain.send(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
    let session = ServerConnection::new(config).map_err(std::io::Error::other)?;
    let mut secret = Connection::over(StreamOwned::new(session, plain.into_stream()));
    let mut onward = Connection::open(server)?;
    loop {
        let Ok(request) = secret.receive() else {
            return Ok(());
        };
        let reply = onward.exchange(&request.raw)?;
        secret.send(&reply.raw)?;
        let _ = note.send(Passed {
            asked_for: asked_for.to_owned(),
            request,
            reply,
        });
    }
}
