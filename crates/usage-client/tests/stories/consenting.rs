//! Consent: nothing leaves without it, counted at the socket.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use usage_client::core::Decider;
use usage_client::{Error, MemoryToken, Server};

use crate::listener::{Answer, Framing, Listener, PATIENCE};
use crate::reporting::{jambox, usage_every, yes};

#[test]
fn without_consent_there_is_no_connection() {
    let listener = yes();
    for (name, value) in [
        ("DO_NOT_TRACK", "1"),
        ("JAMBOX_NO_USAGE", "1"),
        ("CI", "true"),
    ] {
        let (nag, nagged) = std::sync::mpsc::channel();
        let reporter = jambox(&listener.url())
            .environment([(name, value)])
            .opt_out_variable("JAMBOX_NO_USAGE")
            .tokens(MemoryToken::default())
            .on_registration_needed(move |_| {
                let _ = nag.send(());
            })
            .start()
            .unwrap();
        for result in [
            reporter.save(&Server::default()),
            reporter.flush(PATIENCE).map(drop),
        ] {
            assert!(
                matches!(result, Err(Error::ConsentOff { .. })),
                "{name}: {result:?}"
            );
        }
        assert!(!reporter.status().consent.granted);
        // To look at it is free.
        assert_eq!(reporter.preview().unwrap().len(), 1);
        assert!(reporter.shutdown(PATIENCE));
        assert!(nagged.try_recv().is_err(), "asked to register for nothing");
    }
    assert_eq!(listener.connections(), 0);
}

#[test]
fn switched_off_between_two_retries_it_is_off_from_then_on() {
    let allowed = Arc::new(AtomicBool::new(true));
    let asked = Arc::clone(&allowed);
    let switch = Arc::clone(&allowed);
    // The third attempt finds a server in trouble, and meanwhile somebody changes the configuration.
    let count = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let listener = Listener::start(move |_| {
        if count.fetch_add(1, Ordering::SeqCst) == 2 {
            switch.store(false, Ordering::SeqCst);
        }
        Answer::new(500, r#"{"error":"oops"}"#)
    });
    let scratch = tempfile::tempdir().unwrap();
    let reporter = jambox(&listener.url())
        .state_folder(scratch.path())
        .configured(move || Some(asked.load(Ordering::SeqCst)))
        .usage(|| usage_client::values! { "a" => 1 })
        .timing(usage_every(Duration::from_millis(20)))
        .start()
        .unwrap();
    for _ in 0..3 {
        listener.heard();
    }
    // Both ask the gate; neither gets through. What waited is gone.
    let started = Instant::now();
    while reporter.status().consent.granted || reporter.status().waiting > 0 {
        assert!(started.elapsed() < PATIENCE);
        reporter.wake();
    }
    assert!(matches!(
        reporter.flush(PATIENCE),
        Err(Error::ConsentOff {
            by: Decider::Configuration
        })
    ));
    let spool = scratch.path().join("spool");
    let left = std::fs::read_dir(spool).map_or(0, Iterator::count);
    assert_eq!((listener.connections(), left), (3, 0));
    assert!(reporter.shutdown(PATIENCE));
    assert_eq!(listener.connections(), 3);
}

#[test]
fn a_person_s_answer_is_kept_and_asked_for_again_when_more_is_reported() {
    let listener = yes();
    let scratch = tempfile::tempdir().unwrap();
    let start = |version| {
        let builder = jambox(&listener.url()).state_folder(scratch.path());
        builder
            .consent_default(false)
            .consent_version(version)
            .start()
            .unwrap()
    };
    let reporter = start(1);
    assert!(matches!(
        reporter.flush(PATIENCE),
        Err(Error::ConsentOff {
            by: Decider::Default
        })
    ));
    reporter.set_consent(true).unwrap();
    assert_eq!(reporter.flush(PATIENCE).unwrap(), 0);
    assert!(reporter.shutdown(PATIENCE));
    assert_eq!(listener.connections(), 1);

    // The product grew.
    let reporter = start(2);
    let asked = reporter.flush(PATIENCE);
    assert!(
        matches!(
            asked,
            Err(Error::ConsentOff {
                by: Decider::OlderAnswer
            })
        ),
        "{asked:?}"
    );
    reporter.set_consent(true).unwrap();
    reporter.save(&Server::default()).unwrap();
    assert_eq!(reporter.flush(PATIENCE).unwrap(), 0);
    reporter.set_consent(false).unwrap();
    assert!(matches!(
        reporter.save(&Server::default()),
        Err(Error::ConsentOff {
            by: Decider::Answer
        })
    ));
    assert!(reporter.shutdown(PATIENCE));
    assert_eq!(listener.connections(), 2);
}

#[test]
fn a_configuration_that_panics_is_no_yes() {
    let listener = yes();
    let reporter = jambox(&listener.url())
        .configured(|| panic!("the configuration's own bug"))
        .start()
        .unwrap();
    assert!(matches!(
        reporter.flush(PATIENCE),
        Err(Error::ConsentOff {
            by: Decider::Configuration
        })
    ));
    assert!(reporter.shutdown(PATIENCE));
    assert_eq!(listener.connections(), 0);
}

#[test]
fn what_is_on_its_way_when_it_is_switched_off_doesn_t_come_back() {
    let listener = Listener::start(|_| Answer::new(200, "").framed(Framing::Stall));
    let scratch = tempfile::tempdir().unwrap();
    let reporter = jambox(&listener.url())
        .state_folder(scratch.path())
        .start()
        .unwrap();
    listener.heard();
    reporter.set_consent(false).unwrap();
    assert!(reporter.shutdown(PATIENCE));
    assert!(std::fs::read_dir(scratch.path().join("spool")).map_or(0, Iterator::count) == 0);
}

#[test]
fn a_no_said_to_one_process_is_heard_by_the_others() {
    let listener = yes();
    let scratch = tempfile::tempdir().unwrap();
    let start = || {
        let builder = jambox(&listener.url()).state_folder(scratch.path());
        builder.start().unwrap()
    };
    let product = start();
    assert_eq!(product.flush(PATIENCE).unwrap(), 0);
    let command_line = start();
    command_line.set_consent(false).unwrap();
    assert!(command_line.shutdown(PATIENCE));

    // It has not looked yet; before it sends, it does.
    let _ = product.save(&Server::default());
    let sent = product.flush(PATIENCE);
    assert!(
        matches!(
            sent,
            Err(Error::ConsentOff {
                by: Decider::Answer
            })
        ),
        "{sent:?}"
    );
    assert!(product.shutdown(PATIENCE));
    assert_eq!(listener.connections(), 1);
}
