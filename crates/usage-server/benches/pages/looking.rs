//! An operator who looks at pages with a watch.

use std::time::{Duration, Instant};

use crate::folder::{Folder, Running};
use crate::http::Message;
use crate::person::Person;

/// Who looks.
pub(crate) const EMAIL: &str = "op@example.com";

/// A page that takes long is asked less often.
const LONGEST: Duration = Duration::from_secs(5);

/// What was seen of a page.
pub(crate) struct Look {
    pub(crate) address: String,
    /// The first page that a server was asked that had just started.
    pub(crate) cold: Duration,
    /// The same page again.
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
    /// Bytes as browsers fetch it.
    pub(crate) compressed: usize,
    pub(crate) plain: usize,
}

/// The cookies of an operator who signed in; servers that come later know them, too.
pub(crate) fn sign_in(server: &Running, password: &str) -> String {
    let mut person = Person::new(server);
    let form = person.open("/sign-in");
    let fields = [("email", EMAIL), ("password", password)];
    let answer = person.send(&form, "/sign-in", &fields);
    assert_eq!(answer.status(), 303, "{}", answer.text());
    person.cookie_line()
}

/// Looks at a page of a server that is started for it.
pub(crate) fn look(folder: &Folder, cookie: &str, address: &str, times: usize) -> Look {
    let server = folder.serve();
    let compressed = "Accept-Encoding: gzip\r\n";
    let (cold, page) = ask(&server, cookie, address, compressed);
    let began = Instant::now();
    let mut warm = Vec::with_capacity(times);
    while warm.len() < times && (warm.is_empty() || began.elapsed() < LONGEST) {
        warm.push(ask(&server, cookie, address, compressed).0);
    }
    warm.sort_unstable();
    eprintln!("{address}");
    let (_, plain) = ask(&server, cookie, address, "");
    server.stop();
    Look {
        address: address.to_owned(),
        cold,
        p50: warm[warm.len() / 2],
        p99: warm[(warm.len() * 99).div_ceil(100) - 1],
        compressed: page.body.len(),
        plain: plain.body.len(),
    }
}

/// How long it takes from the question to the answer's last byte.
fn ask(server: &Running, cookie: &str, address: &str, headers: &str) -> (Duration, Message) {
    let request = format!("GET {address} HTTP/1.1\r\nHost: x\r\nCookie: {cookie}\r\n{headers}\r\n");
    let mut connection = server.connect();
    let began = Instant::now();
    let answer = connection.exchange(request.as_bytes());
    let took = began.elapsed();
    let answer = answer.unwrap_or_else(|e| panic!("{address}: {e}"));
    assert_eq!(answer.status(), 200, "{address}: {}", answer.text());
    (took, answer)
}
