//! Registering as people do it: with a browser here, with a code elsewhere, at servers new and old, and with
//! strangers at the door.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;
use usage_client::testing::{MockReply, MockServer, TOKEN};
use usage_client::{Client, Error, RegisterError, RegisterPrompt, Registration};

use crate::listener::PATIENCE;

fn client(api: &MockServer) -> Client {
    Client::new("")
        .with_url(api.url())
        .with_timeout(PATIENCE)
        // A person does this on purpose.
        .with_environment([("DO_NOT_TRACK", "1")])
}

fn jambox() -> Registration {
    Registration::new("clus1", "jambox")
}

/// What a browser sees at an address.
fn get(url: &str) -> String {
    let rest = url.strip_prefix("http://").unwrap();
    let (host, path) = rest.split_once('/').unwrap();
    send(
        host,
        &format!("GET /{path} HTTP/1.1\r\nHost: {host}\r\n\r\n"),
    )
}

fn send(host: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(host).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    answer
}

fn location(answer: &str) -> &str {
    let line = answer
        .lines()
        .find_map(|line| line.strip_prefix("Location: "));
    line.unwrap()
}

/// A parameter of the address that the person is shown, unescaped as far as these need it.
fn parameter(url: &str, name: &str) -> String {
    let (_, query) = url.split_once('?').unwrap();
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.find(|(key, _)| *key == name).unwrap();
    value.replace("%3A", ":").replace("%2F", "/")
}

#[test]
fn a_browser_brings_a_code_that_becomes_a_token() {
    let api = MockServer::start().unwrap();
    let page = std::cell::RefCell::new(String::new());
    let token = client(&api)
        .register_loopback(&jambox().redirect_url("http://own"), PATIENCE, |url| {
            assert_eq!(parameter(url, "code_challenge_method"), "S256");
            assert_eq!(parameter(url, "code_challenge").len(), 43);
            *page.borrow_mut() = get(location(&get(url)));
        })
        .unwrap();
    assert_eq!(token.expose(), TOKEN.as_bytes());
    let page = page.into_inner();
    assert!(page.contains("go back to the program"), "{page}");
    for header in ["no-store", "no-referrer", "default-src 'none'"] {
        assert!(page.contains(header), "{page}");
    }

    let exchanged = &api.requests()[1];
    assert_eq!(exchanged.target, "/api/v1/register/token");
    assert_eq!(exchanged.header("x-authorization"), None);
    // Nothing that is a secret was in an address.
    assert!(!api.requests()[0].target.contains(TOKEN));
}

#[test]
fn an_older_server_brings_the_token_itself() {
    let api = MockServer::start().unwrap();
    let token = client(&api)
        .register_loopback(&jambox(), PATIENCE, |url| {
            let back = parameter(url, "redirect_url");
            assert!(get(&format!("{back}?token=old%20token")).contains("200 OK"));
        })
        .unwrap();
    assert_eq!(token.expose(), b"old token");
    assert_eq!(api.connections(), 0);
}

#[test]
fn strangers_at_the_door_get_nowhere() {
    let api = MockServer::start().unwrap();
    let token = client(&api)
        .register_loopback(&jambox(), PATIENCE, |url| {
            let back = parameter(url, "redirect_url");
            let state = parameter(url, "state");
            let (host, path) = back["http://".len()..].split_once('/').unwrap();
            let door = |query: &str| get(&format!("{back}?{query}"));
            for answer in [
                door("code=stolen"),
                door("code=stolen&state=guessed"),
                door("token=planted&state=guessed"),
                door("error=access_denied"),
                door(&format!("state={state}")),
                door(&format!("state={state}&code=")),
                door(""),
            ] {
                assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
            }
            for answer in [
                get(&format!("http://{host}/favicon.ico")),
                get(&format!("http://{host}/?token=planted")),
                get(&format!("http://{host}/guessed?token=planted")),
                send(
                    host,
                    &format!("POST /{path}?token=planted HTTP/1.1\r\n\r\n"),
                ),
                send(host, "\r\n\r\n"),
            ] {
                assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
            }
            // Too much is not even answered.
            let long = "x".repeat(100_000);
            assert!(
                !send(host, &format!("GET /{path}?token={long} HTTP/1.1\r\n")).contains("200 OK")
            );
            // Idle connections, as browsers open ahead, keep nobody out.
            let idle: Vec<_> = (0..4).map(|_| TcpStream::connect(host).unwrap()).collect();
            get(location(&get(url)));
            drop(idle);
        })
        .unwrap();
    assert_eq!(token.expose(), TOKEN.as_bytes());
}

#[test]
fn a_code_is_good_once_and_only_with_its_proof() {
    let api = MockServer::start().unwrap();
    let error = client(&api)
        .register_loopback(&jambox(), PATIENCE, |url| {
            // Somebody else's code, pushed into this person's browser with the right state even.
            let other = url.replace(&parameter(url, "code_challenge"), "theirs");
            get(location(&get(&other)));
        })
        .unwrap_err();
    assert!(error.to_string().contains("invalid_grant"), "{error}");
}

#[test]
fn who_says_no_or_nothing_gets_no_token() {
    let api = MockServer::start().unwrap();
    let denied = client(&api).register_loopback(&jambox(), PATIENCE, |url| {
        let (back, state) = (parameter(url, "redirect_url"), parameter(url, "state"));
        get(&format!("{back}?state={state}&error=access_denied"));
    });
    assert!(matches!(denied, Err(RegisterError::Denied)), "{denied:?}");

    let mut shown = String::new();
    let expired = client(&api).register_loopback(&jambox(), Duration::from_millis(50), |url| {
        shown = parameter(url, "redirect_url");
    });
    assert!(
        matches!(expired, Err(RegisterError::Expired)),
        "{expired:?}"
    );
    // The listener is gone with the call.
    let (host, _) = shown["http://".len()..].split_once('/').unwrap();
    assert!(TcpStream::connect(host).is_err());

    let panicked = client(&api).register_loopback(&jambox(), PATIENCE, |_| panic!("a hook's own"));
    assert!(
        matches!(panicked, Err(RegisterError::Panicked)),
        "{panicked:?}"
    );
    let blank = client(&api).register_loopback(&Registration::default(), PATIENCE, |_| {});
    let blank = blank.unwrap_err();
    assert!(matches!(
        blank,
        RegisterError::Failed(Error::Registration(_))
    ));
}

// Windows and Apple's systems always have a browser.
#[cfg(not(any(windows, target_vendor = "apple")))]
#[test]
fn a_person_enters_the_code_elsewhere() {
    let api = MockServer::start().unwrap();
    api.approve_devices(true);
    let mut shown = None;
    let token = client(&api)
        .register(&jambox(), PATIENCE, |prompt| shown = Some(prompt))
        .unwrap();
    assert_eq!(token.expose(), TOKEN.as_bytes());
    let Some(RegisterPrompt::Code(code)) = shown else {
        panic!("{shown:?}");
    };
    assert_eq!(code.user_code(), "MOCK-CODE");
    assert_eq!(code.verification_uri(), format!("{}/device", api.url()));
    assert_eq!(
        code.verification_uri_complete(),
        Some(format!("{}/device?code=MOCK-CODE", api.url()).as_str())
    );
    let requests = api.requests();
    let asked: serde_json::Value = serde_json::from_slice(&requests[0].body).unwrap();
    assert_eq!(
        asked,
        serde_json::json!({"cluster_id": "clus1", "product": "jambox"})
    );
    assert_eq!(requests[1].target, "/api/v1/register/token");
}

#[test]
fn a_device_that_is_refused_or_unknown_is_told() {
    let api = MockServer::start().unwrap();
    api.approve_devices(false);
    let denied = client(&api).register_device(&jambox(), PATIENCE, |_| {});
    assert!(matches!(denied, Err(RegisterError::Denied)), "{denied:?}");

    api.answer_next(MockReply::new(404).with_error("there is nothing here"));
    let old = client(&api).register_device(&jambox(), PATIENCE, |_| {});
    let old = old.unwrap_err();
    assert!(matches!(old, RegisterError::Unsupported));
    assert!(old.to_string().contains("registration_url"), "{old}");

    api.answer_next(MockReply::new(200).with_body("<html>"));
    let odd = client(&api).register_device(&jambox(), PATIENCE, |_| {});
    assert!(matches!(odd, Err(RegisterError::Unreadable)), "{odd:?}");

    let before = api.connections();
    let blank = client(&api).register_device(&Registration::new("", "x"), PATIENCE, |_| {});
    assert!(blank.is_err());
    assert_eq!(api.connections(), before);
}
