//! An operator who looks at pages with a watch.

use std::time::{Duration, Instant};

use crate::build::PRODUCT;
use crate::folder::{Folder, Running};
use crate::http::Message;
use crate::patience::until;
use crate::person::Person;

/// Who looks.
pub(crate) const EMAIL: &str = "op@example.com";

/// A page that takes long is asked less often.
const LONGEST: Duration = Duration::from_secs(5);

/// So often a page is asked after one more report.
const MOVING_TIMES: usize = 9;

/// A page that takes next to nothing, and tells how many reports aren't counted.
const COUNTED: &str = "/account/password";

/// What a server says once it has asked pages ahead.
const ASKED_AHEAD: &str = "pages were asked ahead";

/// What was seen of a page.
pub(crate) struct Look {
    pub(crate) address: String,
    /// The first page that a server was asked that had just started.
    pub(crate) cold: Duration,
    /// The first look at it, of a server that has asked pages ahead.
    pub(crate) ahead: Duration,
    /// The same page again.
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
    /// The same again, each time after one report more was counted.
    pub(crate) moving: Duration,
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

/// How long each page takes for who looks for the first time at a server that has asked pages ahead.
pub(crate) fn first_looks(folder: &Folder, cookie: &str, pages: &[String]) -> Vec<Duration> {
    let server = folder.serve_with(&["--log", "debug"]);
    let began = Instant::now();
    until(ASKED_AHEAD, || {
        server.said().contains(ASKED_AHEAD).then_some(())
    });
    eprintln!("pages were asked ahead in {:.1?}", began.elapsed());
    let looks = pages
        .iter()
        .map(|page| ask(&server, cookie, page, "Accept-Encoding: gzip\r\n").0);
    let looks = looks.collect();
    server.stop();
    looks
}

/// Looks at a page of a server that is started for it.
pub(crate) fn look(
    folder: &Folder,
    cookie: &str,
    (address, ahead): (&str, Duration),
    times: usize,
) -> Look {
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
    let began = Instant::now();
    let mut moving = Vec::new();
    while moving.len() < times.min(MOVING_TIMES) && (moving.is_empty() || began.elapsed() < LONGEST)
    {
        report(&server, cookie, moving.len());
        moving.push(ask(&server, cookie, address, compressed).0);
    }
    moving.sort_unstable();
    let (_, plain) = ask(&server, cookie, address, "");
    server.stop();
    Look {
        address: address.to_owned(),
        cold,
        ahead,
        p50: warm[warm.len() / 2],
        p99: warm[(warm.len() * 99).div_ceil(100) - 1],
        moving: moving[moving.len() / 2],
        compressed: page.body.len(),
        plain: plain.body.len(),
    }
}

/// A server of the fleet reports, and it is waited for until pages count it.
fn report(server: &Running, cookie: &str, uptime: usize) {
    let body = format!(
        r#"[{{"tags":{{"version":"3.5.1"}},"values":{{"cluster_id":"c1","server_id":"s1","uptime":{uptime}}}}}]"#
    );
    let target = format!("/api/v1/usage/{PRODUCT}");
    let answer = server.connect().post(&target, &[], body);
    assert!(answer.status() < 300, "{}", answer.text());
    until("pages that count it", || {
        let page = ask(server, cookie, COUNTED, "").1.text();
        page.contains("; 0 reports waiting").then_some(())
    });
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
