//! Servers that misbehave: whatever they do, `save` comes back, and soon.

use std::net::TcpListener;
use std::time::Duration;
use usage_client::core::Environment;
use usage_client::{Client, Error, Server};

use crate::listener::{Answer, Framing, Listener, PATIENCE};
use crate::ways::Way;

/// What every way to save makes of this server.
fn saves(listener: &Listener, timeout: Duration) -> Vec<Result<usage_client::Reply, Error>> {
    let client = Client::new("secret-token")
        .with_url(listener.url())
        .with_timeout(timeout)
        .with_environment(Environment::default());
    let server = Server::new("jambox", "1.0");
    let all = Way::ALL.iter();
    all.map(|way| way.save(&client, &server)).collect()
}

fn errors(listener: &Listener, timeout: Duration) -> Vec<Error> {
    let all = saves(listener, timeout).into_iter();
    all.map(Result::unwrap_err).collect()
}

const SHORT: Duration = Duration::from_millis(200);

#[test]
fn a_server_that_never_answers_is_given_up() {
    let listener = Listener::start(|_| Answer::new(200, "").framed(Framing::Stall));
    for error in errors(&listener, SHORT) {
        assert!(
            matches!(&error, Error::Transport(cause) if cause.is_timeout()),
            "{error}"
        );
        assert_eq!(error.status(), None);
    }
}

#[test]
fn a_server_that_hangs_up_is_an_error() {
    let listener = Listener::start(|_| Answer::new(200, "").framed(Framing::Drop));
    for error in errors(&listener, PATIENCE) {
        assert!(
            matches!(&error, Error::Transport(cause) if !cause.is_timeout()),
            "{error}"
        );
        assert!(!format!("{error:?}").contains("secret"));
    }
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
    for error in errors(&listener, Duration::ZERO) {
        assert!(matches!(error, Error::Transport(_)), "{error}");
    }
}

#[test]
fn a_status_stands_even_if_the_body_never_ends() {
    let stalling = |status, body: &'static str| {
        Listener::start(move |_| Answer::new(status, body).framed(Framing::StallInBody))
    };
    // Accepted is accepted: sending it again would report twice.
    for reply in saves(&stalling(201, "{\"latest"), SHORT) {
        assert_eq!(reply.unwrap().status(), 201);
    }
    // All of the value came, if not all that was announced.
    for error in errors(&stalling(401, r#"{"error":"no"}"#), SHORT) {
        assert!(
            matches!(&error, Error::Unauthorized(error) if error.message == "no"),
            "{error}"
        );
    }
    for error in errors(&stalling(401, r#"{"error":"n"#), SHORT) {
        assert!(
            matches!(error, Error::Decode { status: 401, .. }),
            "{error}"
        );
    }
}

#[test]
fn a_body_cut_short_is_read_as_far_as_it_goes() {
    let cut = |body: &'static str| {
        Listener::start(move |_| Answer::new(500, body).framed(Framing::Short))
    };
    for error in errors(&cut(r#"{"error":"oops"}"#), PATIENCE) {
        assert!(
            matches!(&error, Error::Server(error) if error.message == "oops"),
            "{error}"
        );
    }
    for error in errors(&cut(r#"{"error":"oo"#), PATIENCE) {
        assert!(
            matches!(error, Error::Decode { status: 500, .. }),
            "{error}"
        );
    }
}

#[test]
fn an_endless_body_is_not_read_to_its_end() {
    for status in [200, 500, 502] {
        let listener = Listener::start(move |_| Answer::new(status, "").framed(Framing::Endless));
        for result in saves(&listener, PATIENCE) {
            match result {
                Ok(reply) => assert_eq!(reply.body().len(), 1024 * 1024),
                Err(error) => assert_eq!(error.status(), Some(status)),
            }
        }
    }
}

#[test]
fn a_proxy_s_page_keeps_its_text_bounded() {
    let page = format!("<html>{}</html>", "x".repeat(100_000));
    let listener = Listener::start(move |_| Answer::new(401, page.clone()));
    for error in errors(&listener, PATIENCE) {
        let Error::Decode {
            status: 401, body, ..
        } = &error
        else {
            panic!("{error}");
        };
        assert!(body.starts_with("<html>xxx") && body.len() == 2048);
        assert!(error.to_string().contains("no JSON from byte 0"), "{error}");
    }
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
        for error in errors(&listener, PATIENCE) {
            assert_eq!(error.status(), Some(status));
            assert!(
                !format!("{error} {error:?}").contains("secret-token"),
                "{error}"
            );
        }
    }
}
