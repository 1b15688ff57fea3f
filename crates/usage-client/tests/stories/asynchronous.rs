//! The asynchronous client on runtimes as programs have them, and where it must not differ from the blocking
//! one.

use tokio::runtime::{Builder, Runtime};
use usage_client::core::Environment;
use usage_client::{AsyncClient, Client, Error, Refusal, Server, Stats};

use crate::listener::{Answer, Listener, PATIENCE};

fn current_thread() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

fn settings(listener: &Listener) -> Client {
    Client::new("token")
        .with_url(listener.url())
        .with_timeout(PATIENCE)
        .with_environment(Environment::default())
}

#[test]
fn what_was_previewed_is_sent() {
    let listener = Listener::start(|_| Answer::new(201, ""));
    let client = AsyncClient::new(settings(&listener));
    let server = Server::new("jambox", "1.0").cluster_id("clus1");
    let reply = current_thread().block_on(client.save(&server)).unwrap();
    assert_eq!(reply.status(), 201);

    let heard = listener.heard();
    let previewed = client.client().preview(&server).unwrap();
    assert_eq!(heard.target, previewed.target());
    assert_eq!(heard.body, previewed.body());
    for (name, value) in previewed.headers() {
        assert_eq!(heard.header(name), Some(value.as_slice()), "{name}");
    }
    let length = previewed.body().len().to_string();
    assert_eq!(heard.header("content-length"), Some(length.as_bytes()));
    assert_eq!(heard.header("accept-encoding"), Some(&b"gzip"[..]));
    assert_eq!(heard.header("transfer-encoding"), None);
}

#[test]
fn an_odd_target_is_sent_as_it_is_or_not_at_all() {
    let listener = Listener::start(|_| Answer::new(200, ""));
    let client = AsyncClient::new(settings(&listener));
    let runtime = current_thread();
    for product in [
        "a/b",
        "a?b=c",
        "a%2Fb",
        "<b>",
        "a|b[c]{d}^`",
        "Grüße",
        "a;b",
    ] {
        let stats = Stats::new(product);
        runtime.block_on(client.save(&stats)).unwrap();
        let previewed = client.client().preview(&stats).unwrap();
        assert_eq!(listener.heard().target, previewed.target());
    }
    for product in ["../servers", "%2e%2e/servers", "a?'"] {
        let error = runtime
            .block_on(client.save(&Stats::new(product)))
            .unwrap_err();
        assert!(error.to_string().contains("unchanged"), "{error}");
    }
    assert_eq!(listener.unheard(), 0);
}

#[test]
fn many_at_once_share_a_runtime_and_a_client() {
    let listener = Listener::start(|_| Answer::new(201, ""));
    let client = AsyncClient::new(settings(&listener));
    let runtime = Builder::new_multi_thread().enable_all().build().unwrap();
    let save = |at: u32| {
        let client = client.clone();
        runtime.spawn(async move {
            let server = Server::new("jambox", "1.0").server_id(at.to_string());
            client.save(&server).await.map(|reply| reply.status())
        })
    };
    let all: Vec<_> = (0..16).map(save).collect();
    for one in all {
        assert_eq!(runtime.block_on(one).unwrap().unwrap(), 201);
    }
    assert_eq!(listener.unheard(), 16);
}

#[cfg(feature = "http")]
#[test]
fn a_blocking_save_works_beside_it() {
    let listener = Listener::start(|_| Answer::new(201, ""));
    let client = settings(&listener);
    let asynchronous = AsyncClient::new(client.clone());
    let server = Server::new("jambox", "1.0");
    // Inside a runtime a blocking call blocks, but doesn't panic.
    current_thread().block_on(async {
        client.save(&server).unwrap();
        asynchronous.save(&server).await.unwrap();
    });
    assert_eq!(listener.unheard(), 2);
}

#[test]
fn while_consent_is_off_nothing_leaves() {
    let listener = Listener::start(|_| Answer::new(200, ""));
    let off = settings(&listener).with_environment([("DO_NOT_TRACK", "1")]);
    let result = current_thread().block_on(AsyncClient::new(off).save(&Server::default()));
    assert!(
        matches!(result, Err(Error::ConsentOff { .. })),
        "{result:?}"
    );
    assert_eq!(listener.unheard(), 0);
}

#[test]
fn a_moved_server_is_followed_on_its_own_host_only() {
    let elsewhere = Listener::start(|_| Answer::new(200, ""));
    let other = elsewhere.url();
    let listener = Listener::start(move |heard| match heard.target.as_str() {
        "/here/api/v1/servers" => Answer::new(307, "").header("Location", "/moved"),
        "/moved" => Answer::new(201, ""),
        _ => Answer::new(308, "").header("Location", &other),
    });
    let save = |base: &str| {
        let client = settings(&listener).with_url(format!("{}/{base}", listener.url()));
        current_thread().block_on(AsyncClient::new(client).save(&Server::default()))
    };
    assert_eq!(save("here").unwrap().status(), 201);
    let refused = save("gone").unwrap_err();
    let why = Refusal::OtherHost;
    assert!(matches!(refused, Error::Redirect { why: found, .. } if found == why));
    assert_eq!(elsewhere.unheard(), 0);
}

#[test]
fn an_error_says_what_failed_and_no_secret() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = nobody.local_addr().unwrap().port();
    drop(nobody);
    let client = Client::new("secret-token")
        .with_url(format!("http://me:secret@127.0.0.1:{port}"))
        .with_environment(Environment::default());
    let client = AsyncClient::new(client);
    let error = current_thread()
        .block_on(client.save(&Server::default()))
        .unwrap_err();
    assert!(error.to_string().contains("refused"), "{error}");
    assert!(!format!("{error} {error:?} {client:?}").contains("secret"));
    assert!(client.clone().with_proxy("http://:secret@").is_err());
    assert!(client.with_authorities(b"none").is_err());
}
