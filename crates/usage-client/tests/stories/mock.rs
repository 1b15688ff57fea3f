//! The mock, as a product's tests use it: right by the protocol, wrong on demand, and it forgets nothing.

use std::time::Duration;
use usage_client::core::Environment;
use usage_client::testing::{Fault, MockReply, MockServer, TOKEN, conformance};
use usage_client::{Client, Error, Server, Usage};

use crate::listener::PATIENCE;
use crate::ways::Way;

fn client(api: &MockServer, token: &str) -> Client {
    Client::new(token)
        .with_url(api.url())
        .with_timeout(PATIENCE)
        .with_environment(Environment::default())
}

fn server() -> Server {
    Server::new("jambox", "1.0")
        .cluster_id("c")
        .server_id("s")
        .host("h")
}

#[test]
fn it_answers_as_the_protocol_says() {
    let api = MockServer::start().unwrap();
    let report = conformance(&api.url(), TOKEN).unwrap();
    assert!(report.passed(), "{report}");
    assert!(report.checks().len() > 50);
}

#[test]
fn a_server_that_says_yes_to_everything_is_found_out() {
    let api = MockServer::start().unwrap();
    api.answer_always(MockReply::new(200).with_body("{}"));
    let report = conformance(&api.url(), TOKEN).unwrap();
    assert!(!report.passed());
    let text = report.to_string();
    assert!(
        text.contains("WRONG an unknown token: 200 instead of 401"),
        "{text}"
    );
    assert!(matches!(conformance("nowhere", ""), Err(Error::Url(_))));
}

#[test]
fn it_knows_the_tokens_it_was_told() {
    let api = MockServer::start().unwrap();
    for way in Way::ALL {
        assert!(way.save(&client(&api, TOKEN), &server()).is_ok());
        let unknown = way.save(&client(&api, "own"), &server());
        assert!(
            matches!(unknown, Err(Error::Unauthorized(_))),
            "{unknown:?}"
        );
    }
    api.add_token("own");
    assert!(client(&api, "own").save(&server()).is_ok());
}

#[test]
fn a_script_is_played_once_and_in_order() {
    let api = MockServer::start().unwrap();
    api.answer_next(
        MockReply::new(429)
            .with_header("Retry-After", "7")
            .with_error("slow down"),
    );
    api.answer_next(MockReply::new(503));
    let save = || client(&api, "").save(&server());
    let busy = save().unwrap_err();
    assert_eq!(busy.retry_after(), Some(Duration::from_secs(7)));
    assert_eq!(busy.as_simple().unwrap().message, "slow down");
    assert_eq!(save().unwrap_err().status(), Some(503));
    assert_eq!(save().unwrap().status(), 201);

    api.answer_always(MockReply::new(500).with_error("down"));
    assert!(matches!(save(), Err(Error::Server(_))));
    assert!(matches!(save(), Err(Error::Server(_))));
    api.answer_always(None);
    assert!(save().is_ok());
}

#[test]
fn every_fault_is_one_for_every_way_to_save() {
    let api = MockServer::start().unwrap();
    let short = Duration::from_millis(200);
    let fails = |fault| {
        Way::ALL
            .iter()
            .map(move |way| (*way, fault))
            .collect::<Vec<_>>()
    };
    for (way, fault) in [Fault::Drop, Fault::Stall].into_iter().flat_map(fails) {
        api.answer_next(MockReply::new(200).with_fault(fault));
        let error = way
            .save(&client(&api, "").with_timeout(short), &server())
            .unwrap_err();
        let timed_out = matches!(&error, Error::Transport(cause) if cause.is_timeout());
        assert_eq!(
            timed_out,
            fault == Fault::Stall,
            "{way:?} {fault:?} {error}"
        );
    }
    // Accepted is accepted, whatever becomes of the body.
    for (way, fault) in [Fault::CloseMidBody, Fault::StallMidBody, Fault::Endless]
        .into_iter()
        .flat_map(fails)
    {
        api.answer_next(MockReply::new(200).with_body("{}").with_fault(fault));
        let client = client(&api, "").with_timeout(if fault == Fault::Endless {
            PATIENCE
        } else {
            short
        });
        assert_eq!(
            way.save(&client, &server()).unwrap().status(),
            200,
            "{way:?} {fault:?}"
        );
    }
    for way in Way::ALL {
        let slow = Fault::Slow(Duration::from_millis(50));
        api.answer_next(MockReply::new(200).with_fault(slow));
        let error = way
            .save(&client(&api, "").with_timeout(short), &server())
            .unwrap_err();
        assert!(matches!(&error, Error::Transport(cause) if cause.is_timeout()));
        api.answer_next(MockReply::new(200).with_fault(Fault::Slow(Duration::from_millis(1))));
        assert!(way.save(&client(&api, ""), &server()).is_ok());
    }
}

#[test]
fn what_arrived_is_waited_for_and_kept() {
    let api = MockServer::start().unwrap();
    let client = client(&api, TOKEN);
    assert_eq!(api.connections(), 0);
    let too_few = api.wait_for(1, Duration::from_millis(1)).unwrap_err();
    assert_eq!(too_few.to_string(), "0 of 1 requests arrived within 1ms");

    let background = client.clone();
    let saving = std::thread::spawn(move || background.save(&Usage::new("jambox")).is_ok());
    let requests = api.wait_for(1, PATIENCE).unwrap();
    assert!(saving.join().unwrap());
    assert_eq!(requests[0].method, "POST");
    assert_eq!(requests[0].target, "/api/v1/usage/jambox");
    assert_eq!(
        requests[0].header("x-authorization"),
        Some(TOKEN.as_bytes())
    );
    assert_eq!(requests[0].body, b"null");
    assert!(!format!("{requests:?}").contains(TOKEN));
    assert_eq!((api.requests().len(), api.connections()), (1, 1));

    let off = client.with_environment([("DO_NOT_TRACK", "1")]);
    assert!(off.save(&server()).is_err());
    assert_eq!(api.connections(), 1);
}
