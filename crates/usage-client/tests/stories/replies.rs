//! What servers answer, played to the client: the documented errors are told apart as the protocol's
//! library does, and nothing else that fails is called a success.

use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::time::Duration;
use usage_client::core::Environment;
use usage_client::{Client, Error, Refusal, Reply, Server};

use crate::golden;
use crate::listener::{Answer, Framing, Listener};
use crate::ways::Way;

/// The answer of a golden case. A redirect's target is another path of the same server.
fn answer(case: &Json, port: u16) -> Answer {
    let reply = &case["reply"];
    let headers = reply["headers"].as_object().unwrap().iter();
    let filled = |value: &Json| value.as_str().unwrap().replace("{PORT}", &port.to_string());
    let mut headers: Vec<_> = headers
        .map(|(name, value)| (name.clone(), filled(value)))
        .collect();
    if reply["gzip"] == true {
        headers.push(("Content-Encoding".into(), "gzip".into()));
    }
    Answer {
        status: reply["status"].as_u64().unwrap().try_into().unwrap(),
        headers,
        body: golden::base64(reply["body_b64"].as_str().unwrap()),
        framing: match reply["framing"].as_str().unwrap() {
            "length" => Framing::Length,
            "chunked" => Framing::Chunked,
            "close" => Framing::Close,
            "short" => Framing::Short,
            "drop" => Framing::Drop,
            "stall" => Framing::Stall,
            other => panic!("unknown framing {other}"),
        },
    }
}

fn same_as_go(case: &Json, ours: &Result<Reply, Error>) {
    let go = &case["go"];
    let status: u16 = case["reply"]["status"]
        .as_u64()
        .unwrap()
        .try_into()
        .unwrap();
    let documented = matches!(status, 401 | 404 | 422 | 500);
    match (go["error_type"].as_str().unwrap(), ours) {
        ("SimpleError", Err(error)) => {
            let variant = match error {
                Error::Unauthorized(_) => 401,
                Error::NotFound(_) => 404,
                Error::Server(_) => 500,
                _ => panic!("{case}: {error:?}"),
            };
            assert_eq!(variant, status, "{case}");
            assert_eq!(
                error.as_simple().unwrap().message,
                go["error"].as_str().unwrap(),
                "{case}"
            );
        }
        ("ValidationErrors", Err(error)) => {
            let theirs: BTreeMap<String, Vec<String>> =
                serde_json::from_value(go["errors"].clone()).unwrap_or_default();
            assert_eq!(error.as_validation().unwrap().errors, theirs, "{case}");
            assert_eq!(error.status(), Some(422));
        }
        ("other", Err(Error::Decode { status: kept, .. })) if documented => {
            assert_eq!(*kept, status)
        }
        ("other", Err(Error::Transport(_))) if !documented => {}
        ("none", Ok(reply)) if matches!(status, 200..=299 | 307 | 308) => {
            // After a redirect, the status is the target's.
            assert!(reply.status() == status || status > 299, "{case}");
        }
        (_, Err(Error::Redirect { status: kept, why })) if (301..=308).contains(&status) => {
            assert_eq!(*kept, status, "{case}");
            let loses = matches!(status, 301..=303);
            assert_eq!(*why == Refusal::LosesReport, loses, "{case}");
        }
        ("none", Err(error)) if !documented => assert_eq!(error.status(), Some(status), "{case}"),
        (_, ours) => panic!("{case}: {ours:?}"),
    }
}

#[test]
fn every_golden_reply() {
    for case in golden::lines("golden/replies.jsonl") {
        for way in Way::ALL {
            play(&case, *way);
        }
    }
}

fn play(case: &Json, way: Way) {
    let id = case["id"].as_str().unwrap();
    let start = format!("/r/{id}/api/v1/servers");
    let played = case.clone();
    let (port_is, port) = std::sync::mpsc::channel();
    let listener = Listener::start(move |heard| {
        let port = port.try_recv().unwrap_or_default();
        if heard.target == start {
            answer(&played, port)
        } else {
            Answer::new(200, r#"{"arrived":true}"#)
        }
    });
    port_is.send(listener.port()).unwrap();
    // Answered at once; only a server that never answers takes its time.
    let patience = if case["reply"]["framing"] == "stall" {
        100
    } else {
        10_000
    };
    let client = Client::new("token")
        .with_url(format!("{}/r/{id}", listener.url()))
        .with_timeout(Duration::from_millis(patience))
        .with_environment(Environment::default());
    let ours = way.save(&client, &Server::new("jambox", "1.0"));
    same_as_go(case, &ours);
    let first = listener.heard();
    assert_eq!(first.header("x-authorization"), Some(b"token".as_slice()));
    if let Err(Error::Redirect { .. }) = ours {
        assert_eq!(listener.unheard(), 0, "{id} was followed");
    }
}
