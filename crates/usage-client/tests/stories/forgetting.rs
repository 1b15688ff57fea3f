//! An install that wants to be forgotten: it asks until it is answered, and says nothing else any more.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use usage_client::core::{Decider, Environment};
use usage_client::{Error, Forgetting, Reporter, Server};

use crate::listener::{Answer, Listener, PATIENCE};
use crate::reporting::{hurried, jambox, text};

const STATUS: &str = "https://usage.example.com/forgotten/1";

fn accept() -> Answer {
    Answer::new(202, format!(r#"{{"status_url":"{STATUS}"}}"#))
}

#[test]
fn a_registered_install_is_forgotten_by_its_token() {
    let listener = Listener::start(|_| accept());
    let scratch = tempfile::tempdir().unwrap();
    let start = || {
        jambox(&listener.url())
            .state_folder(scratch.path())
            .start()
            .unwrap()
    };
    let reporter = start();
    assert_eq!(reporter.flush(PATIENCE).unwrap(), 0);
    listener.heard();

    let accepted = Forgetting::Accepted {
        status_url: Some(STATUS.into()),
    };
    assert_eq!(reporter.forget_me(PATIENCE).unwrap(), accepted);
    let heard = listener.heard();
    assert_eq!(heard.target, "/api/v1/forget");
    assert_eq!(text(&heard, "x-authorization").unwrap(), "secret-token");
    assert_eq!(
        String::from_utf8(heard.body).unwrap(),
        r#"{"product":"jambox","cluster_id":"clus1","server_id":"serv1"}"#
    );
    // Off from now on, after a restart too, until a person says yes again.
    assert!(matches!(
        reporter.save(&Server::default()),
        Err(Error::ConsentOff {
            by: Decider::Forgotten
        })
    ));
    assert!(reporter.shutdown(PATIENCE));
    let reporter = start();
    assert!(reporter.flush(PATIENCE).is_err());
    assert_eq!(reporter.status().forgetting, accepted);
    assert_eq!(listener.connections(), 2);
    reporter.set_consent(true).unwrap();
    reporter.save(&Server::default()).unwrap();
    assert_eq!(reporter.flush(PATIENCE).unwrap(), 0);
    assert!(reporter.shutdown(PATIENCE));
}

#[test]
fn it_is_asked_for_until_it_is_answered_by_later_processes_too() {
    static WELL: AtomicBool = AtomicBool::new(false);
    let listener = Listener::start(|_| {
        if WELL.load(Ordering::SeqCst) {
            return accept();
        }
        Answer::new(503, "come back later")
    });
    let scratch = tempfile::tempdir().unwrap();
    let mut timing = hurried();
    timing.check_in_spread = Duration::from_secs(3600);
    let start = || {
        Reporter::builder("jambox", "1.0")
            .url(listener.url())
            .state_folder(scratch.path())
            .anonymous(true)
            .environment(Environment::from([("DO_NOT_TRACK", "1")]))
            .timing(timing.clone())
            .start()
            .unwrap()
    };
    // A person asks, so it goes even so; with the install's secret.
    let reporter = start();
    assert_eq!(
        reporter.forget_me(Duration::ZERO).unwrap(),
        Forgetting::Pending
    );
    let heard = listener.heard();
    assert_eq!(heard.target, "/api/v1/forget");
    assert_eq!(text(&heard, "x-install-key").unwrap().len(), 64);
    assert!(reporter.shutdown(PATIENCE));

    WELL.store(true, Ordering::SeqCst);
    let reporter = start();
    let answered = reporter.forget_me(PATIENCE).unwrap();
    assert_eq!(
        answered,
        Forgetting::Accepted {
            status_url: Some(STATUS.into())
        }
    );
    assert!(reporter.shutdown(PATIENCE));
}

#[test]
fn a_no_is_an_answer_and_a_proxy_s_page_is_none() {
    for (status, body, answer) in [
        (404, r#"{"error":"no such address"}"#, true),
        (401, r#"{"error":"unknown"}"#, true),
        (401, "<html>sign in to this network</html>", false),
    ] {
        let listener = Listener::start(move |_| Answer::new(status, body));
        let mut timing = hurried();
        timing.check_in_spread = Duration::from_secs(3600);
        let reporter = jambox(&listener.url()).timing(timing).start().unwrap();
        let within = if answer {
            PATIENCE
        } else {
            Duration::from_millis(200)
        };
        let forgetting = reporter.forget_me(within).unwrap();
        assert_eq!(
            matches!(forgetting, Forgetting::Refused(_)),
            answer,
            "{forgetting:?}"
        );
        assert_eq!(forgetting == Forgetting::Pending, !answer);
        assert!(!reporter.status().consent.granted);
        assert!(reporter.shutdown(PATIENCE));
    }
}

#[test]
fn a_report_on_its_way_is_not_taken_for_the_answer() {
    // The check-in is answered only when somebody has wished to be forgotten.
    let (wish, wished) = std::sync::mpsc::channel();
    let listener = Listener::start(move |heard| {
        if heard.target == "/api/v1/servers" {
            let _ = wished.recv_timeout(PATIENCE);
            return Answer::new(201, "");
        }
        accept()
    });
    let reporter = jambox(&listener.url()).start().unwrap();
    let forgetting = std::thread::scope(|scope| {
        let asking = scope.spawn(|| reporter.forget_me(PATIENCE).unwrap());
        let started = std::time::Instant::now();
        while reporter.status().forgetting != Forgetting::Pending {
            assert!(started.elapsed() < PATIENCE);
        }
        wish.send(()).unwrap();
        asking.join().unwrap()
    });
    assert!(
        matches!(forgetting, Forgetting::Accepted { .. }),
        "{forgetting:?}"
    );
    let targets = [listener.heard().target, listener.heard().target];
    assert_eq!(targets, ["/api/v1/servers", "/api/v1/forget"]);
    assert!(reporter.shutdown(PATIENCE));
}
