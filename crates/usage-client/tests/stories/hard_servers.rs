//! Servers that misbehave: whatever they do, `save` comes back, and soon.

use std::net::TcpListener;
use std::time::Duration;
use usage_client::core::Environment;
use usage_client::{Client, Error, Server};

use crate::listener::{Answer, Framing, Listener, PATIENCE};

fn save(listener: &Listener, timeout: Duration) -> Result<usage_client::Reply, Error> {
    Client::new("secret-token")
        .with_url(listener.url())
        .with_timeout(timeout)
        .with_environment(Environment::default())
        .save(&Server::new("jambox", "1.0"))
}

const SHORT: Duration = Duration::from_millis(200);

#[test]
fn a_server_that_never_answers_is_given_up() {
    let listener = Listener::start(|_| Answer::new(200, "").framed(Framing::Stall));
    let error = save(&listener, SHORT).unwrap_err();
    assert!(
        matches!(&error, Error::Transport(cause) if cause.is_timeout()),
        "{error}"
    );
    assert_eq!(error.status(), None);
}

#[test]
fn a_server_that_hangs_up_is_an_error() {
    let listener = Listener::start(|_| Answer::new(200, "").framed(Framing::Drop));
    let error = save(&listener, PATIENCE).unwrap_err();
    assert!(
        matches!(&error, Error::Transport(cause) if !cause.is_timeout()),
        "{error}"
    );
    assert!(!format!("{error:?}").contains("secret"));
}

#[test]
fn nobody_listening_is_an_error() {
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let client = Client::new("").with_url(format!("http://127.0.0.1:{port}"));
    let result = client
        .with_environment(Environment::default())
        .save(&Server::default());
    assert!(matches!(result, Err(Error::Transport(_))), "{result:?}");
}

#[test]
fn a_server_without_tls_is_an_error() {
    let listener = Listener::start(|_| Answer::new(200, ""));
    let client = Client::new("")
        .with_url(listener.url().replace("http:", "https:"))
        .with_timeout(SHORT)
        .with_environment(Environment::default());
    let result = client.save(&Server::default());
    assert!(matches!(result, Err(Error::Transport(_))), "{result:?}");
}

#[test]
fn no_time_at_all_is_an_error() {
    let listener = Listener::start(|_| Answer::new(200, ""));
    let result = save(&listener, Duration::ZERO);
    assert!(matches!(result, Err(Error::Transport(_))), "{result:?}");
}

#[test]
fn a_status_stands_even_if_the_body_never_ends() {
    let stalling = |status, body: &'static str| {
        Listener::start(move |_| Answer::new(status, body).framed(Framing::StallInBody))
    };
    // Accepted is accepted: sending it again would report twice.
    assert_eq!(
        save(&stalling(201, "{\"latest"), SHORT).unwrap().status(),
        201
    );
    // All of the value came, if not all that was announced.
    let error = save(&stalling(401, r#"{"error":"no"}"#), SHORT).unwrap_err();
    assert!(
        matches!(&error, Error::Unauthorized(error) if error.message == "no"),
        "{error}"
    );
    let error = save(&stalling(401, r#"{"error":"n"#), SHORT).unwrap_err();
    assert!(
        matches!(error, Error::Decode { status: 401, .. }),
        "{error}"
    );
}

#[test]
fn a_body_cut_short_is_read_as_far_as_it_goes() {
    let cut = |body: &'static str| {
        Listener::start(move |_| Answer::new(500, body).framed(Framing::Short))
    };
    let error = save(&cut(r#"{"error":"oops"}"#), PATIENCE).unwrap_err();
    assert!(
        matches!(&error, Error::Server(error) if error.message == "oops"),
        "{error}"
    );
    let error = save(&cut(r#"{"error":"oo"#), PATIENCE).unwrap_err();
    assert!(
        matches!(error, Error::Decode { status: 500, .. }),
        "{error}"
    );
}

#[test]
fn an_endless_body_is_not_read_to_its_end() {
    for status in [200, 500, 502] {
        let listener = Listener::start(move |_| Answer::new(status, "").framed(Framing::Endless));
        match save(&listener, PATIENCE) {
            Ok(reply) => assert_eq!(reply.body().len(), 1024 * 1024),
            Err(error) => assert_eq!(error.status(), Some(status)),
        }
    }
}

#[test]
fn a_proxy_s_page_keeps_its_text_bounded() {
    let page = format!("<html>{}</html>", "x".repeat(100_000));
    let listener = Listener::start(move |_| Answer::new(401, page.clone()));
    let error = save(&listener, PATIENCE).unwrap_err();
    let Error::Decode {
        status: 401, body, ..
    } = &error
    else {
        panic!("{error}");
    };
    assert!(body.starts_with("<html>xxx") && body.len() == 2048);
    assert!(error.to_string().contains("no JSON from byte 0"), "{error}");
}

#[test]
fn a_server_that_repeats_the_token_doesn_t_put_it_into_our_errors() {
    for (status, body) in [
        (401, r#"{"error":"secret-token is unknown, secret-token!"}"#),
        (401, "<p>secret-token"),
        (422, r#"{"errors":{"secret-token":["secret-token"]}}"#),
        (502, "secret-token"),
    ] {
        let listener = Listener::start(move |_| Answer::new(status, body));
        let error = save(&listener, PATIENCE).unwrap_err();
        assert_eq!(error.status(), Some(status));
        assert!(
            !format!("{error} {error:?}").contains("secret-token"),
            "{error}"
        );
    }
}
