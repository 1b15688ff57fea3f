//! A reporter in rough weather: servers, disks, clocks and hooks that misbehave. The product doesn't feel it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant, SystemTime};

use usage_client::core::{RawReply, Request, SpoolBounds};
use usage_client::{
    Blocking, Error, Reporter, Server, Status, Transport, TransportError, Usage, values,
};

use crate::listener::{Answer, Framing, Listener, PATIENCE};
use crate::reporting::{hurried, jambox, text, usage_every, yes};

const SHORT: Duration = Duration::from_millis(200);
const A_SECOND: Duration = Duration::from_secs(1);

/// Waits until it is so.
fn until(reporter: &Reporter, so: impl Fn(&Status) -> bool) -> Status {
    let started = Instant::now();
    loop {
        let status = reporter.status();
        if so(&status) {
            return status;
        }
        assert!(started.elapsed() < PATIENCE, "{status:?}");
        std::thread::yield_now();
    }
}

#[test]
fn a_server_that_accepts_and_never_answers_holds_nobody_up() {
    let listener = Listener::start(|_| Answer::new(200, "").framed(Framing::Stall));
    let scratch = tempfile::tempdir().unwrap();
    let start = |url: &str| jambox(url).state_folder(scratch.path()).start().unwrap();
    let reporter = start(&listener.url());
    let sent = listener.heard();
    // The exchange may take 20 seconds; the shutdown doesn't.
    let started = Instant::now();
    assert!(reporter.shutdown(A_SECOND));
    assert!(started.elapsed() < PATIENCE / 4);

    // Nothing is lost: it may have arrived, so it goes again as the same.
    let listener = yes();
    let reporter = start(&listener.url());
    assert_eq!(reporter.flush(PATIENCE).unwrap(), 0);
    let again = listener.heard();
    assert_eq!(again.body, sent.body);
    assert_eq!(
        text(&again, "idempotency-key"),
        text(&sent, "idempotency-key")
    );
    assert!(reporter.shutdown(PATIENCE));
}

#[test]
fn whatever_comes_back_the_report_is_kept_and_the_rest_bounded() {
    let page = "<html><body>Please sign in to this network</body></html>";
    for (name, answer) in [
        (
            "a byte a second",
            Answer::new(500, "").framed(Framing::Trickle),
        ),
        (
            "cut in the body",
            Answer::new(500, "{\"err").framed(Framing::Short),
        ),
        ("no answer", Answer::new(200, "").framed(Framing::Drop)),
        (
            "without an end",
            Answer::new(500, "").framed(Framing::Endless),
        ),
        ("a page under 401", Answer::new(401, page)),
        ("a page under 502", Answer::new(502, page)),
    ] {
        let listener = Listener::start(move |_| answer.clone());
        let mut timing = hurried();
        timing.retry.attempts = 2;
        let reporter = jambox(&listener.url())
            .timing(timing)
            .timeout(SHORT)
            .start()
            .unwrap();
        assert_eq!(reporter.flush(PATIENCE).unwrap(), 1, "{name}");
        let status = until(&reporter, |status| status.last_error.is_some());
        assert!(
            status.next_attempt.unwrap() > SystemTime::now(),
            "{name}: {status:?}"
        );
        assert!(status.last_error.unwrap().len() < 4096, "{name}");
        assert!(
            listener.connections() <= 2,
            "{name}: {}",
            listener.connections()
        );
        assert!(reporter.shutdown(PATIENCE), "{name}");
    }
}

#[test]
fn an_accepted_report_counts_however_its_answer_ends() {
    for framing in [
        Framing::Trickle,
        Framing::Short,
        Framing::StallInBody,
        Framing::Endless,
    ] {
        let listener = Listener::start(move |_| Answer::new(201, "").framed(framing));
        let reporter = jambox(&listener.url()).timeout(SHORT).start().unwrap();
        assert_eq!(reporter.flush(PATIENCE).unwrap(), 0, "{framing:?}");
        assert!(reporter.shutdown(PATIENCE));
        assert_eq!(listener.connections(), 1);
    }
}

/// A name lookup that never comes back, or anything else that doesn't heed its timeout.
struct Hanging(mpsc::Sender<()>, Mutex<mpsc::Receiver<()>>);

impl Transport for Hanging {
    fn exchange(&self, _: &Request, _: Duration) -> Result<RawReply, TransportError> {
        let _ = self.0.send(());
        let _ = self.1.lock().unwrap().recv();
        Err(TransportError::new("at last"))
    }
}

#[test]
fn a_transport_that_hangs_is_waited_for_once() {
    let (begun, begins) = mpsc::channel();
    let (release, released) = mpsc::channel();
    let reporter = jambox("http://usage.invalid")
        .transport(Hanging(begun, Mutex::new(released)))
        .timeout(Duration::from_millis(20))
        .start()
        .unwrap();
    begins.recv_timeout(PATIENCE).unwrap();
    // Given up, tried again in vain without another thread, and kept.
    assert_eq!(reporter.flush(PATIENCE).unwrap(), 1);
    assert!(reporter.status().last_error.unwrap().contains("exchange"));
    let started = Instant::now();
    assert!(reporter.shutdown(A_SECOND));
    assert!(started.elapsed() < PATIENCE / 4);
    assert!(begins.try_recv().is_err());
    drop(release);
}

#[test]
fn a_hook_that_never_returns_doesn_t_hold_up_a_shutdown() {
    let listener = yes();
    let (hold, held) = mpsc::channel::<()>();
    let (tell, begun) = mpsc::channel();
    let reporter = jambox(&listener.url())
        .usage(move || {
            let _ = tell.send(());
            let _ = held.recv();
            values! {}
        })
        .timing(usage_every(Duration::from_millis(20)))
        .start()
        .unwrap();
    begun.recv_timeout(PATIENCE).unwrap();
    let started = Instant::now();
    assert!(!reporter.shutdown(Duration::from_millis(20)));
    assert!(started.elapsed() < PATIENCE / 4);
    drop(hold);
}

#[test]
fn hooks_that_panic_cost_their_own_report_only() {
    let listener = yes();
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let reporter = jambox(&listener.url())
        .usage(move || -> usage_client::Values {
            assert!(
                counted.fetch_add(1, Ordering::SeqCst) != 0,
                "the product's own bug"
            );
            values! { "a" => 1 }
        })
        .on_registration_needed(|_| panic!("another one"))
        .timing(usage_every(Duration::from_millis(30)))
        .start()
        .unwrap();
    let targets = [listener.heard().target, listener.heard().target];
    assert_eq!(targets, ["/api/v1/servers", "/api/v1/usage/jambox"]);
    assert!(calls.load(Ordering::SeqCst) >= 2);
    assert!(reporter.shutdown(PATIENCE));
}

#[test]
fn a_full_queue_says_so_and_goes_on() {
    let listener = yes();
    let (hold, held) = mpsc::channel::<()>();
    let (tell, begun) = mpsc::channel();
    // The thread is held up by a hook, so what is saved piles up in front of it.
    let reporter = jambox(&listener.url())
        .usage(move || {
            let _ = tell.send(());
            let _ = held.recv();
            values! {}
        })
        .timing(usage_every(Duration::from_millis(20)))
        .start()
        .unwrap();
    begun.recv_timeout(PATIENCE).unwrap();
    let results: Vec<_> = (0..300)
        .map(|_| reporter.save(&Server::default()))
        .collect();
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 256);
    assert!(matches!(results[299], Err(Error::QueueFull)));
    drop(hold);
    let status = until(&reporter, |status| status.dropped > 0);
    assert_eq!(status.dropped, 44);
    assert!(reporter.shutdown(PATIENCE));
}

#[test]
fn what_has_no_room_is_dropped_and_told() {
    let scratch = tempfile::tempdir().unwrap();
    let start = |url: &str, timing| {
        jambox(url)
            .state_folder(scratch.path())
            .spool_bounds(SpoolBounds {
                reports: 3,
                bytes: 10_000,
            })
            .usage(|| values! {})
            .timing(timing)
            .start()
            .unwrap()
    };
    let away = Listener::start(|_| Answer::new(200, "").framed(Framing::Drop));
    let reporter = start(&away.url(), hurried());
    for _ in 0..5 {
        reporter.save(&Usage::new("jambox")).unwrap();
    }
    assert_eq!(reporter.flush(PATIENCE).unwrap(), 3);
    assert_eq!(until(&reporter, |status| status.dropped > 0).dropped, 3);
    assert!(reporter.shutdown(PATIENCE));

    // An interval later the server is there.
    let state = std::fs::read_to_string(scratch.path().join("state.json")).unwrap();
    assert!(state.contains("\"dropped\": 3"), "{state}");
    let later = state.replace("no_attempt_before", "once");
    std::fs::write(scratch.path().join("state.json"), later).unwrap();
    let listener = yes();
    let reporter = start(&listener.url(), usage_every(Duration::from_millis(20)));
    let told = (0..5).map(|_| String::from_utf8(listener.heard().body).unwrap());
    assert!(
        told.into_iter()
            .any(|body| body.contains(r#""reports_dropped":3"#))
    );
    assert!(reporter.shutdown(PATIENCE));
}

#[test]
fn a_disk_that_can_t_be_written_costs_nothing_but_the_restart() {
    let scratch = tempfile::tempdir().unwrap();
    let in_the_way = scratch.path().join("file");
    std::fs::write(&in_the_way, "").unwrap();
    let listener = yes();
    let reporter = jambox(&listener.url())
        .state_folder(in_the_way.join("state"))
        .start()
        .unwrap();
    assert_eq!(reporter.flush(PATIENCE).unwrap(), 0);
    assert_eq!(listener.heard().target, "/api/v1/servers");
    assert!(reporter.status().memory_only.is_some());
    assert!(reporter.shutdown(PATIENCE));
}

#[test]
fn a_corrupt_spool_file_is_set_aside_and_the_rest_arrives() {
    let scratch = tempfile::tempdir().unwrap();
    let start = |url: &str| {
        jambox(url)
            .state_folder(scratch.path())
            .offline(url.is_empty())
    };
    let reporter = start("").url("http://usage.invalid").start().unwrap();
    assert_eq!(reporter.flush(PATIENCE).unwrap(), 1);
    reporter.save(&Usage::new("jambox")).unwrap();
    assert!(reporter.shutdown(PATIENCE));
    let spool = scratch.path().join("spool");
    let mut files: Vec<_> = std::fs::read_dir(&spool)
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    files.sort();
    assert_eq!(files.len(), 2);
    std::fs::write(&files[0], "half a rep").unwrap();

    let listener = yes();
    let reporter = start(&listener.url()).start().unwrap();
    assert_eq!(reporter.flush(PATIENCE).unwrap(), 0);
    assert_eq!(listener.heard().target, "/api/v1/usage/jambox");
    assert_eq!(reporter.status().corrupt, 1);
    assert!(reporter.shutdown(PATIENCE));
    assert_eq!(std::fs::read_dir(&spool).unwrap().count(), 1);
}

#[test]
fn a_clock_a_year_off_reports_all_the_same() {
    let year = Duration::from_secs(365 * 86_400);
    for ahead in [true, false] {
        let listener = yes();
        let reporter = jambox(&listener.url())
            .clock(move || {
                if ahead {
                    SystemTime::now() + year
                } else {
                    SystemTime::now() - year
                }
            })
            .start()
            .unwrap();
        reporter.save(&Usage::new("jambox")).unwrap();
        assert_eq!(reporter.flush(PATIENCE).unwrap(), 0);
        for heard in [listener.heard(), listener.heard()] {
            // Nothing that the server could take for a date of the report.
            assert_eq!(text(&heard, "x-reported-at"), None);
        }
        assert!(reporter.shutdown(PATIENCE));
    }
}

#[test]
fn without_certificate_authorities_nothing_goes_over_tls_and_it_is_said() {
    assert!(
        Blocking::new()
            .with_authorities(b"no certificate in here")
            .is_err()
    );
    // Somebody's own authority, and a server that speaks no TLS at all.
    let listener = yes();
    let reporter = jambox(&listener.url().replace("http:", "https:"))
        .timeout(SHORT)
        .start()
        .unwrap();
    assert_eq!(reporter.flush(PATIENCE).unwrap(), 1);
    assert!(reporter.status().last_error.is_some());
    assert!(reporter.shutdown(PATIENCE));
    assert_eq!(listener.unheard(), 0);
}

#[test]
fn it_works_inside_a_runtime_of_one_thread() {
    let listener = yes();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(async {
        let reporter = jambox(&listener.url()).start().unwrap();
        assert_eq!(reporter.flush(PATIENCE).unwrap(), 0);
        assert!(reporter.shutdown(PATIENCE));
    });
    assert_eq!(listener.heard().target, "/api/v1/servers");
}

#[test]
fn two_reporters_on_one_folder_send_each_report_once() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = || scratch.path().to_path_buf();
    let offline = jambox("http://usage.invalid")
        .state_folder(folder())
        .offline(true)
        .start()
        .unwrap();
    for _ in 0..20 {
        offline.save(&Server::default()).unwrap();
    }
    assert!(offline.shutdown(PATIENCE));

    let listener = yes();
    let mut timing = hurried();
    timing.check_in_spread = Duration::from_secs(3600);
    let start = || {
        jambox(&listener.url())
            .state_folder(folder())
            .timing(timing.clone())
            .start()
            .unwrap()
    };
    let two = [start(), start()];
    std::thread::scope(|scope| {
        for reporter in &two {
            scope.spawn(|| reporter.flush(PATIENCE).unwrap());
        }
    });
    for reporter in &two {
        assert!(reporter.shutdown(PATIENCE));
    }
    // A check-in and twenty saved ones.
    let keys: Vec<_> = (0..21)
        .map(|_| text(&listener.heard(), "idempotency-key").unwrap())
        .collect();
    let distinct: std::collections::BTreeSet<_> = keys.iter().collect();
    assert_eq!(distinct.len(), 21);
    assert_eq!(listener.unheard(), 0);
}

#[test]
fn dropped_without_a_word_it_ends_and_keeps_what_waits() {
    let scratch = tempfile::tempdir().unwrap();
    let reporter = jambox("http://usage.invalid")
        .state_folder(scratch.path())
        .offline(true)
        .start()
        .unwrap();
    reporter.save(&Usage::new("jambox")).unwrap();
    drop(reporter);
    let started = Instant::now();
    let files = || std::fs::read_dir(scratch.path().join("spool")).map_or(0, Iterator::count);
    while files() < 1 {
        assert!(started.elapsed() < PATIENCE);
    }
}
