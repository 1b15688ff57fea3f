//! A target behind TLS, with a certificate of an authority of its own, and an ear on the wire.

#[path = "../../../tests/server/authority.rs"]
mod authority;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};

use rustls::{ServerConnection, StreamOwned};

use self::authority::Certified;
use super::target::{Reply, Scripted};

/// Takes everything.
pub(crate) struct Secured {
    pub(crate) target: Scripted,
    authority: String,
    wire: Arc<Mutex<Vec<u8>>>,
}

impl Secured {
    /// With a certificate for this name or address.
    pub(crate) fn named(host: &str) -> Secured {
        let certified = Certified::host(host);
        let config = certified.server();
        let wire = Arc::new(Mutex::new(Vec::new()));
        let ear = Arc::clone(&wire);
        let speaks_tls = move |stream| {
            let overheard = Overheard {
                stream,
                wire: ear.clone(),
            };
            let session = ServerConnection::new(config.clone()).unwrap();
            Box::new(StreamOwned::new(session, overheard)) as _
        };
        Secured {
            target: Scripted::over(speaks_tls, |_| Reply::Says(204, "", "")),
            authority: certified.authority_pem(),
            wire,
        }
    }

    /// Who signed the certificate, PEM.
    pub(crate) fn authority(&self) -> &str {
        &self.authority
    }

    /// An address under this host.
    pub(crate) fn url(&self, host: &str, path: &str) -> String {
        format!("https://{host}:{}{path}", self.target.address().port())
    }

    /// Somebody came, and whoever listened on the way read none of these.
    pub(crate) fn nobody_reads(self, secrets: &[&str]) {
        // Its thread has read to the end then.
        drop(self.target);
        let wire = self.wire.lock().unwrap();
        let wire = String::from_utf8_lossy(&wire);
        for secret in secrets {
            assert!(!wire.contains(secret), "{secret} is on the wire: {wire}");
        }
    }
}

/// What comes is written down as it came.
struct Overheard {
    stream: TcpStream,
    wire: Arc<Mutex<Vec<u8>>>,
}

impl Read for Overheard {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.stream.read(buffer)?;
        self.wire.lock().unwrap().extend_from_slice(&buffer[..read]);
        Ok(read)
    }
}

impl Write for Overheard {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.stream.flush()
    }
}
