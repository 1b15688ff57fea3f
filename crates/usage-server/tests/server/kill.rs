//! `kill -9` under load, again and again. What was answered is there, once; what wasn't may be;
//! a key makes the second try harmless; and the numbers are those of a rebuild.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Sender, channel};

use crate::folder::Folder;
use crate::http::{Connection, post};
use crate::model;
use crate::patience::DEADLINE;

const CYCLES: usize = 8;
const SENDERS: usize = 12;

/// Accepted reports before a kill, at most: some kills come early in a server's life.
const LIFETIME: u64 = 1_500;

/// Retried after each restart although they were answered.
const RETRIED_ANYWAY: usize = 20;

/// A report unlike any other, of a small fleet, so that days, versions and sets change a lot.
#[derive(Debug, Clone)]
struct Report {
    target: &'static str,
    key: Option<String>,
    under_token: bool,
    body: String,
}

impl Report {
    fn new(n: u64) -> Report {
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
            target,
            key,
            under_token: n.is_multiple_of(4),
            body,
        }
    }

    /// The reply's status; `None` where there was none.
    fn send(&self, connection: &mut Connection, token: &str) -> Option<u16> {
        let mut headers = Vec::new();
        if let Some(key) = &self.key {
            headers.push(("Idempotency-Key", key.as_str()));
        }
        if self.under_token {
            headers.push(("X-Authorization", token));
        }
        let reply = connection
            .exchange(&post(self.target, &headers, &self.body))
            .ok()?;
        assert!(
            (200..300).contains(&reply.status()),
            "{self:?}: {}",
            reply.text()
        );
        Some(reply.status())
    }
}

/// What became of the reports so far.
#[derive(Default)]
struct Fates {
    answered: Vec<Report>,
    unanswered: Vec<Report>,
}

impl Fates {
    fn add(&mut self, other: Fates) {
        self.answered.extend(other.answered);
        self.unanswered.extend(other.unanswered);
    }
}

/// Sends over one connection until it breaks; tells of each acceptance.
fn send_until_cut(to: SocketAddr, token: &str, next: &AtomicU64, tell: &Sender<()>) -> Fates {
    let mut fates = Fates::default();
    let Ok(mut connection) = Connection::open(to) else {
        return fates;
    };
    loop {
        let report = Report::new(next.fetch_add(1, Ordering::Relaxed));
        if report.send(&mut connection, token).is_none() {
            fates.unanswered.push(report);
            return fates;
        }
        fates.answered.push(report);
        let _ = tell.send(());
    }
}

/// The same moments in each run, of no pattern (xorshift).
fn lifetimes() -> impl Iterator<Item = u64> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    std::iter::repeat_with(move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % LIFETIME + 1
    })
}

#[test]
fn what_was_answered_survives_and_is_counted_once() {
    let folder = Folder::new();
    let token = folder.token("Acme");
    let next = AtomicU64::new(0);
    let mut fates = Fates::default();
    for lifetime in lifetimes().take(CYCLES) {
        let server = folder.serve();
        try_again(&mut fates, &mut server.connect(), &token);
        let (tell, accepted) = channel();
        let address = server.address();
        let cycle = std::thread::scope(|scope| {
            let senders: Vec<_> = (0..SENDERS)
                .map(|_| {
                    let (tell, token, next) = (tell.clone(), &token, &next);
                    scope.spawn(move || send_until_cut(address, token, next, &tell))
                })
                .collect();
            for _ in 0..lifetime {
                accepted
                    .recv_timeout(DEADLINE)
                    .expect("reports are accepted");
            }
            server.kill();
            senders
                .into_iter()
                .map(|sender| sender.join().unwrap())
                .collect::<Vec<_>>()
        });
        for sender in cycle {
            fates.add(sender);
        }
    }
    let server = folder.serve();
    try_again(&mut fates, &mut server.connect(), &token);
    check_export(&folder, &fates);

    model::followed(&folder);
    server.stop();
    let step_by_step = model::dump(&folder);
    folder.run(&["rebuild"]).well();
    model::followed(&folder);
    let anew = model::dump(&folder);
    for (left, right) in step_by_step.iter().zip(&anew) {
        assert_eq!(left, right, "the read model, and a rebuilt one");
    }
    assert_eq!(step_by_step.len(), anew.len());
}

/// What a client does after an outage: unanswered reports with a key are sent again, and the
/// answer counts. So are some that were answered; their answers must be the same.
fn try_again(fates: &mut Fates, connection: &mut Connection, token: &str) {
    for report in std::mem::take(&mut fates.unanswered) {
        if report.key.is_some() {
            assert!(report.send(connection, token).is_some(), "{report:?}");
            fates.answered.push(report);
        } else {
            fates.unanswered.push(report);
        }
    }
    for report in fates
        .answered
        .iter()
        .rev()
        .filter(|r| r.key.is_some())
        .take(RETRIED_ANYWAY)
    {
        let expected = if report.target == "/api/v1/servers" {
            201
        } else {
            200
        };
        assert_eq!(report.send(connection, token), Some(expected), "{report:?}");
    }
}

fn check_export(folder: &Folder, fates: &Fates) {
    let mut kept: HashMap<(String, bool), usize> = HashMap::new();
    for report in folder.export() {
        *kept
            .entry((report.body.get().to_owned(), report.organization.is_some()))
            .or_default() += 1;
    }
    let mut kept_under = |report: &Report| kept.remove(&(report.body.clone(), report.under_token));
    for report in &fates.answered {
        assert_eq!(kept_under(report), Some(1), "answered: {report:?}");
    }
    for report in &fates.unanswered {
        assert!(
            kept_under(report).unwrap_or(0) <= 1,
            "unanswered: {report:?}"
        );
    }
    assert!(kept.is_empty(), "never sent: {kept:?}");
    println!(
        "{} answered, {} unanswered",
        fates.answered.len(),
        fates.unanswered.len()
    );
}
