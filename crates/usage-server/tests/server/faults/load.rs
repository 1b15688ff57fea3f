//! Senders that note what became of each report, and the comparison with what is kept.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard};

use crate::folder::{Exported, Folder, Running};
use crate::http::{Connection, post};
use crate::patience::until;

/// A report unlike any other, of a small fleet, so that days, versions and sets change a lot. All of
/// it follows from its number.
#[derive(Debug)]
pub(super) struct Report {
    n: u64,
    target: &'static str,
    key: Option<String>,
    under_token: bool,
    body: String,
}

/// What a sender got to hear.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    /// It is on disk.
    Stored,
    /// 503 with `Retry-After`.
    Refused,
    /// The connection broke.
    None,
}

impl Report {
    pub(super) fn new(n: u64) -> Report {
        let (cluster, server, version) = (n % 7, n % 23, n / 40 % 5);
        let ids = format!(r#""cluster_id":"c{cluster}","server_id":"s{server}""#);
        let (target, body) = match n % 5 {
            0 => (
                "/api/v1/servers",
                format!(r#"{{{ids},"host":"h{n}","product":"influxdb","version":"1.{version}"}}"#),
            ),
            1 => (
                "/api/v1/stats/influxdb",
                format!(r#"{{{ids},"stats":[{{"name":"m","tags":null,"values":{{"n":{n}}}}}]}}"#),
            ),
            _ => (
                "/api/v1/usage/influxdb",
                format!(
                    r#"[{{"tags":{{"version":"1.{version}","os":"linux"}},"values":{{{ids},"n":{n}}}}}]"#
                ),
            ),
        };
        let key = n
            .is_multiple_of(3)
            .then(|| format!("0190f2a4-5f0e-7c3a-9c1d-{n:012x}"));
        Report {
            n,
            target,
            key,
            under_token: n.is_multiple_of(4),
            body,
        }
    }

    pub(super) fn has_key(&self) -> bool {
        self.key.is_some()
    }

    pub(super) fn request(&self, token: &str) -> Vec<u8> {
        let mut headers = Vec::new();
        if let Some(key) = &self.key {
            headers.push(("Idempotency-Key", key.as_str()));
        }
        if self.under_token {
            headers.push(("X-Authorization", token));
        }
        post(self.target, &headers, &self.body)
    }

    /// Takes the reply to it.
    pub(super) fn answer(&self, connection: &mut Connection) -> Answer {
        let Ok(reply) = connection.receive() else {
            return Answer::None;
        };
        let stored = if self.target == "/api/v1/servers" {
            201
        } else {
            200
        };
        match reply.status() {
            503 => {
                let wait = reply
                    .header("retry-after")
                    .and_then(|wait| wait.parse::<u32>().ok());
                assert!(wait.is_some(), "503 says when to try again: {reply:?}");
                Answer::Refused
            }
            status => {
                assert_eq!(status, stored, "{self:?}: {}", reply.text());
                Answer::Stored
            }
        }
    }

    pub(super) fn send(&self, connection: &mut Connection, token: &str) -> Answer {
        match connection.send(&self.request(token)) {
            Ok(()) => self.answer(connection),
            Err(_) => Answer::None,
        }
    }
}

/// All reports sent to one folder, by number.
#[derive(Default)]
pub(super) struct Fates {
    stored: Vec<u64>,
    /// Refused, or never answered: may be kept even so, unless it has a key and was sent again.
    open: Vec<u64>,
}

/// A folder's senders.
pub(super) struct Load {
    token: String,
    next: AtomicU64,
    stored: AtomicU64,
    refused: AtomicU64,
    fates: Mutex<Fates>,
}

impl Load {
    /// On this folder, of which it makes the token it reports under.
    pub(super) fn on(folder: &Folder) -> Load {
        Load {
            token: folder.token("Acme"),
            next: AtomicU64::new(0),
            stored: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            fates: Mutex::default(),
        }
    }

    pub(super) fn token(&self) -> &str {
        &self.token
    }

    pub(super) fn sent(&self) -> u64 {
        self.next.load(Ordering::Relaxed)
    }

    /// `senders` at once, each over one connection until it breaks or `meanwhile` is over.
    pub(super) fn run<T>(
        &self,
        to: SocketAddr,
        senders: usize,
        meanwhile: impl FnOnce() -> T,
    ) -> T {
        let over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for _ in 0..senders {
                scope.spawn(|| {
                    let Ok(mut connection) = Connection::open(to) else {
                        return;
                    };
                    let mut answer = Answer::Stored;
                    while answer != Answer::None && !over.load(Ordering::Relaxed) {
                        answer = self.send_next(&mut connection);
                    }
                });
            }
            // Also where `meanwhile` panics: the scope waits for the senders.
            let _over = Over(&over);
            meanwhile()
        })
    }

    /// One more report.
    pub(super) fn send_next(&self, connection: &mut Connection) -> Answer {
        let report = Report::new(self.next.fetch_add(1, Ordering::Relaxed));
        let answer = report.send(connection, &self.token);
        self.note(report.n, answer);
        answer
    }

    fn note(&self, n: u64, answer: Answer) {
        match answer {
            Answer::Stored => {
                self.fates().stored.push(n);
                self.stored.fetch_add(1, Ordering::Relaxed);
            }
            Answer::Refused => {
                self.fates().open.push(n);
                self.refused.fetch_add(1, Ordering::Relaxed);
            }
            Answer::None => self.fates().open.push(n),
        }
    }

    fn fates(&self) -> MutexGuard<'_, Fates> {
        self.fates.lock().unwrap()
    }

    /// Waits until so many more are stored.
    pub(super) fn until_stored(&self, more: u64) {
        until_counted("reports are stored", &self.stored, more);
    }

    /// Waits until so many more are refused.
    pub(super) fn until_refused(&self, more: u64) {
        until_counted("reports are refused", &self.refused, more);
    }

    /// What a client does after an outage: reports without an answer that have a key are sent
    /// again, here by two connections at the same moment. So are `also` of those that were
    /// answered. All are answered as stored, and count once.
    pub(super) fn try_again(&self, server: &Running, also: usize) {
        let mut twice = [server.connect(), server.connect()];
        let open = std::mem::take(&mut self.fates().open);
        let (with_key, without): (Vec<u64>, Vec<u64>) =
            open.into_iter().partition(|n| Report::new(*n).has_key());
        let answered: Vec<u64> = self
            .fates()
            .stored
            .iter()
            .rev()
            .filter(|n| Report::new(**n).has_key())
            .take(also)
            .copied()
            .collect();
        for n in with_key.iter().chain(&answered) {
            let report = Report::new(*n);
            for connection in &mut twice {
                connection.send(&report.request(&self.token)).unwrap();
            }
            for connection in &mut twice {
                assert_eq!(report.answer(connection), Answer::Stored, "{report:?}");
            }
        }
        let mut fates = self.fates();
        fates.stored.extend(with_key);
        fates.open = without;
    }

    /// Compares with what the folder keeps.
    pub(super) fn check(&self, folder: &Folder) {
        let fates = self.fates();
        check(&folder.export(), &fates.stored, Some(&fates.open));
    }
}

/// Each report of `stored` is there once, each of `open` at most once, and no other; where `open`
/// is not given, others may be there, once.
pub(super) fn check(exported: &[Exported], stored: &[u64], open: Option<&[u64]>) {
    let mut kept: HashMap<(String, bool), u64> = HashMap::new();
    for report in exported {
        *kept
            .entry((report.body.get().to_owned(), report.organization.is_some()))
            .or_default() += 1;
    }
    let mut wrong = BTreeMap::new();
    for n in stored {
        let report = Report::new(*n);
        match kept.remove(&(report.body.clone(), report.under_token)) {
            Some(1) => {}
            count => {
                wrong.insert(*n, count.unwrap_or(0));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "answered, and kept so many times: {wrong:?}"
    );
    let Some(open) = open else {
        assert!(kept.values().all(|count| *count == 1), "doubled: {kept:?}");
        return;
    };
    for n in open {
        let report = Report::new(*n);
        let count = kept.remove(&(report.body.clone(), report.under_token));
        assert!(count.unwrap_or(0) <= 1, "not answered: {report:?}");
    }
    assert!(kept.is_empty(), "never sent: {kept:?}");
}

struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn until_counted(what: &str, counter: &AtomicU64, more: u64) {
    let enough = counter.load(Ordering::Relaxed) + more;
    until(what, || {
        (counter.load(Ordering::Relaxed) >= enough).then_some(())
    });
}

/// Waits until the server says that it is ready, or not.
pub(super) fn until_ready(server: &Running, status: u16) {
    let mut connection = server.connect();
    until(&format!("/readyz answers {status}"), || {
        (connection.get("/readyz").status() == status).then_some(())
    });
}

/// Numbers of no pattern, the same in each run (xorshift).
pub(super) struct Chance(u64);

impl Chance {
    pub(super) fn new() -> Chance {
        Chance(0x9e37_79b9_7f4a_7c15)
    }

    /// Below `bound`.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}
